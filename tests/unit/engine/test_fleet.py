# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes share becomes one fleet cause; what only looks alike stays each node's own."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.fleet import Fleet, fleet
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.fleet_causes import FLEET, LEVELS, SHARED
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.gate import failures
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.text import render

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "docs" / "result.schema.json").read_text())
REFUSED = "apiserver/connection-refused"
SERVER = "https://api.example:6443"


def finding(name: str, **more: Any) -> dict[str, Any]:
    """A root cause with a probe as its evidence."""
    return {
        "id": name,
        "severity": "critical",
        "title": name,
        "summary": f"this is {name}",
        "evidence": [{"source": "probe", "locator": "api.example:6443", "excerpt": "connect refused"}],
        "remedy": {"text": "Nothing on this node.", "repair": None, "automatic": "never"},
        **more,
    }


def result(host: str, *roots: str | dict[str, Any], answer: str | None = "refused", **more: Any) -> dict[str, Any]:
    """A node's result with these root causes."""
    found = [finding(root) if isinstance(root, str) else root for root in roots]
    summary = found[0]["summary"] if found else "kubelet runs"
    facts = {"state": "kubelet runs", "api_endpoint": SERVER, "api_answer": answer}
    return {
        "schema": "nodeclinic.kubelet/result/1",
        "host": host,
        "node_name": host,
        "captured_at": "2026-11-23T21:39:15Z",
        "verdict": "down" if found else "healthy",
        "summary": summary,
        "root_causes": found,
        **{key: [] for key in ("consequences", "risks", "resolved", "unknowns", "rule_errors")},
        "facts": facts,
        "engine": {"collection_version": "1.0.0", "catalogue_version": "1"},
        **more,
    }


def at(server: str, node: dict[str, Any]) -> dict[str, Any]:
    """The node with another server in its kubeconfig."""
    return {**node, "facts": {**node["facts"], "api_endpoint": server}}


def working(host: str) -> dict[str, Any]:
    """A node that the API server serves."""
    return result(host, answer="ok")


def causes(seen: Fleet) -> list[tuple[str, list[str]]]:
    """Ids of the fleet's causes with the nodes that they cover."""
    return [(cause["id"], cause["nodes"]) for cause in seen.overview["root_causes"]] if seen.overview else []


def roots(seen: Fleet) -> dict[str, list[str]]:
    """Ids of the root causes that stay with each node."""
    return {node["host"]: [cause["id"] for cause in node["root_causes"]] for node in seen.results}


def test_shared_failure_is_said_once() -> None:
    """All nodes find the API server closed: one fleet cause, a consequence on each node, verdicts as before."""
    given = [result("w1", REFUSED), result("w2", REFUSED), result("w3", "config/file-missing", REFUSED)]
    before = deepcopy(given)
    seen = fleet(given)
    assert causes(seen) == [("fleet/api-endpoint-down", ["w1", "w2", "w3"])]
    assert roots(seen) == {"w1": [], "w2": [], "w3": ["config/file-missing"]}
    for node in seen.results:
        shared = node["consequences"][0]
        assert (shared["id"], shared["explained_by"]) == (REFUSED, ["fleet/api-endpoint-down"])
        assert node["fleet_causes"] == ["fleet/api-endpoint-down"]
        assert node["verdict"] == "down"
        assert "fleet/api-endpoint-down" in node["summary"]
    assert seen.results[2]["summary"].startswith("this is config/file-missing")
    assert given == before


def test_all_of_it_is_valid() -> None:
    """The fleet's result and the adjusted ones follow the schema."""
    seen = fleet([result("w1", REFUSED), result("w2", REFUSED)])
    for data in (seen.overview, *seen.results):
        jsonschema.validate(data, SCHEMA)


@pytest.mark.parametrize("root", SHARED)
def test_each_shared_root_has_its_fleet_cause(root: str) -> None:
    """Every entry joins nodes that fail alike, and names a root cause of the catalogue."""
    answer = next(name for name, level in LEVELS.items() if level == SHARED[root].level)
    seen = fleet([result(name, root, answer=answer) for name in ("w1", "w2")])
    assert causes(seen) == [(SHARED[root].fleet.id, ["w1", "w2"])]
    assert root in {cause.id for cause in CATALOGUE}


def test_catalogue_of_the_fleet_is_its_own() -> None:
    """Fleet causes have ids of their own layer, and none is one of a node's."""
    assert {cause.layer for cause in FLEET} == {"fleet"}
    assert not {cause.id for cause in FLEET} & {cause.id for cause in CATALOGUE}


DIFFERENT_FAULTS = [
    [result("w1", REFUSED), result("w2", "network/no-route", answer="no_route")],
    [result("w1", REFUSED), result("w2", "config/file-missing", answer="ok"), result("w3", "service/masked")],
    [result("w1", REFUSED)],
    [at("https://a:6443", result("w1", REFUSED)), at("https://b:6443", result("w2", REFUSED))],
    [at("https://127.0.0.1:6443", result("w1", REFUSED)), at("https://127.0.0.1:6443", result("w2", REFUSED))],
    [at("https://[::1]:6443", result("w1", REFUSED)), at("https://[::1]:6443", result("w2", REFUSED))],
    [at("https://[bad", result("w1", REFUSED)), at("https://[bad", result("w2", REFUSED))],
    [at(7, result("w1", REFUSED)), at(7, result("w2", REFUSED))],  # type: ignore[arg-type]
    [result("w1", "kubeconfig/wrong-server"), result("w2", "kubeconfig/wrong-server")],
    [result("w1", REFUSED, answer=None), result("w2", REFUSED, answer=None)],
    [],
]


@pytest.mark.parametrize("nodes", DIFFERENT_FAULTS)
def test_what_only_looks_alike_is_not_joined(nodes: list[dict[str, Any]]) -> None:
    """Different faults, endpoints, local proxies, hostile servers and single nodes stay as they are."""
    seen = fleet(nodes)
    assert seen.overview is None
    assert roots(seen) == {node["host"]: [cause["id"] for cause in node["root_causes"]] for node in nodes}


def test_port_that_others_do_not_use_is_in_doubt() -> None:
    """Two nodes with the same wrong port, while a third reaches the same host: the port is theirs."""
    wrong = [at("https://api.example:6553", result(name, REFUSED)) for name in ("w1", "w2")]
    assert fleet([*wrong, working("w3")]).overview is None
    assert fleet(wrong).overview is not None


def certificate(issuer: str) -> dict[str, Any]:
    """A kubeconfig whose CA is not the API server's."""
    evidence = [{"source": "certificate", "excerpt": f"subject {issuer}; issuer {issuer}; valid 1 to 2"}]
    return finding("certificate/ca-not-trusted-by-node", evidence=evidence)


def test_two_wrong_cas_are_two_faults() -> None:
    """The same CA on all nodes speaks for the control plane, different ones for the nodes."""
    same = [result(name, certificate("CN=old"), answer="tls") for name in ("w1", "w2")]
    assert causes(fleet(same)) == [("fleet/cluster-ca-replaced", ["w1", "w2"])]
    different = [result(name, certificate(f"CN={name}"), answer="tls") for name in ("w1", "w2")]
    assert fleet(different).overview is None


def test_stale_processes_stay_with_their_nodes() -> None:
    """Kubelets that only need a restart are no fault of the control plane."""
    stale = finding("certificate/ca-not-trusted-by-node", remedy={"text": "Restart.", "repair": "restart-kubelet"})
    assert fleet([result("w1", stale, answer="tls"), result("w2", stale, answer="tls")]).overview is None


def test_witness_decides_between_all_and_most() -> None:
    """Where another node reaches the endpoint, two failures of four stay apart; three of four are a part of the way."""
    two = fleet([result("w1", REFUSED), result("w2", REFUSED), working("w3"), working("w4")])
    assert two.overview is None
    three = fleet([*(result(f"w{n}", REFUSED) for n in (1, 2, 3)), working("w4")])
    assert causes(three) == [("fleet/api-partly-unreachable", ["w1", "w2", "w3"])]


def test_node_that_gets_further_is_a_witness_too() -> None:
    """A node that is refused with 401 has reached the endpoint all the same."""
    refused = [result("w1", REFUSED), result("w2", REFUSED)]
    other = result("w3", "certificate/client-expired", answer="unauthorized")
    assert fleet([*refused, other]).overview is None


def test_lone_node_is_told_about_the_others() -> None:
    """Its summary and evidence name those that reach the endpoint, and the remedy no longer blames the API server."""
    seen = fleet([result("w1", REFUSED), *(working(f"w{n}") for n in (2, 3, 4))])
    cause = seen.results[0]["root_causes"][0]
    assert cause["summary"] == f"this is {REFUSED}; 3 of 4 nodes in this run reach it"
    assert seen.results[0]["summary"] == cause["summary"]
    assert cause["evidence"][1]["excerpt"] == "3 of 4 nodes in this run reach it: w2, w3, w4"
    assert "nc -vz api.example 6443" in cause["remedy"]["text"]
    assert seen.results[1:] == [working(f"w{n}") for n in (2, 3, 4)]


def test_only_bundles_of_one_moment_are_compared() -> None:
    """With a window, an outage of yesterday is not joined with one of today; unknown times join nothing."""
    nodes = [result("w1", REFUSED), result("w2", REFUSED, captured_at="2026-11-23T21:44:15Z")]
    later = [result("w3", REFUSED, captured_at="2026-11-24T21:44:15Z"), result("w4", REFUSED, captured_at="")]
    seen = fleet([*later, *nodes], timedelta(minutes=10))
    assert causes(seen) == [("fleet/api-endpoint-down", ["w1", "w2"])]
    assert [node["host"] for node in seen.results] == ["w3", "w4", "w1", "w2"]


def test_fail_on_counts_what_the_fleet_took_over() -> None:
    """A node whose only other root cause is mild still fails the run for the API server's."""
    mild = finding("config/mild", severity="error")
    seen = fleet([result("w1", REFUSED, mild), result("w2", REFUSED)])
    said = failures(seen.results, "critical")
    assert "reached by 2 nodes" in said
    assert said.count(REFUSED) == 2


def test_report_shows_the_fleet_and_names_it_on_the_nodes() -> None:
    """A block with the cause and its nodes; on a node a consequence that names the fleet's cause, and no remedy."""
    seen = fleet([result("w1", REFUSED), result("w2", REFUSED)])
    assert seen.overview is not None
    fleet_block = render([seen.overview], width=100, colour=False)
    shown = render(seen.results, width=100, colour=False).split("\n\n")
    assert fleet_block.startswith("fleet  DOWN  2 of 2 nodes of this run share a cause that is not on them")
    assert "  nodes  w1, w2" in fleet_block
    assert shown[0] == f"w1  DOWN  kubelet runs\n  so     this is {REFUSED}  (fleet/api-endpoint-down)"


def test_five_thousand_nodes_are_compared_at_once() -> None:
    """Many nodes take no quadratic time, and the screen names only some of them."""
    seen = fleet([result(f"w{n}", REFUSED) for n in range(5000)])
    assert len(causes(seen)[0][1]) == 5000
    assert seen.overview is not None
    assert "and 4980 more" in render([seen.overview], width=100, colour=False)


def test_same_evidence_is_quoted_once() -> None:
    """What all nodes show alike is quoted of one, what differs of some."""
    other = finding(REFUSED, evidence=[{"source": "probe", "locator": "api.example:6443", "excerpt": "tls refused"}])
    seen = fleet([result("w1", REFUSED), result("w2", REFUSED), result("w3", other)])
    assert seen.overview is not None
    assert [item["locator"] for item in seen.overview["root_causes"][0]["evidence"]] == [
        "w1: api.example:6443",
        "w3: api.example:6443",
    ]
