# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user declares, accepts and asks for: kubelet_expected, kubelet_ignore, hardening."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from live._lab import LiveLab

EXPECTED: dict[str, Any] = {
    "config": {"maxPods": 250, "clusterDNS": ["10.96.0.10"]},
    "files": {"/etc/hostname": {"mode": "0600"}, "/etc/shadow": {"owner": "root"}, "/nowhere": {"absent": True}},
    "certificates": {"client": {"common_name": {"regex": r"system:node:worker-\d+"}, "remaining_days": 1}},
    "versions": {"kubelet": {"range": ">=1.20,<2.0"}},
    "kernel": {"net.ipv4.ip_forward": 1},
    "service": {"kubelet": {"active": True, "enabled": True}},
}


def extra(**variables: Any) -> tuple[str, str]:
    """Arguments that set variables."""
    return "-e", json.dumps({"kubelet_peers": "off", **variables})


def test_declared_values(nodes: LiveLab, tmp_path: Path) -> None:
    """Two of them differ, one about a file that no kubelet uses; each names its value and the inventory."""
    done = nodes.play("diagnose", "-l", "worker-1", *extra(kubelet_expected=EXPECTED), results=tmp_path)
    assert done.status == 0, done.output
    result = done.results["worker-1"]
    assert {each["path"]: each["expected"] for each in result["differences"]} == {
        "config.maxPods": "250",
        "files./etc/hostname.mode": "0600",
    }
    assert {tuple(each["sources"]) for each in result["differences"]} == {("inventory",)}
    assert result["verdict"] == "at_risk"
    assert result["unknowns"] == []


def test_what_is_accepted(nodes: LiveLab, tmp_path: Path) -> None:
    """The node is healthy, a run that fails on information succeeds, and the result says what was accepted and why."""
    accepted = [
        {"path": "config.maxPods", "reason": "GPU node", "until": "never"},
        {"id": "expected/file", "reason": "later", "until": "2099-12-31"},
    ]
    given = extra(kubelet_expected=EXPECTED, kubelet_ignore=accepted, kubelet_fail_on="info")
    done = nodes.play("diagnose", "-l", "worker-1", *given, results=tmp_path)
    assert done.status == 0, done.output
    result = done.results["worker-1"]
    assert (result["verdict"], result["risks"]) == ("healthy", [])
    assert [each["reason"] for each in result["ignored"]] == ["GPU node", "later"]


def test_passed_day_is_reported(nodes: LiveLab, tmp_path: Path) -> None:
    """The difference is back, and the screen says that its exception ended."""
    accepted = [{"path": "config.*", "reason": "GPU node", "until": "2020-01-01"}]
    given = extra(kubelet_expected=EXPECTED, kubelet_ignore=accepted)
    done = nodes.play("diagnose", "-l", "worker-1", *given, results=tmp_path)
    assert done.status == 0, done.output
    assert "exception/ended" in done.output
    assert "expected/kubelet-configuration" in done.output


def test_hardening_by_its_tag(nodes: LiveLab, tmp_path: Path) -> None:
    """The tag runs the whole diagnosis, with recommendations; without it there is none."""
    plain = nodes.play("diagnose", "-l", "worker-1", *extra(), results=tmp_path)
    tagged = nodes.play("diagnose", "-l", "worker-1", "--tags", "hardening", *extra(), results=tmp_path / "tagged")
    assert (plain.status, tagged.status) == (0, 0), tagged.output
    assert plain.results["worker-1"]["risks"] == []
    ids = {risk["id"] for risk in tagged.results["worker-1"]["risks"]}
    assert "hardening/seccomp-default" in ids
    assert all(name.startswith("hardening/") for name in ids)
    assert tagged.results["worker-1"]["verdict"] == "healthy"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"kubelet_expected": {"config": {"clusterDns": []}}}, "clusterDns is not a field of KubeletConfiguration"),
        ({"kubelet_expected": ["x"]}, "expected must be a mapping"),
        ({"kubelet_ignore": [{"id": "expected/flag"}]}, "reason must say why this is accepted"),
    ],
)
def test_mistake_is_said_before_the_node_is_contacted(
    nodes: LiveLab, tmp_path: Path, variables: dict[str, Any], sentence: str
) -> None:
    """One sentence, no result, no traceback."""
    done = nodes.play("diagnose", "-l", "worker-1", *extra(**variables), results=tmp_path)
    assert done.status != 0
    assert sentence in done.output
    assert "Traceback" not in done.output
    assert done.results == {}
