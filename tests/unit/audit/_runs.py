# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of nodes as `diagnose` gives them, and runs made of them, each held against the schema."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.compare import Known, compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.history import past
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.record import fleet_causes, seen

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "docs" / "audit.schema.json").read_text())
VALID = jsonschema.Draft202012Validator(SCHEMA)
CA = "certificate/client-ca-file-missing"
EXPIRED = "certificate/client-expired"
FULL = "resource/disk-pressure"
UNREACHED = "the node could not be reached: No route to host"


def day(number: int) -> str:
    """The time of the run of one day."""
    return f"2026-11-{number:02}T03:00:00Z"


def finding(name: str, severity: str = "error", source: str = "file", **more: Any) -> dict[str, Any]:
    """A finding as in result.schema.json."""
    return {
        "id": name,
        "severity": severity,
        "title": name,
        "summary": f"{name} holds",
        "evidence": [{"source": source, "excerpt": "x"}],
        "remedy": {"text": "Do this.", "repair": None, "automatic": "never"},
        **more,
    }


def node(
    host: str = "worker-1",
    verdict: str = "healthy",
    roots: Iterable[Any] = (),
    risks: Iterable[Any] = (),
    unread: Sequence[str] = (),
    **more: Any,
) -> dict[str, Any]:
    """A result; findings may be given by their ids."""
    gaps = [{"part": part, "status": "error", "reason": UNREACHED} for part in unread]
    return {
        "host": host,
        "node_name": host,
        "captured_at": day(1),
        "verdict": verdict,
        "summary": f"{host} is {verdict}",
        "root_causes": [finding(each) if isinstance(each, str) else each for each in roots],
        "consequences": [],
        "risks": [finding(each, "warning") if isinstance(each, str) else each for each in risks],
        "resolved": [],
        "unknowns": gaps,
        "facts": {"kubelet_version": "Kubernetes v1.36.2", "os": "Debian"},
        **more,
    }


def unreached(host: str = "worker-1") -> dict[str, Any]:
    """A host that did not answer; its Node object's name is then not known either."""
    parts = ("units", "journal", "files", "host", "probes")
    return node(host, "unknown", unread=parts, node_name=None, facts={})


def overview(name: str, hosts: Sequence[str], endpoint: str = "cp:6443") -> dict[str, Any]:
    """What nodes share, as `_fleet.json` has it."""
    return {"host": "fleet", "root_causes": [finding(name, nodes=list(hosts), endpoint=endpoint)]}


def run(
    at: str,
    results: Iterable[Mapping[str, Any]],
    before: Mapping[str, Any] | None = None,
    others: Collection[str] = (),
    shared: Mapping[str, Any] | None = None,
    history: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A run after another one, valid."""
    known = Known(before, [past(each) for each in history], runs=len(history))
    nodes = [seen(result, at) for result in results]
    made = compare(nodes, fleet_causes(shared, at), known, at=at, others=others)
    VALID.validate(made)
    return made


def runs(*days: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Runs of the first, second, ... day, each after the one before."""
    made: list[dict[str, Any]] = []
    for number, results in enumerate(days, 1):
        made.append(run(day(number), results, made[-1] if made else None, history=made))
    return made


def of(made: Mapping[str, Any], host: str = "worker-1") -> dict[str, Any]:
    """The entry of a host."""
    found: dict[str, Any] = {each["host"]: each for each in made["nodes"]}[host]
    return found
