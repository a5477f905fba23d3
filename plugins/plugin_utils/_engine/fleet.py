# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several nodes of one run show together: a failure of the API endpoint that they share is one fleet cause.

Works on results (dictionaries as in docs/result.schema.json), pure. Two rules keep apart what only looks alike: all
who share must fail in the same way at the same endpoint, and a node that got further at that endpoint is a witness
against it. A node that fails alone is told how many of the others do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from .._model.cause import Cause
from .._model.diagnosis import SCHEMA
from .fleet_causes import ENDPOINT_DOWN, LEVELS, PARTLY_UNREACHABLE, REACHED, SHARED, Shared
from .verdict import cut
from .version import CATALOGUE_VERSION, COLLECTION_VERSION

Result = dict[str, Any]
HOST = "fleet"
MANY = 3  # this many nodes, and more than half, make a fleet cause of what other nodes do not suffer
NAMES = 5
QUOTED = 3
_LOCAL = ("localhost", "127.", "::1")


@dataclass(frozen=True)
class Fleet:
    """``overview`` is a result in the form of a node's, with the fleet causes as roots; None where there is none.
    ``results`` are the nodes' results in the order given, adjusted; what was given is left as it was."""

    overview: Result | None
    results: list[Result]


@dataclass(frozen=True)
class _Node:
    """A node that could be judged: its result, its endpoint as host:port, how far its conversation got."""

    result: Result
    host: str
    port: int
    level: int

    @property
    def endpoint(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def name(self) -> str:
        return str(self.result["host"])


def fleet(results: Iterable[Mapping[str, Any]], within: timedelta | None = None) -> Fleet:
    """Compare the results of all nodes of one run.

    ``within`` compares only what was captured so close together, for bundles that may be of different days.
    """
    adjusted: list[Result] = [deepcopy(dict(result)) for result in results]
    causes = [cause for moment in _moments(adjusted, within) for cause in _causes(moment)]
    return Fleet(_overview(causes, adjusted) if causes else None, adjusted)


def _moments(results: list[Result], within: timedelta | None) -> list[list[Result]]:
    """Results in groups whose captures are at most ``within`` after the first of the group."""
    if within is None:
        return [results]
    groups: list[list[Result]] = []
    for result in sorted(results, key=lambda result: str(result["captured_at"])):
        if groups and _at(result) - _at(groups[-1][0]) <= within:
            groups[-1].append(result)
        else:
            groups.append([result])
    return groups


def _at(result: Result) -> datetime:
    """Time of the capture; one that is not known is like no other."""
    text = str(result["captured_at"])
    return datetime.fromisoformat(text) if text else datetime.min.replace(tzinfo=UTC)


def _causes(results: Iterable[Result]) -> list[Result]:
    """Fleet causes of nodes that were read at the same moment; their results are adjusted."""
    nodes = [node for result in results if (node := _node(result)) is not None]
    causes: list[Result] = []
    for root, sharers in _alike(nodes):
        peers = [node for node in nodes if node.endpoint == sharers[0].endpoint]
        witnesses = [node for node in peers if node.level > SHARED[root].level]
        found = _cause(SHARED[root], sharers, peers, witnesses, nodes)
        if found is not None:
            causes.append(_finding(found, root, sharers, peers))
            for node in sharers:
                _explain(node.result, root, causes[-1])
        elif witnesses:
            for node in sharers:
                _point_out(node, root, peers, witnesses)
    return causes


def _node(result: Result) -> _Node | None:
    facts = result.get("facts") or {}
    level = LEVELS.get(facts.get("api_answer") or "")
    try:
        url = urlsplit(facts.get("api_endpoint") or "")
        host, port = url.hostname, url.port or (80 if url.scheme == "http" else 443)
    except (ValueError, TypeError, AttributeError):  # a kubeconfig may hold anything as its server
        return None
    return _Node(result, host, port, level) if host and level is not None else None


def _alike(nodes: Sequence[_Node]) -> list[tuple[str, list[_Node]]]:
    """Nodes with the same root cause at the same endpoint, those alone too; by root in the order of SHARED."""
    groups: list[tuple[str, list[_Node]]] = []
    for root, shared in SHARED.items():
        found: dict[tuple[str, str], list[_Node]] = defaultdict(list)
        for node in nodes:
            for finding in node.result["root_causes"]:
                part = shared.alike(finding) if finding["id"] == root else None
                if part is not None:
                    found[node.endpoint, repr(part)].append(node)
        groups += [(root, group) for group in found.values()]
    return groups


def _cause(
    shared: Shared, sharers: list[_Node], peers: list[_Node], witnesses: list[_Node], nodes: list[_Node]
) -> Cause | None:
    """The fleet cause that these nodes show together; None when each must stand for itself."""
    if len(sharers) < 2 or 2 * len(sharers) < len(peers):
        return None
    if shared.level <= REACHED and (_local(sharers[0]) or _reached_at_another_port(sharers[0], nodes)):
        return None
    if not witnesses:
        return shared.fleet
    partly = shared.fleet is ENDPOINT_DOWN and len(sharers) >= MANY and 2 * len(sharers) > len(peers)
    return PARTLY_UNREACHABLE if partly else None


def _local(node: _Node) -> bool:
    """True when the endpoint is a proxy on the node itself, which nodes do not share."""
    return node.host.startswith(_LOCAL)


def _reached_at_another_port(node: _Node, nodes: Iterable[_Node]) -> bool:
    """True when other nodes reach the same host at another port: then the port is in doubt, not the host."""
    return any(other.host == node.host and other.port != node.port and other.level >= REACHED for other in nodes)


def _finding(cause: Cause, root: str, sharers: list[_Node], peers: list[_Node]) -> Result:
    """The fleet cause as in result.schema.json, with the nodes that it covers."""
    share = f"{len(sharers)} of {len(peers)} nodes"
    shown = [(node.name, _root(node.result, root)) for node in sharers]
    said = {finding["evidence"][0]["excerpt"]: (name, finding) for name, finding in reversed(shown)}
    quoted = [_of(name, finding["evidence"][0]) for name, finding in [*reversed(said.values())][:QUOTED]]
    logs = [_of(name, item) for name, finding in shown for item in finding["evidence"] if item["source"] == "journal"]
    return {
        "id": cause.id,
        "severity": shown[0][1]["severity"],
        "title": cause.title,
        "summary": f"{SHARED[root].sentence.format(endpoint=sharers[0].endpoint)}, on {share} of this run",
        "evidence": quoted + [item for item in logs[:1] if item not in quoted],
        "remedy": {"text": cause.remedy.text, "repair": None, "automatic": "never"},
        "docs": f"docs/causes/{cause.id}.md",
        "explains": [root],
        "endpoint": sharers[0].endpoint,
        "nodes": [node.name for node in sharers],
    }


def _of(name: str, evidence: Mapping[str, Any]) -> Result:
    """A node's evidence, quoted for the fleet."""
    if evidence["source"] == "journal":
        return dict(evidence)
    return {**evidence, "locator": f"{name}: {evidence.get('locator', '')}".rstrip(": ")}


def _root(result: Result, root: str) -> Result:
    return next(finding for finding in result["root_causes"] if finding["id"] == root)


def _explain(result: Result, root: str, cause: Result) -> None:
    """Make a node's root cause a consequence of the fleet's; the verdict stays, the node is no better for it."""
    finding = _root(result, root)
    result["root_causes"] = [other for other in result["root_causes"] if other is not finding]
    result["consequences"] = [{**finding, "explained_by": [cause["id"]]}, *result["consequences"]]
    result.setdefault("fleet_causes", []).append(cause["id"])
    if result["root_causes"]:
        more = len(result["root_causes"]) - 1
        tail = f"; and {more} more" if more else ""
        result["summary"] = cut(result["root_causes"][0]["summary"], f"{tail}; and {cause['id']}")
    else:
        result["summary"] = cut(f"not this node alone: {cause['summary']}", f" ({cause['id']})")


def _point_out(node: _Node, root: str, peers: list[_Node], witnesses: list[_Node]) -> None:
    """Tell a node's root cause that other nodes do not have the trouble."""
    finding, shared = _root(node.result, root), SHARED[root]
    said = f"{len(witnesses)} of {len(peers)} nodes in this run {shared.others}"
    names = ", ".join(witness.name for witness in witnesses[:NAMES])
    more = f" and {len(witnesses) - NAMES} more" if len(witnesses) > NAMES else ""
    evidence = {"source": "cluster", "locator": "nodes of this run", "excerpt": f"{said}: {names}{more}"[:600]}
    finding["evidence"].insert(1, evidence)
    first = node.result["root_causes"][0] is finding
    if first and node.result["summary"].startswith(finding["summary"]):
        rest = node.result["summary"][len(finding["summary"]) :]
        node.result["summary"] = cut(f"{finding['summary']}; {said}", rest)
    finding["summary"] = f"{finding['summary']}; {said}"
    if shared.fleet is ENDPOINT_DOWN:
        finding["remedy"]["text"] = (
            f"Other nodes reach {node.endpoint}: look at this node and its way there. Compare `nc -vz {node.host}"
            f" {node.port}`, routes (`ip route get ADDRESS`) and firewall rules (`nft list ruleset`) with"
            f" {witnesses[0].name}."
        )


def _overview(causes: list[Result], results: list[Result]) -> Result:
    """A result for the fleet, in the form of a node's."""
    more = len(causes) - 1
    hit = {name for cause in causes for name in cause["nodes"]}
    return {
        "schema": SCHEMA,
        "host": HOST,
        "node_name": None,
        "captured_at": max(str(result["captured_at"]) for result in results),
        "verdict": "down" if any(cause["severity"] == "critical" for cause in causes) else "degraded",
        "summary": cut(causes[0]["summary"], f"; and {more} more" if more else ""),
        "root_causes": causes,
        **{name: [] for name in ("consequences", "risks", "resolved", "unknowns", "rule_errors")},
        "facts": {
            "state": f"{len(hit)} of {len(results)} nodes of this run share a cause that is not on them",
            "nodes": {str(result["host"]): result["verdict"] for result in results},
        },
        "engine": {"collection_version": COLLECTION_VERSION, "catalogue_version": CATALOGUE_VERSION},
    }
