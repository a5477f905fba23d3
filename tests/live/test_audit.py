# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits of real hosts, one after the other: a node breaks, is not reached, breaks still, heals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from live._lab import ROOT, LiveLab, Run

SCHEMA = json.loads((ROOT / "docs" / "audit.schema.json").read_text())
CAUSE = "certificate/client-ca-file-missing"
NODES = ("worker-1", "worker-2")


class Audits:
    """Audits of two workers into one directory."""

    def __init__(self, nodes: LiveLab, place: Path) -> None:
        self.nodes, self.place = nodes, place

    def run(self, *arguments: str) -> tuple[Run, dict[str, Any]]:
        """What a run printed, and what it kept (valid)."""
        done = self.nodes.play(
            "audit",
            *("-e", f"kubelet_audit_dir={self.place}", "-e", f"kubelet_hosts={','.join(NODES)}"),
            *arguments,
            results=self.place / "results",
        )
        kept: dict[str, Any] = json.loads((self.place / "latest.json").read_text())
        jsonschema.validate(kept, SCHEMA)
        return done, kept


@pytest.fixture
def audits(nodes: LiveLab, tmp_path: Path) -> Audits:
    """A directory without history."""
    return Audits(nodes, tmp_path / "audit")


def changes(kept: dict[str, Any], kind: str) -> list[tuple[str, str]]:
    """Host and id of what is new or gone."""
    return [(each["host"], each["id"]) for each in kept["changes"][kind]]


def test_break_and_heal(audits: Audits, nodes: LiveLab) -> None:
    """What broke is new in one run and shown whole, stays with its beginning, and is gone in one run."""
    done, first = audits.run()
    assert done.status == 0, done.output
    assert first["counts"]["healthy"] == len(NODES), done.output
    uses = {each["use"]: each for each in first["nodes"][0]["certificates"]}
    assert {"client", "server-ca"} <= set(uses)
    assert first["nodes"][0]["versions"]["kubelet"].startswith("v1.")

    nodes.lab.break_host("ca-path-wrong", "worker-2")
    try:
        done, second = audits.run("-e", "kubelet_fail_on=error")
        assert done.status != 0
        assert "kubelet_fail_on is error, reached by 1 node" in done.output
        assert ("worker-2", CAUSE) in changes(second, "new")
        assert "worker-2  DOWN" in done.output
        assert "worse  worker-2  healthy -> down" in done.output

        done, limited = audits.run("-l", "worker-1")
        assert done.status == 0, done.output
        assert limited["limited"]
        assert (changes(limited, "new"), changes(limited, "gone"), limited["changes"]["missing"]) == ([], [], [])

        gone = ("-e", "ansible_port=1", "-e", "kubelet_cluster_query=off")
        done, lost = audits.run("-l", "worker-2", *gone)
        assert done.status != 0
        assert changes(lost, "gone") == []
        assert "lost   worker-2  down -> unknown: the node could not be reached" in done.output
        (held,) = [each for each in lost["nodes"][1]["findings"] if each["id"] == CAUSE]
        assert (held["confirmed"], held["since"]) == (False, second["at"])

        done, again = audits.run()
        assert (changes(again, "new"), changes(again, "gone")) == ([], [])
        assert "worker-2  DOWN" not in done.output
        assert f"back   worker-2  unknown -> down: {CAUSE}" in done.output
    finally:
        nodes.lab.heal("worker-2")

    done, healed = audits.run()
    assert done.status == 0, done.output
    assert ("worker-2", CAUSE) in changes(healed, "gone")
    assert f"better worker-2  down -> healthy: {CAUSE}" in done.output
    assert healed["history"]["runs"] == 6
    assert 'nodeclinic_node_verdict{node="worker-2",verdict="healthy"} 1' in (audits.place / "metrics.prom").read_text()


def test_check_mode(audits: Audits) -> None:
    """Everything is shown against what is known, and nothing is kept."""
    audits.run()
    before = sorted(path.name for path in audits.place.rglob("*"))
    done, _kept = audits.run("--check")
    assert done.status == 0, done.output
    assert "Nothing was written to" in done.output
    assert sorted(path.name for path in audits.place.rglob("*")) == before
