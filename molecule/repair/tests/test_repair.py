# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a look, a repair and a second repair of broken hosts: what they are now, seen without our modules."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
KEPT = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
SCHEMA = json.loads((PROJECT / "docs/result.schema.json").read_text())
SETTINGS = yaml.safe_load((PROJECT / "molecule/repair/faults.yml").read_text())
CASES = {host: fault["case"] for host, fault in SETTINGS["faults"].items()}
LEFT = [host for host, case in CASES.items() if case == "cert-expired"]
FILES = (PROJECT / "tests/lab/repair_files.sh").read_text()

testinfra_hosts = [f"ansible://{host}" for host in CASES]


@pytest.fixture
def name(host: Any) -> str:
    """Name of the host in the inventory."""
    return str(host.backend.host)


def step(which: str) -> dict[str, Any]:
    """What was kept of one run of the playbook."""
    return dict(json.loads((KEPT / f"{which}.json").read_text()))


def result(which: str, name: str) -> dict[str, Any]:
    """The result that one run of the playbook wrote of a host, valid."""
    found = dict(json.loads((KEPT / which / f"{name}.json").read_text()))
    jsonschema.validate(found, SCHEMA)
    return found


def test_check_mode_changes_nothing_and_shows_the_difference(name: str) -> None:
    """Files and units are as before; what would be edited is shown as a diff."""
    assert step("repair")["before"][name] == step("check")["before"][name]
    repair = result("check", name)["repair"]
    assert repair["state"] == ("nothing" if name in LEFT else "planned")
    edited = [s["path"] for r in repair["rounds"] for a in r["actions"] for s in a["steps"] if s["kind"] == "edit"]
    assert all(f"+++ after: {path}" in step("check")["output"] for path in edited)


def test_repaired_host_is_healthy(host: Any, name: str) -> None:
    """systemd, healthz and the result agree; a host for a person is as it was, and the result says what to do."""
    found = result("repair", name)
    if name in LEFT:
        assert found["repair"]["state"] == "nothing"
        assert "kubeadm" in found["repair"]["not_offered"][0]["reason"]
        assert step("again")["before"][name] == step("repair")["before"][name]
        return
    assert (found["repair"]["state"], found["verdict"]) == ("committed", "healthy")
    assert found["repair"]["ready"] == "True"
    assert host.service("kubelet").is_running
    assert host.service("kubelet").is_enabled
    assert host.socket("tcp://127.0.0.1:10248").is_listening
    assert not host.file("/var/lib/kubelet/config.yaml").contains("WRONG-CA-FILE")
    assert not host.file("/etc/kubernetes/kubelet.conf").contains(":6553")


def test_record_is_for_root_alone(host: Any, name: str) -> None:
    """What was replaced is kept where only root can read it."""
    if name in LEFT:
        pytest.skip("nothing was changed")
    assert host.file("/var/lib/nodeclinic/repairs").mode == 0o700
    assert host.run("find /var/lib/nodeclinic/repairs -perm /077 ! -type l").stdout == ""


def test_second_run_changes_nothing(name: str) -> None:
    """Nothing is left to do, and nothing is counted as changed."""
    assert result("again", name)["repair"]["state"] == "nothing"
    recap = [line for line in step("again")["output"].splitlines() if line.startswith(name) and "ok=" in line]
    assert ["changed=0" in line for line in recap] == [True]


def test_rollback_is_byte_for_byte(host: Any, name: str, request: pytest.FixtureRequest) -> None:
    """Undone round by round, the host is broken exactly as before."""
    if name in LEFT:
        pytest.skip("nothing was changed")
    inventory = request.config.getoption("--ansible-inventory")
    for _round in result("repair", name)["repair"]["rounds"]:
        command = ["ansible-playbook", str(PROJECT / "playbooks/rollback.yml"), "-i", inventory, "-l", name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own playbook
        assert done.returncode == 0, done.stdout
    assert host.run(FILES).stdout.strip() == step("check")["before"][name].strip()
