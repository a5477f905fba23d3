# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making room: bounded, with figures, before anything is recorded, and never taken for something that can be undone."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from unit.node_side.repair._node import RUN, Node, apply, edit, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import prepare, rollback, room, transaction
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Verify

MIB = 1024 * 1024
VACUUM = {"kind": "vacuum_journal", "size": "200M", "path": "/var/log/journal"}
PRUNE = {"kind": "prune_images", "endpoint": "unix:///run/containerd/containerd.sock", "path": "/var/lib/containerd"}


class Disk:
    """A file system of which each program frees a part."""

    def __init__(self, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free, self.frees, self.asked = 0, 50 * MIB, list[list[str]]()
        self.answer = RunResult("ok", 0)
        fake = node.run

        def run(argv: t.Sequence[str], timeout: float) -> RunResult:
            if argv[0] not in ("journalctl", "crictl"):
                return fake(argv, timeout)
            self.asked.append(list(argv))
            self.free += self.frees
            return self.answer

        monkeypatch.setattr(node, "run", run)
        monkeypatch.setattr(room, "available", lambda _system, _path: {"bytes": self.free, "inodes": 7})


@pytest.fixture
def disk(node: Node, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """A full disk."""
    return Disk(node, monkeypatch)


def test_room_is_made_with_figures(node: Node, disk: Disk) -> None:
    """The two programs with their bounds, what was available before and after in result and record."""
    result = apply(node, plan_of(VACUUM, PRUNE, restart=False))
    assert disk.asked == [
        ["journalctl", "--vacuum-size=200M"],
        ["crictl", "--runtime-endpoint=unix:///run/containerd/containerd.sock", "rmi", "--prune"],
    ]
    assert (result["state"], result["changed"]) == ("committed", True)
    figures = [(step["status"], step["before"]["bytes"], step["after"]["bytes"]) for step in result["steps"]]
    assert figures == [("changed", 0, 50 * MIB), ("changed", 50 * MIB, 100 * MIB)]
    acts = json.loads((Path(node.records) / RUN / "manifest.json").read_text())["acts"]
    assert [act["after"]["bytes"] for act in acts] == [50 * MIB, 100 * MIB]


def test_it_comes_before_the_record(node: Node, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk nothing could be recorded before: the room for that is what is made."""
    original = prepare.prepare

    def watched(*given: t.Any, **named: t.Any) -> t.Any:
        assert disk.asked
        assert not (Path(node.records) / RUN).exists()
        return original(*given, **named)

    monkeypatch.setattr(prepare, "prepare", watched)
    assert apply(node, plan_of(VACUUM, restart=False))["state"] == "committed"


def test_nothing_to_delete_changes_nothing(node: Node, disk: Disk) -> None:
    """No record is made of it."""
    disk.frees = 0
    result = apply(node, plan_of(VACUUM, restart=False))
    assert (result["state"], result["changed"], result["record"]) == ("committed", False, "")
    assert [step["status"] for step in result["steps"]] == ["already"]


def test_check_mode_deletes_nothing(node: Node, disk: Disk) -> None:
    """It says what would be done."""
    result = transaction.check(node, plan_of(VACUUM, PRUNE, restart=False), transaction.Limits())
    assert (result["state"], disk.asked) == ("planned", [])
    assert [(step["target"], step["status"]) for step in result["steps"]] == [
        ("200M /var/log/journal", "planned"),
        ("/var/lib/containerd", "planned"),
    ]


def test_program_that_fails_is_said(node: Node, disk: Disk) -> None:
    """With its words, and with what was deleted until then."""
    before = node.tree()
    disk.answer = RunResult("ok", 1, err="connection refused\n")
    result = apply(node, plan_of(PRUNE, edit(node, "/config.yaml", b"/wrong", "/good")))
    assert result["state"] == "refused"
    assert (
        "rmi --prune: connection refused (freed before that: /var/lib/containerd: 50 MiB, 0 inodes)" in result["reason"]
    )
    assert node.tree() == before
    disk.answer = RunResult("absent")
    assert "There is no journalctl on this node" in apply(node, plan_of(VACUUM, run="other"))["reason"]


def test_repair_that_does_not_help_says_that_it_stays_deleted(node: Node, disk: Disk) -> None:
    """Everything else is put back; undone later, it is not counted as restored either."""
    before = node.tree()
    result = apply(node, plan_of(VACUUM, edit(node, "/config.yaml", b"/wrong", "/also-wrong")))
    assert result["state"] == "rolled_back"
    assert [step["status"] for step in result["steps"]] == ["changed", "undone"]
    assert node.tree() == before
    assert apply(node, plan_of(VACUUM, run="alone", restart=False))["state"] == "committed"
    undone = rollback.roll_back(node, rollback.Request("alone"), Verify(5, 20))
    assert (undone["state"], undone["restored"]) == ("rolled_back", [])
    assert disk.asked


@pytest.mark.parametrize(
    "step",
    [
        {**VACUUM, "size": "200"},
        {**VACUUM, "size": "0M"},
        {**VACUUM, "path": "var"},
        {**PRUNE, "endpoint": "tcp://1.2.3.4:1"},
        {**PRUNE, "endpoint": "unix:///run/x --all"},
    ],
)
def test_only_what_is_bounded_is_taken(step: dict[str, t.Any]) -> None:
    """A size with its unit, a Unix socket, an absolute path."""
    with pytest.raises(RefusedError):
        plan_of(step)


def test_available_is_that_of_the_nearest_parent(node: Node) -> None:
    """A directory that does not exist is on the file system of its parent."""
    assert room.available(node, "/var/lib/nowhere/at/all") == room.available(node, "/")
