# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Undoing a repair that stands, when a person asks for it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from unit.node_side.repair._node import (
    KUBELET,
    RUN,
    RUNTIME,
    SECRET,
    Node,
    apply,
    edit,
    open_backups,
    plan_of,
    whole_plan,
)

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import lock, rollback, service, transaction
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import record as rec
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Verify

WATCH = Verify(5, 20)
LAST = rollback.Request()


def test_last_repair_is_undone(node: Node) -> None:
    """Every byte, mode, link, kernel setting and unit is as before the repair; the record says that it was undone."""
    before, mtime = node.tree(), Path(node.path("/config.yaml")).stat().st_mtime_ns
    apply(node, whole_plan(node))
    result = rollback.roll_back(node, LAST, WATCH)
    assert (result["run"], result["state"], result["changed"], result["reason"]) == (RUN, "rolled_back", True, "")
    assert node.path("/config.yaml") in result["restored"]
    assert node.tree() == before
    assert Path(node.path("/config.yaml")).stat().st_mtime_ns == mtime
    assert node.service(RUNTIME) == {"UnitFileState": "masked", "ActiveState": "inactive"}
    assert node.asked[-1] == f"restart --no-block {KUBELET}"
    manifest = json.loads((Path(result["record"]) / "manifest.json").read_text())
    assert [entry["note"] for entry in manifest["history"] if entry["state"] == "rolling_back"] == ["asked for"]


def test_undone_twice_changes_nothing(node: Node) -> None:
    """A named run that was undone stays so; without a name there is nothing left to undo."""
    apply(node, whole_plan(node))
    rollback.roll_back(node, rollback.Request(RUN), WATCH)
    asked = list(node.asked)
    again = rollback.roll_back(node, rollback.Request(RUN), WATCH)
    assert (again["state"], again["changed"]) == ("rolled_back", False)
    for last in (rollback.roll_back(node, LAST, WATCH), rollback.check(node, LAST)):
        assert (last["state"], last["changed"]) == ("nothing", False)
    assert (
        rollback.roll_back(node, rollback.Request("unknown"), WATCH)["reason"] == "There is no record of run unknown."
    )
    assert node.asked == asked


def test_file_that_changed_since(node: Node) -> None:
    """It is named and nothing is undone; with force it is put back, and its bytes are kept in the record."""
    before = node.tree()
    apply(node, whole_plan(node))
    node.write("/config.yaml", b"edited by hand\n", 0o640)
    tree = node.tree()
    for result in (rollback.check(node, LAST), rollback.roll_back(node, LAST, WATCH)):
        assert result["state"] == "refused"
        assert node.path("/config.yaml") in result["reason"]
        assert node.path("/kubelet.conf") not in result["reason"]
    assert node.tree() == tree
    forced = rollback.roll_back(node, rollback.Request(force=True), WATCH)
    assert forced["state"] == "rolled_back"
    assert node.tree() == before
    kept = [path.read_bytes() for path in (Path(forced["record"]) / "backup").glob("forced-*")]
    assert kept == [b"edited by hand\n"]
    assert open_backups(node) == []


def test_check_mode_of_a_rollback(node: Node) -> None:
    """It shows the way back, without secrets, and does not go it."""
    apply(node, whole_plan(node))
    tree = node.tree()
    result = rollback.check(node, LAST)
    assert (result["state"], result["changed"]) == ("planned", True)
    shown = next(item for item in result["diff"] if item["before_header"] == node.path("/kubelet.conf"))
    assert "https://new:6443" in shown["before"]
    assert "https://old" in shown["after"]
    assert SECRET not in json.dumps(result)
    assert node.tree() == tree


def test_older_run_below_a_newer_one(node: Node) -> None:
    """A run whose file a later run has changed again is undone only after that one."""
    before = node.tree()
    assert apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", "/good"), run="run1"))["state"] == "committed"
    second = apply(node, plan_of(edit(node, "/config.yaml", b"10250", "10260"), run="run2"))
    assert second["state"] == "committed"
    assert rollback.roll_back(node, rollback.Request("run1"), WATCH)["state"] == "refused"
    assert rollback.roll_back(node, LAST, WATCH)["run"] == "run2"
    assert rollback.roll_back(node, LAST, WATCH)["run"] == "run1"
    assert node.tree() == before


def test_kubelet_that_ran_before_is_watched(node: Node) -> None:
    """After a rollback to a kubelet that worked, the result says that it works."""
    node.write("/config.yaml", b"good\nport: 1\n")
    node.set_service(KUBELET, ActiveState="active", SubState="running", MainPID="5")
    apply(node, plan_of(edit(node, "/config.yaml", b"1", "2")))
    result = rollback.roll_back(node, LAST, WATCH)
    assert result["verify"]["ok"] is True


def test_directory_that_is_used_by_now_stays(node: Node) -> None:
    """A directory of ours with somebody else's file in it is left, and the rest is undone."""
    apply(node, whole_plan(node))
    node.write("/manifests/theirs.yaml", b"pod\n")
    assert rollback.roll_back(node, LAST, WATCH)["state"] == "rolled_back"
    assert [path.name for path in Path(node.path("/manifests")).iterdir()] == ["theirs.yaml"]


def test_state_file_that_the_kubelet_made_anew_is_no_edit(node: Node) -> None:
    """The old state file comes back over the one that the started kubelet wrote, by hand and where it did not help."""
    path, old = "/cpu_manager_state", b'{"policyName":"none"}'
    node.write(path, old, 0o600)
    step = {"kind": "move_aside", "path": node.path(path), "sha256": hashlib.sha256(old).hexdigest()}
    apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", "/good/ca.crt"), step))
    node.write(path, b'{"policyName":"static"}', 0o600)
    assert rollback.roll_back(node, LAST, WATCH)["state"] == "rolled_back"
    assert node.read(path) == old

    node.on_mark = lambda point: node.write(path, b"{}", 0o600) if point == "state restarted" else None
    assert apply(node, plan_of(step, run="20261124T080000Z-ab12cd"))["state"] == "rolled_back"
    assert node.read(path) == old


def test_damaged_backup_is_not_written(node: Node) -> None:
    """A backup whose bytes are not the recorded ones is never put back."""
    result = apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", "/good")))
    (Path(result["record"]) / "backup" / "0").write_bytes(b"rot")
    after = node.read("/config.yaml")
    undone = rollback.roll_back(node, LAST, WATCH)
    assert undone["state"] == "refused"
    assert "is damaged" in undone["reason"]
    assert node.read("/config.yaml") == after


def test_unreadable_manifest_is_left_alone(node: Node) -> None:
    """A record that cannot be read is neither used nor removed, for its backups may be all that is left."""
    result = apply(node, whole_plan(node))
    manifest = Path(result["record"]) / "manifest.json"
    manifest.write_text("{")
    assert rollback.roll_back(node, LAST, WATCH)["state"] == "refused"
    rec.Records(node).prune()
    assert manifest.exists()


def test_repair_that_did_not_help_counts_as_a_failed_attempt(node: Node) -> None:
    """What the controller takes back is remembered as what the node itself takes back; what a person undoes is not."""
    for number, failed in enumerate((False, True, True)):
        assert apply(node, whole_plan(node, run=f"run{number}"), 2)["state"] == "committed"
        asked = rollback.Request(f"run{number}", failed=failed)
        assert rollback.roll_back(node, asked, WATCH)["state"] == "rolled_back"
        assert rollback.roll_back(node, asked, WATCH)["changed"] is False  # asked again, it is not counted again
    refused = apply(node, whole_plan(node, run="run4"), 2)
    assert refused["state"] == "refused"
    assert "2 repairs for config/broken have failed" in refused["reason"]


def _held(node: Node) -> dict[str, object]:
    """A repair that does not help and is held."""
    wrong = plan_of(edit(node, "/config.yaml", b"/wrong", "/also-wrong"), hold=True)
    return apply(node, wrong)


def test_held_repair_waits_for_a_decision(node: Node) -> None:
    """Nothing is put back, the same run asked again says the same, and keeping it makes it stand."""
    result = _held(node)
    assert (result["state"], result["changed"]) == ("held", True)
    assert b"/also-wrong" in node.read("/config.yaml")
    again = apply(node, plan_of({"kind": "swapoff"}, hold=True))  # only the run's id counts
    assert (again["state"], again["reason"], again["changed"]) == ("held", result["reason"], False)
    assert rollback.keep(node, RUN, check_mode=True)["changed"] is True
    assert rollback.keep(node, RUN, check_mode=False)["state"] == "committed"
    assert rollback.keep(node, RUN, check_mode=False)["changed"] is False
    assert rollback.roll_back(node, LAST, WATCH)["run"] == RUN


def test_held_repair_is_rolled_back_when_it_is_not_kept(node: Node) -> None:
    """By who asked for it, and counted once; by the next run, when nobody decides."""
    before, later = node.tree(), whole_plan(node, run="third")
    _held(node)
    asked = rollback.Request(RUN, failed=True)
    assert rollback.roll_back(node, asked, WATCH)["state"] == "rolled_back"
    assert node.tree() == before
    assert rollback.keep(node, RUN, check_mode=False)["reason"].startswith(f"Run {RUN} is rolled_back")
    assert len(json.loads((Path(node.records) / "attempts.json").read_text())["config/broken"]) == 1
    apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", "/also-wrong"), run="second", hold=True))
    third = apply(node, later)
    assert "second was interrupted and is rolled back" in str(third["recovered"])
    assert third["state"] == "committed"  # it was made for the file as it is again


def test_repair_that_helps_is_not_held(node: Node) -> None:
    """hold is about a kubelet that does not stay up."""
    plan = plan_of(edit(node, "/config.yaml", b"/wrong", "/good"), hold=True)
    assert apply(node, plan)["state"] == "committed"


def test_held_repair_is_rolled_back_when_the_controller_is_gone(node: Node) -> None:
    """The node itself waits for five minutes, by its own clock, and then puts everything back."""
    before, began = node.tree(), node.monotonic()
    _held(node)
    undone = rollback.give_up(node, RUN, WATCH)
    assert (undone["state"], node.tree()) == ("rolled_back", before)
    assert node.monotonic() - began >= rollback.HOLD_SECONDS


def test_nobody_is_overruled_who_has_decided(node: Node) -> None:
    """A run that is kept stands; so does one that is kept while the node waits."""
    _held(node)
    sleep, naps = node.sleep, []

    def decide(seconds: float) -> None:
        naps.append(seconds)
        sleep(seconds)
        rollback.keep(node, RUN, check_mode=False)

    node.sleep = decide  # type: ignore[method-assign]
    assert rollback.give_up(node, RUN, WATCH) == {}
    assert len(naps) == 1
    assert b"/also-wrong" in node.read("/config.yaml")


def test_only_a_held_run_is_waited_for(node: Node) -> None:
    """A process is left behind for a run that is held, and for no other; it starts without the lock."""
    wrong = plan_of(edit(node, "/config.yaml", b"/wrong", "/also-wrong"), hold=True)
    service._watched(node, wrong, lambda: apply(node, wrong))
    assert len(node.waiting) == 1
    lock.require_free(node.lock)
    good = plan_of(edit(node, "/config.yaml", b"/also", "/good/also"), run="good")
    service._watched(node, good, lambda: apply(node, good))
    assert len(node.waiting) == 1


def test_held_run_is_waited_for_also_when_its_process_was_killed(node: Node) -> None:
    """Between its last state and the start of the one that waits."""
    wrong = plan_of(edit(node, "/config.yaml", b"/wrong", "/also-wrong"), hold=True)
    apply(node, wrong)
    result = service._watched(node, wrong, lambda: transaction.end_killed(node, wrong))
    assert (result["state"], len(node.waiting)) == ("held", 1)
