# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which repairs of ours did not come to an end, as a diagnosis reads it from their records."""

from __future__ import annotations

import json
import os
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import repairs
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import ListResult

if t.TYPE_CHECKING:
    import pytest

    from .conftest import Node

RECORDS = "/var/lib/nodeclinic/repairs"
BOOT = "9bb856c0-7eb3-442f-9b4b-13e13a055b93"


def _record(node: Node, run: str, state: str, **more: object) -> None:
    about = {"state": state, "created_at": "2026-11-24T07:00:00Z", "findings": ["config/broken"], **more}
    node.write(f"{RECORDS}/{run}/manifest.json", json.dumps(about))


def test_no_records(node: Node) -> None:
    """A node that was never repaired has none."""
    assert repairs.unfinished(node.host()) == []


def test_only_what_has_not_ended_is_told(node: Node) -> None:
    """Newest first; what has come to an end, what is damaged and the list of attempts are left out."""
    for number, state in enumerate(("committed", "rolled_back", "failed", "backed_up", "held")):
        _record(node, f"run{number}", state)
    node.write(f"{RECORDS}/run9/manifest.json", "{half")
    node.write(f"{RECORDS}/attempts.json", "{}")
    found = repairs.unfinished(node.host())
    assert found is not None
    assert [(item["run"], item["state"], item["running"]) for item in found] == [
        ("run4", "held", False),
        ("run3", "backed_up", False),
    ]
    assert found[0]["findings"] == ["config/broken"]


def test_repair_at_work_is_told_from_an_interrupted_one(node: Node) -> None:
    """By the process that the lock names, of this boot; a number that is used again after a boot says nothing."""
    node.write("/proc/sys/kernel/random/boot_id", f"{BOOT}\n")
    node.write(f"/proc/{os.getpid()}/stat", "")
    _record(node, "run1", "restarted")
    holder = {"run": "run1", "pid": os.getpid(), "boot": BOOT}
    for changed, running in (({}, True), ({"boot": "other"}, False), ({"run": "run0"}, False), ({"pid": 4}, False)):
        node.write("/run/nodeclinic/repair.lock", json.dumps({**holder, **changed}))
        found = repairs.unfinished(node.host())
        assert found is not None
        assert found[0]["running"] is running


def test_directory_that_may_not_be_read(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to look, nothing is said about it."""
    host = node.host()
    monkeypatch.setattr(host, "listdir", lambda _path: ListResult("denied"))
    assert repairs.unfinished(host) is None
