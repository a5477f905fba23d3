# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests/lab/repair_score.py does not reach: modules as ad-hoc tasks, and end-unfinished-repair."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live._lab import LiveLab, run
from live._repairs import Patient

CONFIG = "/var/lib/kubelet/config.yaml"
WRONG, RIGHT = "/etc/kubernetes/pki/WRONG-CA-FILE.crt", "/etc/kubernetes/pki/ca.crt"


@pytest.fixture
def patient(nodes: LiveLab, tmp_path: Path) -> Iterator[Patient]:
    """worker-2 (Debian 12), whose configuration names a CA file that does not exist; healed afterwards."""
    nodes.lab.break_host("ca-path-wrong", "worker-2")
    yield Patient(nodes, "worker-2", tmp_path)
    nodes.lab.heal("worker-2")


def task(patient: Patient, module: str, *arguments: str, **options: Any) -> tuple[bool, str]:
    """Run one module by the command ``ansible``; whether it succeeded, and what was printed."""
    command = ["ansible", "-i", str(patient.nodes.inventory), patient.host, "-m", f"nodeclinic.kubelet.{module}"]
    done = run([*command, "-a", json.dumps(options), *arguments], patient.results)
    return done.status == 0, done.output


def edit_of(text: str, old: str, new: str) -> dict[str, Any]:
    """Options of file_edit that put a new text in the place of an old one."""
    start = len(text[: text.index(old)].encode())
    span = {"start": start, "end": start + len(old.encode()), "text": new}
    return {"path": CONFIG, "sha256": hashlib.sha256(text.encode()).hexdigest(), "edits": [span]}


def test_file_edit_and_kubelet_restart(patient: Patient) -> None:
    """By hand: a restart fails while the fault is there; the edit is shown, made, not made twice; then it succeeds;
    the rollback puts the very bytes back."""
    before, text = patient.files(), patient.on(f"cat {CONFIG}")
    restart: dict[str, Any] = {"stable_seconds": 3, "healthz": "http://127.0.0.1:10248/healthz"}
    well, said = task(patient, "kubelet_restart", **restart)
    assert not well
    assert re.search(r"kubelet\.service: (?:systemd restarted it|it left the state running)", said), said
    edit = edit_of(text, WRONG, RIGHT)
    well, said = task(patient, "file_edit", "--check", "--diff", **edit)
    assert well, said
    assert f"+    clientCAFile: {RIGHT}" in said
    assert patient.files() == before
    well, said = task(patient, "file_edit", **edit)
    assert well, said
    assert patient.on(f"cat {CONFIG}") == text.replace(WRONG, RIGHT)
    well, said = task(patient, "kubelet_restart", **restart)
    assert well, said
    assert '"healthz": "ok"' in said
    well, said = task(patient, "file_edit", **edit_of(text, WRONG, "/etc/hostname"))
    assert not well
    assert "changed since" in said
    well, said = task(patient, "repair_rollback", force=False)
    assert well, said
    assert patient.files() == before
    assert patient.faults() == []


def test_end_unfinished_repair(patient: Patient) -> None:
    """After the repair and what waits for it are killed, the next run ends it first, and then repairs the node."""
    patient.inject(f"{Path(CONFIG).parent}/ kill-all")
    patient.repair(results="killed")
    assert patient.state() not in ("", "committed", "rolled_back", "failed")
    patient.on("rm -f /run/inject /usr/lib/python3*/sitecustomize.py")
    repaired = patient.repair()
    assert repaired.status == 0, repaired.output[-3000:]
    rounds = patient.said(repaired)["rounds"]
    assert [[action["id"] for action in each["actions"]] for each in rounds] == [
        ["end-unfinished-repair"],
        ["set-client-ca-file"],
    ]
    assert repaired.results[patient.host]["verdict"] == "healthy"
