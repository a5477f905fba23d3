# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as its reader wants it: what changed, what is broken, what will break, what nobody could look at.

HTML and Markdown are made from this. Runs and their history are as in docs/audit.schema.json.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .audit_findings import Change, Group, changes, fleet_groups, groups
from .audit_words import in_order, left, moment, printable, since
from .text import VERDICTS, rank
from .words import plural

Node = Mapping[str, Any]

LATER = 10  # certificates that are shown before anything is wrong with them
TRAIL = 10  # runs before this one that are shown of a node
PAST = 30  # runs of the fleet that are shown


class ViewError(ValueError):
    """A run that is not as the schema says, because somebody had the file in hand."""


@dataclass(frozen=True)
class Expiry:
    """Certificates that end at the same time: use and path, and the hosts that use them."""

    use: str
    path: str
    end: str
    left: str
    ended: bool
    expiring: bool
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Unseen:
    """What could not be looked at for one reason; ``whole`` where that is the node."""

    reason: str
    hosts: tuple[str, ...]
    whole: bool


@dataclass(frozen=True)
class Row:
    """One node. ``findings`` are id, kind and whether it is new; ``expiry`` is that of the certificate that ends first;
    ``trail`` are its verdicts in the last runs in words, ``6 x healthy, 3 x down``, empty for a healthy node."""

    host: str
    verdict: str
    since: str
    summary: str
    findings: tuple[tuple[str, str, bool], ...]
    kubelet: str
    expiry: str
    trail: str


@dataclass(frozen=True)
class Past:
    """A run of the history, by verdict the number of nodes."""

    at: str
    limited: bool
    counts: Mapping[str, int]


@dataclass(frozen=True)
class AuditView:
    """Everything that a report shows. ``before`` is when the last run was, empty in the first; ``absent`` are the nodes
    that were not in a limited run."""

    at: str
    version: str
    counts: Mapping[str, int]
    number: int
    before: str
    changes: tuple[Change, ...]
    fleet: tuple[Group, ...]
    broken: tuple[Group, ...]
    risks: tuple[Group, ...]
    expiring: tuple[Expiry, ...]
    later: tuple[Expiry, ...]
    unseen: tuple[Unseen, ...]
    absent: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[Row, ...]
    past: tuple[Past, ...]


def view(run: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> AuditView:
    """Everything that the reports of a run show; ``history`` are the runs before it, oldest first.

    Raises ViewError where they are not as the schema says.
    """
    try:
        return _view(printable(run), printable([dict(past) for past in history[-PAST + 1 :]]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ViewError(f"the run is not as docs/audit.schema.json says ({type(error).__name__}: {error})") from error


def _view(run: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> AuditView:
    ends = _expiries(run)
    nodes, at = sorted(run["nodes"], key=rank), run["at"]
    return AuditView(
        at=moment(at),
        version=run["version"],
        counts=_counts(run),
        number=len(nodes),
        before=moment(history[-1]["at"]) if history else "",
        changes=changes(run),
        fleet=fleet_groups(run),
        broken=groups(run, lambda finding: finding["kind"] != "risk"),
        risks=groups(run, lambda finding: finding["kind"] == "risk" and finding["severity"] != "info"),
        expiring=tuple(end for end in ends if end.expiring),
        later=tuple(end for end in ends if not end.expiring)[:LATER],
        unseen=_unseen(node for node in nodes if node["at"] == at),
        absent=tuple(node["host"] for node in nodes if node["at"] != at),
        notes=tuple(run["notes"]),
        rows=tuple(_row(node, at, history) for node in nodes),
        past=tuple(Past(moment(past["at"]), past["limited"], _counts(past)) for past in (*history, run)),
    )


def _counts(run: Mapping[str, Any]) -> dict[str, int]:
    return {verdict: int(run["counts"][verdict]) for verdict in VERDICTS}


def number_of(counts: Mapping[str, int]) -> str:
    """``7 nodes: 1 down, 1 at risk, 5 healthy``."""
    said = ", ".join(f"{counts[verdict]} {word(verdict)}" for verdict in VERDICTS if counts.get(verdict))
    return f"{plural(sum(counts.values()), 'node')}: {said}" if said else "no nodes"


def word(verdict: str) -> str:
    """``at_risk`` as a person writes it."""
    return verdict.replace("_", " ")


def _expiries(run: Mapping[str, Any]) -> list[Expiry]:
    """All certificates, those that end first before others; what many nodes share (a CA) is one entry."""
    found: dict[tuple[str, str, str], list[tuple[str, bool]]] = {}
    for node in run["nodes"]:
        for each in node["certificates"]:
            key = (each["not_after"], each["use"], each["path"] or "")
            found.setdefault(key, []).append((node["host"], each["expiring"]))
    return [_expiry(use, path, end, users, run["at"]) for (end, use, path), users in sorted(found.items())]


def _expiry(use: str, path: str, end: str, users: Sequence[tuple[str, bool]], at: str) -> Expiry:
    expiring, hosts = any(flag for _host, flag in users), in_order(host for host, _flag in users)
    return Expiry(use, path, moment(end), left(end, at), end <= at, expiring, hosts)


def _unseen(nodes: Iterable[Node]) -> tuple[Unseen, ...]:
    """By reason; nodes of which nothing is known come first."""
    found: dict[tuple[bool, str], list[str]] = {}
    for node in nodes:
        reasons = node["unknowns"] or ([node["summary"]] if node["verdict"] == "unknown" else [])
        for reason in reasons:
            found.setdefault((not node["reachable"], reason), []).append(node["host"])
    ordered = sorted(found, key=lambda key: (not key[0], -len(found[key])))
    return tuple(Unseen(reason, in_order(found[whole, reason]), whole) for whole, reason in ordered)


def _row(node: Node, at: str, history: Sequence[Mapping[str, Any]]) -> Row:
    first = min(node["certificates"], key=lambda each: each["not_after"], default=None)
    return Row(
        host=node["host"],
        verdict=node["verdict"],
        since=since(node["since"], at),
        summary=node["summary"],
        findings=tuple((finding["id"], finding["kind"], finding["new"]) for finding in node["findings"]),
        kubelet=node["versions"].get("kubelet", ""),
        expiry=f"{first['use']} {first['not_after'][:10]}" if first else "",
        trail=_trail(node, history),
    )


def _trail(node: Node, history: Sequence[Mapping[str, Any]]) -> str:
    """Of a healthy node it is not shown, and most nodes are healthy."""
    if node["verdict"] == "healthy":
        return ""
    verdicts = [past["verdicts"].get(node["host"]) for past in history[-TRAIL:]]
    turns = [(verdict, len(list(runs))) for verdict, runs in groupby(verdicts)]
    return ", ".join(f"{number} x {word(verdict) if verdict else 'not in the run'}" for verdict, number in turns)
