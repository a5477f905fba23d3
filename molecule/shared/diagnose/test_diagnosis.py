# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a diagnosis of every host: what the results say, and whether the hosts are as they were."""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from corpus._score import compare
from lab import cases, fingerprint, score

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
KEPT = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
SCHEMA = json.loads((PROJECT / "docs/result.schema.json").read_text())
SCENARIO = yaml.safe_load((Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "faults.yml").read_text())
FAULTS = SCENARIO["faults"]
FLEET = SCENARIO.get("fleet", [])

testinfra_hosts = ["ansible://kubelet_workers"]


@pytest.fixture
def name(host: Any) -> str:
    """Name of the host in the inventory."""
    return str(host.backend.host)


@pytest.fixture
def result(name: str) -> dict[str, Any]:
    """What the diagnosis wrote about the host."""
    return dict(json.loads((KEPT / "results" / f"{name}.json").read_text()))


@functools.cache
def all_seen(moment: str) -> dict[str, str]:
    """What fingerprint.py printed before or after, by host."""
    return dict(json.loads((KEPT / f"{moment}.json").read_text()))


def seen(moment: str, name: str) -> dict[str, Any]:
    """What was seen of a host before or after."""
    return dict(json.loads(all_seen(moment)[name]))


def test_result_is_valid(result: dict[str, Any]) -> None:
    """The result is what docs/result.schema.json promises to other tools."""
    jsonschema.validate(result, SCHEMA)


def test_verdict_and_root_causes(name: str, result: dict[str, Any]) -> None:
    """A broken host has exactly its root causes, a healthy one none."""
    if FLEET:
        pytest.skip("the cause is not on the nodes")
    case = cases.load(FAULTS[name]["case"] if name in FAULTS else "healthy")
    outcome = compare(case.id, score.expected(case), result)
    assert outcome.right, outcome.row()


def test_evidence_is_quoted(name: str, result: dict[str, Any]) -> None:
    """The evidence of the root causes shows places and values, not opinions."""
    shown = json.dumps([finding["evidence"] for finding in result["root_causes"]], ensure_ascii=False)
    missing = [quote for quote in FAULTS.get(name, {}).get("quotes", ()) if json.dumps(quote)[1:-1] not in shown]
    assert not missing, shown


def test_control_plane_is_blamed_once(name: str, result: dict[str, Any]) -> None:
    """What all nodes share is the fleet's cause; a node names it as what explains its own state."""
    if not FLEET:
        pytest.skip("nothing is wrong with the control plane")
    fleet = json.loads((KEPT / "results/_fleet.json").read_text())
    assert [finding["id"] for finding in fleet["root_causes"]] == FLEET
    assert result["verdict"] in ("down", "degraded"), name
    assert result["root_causes"] == []
    assert set(FLEET) & {by for finding in result["consequences"] for by in finding.get("explained_by", ())}


def test_no_file_was_changed(name: str) -> None:
    """Content, mode, owner and times of all files are as before the diagnosis, and none was left behind."""
    before, after = (seen(moment, name)["files"] for moment in ("before", "after"))
    # Ansible unpacks each module below /tmp and removes it, which shows in the times of /tmp itself.
    del before["/tmp"], after["/tmp"]
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    if name in FAULTS:
        changed = {path for path in changed if not path.startswith(fingerprint.MADE_AT_EACH_START)}
    assert not changed


def test_no_service_was_touched(name: str) -> None:
    """On a healthy host all units are in the same state and all services are the same processes as before."""
    if name in FAULTS:
        pytest.skip("a broken kubelet starts and ends by itself")
    before, after = (seen(moment, name) for moment in ("before", "after"))
    assert after["units"] == before["units"]
    assert after["processes"] == before["processes"]


def test_nothing_was_repaired(host: Any, name: str) -> None:
    """Seen without our modules: services that ran still run, and what is broken is still broken."""
    case = FAULTS.get(name, {}).get("case", "healthy")
    kubelet = host.service("kubelet")
    if case == "healthy":
        assert kubelet.is_running
        assert kubelet.is_enabled
        assert host.service("containerd").is_running
    elif case == "ca-path-wrong":
        assert host.file("/var/lib/kubelet/config.yaml").contains("WRONG-CA-FILE")
        assert not host.file("/etc/kubernetes/pki/WRONG-CA-FILE.crt").exists
    elif case == "server-port-wrong":
        assert host.file("/etc/kubernetes/kubelet.conf").contains("https://controlplane:6553")
    elif case == "kubelet-masked":
        assert kubelet.is_masked
    elif case in ("kubelet-stopped-disabled", "config-yaml-syntax", "swap-enabled"):
        assert not host.socket("tcp://127.0.0.1:10248").is_listening
    elif case == "containerd-stopped":
        assert not host.service("containerd").is_running
