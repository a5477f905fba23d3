# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run after the other: since when what holds, what is new, what is gone. What was not looked at is neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from .._engine.version import COLLECTION_VERSION
from .record import Entry, Seen

FORMAT = "fleet-audit/1"
VERDICTS = ("healthy", "at_risk", "degraded", "down", "unknown")
LOOKS = 10  # runs in which flapping is looked for
FLAPS = 3  # changes of the verdict among them that are called so

Run = dict[str, Any]
Past = Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """What is known before a run: the last one (None in the first), and earlier ones in short, oldest first
    (``past`` in audit.schema.json). ``runs`` are kept, the oldest of ``first``."""

    last: Mapping[str, Any] | None = None
    past: Sequence[Past] = ()
    runs: int = 0
    first: str = ""
    notes: Sequence[str] = ()


@dataclass
class _Changes:
    new: list[Entry] = field(default_factory=list)
    gone: list[Entry] = field(default_factory=list)
    verdicts: list[Entry] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    renamed: list[Entry] = field(default_factory=list)
    flapping: list[Entry] = field(default_factory=list)


def compare(
    nodes: Iterable[Seen],
    fleet: Iterable[Entry],
    known: Known,
    *,
    at: str,
    others: Collection[str] = (),
    notes: Sequence[str] = (),
) -> Run:
    """The run of this moment, compared with what is known.

    ``others`` are hosts that belong to the fleet though they are not in this run: they stay as they were.
    """
    changes = _Changes()
    before = {node["host"]: node for node in known.last["nodes"]} if known.last else {}
    seen = sorted(nodes, key=lambda node: node.host)
    hosts = {node.host for node in seen}
    old_names = _renamed(seen, before, hosts.union(others))
    entries = [_node(node, before.get(old_names.get(node.host, node.host)), known, changes) for node in seen]
    changes.renamed = [{"host": host, "from": old} for host, old in old_names.items()]
    gone_on = {*hosts, *old_names.values()}
    left = [host for host in before if host not in gone_on]
    stay = [_as_it_was(before[host]) for host in left if host in others]
    changes.missing = [host for host in left if host not in others]
    causes = _fleet(fleet, known, changes, limited=bool(stay))
    changes.flapping = _flapping(entries, known.past)
    every = sorted([*entries, *stay], key=lambda node: str(node["host"]))
    counts = Counter(node["verdict"] for node in every)
    return {
        "format": FORMAT,
        "at": at,
        "version": COLLECTION_VERSION,
        "limited": bool(stay),
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "nodes": every,
        "fleet": causes,
        "changes": vars(changes),
        "history": {"runs": known.runs + 1, "first": known.first or at},
        "notes": [*_notes(known, at), *notes],
    }


def _renamed(seen: Iterable[Seen], before: Mapping[str, Entry], staying: Collection[str]) -> dict[str, str]:
    """Old name by new name of hosts that are the same node: its Node object's name, which no host of before shares, and
    the old name is in the fleet no more."""
    named = Counter(node["node_name"] for node in before.values())
    left = {node["node_name"]: host for host, node in before.items() if host not in staying}
    fresh = [node for node in seen if node.host not in before]
    claims = Counter(node.entry["node_name"] for node in fresh)
    return {
        node.host: left[name]
        for node in fresh
        if (name := node.entry["node_name"]) and name in left and named[name] == claims[name] == 1
    }


def _node(node: Seen, before: Entry | None, known: Known, changes: _Changes) -> Entry:
    """The entry with what it has from before."""
    entry = node.entry
    if before is None:
        if known.last is not None:
            changes.added.append(node.host)
            entry = {**entry, "findings": [{**finding, "new": True} for finding in entry["findings"]]}
            changes.new += [_change(node.host, finding) for finding in entry["findings"]]
        return entry
    if entry["verdict"] == before["verdict"]:
        since = {"since": before["since"], "was": before["was"]}
    else:
        since = {"was": before["verdict"]}
        changes.verdicts.append({"host": node.host, "from": before["verdict"], "to": entry["verdict"]})
    findings = _findings(node, before["findings"], changes)
    return {**entry, **since, **_last_read(node, before), "findings": findings}


def _findings(node: Seen, before: Sequence[Entry], changes: _Changes) -> list[Entry]:
    """Findings of now with their beginnings, and those of before that could not be looked at."""
    old = {finding["id"]: finding for finding in before}
    found = [_continued(finding, old) for finding in node.entry["findings"]]
    there = {finding["id"] for finding in found}
    left = [finding for finding in before if finding["id"] not in there]
    hidden = [{**finding, "new": False, "confirmed": False} for finding in left if node.hides(finding)]
    changes.new += [_change(node.host, finding) for finding in found if finding["new"]]
    changes.gone += [_change(node.host, finding) for finding in left if not node.hides(finding)]
    return [*found, *hidden]


def _continued(finding: Entry, old: Mapping[str, Entry]) -> Entry:
    before = old.get(finding["id"])
    return {**finding, "new": True} if before is None else {**finding, "since": before["since"]}


def _last_read(node: Seen, before: Entry) -> Entry:
    """What a node that could not be read had when it last could: its name, certificates and versions."""
    entry, last = node.entry, {}
    if entry["node_name"] is None:
        last["node_name"] = before["node_name"]
    if not entry["certificates"] and "files" in node.unread:
        last["certificates"] = before["certificates"]
    if not entry["reachable"]:
        last["versions"] = {**before["versions"], **entry["versions"]}
    return last


def _as_it_was(node: Entry) -> Entry:
    """A node that was not in this run; nothing of it is new in it."""
    return {**node, "findings": [{**finding, "new": False} for finding in node["findings"]]}


def _fleet(fleet: Iterable[Entry], known: Known, changes: _Changes, *, limited: bool) -> list[Entry]:
    """Fleet causes; those of before stay where not all of the fleet was looked at."""
    old = {_of(cause): cause for cause in (known.last["fleet"] if known.last else ())}
    found = {_of(cause): cause for cause in fleet}
    for key, cause in found.items():
        found[key] = {**cause, "since": old[key]["since"]} if key in old else {**cause, "new": known.last is not None}
    left = [cause for key, cause in old.items() if key not in found]
    changes.new += [_change(None, cause) for cause in found.values() if cause["new"]]
    changes.gone += [] if limited else [_change(None, cause) for cause in left]
    stay = [{**cause, "new": False, "confirmed": False} for cause in left] if limited else []
    return [*found.values(), *stay]


def _of(cause: Entry) -> tuple[str, str]:
    return cause["id"], cause["endpoint"] or ""


def _change(host: str | None, finding: Entry) -> Entry:
    return {"host": host, "id": finding["id"], "kind": finding.get("kind", "cause")}


def _flapping(nodes: Iterable[Entry], past: Sequence[Past]) -> list[Entry]:
    """Nodes of this run whose verdict keeps changing."""
    found = []
    for node in nodes:
        verdicts = [run["verdicts"][node["host"]] for run in past if node["host"] in run["verdicts"]][-LOOKS + 1 :]
        looks = [*verdicts, node["verdict"]]
        times = sum(one != other for one, other in pairwise(looks))
        if times >= FLAPS:
            found.append({"host": node["host"], "times": times, "runs": len(looks)})
    return found


def _notes(known: Known, at: str) -> Iterable[str]:
    yield from known.notes
    if known.last and known.last["at"] >= at:
        yield f"the last run was kept at {known.last['at']}, after this one: a clock of the controller was set back"
    if known.last and known.last["version"] != COLLECTION_VERSION:
        yield (
            f"the last run was judged by nodeclinic.kubelet {known.last['version']}, this one by {COLLECTION_VERSION}: "
            "what is new may be what it did not know"
        )
