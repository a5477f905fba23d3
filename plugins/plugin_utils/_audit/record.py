# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a node's result to its entry in a run: only what a person wants to know about it the next morning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...module_utils import _schema
from .._report.gate import present
from .._report.text import gaps, repairable
from .._report.words import shorten, visible

Entry = dict[str, Any]
TEXT_LIMIT = 300
REMEDY_LIMIT = 1000
HARMLESS = "info"
FLEET_NODES = 20  # that a fleet cause names

# A certificate is renewed before the last tenth of its time, and a long one a month before its end at the latest.
_LATE_SHARE = 0.1
_LATE = timedelta(days=30)
_PARTS = {
    "service": _schema.UNITS,
    "journal": _schema.JOURNAL,
    "file": _schema.FILES,
    "certificate": _schema.FILES,
    "expected": _schema.FILES,
    "host": _schema.HOST,
    "probe": _schema.PROBES,
    "cluster": _schema.CLUSTER,
}


@dataclass(frozen=True)
class Seen:
    """A node of this run, not yet compared with what was known of it. ``unread`` are the parts of its evidence that
    could not be looked at as a whole."""

    entry: Entry
    unread: frozenset[str]

    @property
    def host(self) -> str:
        """As the entry names it."""
        return str(self.entry["host"])

    def hides(self, finding: Mapping[str, Any]) -> bool:
        """True when a finding of before may still hold: what it was seen in could not be looked at."""
        sources = {_PARTS.get(source, source) for source in finding["sources"]}
        return self.entry["verdict"] == "unknown" or bool(sources & self.unread)


def seen(result: Mapping[str, Any], at: str) -> Seen:
    """The entry of a result, as in result.schema.json. ``at`` is the time of the run; all findings began with it."""
    unread = {gap["part"] for gap in result["unknowns"] if gap["status"] != _schema.TRUNCATED}
    nothing = unread.issuperset(_schema.NODE_PARTS)
    unknowns = [_line(text) for text in gaps(result)]
    facts = result.get("facts") or {}
    entry = {
        "host": visible(str(result["host"])),
        "node_name": visible(str(result["node_name"])) if result.get("node_name") else None,
        "at": at,
        "verdict": result["verdict"],
        "since": at,
        "was": None,
        "reachable": not nothing,
        "summary": _line(result["unknowns"][0]["reason"] if nothing else result["summary"]),
        "findings": [_finding(finding, kind, at) for kind, finding in _kinds(result)],
        "unknowns": unknowns,
        "certificates": list(_certificates(facts.get("certificates") or (), str(result["captured_at"]))),
        "versions": dict(_versions(facts)),
    }
    return Seen(entry, frozenset(unread))


def unjudged(host: str, reason: str, at: str) -> Seen:
    """The entry of a host of the run whose diagnosis failed as a task, by a mistake in its variables for instance."""
    part = [{"part": name, "status": _schema.ERROR, "reason": reason} for name in _schema.NODE_PARTS]
    result = {"host": host, "captured_at": "", "verdict": "unknown", "summary": reason, "unknowns": part}
    return seen({**result, "root_causes": [], "consequences": [], "risks": []}, at)


def fleet_causes(overview: Mapping[str, Any] | None, at: str) -> list[Entry]:
    """What nodes of the run share; ``overview`` in the form of a result, None where they share nothing."""
    return [
        {
            "id": finding["id"],
            "severity": finding["severity"],
            "summary": _line(finding["summary"]),
            "remedy": _remedy(finding),
            "endpoint": _line(finding["endpoint"]) if finding.get("endpoint") else None,
            "count": len(finding["nodes"]),
            "nodes": [visible(str(host)) for host in finding["nodes"][:FLEET_NODES]],
            "since": at,
            "new": False,
            "confirmed": True,
        }
        for finding in (overview["root_causes"] if overview else ())
    ]


def _kinds(result: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The findings that count, each id once, with the kind of each."""
    roots = {finding["id"] for finding in result["root_causes"]}
    risks = {finding["id"] for finding in result["risks"]}
    found: dict[str, Mapping[str, Any]] = {}
    for finding in present(result):
        found.setdefault(finding["id"], finding)
    for name, finding in found.items():
        yield "cause" if name in roots else "risk" if name in risks else "consequence", finding


def _finding(finding: Mapping[str, Any], kind: str, at: str) -> Entry:
    return {
        "id": finding["id"],
        "kind": kind,
        "severity": finding["severity"],
        "summary": _line(finding["summary"]),
        "since": at,
        "new": False,
        "confirmed": True,
        "remedy": "" if finding["severity"] == HARMLESS else _remedy(finding),
        "repair": finding["remedy"].get("repair") if repairable(finding) else None,
        "sources": sorted({item["source"] for item in finding["evidence"]}),
    }


def _remedy(finding: Mapping[str, Any]) -> str:
    lines = str(finding["remedy"]["text"]).strip().splitlines()
    return "\n".join(visible(line) for line in lines)[:REMEDY_LIMIT]


def _certificates(found: Iterable[Mapping[str, Any]], captured_at: str) -> Iterator[Entry]:
    """When each ends; one with times that no calendar has says nothing."""
    for each in found:
        with suppress(ValueError):
            begin, end = datetime.fromisoformat(each["not_before"]), datetime.fromisoformat(each["not_after"])
            left = end - datetime.fromisoformat(captured_at)
            yield {
                "use": each["use"],
                "path": visible(each["path"]) if each["path"] else None,
                "not_after": each["not_after"],
                "days": left.days,
                "expiring": left < min(_LATE, (end - begin) * _LATE_SHARE),
            }


def _versions(facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, key in (("kubelet", "kubelet_version"), ("runtime", "runtime_version"), ("os", "os")):
        if facts.get(key):
            yield name, _line(str(facts[key]).removeprefix("Kubernetes "))


def _line(text: object) -> str:
    """One printable line of evidence, not too long."""
    return shorten(visible(str(text)), TEXT_LIMIT)
