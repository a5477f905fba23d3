# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repair as a whole: what it leaves on the node and what it says."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import typing as t
from pathlib import Path

import pytest
from unit.node_side.repair._node import (
    KUBELET,
    RUN,
    RUNTIME,
    SECRET,
    Node,
    apply,
    edit,
    leftovers,
    open_backups,
    plan_of,
    whole_plan,
)

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import lock, transaction

LIMITS = transaction.Limits()


def test_repair_that_helps(node: Node) -> None:
    """Every step is done, the kubelet stays up, and the record has what a way back needs."""
    result = apply(node, whole_plan(node))
    assert (result["state"], result["changed"], result["verify"]["ok"]) == ("committed", True, True)
    assert {step["status"] for step in result["steps"]} == {"changed"}
    assert node.read("/config.yaml") == b"# kept\r\nclientCAFile: /good/ca.crt\nport: 10250   \n\n# \xff not UTF-8\n"
    assert stat.S_IMODE(Path(node.path("/config.yaml")).stat().st_mode) == 0o640
    assert Path(node.path("/current.pem")).readlink() == Path("kubelet-client-new.pem")
    pair, dated = Path(node.path("/pki/client.pem")), Path(node.path("/pki/client-2026.pem"))
    assert (pair.readlink(), stat.S_IMODE(dated.lstat().st_mode)) == (Path(dated.name), 0o600)
    assert SECRET in dated.read_text()
    assert SECRET not in str(result)
    assert not Path(node.path("/systemd/20-bad.conf")).exists()
    assert b"\n# nodeclinic: /dev/sda2\tnone swap" in node.read("/etc/fstab")
    assert node.read("/etc/sysctl.d/90-nodeclinic.conf").endswith(b"net.ipv4.ip_forward = 1\n")
    assert node.read("/proc/sys/net/ipv4/ip_forward") == b"1\n"
    assert Path(node.path("/flags.env")).stat().st_mode & 0o777 == 0o600
    assert node.service(RUNTIME) == {"UnitFileState": "enabled", "ActiveState": "active"}
    assert leftovers(node) == []
    assert open_backups(node) == []
    manifest = json.loads((Path(result["record"]) / "manifest.json").read_text())
    assert manifest["state"] == "committed"
    assert [entry["state"] for entry in manifest["history"]] == [
        "prepared", "backed_up", "applied", "restarted", "verified", "committed",
    ]  # fmt: skip


def test_repair_that_does_not_help(node: Node) -> None:
    """All is as before, the runtime stopped and masked again, and the reason says why."""
    before = node.tree()
    result = apply(node, whole_plan(node, "/also-wrong"))
    assert (result["state"], result["verify"]["ok"]) == ("rolled_back", False)
    assert "kubelet.service" in result["reason"]
    assert {step["status"] for step in result["steps"]} == {"undone"}
    assert node.tree() == before
    assert node.service(RUNTIME) == {"UnitFileState": "masked", "ActiveState": "inactive"}
    assert node.asked[-5:] == [
        "daemon-reload",
        "stop containerd.service",
        "disable containerd.service",
        "mask containerd.service",
        "restart --no-block kubelet.service",
    ]


def test_unit_that_was_enabled_below_its_mask_stays_so(node: Node) -> None:
    """The way back masks it again, and does not disable what an administrator had enabled."""
    wants = Path(node.path("/etc/systemd/system/multi-user.target.wants"))
    wants.mkdir(parents=True)
    (wants / RUNTIME).symlink_to(f"/usr/lib/systemd/system/{RUNTIME}")
    assert apply(node, whole_plan(node, "/also-wrong"))["state"] == "rolled_back"
    assert node.asked[-3:] == [f"stop {RUNTIME}", f"mask {RUNTIME}", f"restart --no-block {KUBELET}"]


@pytest.mark.parametrize("healthz", ["refused", "[-]syncloop failed"])
def test_unhealthy_kubelet_is_rolled_back(healthz: str, node: Node) -> None:
    """A unit that is up but does not answer ok is no success."""
    node.healthz = healthz
    before = node.tree()
    result = apply(node, whole_plan(node))
    assert result["state"] == "rolled_back"
    assert "healthz says" in result["reason"]
    assert node.tree() == before


def test_kubelet_that_flaps_after_a_good_start(node: Node) -> None:
    """One that dies 15 s after a good start, within the 20 s that it must hold, is rolled back."""
    node.flap_after = 15
    before = node.tree()
    result = apply(node, whole_plan(node))
    assert result["state"] == "rolled_back"
    assert 14 < result["verify"]["seconds"] < 17
    assert node.tree() == before


def test_same_plan_again_changes_nothing(node: Node) -> None:
    """Neither under the same run id nor under another one; nothing is restarted."""
    plan, other = whole_plan(node), whole_plan(node, run="other")
    assert apply(node, plan)["changed"] is True
    tree, asked = node.tree(), list(node.asked)
    again = apply(node, plan)
    assert (again["state"], again["changed"]) == ("committed", False)
    last = apply(node, other)
    assert (last["state"], last["changed"]) == ("committed", False)
    assert {step["status"] for step in last["steps"]} <= {"already"}
    assert (node.tree(), node.asked) == (tree, asked)


def test_check_mode_changes_nothing(node: Node) -> None:
    """It shows what would be done, and writes not even a record or a lock."""
    before = {str(path) for path in node.folder.rglob("*")}, node.tree()
    result = transaction.check(node, whole_plan(node), LIMITS)
    assert (result["state"], result["changed"]) == ("planned", True)
    assert {step["status"] for step in result["steps"]} == {"planned"}
    assert any("+" not in item["before"] and "/good/ca.crt" in item.get("after", "") for item in result["diff"])
    assert SECRET not in json.dumps(result)
    assert ({str(path) for path in node.folder.rglob("*")}, node.tree()) == before
    assert node.asked == []


def _changed(node: Node) -> None:
    node.write("/config.yaml", b"somebody else was here\n")


def _linked(node: Node) -> None:
    target = Path(node.path("/config.yaml"))
    target.rename(node.path("/real.yaml"))
    target.symlink_to("real.yaml")


def _hard_linked(node: Node) -> None:
    os.link(node.path("/config.yaml"), node.path("/second.yaml"))


def _removed(node: Node) -> None:
    Path(node.path("/config.yaml")).unlink()


def _occupied(node: Node) -> None:
    node.write("/manifests/ca.crt", b"another\n")


def _link_is_file(node: Node) -> None:
    Path(node.path("/current.pem")).unlink()
    node.write("/current.pem", b"a real file\n")


@pytest.mark.parametrize(
    ("disturb", "words"),
    [
        (_changed, "/config.yaml was changed since it was diagnosed"),
        (_linked, "is a symbolic link to real.yaml; the plan must name the file itself"),
        (_hard_linked, "has 2 hard links"),
        (_removed, "is not there"),
        (_occupied, "/manifests/ca.crt exists (file), so it is not created"),
        (_link_is_file, "is a file, not a symbolic link"),
    ],
)
def test_refused_before_the_first_change(disturb: t.Callable[[Node], None], words: str, node: Node) -> None:
    """A node that is not as diagnosed is left exactly as it is, without a record, in check mode too."""
    plan = whole_plan(node)
    disturb(node)
    before = node.tree()
    for result in (transaction.check(node, plan, LIMITS), apply(node, plan)):
        assert (result["state"], result["changed"], result["record"]) == ("refused", False, "")
        assert words in result["reason"]
    assert node.tree() == before
    assert node.asked == []


def test_file_that_changes_between_backup_and_edit(node: Node) -> None:
    """It keeps the other's bytes; what was done before it is put back."""
    plan = plan_of(edit(node, "/kubelet.conf", b"old", "new"), edit(node, "/config.yaml", b"/wrong", "/good"))
    before = node.read("/kubelet.conf")
    theirs = b"by somebody else\n"
    node.on_mark = lambda point: node.write("/config.yaml", theirs) if point == "state backed_up" else None
    result = apply(node, plan)
    assert result["state"] == "failed"
    assert "was changed by somebody else" in result["reason"]
    assert (node.read("/config.yaml"), node.read("/kubelet.conf")) == (theirs, before)
    assert leftovers(node) == []


def test_two_edits_of_one_file_are_one_change(node: Node) -> None:
    """Spans of several steps all count from the file as diagnosed."""
    first, second = edit(node, "/config.yaml", b"10250", "10260"), edit(node, "/config.yaml", b"/wrong", "/good")
    result = apply(node, plan_of(first, second))
    assert result["state"] == "committed"
    assert b"clientCAFile: /good\nport: 10260" in node.read("/config.yaml")


def test_only_one_repair_at_a_time(node: Node) -> None:
    """While one holds the lock, another is told who; the lock ends with its holder."""
    with lock.hold(node.lock, "first", node.now()):
        with pytest.raises(lock.BusyError, match="run first") as caught:
            apply(node, whole_plan(node))
        assert caught.value.run == "first"
        assert "run first" in transaction.check(node, whole_plan(node), LIMITS)["reason"]
    assert apply(node, whole_plan(node))["state"] == "committed"


def test_repair_that_never_helps_is_not_tried_forever(node: Node) -> None:
    """After the allowed failures it is refused, and says so. A success in between does not forget them."""
    for number in range(2):
        assert apply(node, whole_plan(node, "/also-wrong", f"run{number}"), 2)["state"] == "rolled_back"
    refused = apply(node, whole_plan(node, run="run3"), 2)
    assert refused["state"] == "refused"
    assert "2 repairs for config/broken have failed on this node within 60 min" in refused["reason"]
    assert apply(node, whole_plan(node, run="run4"), 3)["state"] == "committed"
    failed = json.loads((Path(node.records) / "attempts.json").read_text())
    assert [len(times) for times in failed.values()] == [2]


def test_running_kubelet_is_not_restarted_by_a_rollback_that_came_first(node: Node) -> None:
    """If a step fails before the restart, the kubelet that runs is left alone."""
    node.set_service(KUBELET, ActiveState="active", SubState="running", MainPID="5")
    start = {"kind": "unit", "verb": "start", "unit": RUNTIME}
    result = apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", "/good"), start))
    assert result["state"] == "rolled_back"
    assert "is masked" in result["reason"]
    assert node.asked == [f"start {RUNTIME}"]


def test_extended_attributes_are_kept(node: Node) -> None:
    """Such as an SELinux label, through the repair and back."""
    path = node.path("/config.yaml")
    try:
        os.setxattr(path, "trusted.label", b"system_u:object_r:kubernetes_file_t:s0\0")
    except OSError:
        pytest.skip("this file system or user has no extended attributes")
    assert apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", "/good")))["state"] == "committed"
    assert os.getxattr(path, "trusted.label") == b"system_u:object_r:kubernetes_file_t:s0\0"


def test_records_are_bounded(node: Node) -> None:
    """The newest 20 stay."""
    for number in range(23):
        assert apply(node, plan_of(run=f"run{number:02}"))["state"] == "rolled_back" or number
    kept = sorted(path.name for path in Path(node.records).iterdir() if path.is_dir())
    assert len(kept) <= 21
    assert RUN not in kept


@pytest.mark.parametrize("kind", ["copy", "replace_by_link"])
def test_file_that_changed_is_not_moved(kind: str, node: Node) -> None:
    """Bytes that nobody has diagnosed, a file that is in the way and a path that is no file are refused."""
    pair, dated = node.path("/pki/client.pem"), node.path("/pki/dated.pem")
    steps = {
        "copy": {"kind": "copy", "path": dated, "source": pair},
        "replace_by_link": {"kind": "replace_by_link", "path": pair, "target": dated},
    }
    before = node.tree()
    result = apply(node, plan_of({**steps[kind], "sha256": "0" * 64}))
    assert (result["state"], "changed since it was diagnosed" in result["reason"]) == ("refused", True)
    sha256 = hashlib.sha256(node.read("/pki/client.pem")).hexdigest()
    if kind == "copy":
        node.write("/pki/dated.pem", b"another")
        assert "nothing is copied there" in apply(node, plan_of({**steps[kind], "sha256": sha256}))["reason"]
    else:
        other = {**steps[kind], "path": node.path("/current.pem"), "sha256": sha256}
        assert "is a symbolic link" in apply(node, plan_of(other))["reason"]
        assert node.tree() == before
