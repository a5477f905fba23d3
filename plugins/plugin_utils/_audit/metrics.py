# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run as metrics in the text format of Prometheus, for node_exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from .compare import VERDICTS

# https://prometheus.io/docs/instrumenting/exposition_formats/: what a label's value writes with a backslash.
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})

Labels = Mapping[str, str]
Sample = tuple[Labels, int]


def metrics(run: Mapping[str, Any]) -> str:
    """All families of a run, as in audit.schema.json. A node that was not in a limited run has what it had."""
    nodes = run["nodes"]
    families: tuple[tuple[str, str, Iterable[Sample]], ...] = (
        ("nodeclinic_audit_timestamp_seconds", "When the last audit was kept.", [({}, _seconds(run["at"]))]),
        (
            "nodeclinic_audit_nodes",
            "Nodes of the fleet by verdict.",
            [({"verdict": verdict}, run["counts"][verdict]) for verdict in VERDICTS],
        ),
        (
            "nodeclinic_audit_unreachable_nodes",
            "Nodes on which nothing could be read.",
            [({}, sum(not node["reachable"] for node in nodes))],
        ),
        (
            "nodeclinic_audit_fleet_cause",
            "1 for each cause that nodes share and that is not on them.",
            _fleet(run["fleet"]),
        ),
        ("nodeclinic_node_verdict", "1 for the verdict on a node, 0 for all others.", _verdicts(nodes)),
        (
            "nodeclinic_node_verdict_since_timestamp_seconds",
            "First audit of the present verdict on a node.",
            [({"node": node["host"]}, _seconds(node["since"])) for node in nodes],
        ),
        (
            "nodeclinic_node_finding",
            "1 for each finding that holds on a node, or that held when the node could last be looked at.",
            [(labels, 1) for labels, _finding in _findings(nodes)],
        ),
        (
            "nodeclinic_node_finding_since_timestamp_seconds",
            "First audit of the unbroken presence of a finding.",
            [(labels, _seconds(finding["since"])) for labels, finding in _findings(nodes)],
        ),
        (
            "nodeclinic_node_certificate_expiry_timestamp_seconds",
            "End of the validity of a certificate in use on a node, as last read.",
            _certificates(nodes),
        ),
    )
    return "".join(line for name, text, samples in families for line in _family(name, text, samples))


def _family(name: str, text: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {text}\n# TYPE {name} gauge\n"
    yield from sorted(f"{name}{_labels(labels)} {value}\n" for labels, value in samples)


def _labels(labels: Labels) -> str:
    pairs = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _fleet(causes: Iterable[Mapping[str, Any]]) -> Iterator[Sample]:
    for cause in causes:
        yield {"id": cause["id"], "endpoint": cause["endpoint"] or ""}, 1


def _verdicts(nodes: Iterable[Mapping[str, Any]]) -> Iterator[Sample]:
    for node in nodes:
        for verdict in VERDICTS:
            yield {"node": node["host"], "verdict": verdict}, int(node["verdict"] == verdict)


def _findings(nodes: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Labels, Mapping[str, Any]]]:
    for node in nodes:
        for finding in node["findings"]:
            yield {"node": node["host"], "id": finding["id"], "kind": finding["kind"]}, finding


def _certificates(nodes: Iterable[Mapping[str, Any]]) -> Iterator[Sample]:
    for node in nodes:
        for certificate in node["certificates"]:
            yield {"node": node["host"], "use": certificate["use"]}, _seconds(certificate["not_after"])


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
