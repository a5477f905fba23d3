# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control plane's answer cut down to one node, and nodes that could not be read."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import judge, unread, with_cluster
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._reading import cluster_answer

AT = "2026-11-23T21:39:15Z"
REASON = "the node could not be reached: ssh: connect to host 10.0.0.2 port 22: Connection timed out"


def a_node(name: str, address: str, ready: str = "True") -> dict[str, Any]:
    """A Node object with one address and its Ready condition."""
    condition = {"type": "Ready", "status": ready, "reason": "R", "message": "M", "lastTransitionTime": AT}
    addresses = [{"type": "InternalIP", "address": address}]
    return {"metadata": {"name": name}, "status": {"addresses": addresses, "conditions": [condition]}}


@pytest.fixture
def answer() -> dict[str, Any]:
    """What cluster_info returns for two nodes."""
    nodes = {"worker-1": a_node("worker-1", "10.0.0.1"), "worker-2": a_node("worker-2", "10.0.0.2", "Unknown")}
    return {"nodes": nodes, "leases": {"worker-2": {"spec": {"renewTime": AT}}}, "csrs": [], "version": "v1.36.2"}


def live(hostname: str) -> dict[str, Any]:
    """Evidence of a node of which only the host part was read."""
    return {
        "format": "node-bundle/1",
        "node": hostname,
        "captured_at": AT,
        "kubelet_unit": "kubelet.service",
        "host": {"hostname": hostname},
        "parts": {"host": {"status": "ok", "reason": ""}},
    }


def test_node_is_found_by_its_own_name(answer: dict[str, Any]) -> None:
    """The name under which the kubelet registers decides, not the name in the inventory."""
    joined = with_cluster(live("worker-2"), answer, also_called=["worker-1"])
    assert joined["cluster"]["node"]["metadata"]["name"] == "worker-2"
    assert joined["cluster"]["lease"]["spec"]["renewTime"] == AT
    assert joined["parts"]["cluster"] == {"status": "ok", "reason": ""}


def test_what_is_published_goes_with_each_node_and_into_its_bundle(answer: dict[str, Any]) -> None:
    """A bundle that is judged later is compared with what the control plane published when it was captured."""
    published = {"kubelet_config": "clusterDNS: [10.96.0.10]\n", "version": "v1.36.2"}
    said = {**answer, "published": published, "unread": {"endpoint": "not found"}}
    joined = with_cluster(live("worker-2"), said)
    again = _bundle.read({name: text.encode() for name, text in _bundle.write(joined).items()})
    view = snapshot(again, host_name="worker-2").cluster
    assert (view.published, view.unread) == (published, {"endpoint": "not found"})


def test_given_node_name_wins(answer: dict[str, Any]) -> None:
    """kubelet_node_name overrides what was found."""
    joined = with_cluster(live("worker-2"), answer, node_name="worker-1")
    assert joined["cluster"]["node"]["metadata"]["name"] == "worker-1"


def test_unknown_node_is_said_to_be_missing_only_when_its_name_is_known(answer: dict[str, Any]) -> None:
    """A node that read its own name and is not there is missing; a mere inventory name proves nothing."""
    missing = with_cluster(live("worker-9"), answer, also_called=["other"])["cluster"]
    assert missing["node"]["error"] == 'nodes "worker-9" not found'
    guess = with_cluster(unread(REASON, host_name="w9", captured_at=AT), answer, also_called=["w9"])["cluster"]
    assert "could not be told" in guess["error"]


def test_unreachable_node_is_recognised_by_its_address(answer: dict[str, Any]) -> None:
    """The control plane's word on a node that cannot be reached is quoted in its result."""
    evidence = unread(REASON, host_name="rack-7", captured_at=AT)
    result = judge(with_cluster(evidence, answer, also_called=["rack-7", "10.0.0.2"]), host_name="rack-7")
    assert result["host"] == "rack-7"
    assert {"units", "journal", "files", "host", "probes"} <= {gap["part"] for gap in result["unknowns"]}
    assert all(REASON in gap["reason"] for gap in result["unknowns"])
    assert any("Ready=Unknown" in finding["summary"] for finding in result["consequences"])


def test_unreachable_node_without_cluster_is_unknown() -> None:
    """Nothing seen means unknown, with the reason in the summary, and no finding at all."""
    evidence = with_cluster(unread(REASON, host_name="worker-2", captured_at=AT), None)
    result = judge(evidence, host_name="worker-2")
    assert result["verdict"] == "unknown"
    assert "Connection timed out" in result["summary"]
    assert not result["root_causes"]
    assert not result["risks"]


def test_two_nodes_with_one_address_are_not_guessed(answer: dict[str, Any]) -> None:
    """An ambiguous match is no match."""
    answer["nodes"]["worker-3"] = a_node("worker-3", "10.0.0.2")
    joined = with_cluster(unread(REASON, host_name="x", captured_at=AT), answer, also_called=["10.0.0.2"])
    assert "could not be told" in joined["parts"]["cluster"]["reason"]


@pytest.mark.parametrize(
    ("registered", "expected"),
    [
        (None, None),
        ({"skipped": True}, None),
        ({"cluster": {"nodes": {}}}, {"nodes": {}}),
        ({"cluster": {"error": "no route"}}, {"error": "no route"}),
    ],
)
def test_registered_result_of_cluster_info(registered: Any, expected: Any) -> None:
    """Skipped is not asked; an error stays one."""
    assert cluster_answer(registered) == expected
