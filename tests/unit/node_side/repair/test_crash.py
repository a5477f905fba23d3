# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repair that is killed right after any of the durable things it does, and what the next run makes of it."""

from __future__ import annotations

import json
import os
import signal
import stat
import tempfile
import typing as t
import warnings
from pathlib import Path

import pytest
from unit.node_side.repair._node import (
    KUBELET,
    RUN,
    RUNTIME,
    Node,
    apply,
    broken_node,
    leftovers,
    open_backups,
    plan_of,
    whole_plan,
)

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import paths, rollback, undo
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import record as rec
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.attempts import Attempts
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Verify

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Plan

GOOD, BAD = "/good/ca.crt", "/also-wrong"


def _marks(ca: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        node = broken_node(Path(folder))
        apply(node, whole_plan(node, ca))
        return [mark.replace(folder, "") for mark in node.marks]  # names of tests must be the same in each process


GOOD_POINTS, BAD_POINTS = list(enumerate(_marks(GOOD))), list(enumerate(_marks(BAD)))


def _killed_at(node: Node, point: int, work: t.Callable[[], object]) -> bool:
    """Does work in a child that is killed right after its mark with this number; whether it came that far."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests; the child needs none of them
        child = os.fork()
    if child == 0:
        node.marks.clear()
        node.on_mark = lambda _point: os.kill(os.getpid(), signal.SIGKILL) if len(node.marks) > point else None
        try:
            work()
        finally:
            os._exit(0)
    status = os.waitpid(child, 0)[1]
    return os.WIFSIGNALED(status)


def _recover(node: Node) -> list[str]:
    records = rec.Records(node)
    said = undo.recover(node, records, Attempts(node))
    records.prune()
    return said


def _assert_sound(node: Node, before: dict[str, tuple[object, ...]], after: dict[str, tuple[object, ...]]) -> str:
    """Asserts that the node is wholly as before or wholly as after; says which."""
    tree = node.tree()
    assert tree in (before, after)
    assert leftovers(node) == []
    assert open_backups(node) == []
    for record in rec.Records(node).all():
        assert record.state in rec.FINAL
        json.loads((Path(record.directory) / "manifest.json").read_text())
    return "before" if tree == before else "after"


def _expected(folder: Path) -> tuple[dict[str, tuple[object, ...]], dict[str, tuple[object, ...]]]:
    node = broken_node(folder)
    before = node.tree()
    assert apply(node, whole_plan(node))["state"] == "committed"
    return before, node.tree()


@pytest.mark.parametrize(("point", "name"), GOOD_POINTS, ids=[f"{number}-{name[:20]}" for number, name in GOOD_POINTS])
def test_killed_repair(point: int, name: str, tmp_path: Path) -> None:
    """Every file is whole at once; the next run leaves all as before, or all repaired if that was verified; then the
    same plan can be run again and ends well."""
    del name
    before, after = _expected(tmp_path / "expected")
    node = broken_node(tmp_path / "node")
    plan = whole_plan(node)
    assert _killed_at(node, point, lambda: apply(node, plan))
    _assert_whole(node, before, after)

    _recover(node)
    came_to = _assert_sound(node, before, after)
    states = [record.state for record in rec.Records(node).all()]
    assert came_to == ("after" if "committed" in states else "before")
    if came_to == "before":
        assert node.service(RUNTIME) == {"UnitFileState": "masked", "ActiveState": "inactive"}
        assert node.service(KUBELET)["ActiveState"] == "activating"

    assert apply(node, plan)["state"] == "committed"
    assert node.tree() == after


def _assert_whole(node: Node, before: dict[str, tuple[object, ...]], after: dict[str, tuple[object, ...]]) -> None:
    """Each path is as before or as after, and a temporary neighbour is readable to nobody who may not read the file."""
    for path, found in node.tree().items():
        if ".nodeclinic-" in path:
            if not stat.S_ISLNK(t.cast("int", found[0])):
                readable = stat.S_IMODE(t.cast("int", found[0])) & 0o077
                assert not readable or b"token" not in t.cast("bytes", found[3] or b"")
        else:
            assert found in (before.get(path), after.get(path)), path
    assert open_backups(node) == [] or not Path(node.records).exists()


@pytest.mark.parametrize(("point", "name"), BAD_POINTS, ids=[f"{number}-{name[:20]}" for number, name in BAD_POINTS])
def test_killed_repair_that_does_not_help(point: int, name: str, tmp_path: Path) -> None:
    """Also when it is killed while it rolls back, the next run ends with everything as before."""
    del name
    node = broken_node(tmp_path / "node")
    before = node.tree()
    assert _killed_at(node, point, lambda: apply(node, whole_plan(node, BAD)))
    _recover(node)
    assert _assert_sound(node, before, before) == "before"
    assert node.service(RUNTIME) == {"UnitFileState": "masked", "ActiveState": "inactive"}


@pytest.mark.parametrize("point", range(3, len(GOOD_POINTS), 8))
def test_recovery_that_is_killed_too(point: int, tmp_path: Path) -> None:
    """Recovery can be killed at any of its own points and be done again."""
    before, after = _expected(tmp_path / "expected")
    node = broken_node(tmp_path / "node")
    plan = whole_plan(node)
    assert _killed_at(node, point, lambda: apply(node, plan))
    again = 0
    while _killed_at(node, again, lambda: _recover(node)):
        again += 1
        assert again < 100
    _recover(node)
    _assert_sound(node, before, after)


@pytest.mark.parametrize("force", [False, True])
def test_killed_rollback(force: bool, tmp_path: Path) -> None:
    """Undoing a repair on request, also by force, can be killed at any point; the next run completes it."""
    before, after = _expected(tmp_path / "expected")
    point = 0
    while True:
        node = broken_node(tmp_path / f"node{point}")
        assert apply(node, whole_plan(node))["state"] == "committed"
        if force:
            node.write("/kubelet.conf", b"edited by hand\n", 0o600)
        asked = rollback.Request(RUN, force)
        killed = _killed_at(node, point, lambda node=node, asked=asked: rollback.roll_back(node, asked, Verify(1, 10)))  # type: ignore[misc]
        _recover(node)
        came_to = _assert_sound(node, before, after)
        assert came_to == "before"
        if not killed:
            break
        point += 1 + force
    assert point > 10


def test_interrupted_run_is_told_of(tmp_path: Path) -> None:
    """The next repair, whichever it is, says that it has ended an interrupted one first."""
    node = broken_node(tmp_path / "node")
    plan: Plan = whole_plan(node)
    middle = next(number for number, name in GOOD_POINTS if name == "state applied")
    assert _killed_at(node, middle, lambda: apply(node, plan))
    result = apply(node, plan_of(run="another", restart=True))
    assert result["recovered"] == [f"Run {RUN} was interrupted and is rolled back."]


def test_killed_while_it_counts_an_attempt(node: Node) -> None:
    """What is left of the file of attempts goes with the next run, also with one that has nothing to do."""
    assert apply(node, whole_plan(node, BAD))["state"] == "rolled_back"
    Path(paths.temp_of(f"{node.records}/attempts.json")).write_text("{")
    assert apply(node, whole_plan(node, BAD))["state"] == "rolled_back"
    assert leftovers(node) == []
