# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook as a user runs it, with real ansible-playbook: this machine as a node, hosts that are not there."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from unit.action.test_playbooks import play
from unit.audit._runs import VALID


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """A host that answers, one that does not, one with a mistake in a variable."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {
        "here": local,
        "gone": {"ansible_host": "127.0.0.1", "ansible_port": 1},
        "typo": {**local, "kubelet_timeout": 0},
    }
    variables = {"kubelet_results_dir": str(tmp_path / "out"), "kubelet_audit_dir": str(tmp_path / "audit")}
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    return path


def latest(tmp_path: Path) -> dict[str, Any]:
    """The newest run, valid."""
    found: dict[str, Any] = json.loads((tmp_path / "audit" / "latest.json").read_text())
    VALID.validate(found)
    return found


def test_every_host_is_in_the_run(inventory: Path, tmp_path: Path) -> None:
    """Unreachable hosts and mistakes too; it is kept before the run fails, and a limited run leaves the others."""
    done = play("audit", "-i", inventory)
    assert done.returncode != 0
    assert "here could not be judged" in done.stdout + done.stderr
    assert "audit  FIRST RUN  3 nodes: 3 unknown" in done.stdout
    first = latest(tmp_path)
    by_host = {each["host"]: each for each in first["nodes"]}
    assert [by_host[host]["reachable"] for host in ("here", "gone", "typo")] == [True, False, False]
    assert "Connection refused" in by_host["gone"]["summary"]
    assert by_host["typo"]["summary"] == "timeout is 0, but must be from 1 to 600."
    assert {path.name for path in (tmp_path / "audit").iterdir()} >= {
        "report.html",
        "report.md",
        "metrics.prom",
        "runs",
    }

    limited = play("audit", "-i", inventory, "-l", "here")
    assert "2 of them not in this run" in limited.stdout
    second = latest(tmp_path)
    assert (second["limited"], second["changes"]["missing"], len(second["nodes"])) == (True, [], 3)
    assert {each["host"]: each["since"] for each in second["nodes"]} == dict.fromkeys(by_host, first["at"])


def test_check_mode_keeps_nothing(inventory: Path, tmp_path: Path) -> None:
    """It shows all the same."""
    done = play("audit", "-i", inventory, "-l", "here", "--check")
    assert f"Nothing was written to {tmp_path}/audit" in done.stdout
    assert not (tmp_path / "audit").exists()


def test_place_that_cannot_be_used(inventory: Path, tmp_path: Path) -> None:
    """What was found is shown, and the message says what was tried, what happened and what to do."""
    done = play("audit", "-i", inventory, "-l", "gone", kubelet_audit_dir="/proc/nowhere")
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert "gone  UNKNOWN  could not be judged" in said
    assert "the run was not kept: cannot use /proc/nowhere: No such file or directory. Make room or give access" in said
    assert "`kubelet_audit_dir`" in said
    assert (tmp_path / "out" / "gone.json").exists()


def test_number_of_runs_that_is_none(inventory: Path) -> None:
    """A mistake is one sentence."""
    done = play("audit", "-i", inventory, "-l", "here", kubelet_audit_keep=-1)
    assert "keep is -1, but must be a number of runs, or 0 for all" in done.stdout + done.stderr
