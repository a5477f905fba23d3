# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit on the screen, or in the mail of a cron job: what changed, then what is still broken, in few lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from .._causes._quote import age
from .text import VERDICTS, Result, Row, block, rank, render, results_place
from .words import plural, shorten, visible

WHOLE = 10  # nodes that are shown as diagnose shows them
LINES = 10  # of one kind
NAMES = 10  # nodes that are named in a line
_SUMMARY = 160
_STYLE = "1"
_HARMLESS = "info"

Run = Mapping[str, Any]
Node = Mapping[str, Any]


def audit_screen(
    run: Run, results: Sequence[Result], overview: Result | None, last_at: str, *, width: int, colour: bool
) -> str:
    """Blocks of the nodes that are worse than before (in the first run: that are not healthy), then one on the fleet.

    ``results`` and ``overview`` are of this run, ``last_at`` is the time of the run before, empty in the first.
    """
    worse = {str(node["host"]) for node in run["nodes"] if _is_worse(node, run, first=not last_at)}
    shown = sorted(
        (result for result in results if visible(result["host"]) in worse and not _of_fleet(result)), key=rank
    )
    blocks = [render(shown[:WHOLE], width=width, colour=colour)] if shown else []
    if overview and (not last_at or any(cause["new"] for cause in run["fleet"])):
        blocks.insert(0, render([overview], width=width, colour=colour))
    rows = list(_rows(run, last_at, {str(result["host"]) for result in shown[:WHOLE]}))
    word = "CHANGED" if last_at and _changed(run) else "UNCHANGED" if last_at else "FIRST RUN"
    style = _STYLE if colour else ""
    return "\n\n".join([*blocks, block("audit", word, _headline(run, last_at), rows, width=width, style=style)])


def kept_where(file: object, directory: object, results: Sequence[str]) -> str:
    """``Kept as ./kubelet-audit/runs/20261124T030000Z.json, report in ./kubelet-audit. Results: ...``."""
    kept = f"Kept as {file}, reports in {directory}" if file else f"Nothing was written to {directory}"
    return visible(f"{kept}. Results: {results_place(results)}")


def _is_worse(node: Node, run: Run, *, first: bool) -> bool:
    """True for what wants a look today: not what was there before, nor that a node could not be looked at."""
    if node["at"] != run["at"] or node["verdict"] == "healthy":
        return False
    harm = any(finding["new"] and finding["severity"] != _HARMLESS for finding in node["findings"])
    turned = node["since"] == run["at"] and node["was"] is not None
    return first or harm or (turned and _direction(node["was"], node["verdict"]) == "worse")


def _direction(before: str, now: str) -> str:
    """What a change of the verdict is called; what could not be looked at is neither better nor worse."""
    if "unknown" in (before, now):
        return "lost" if now == "unknown" else "back"
    return "worse" if VERDICTS.index(now) < VERDICTS.index(before) else "better"


def _of_fleet(result: Result) -> bool:
    """True for a node with nothing that the block of the fleet does not say."""
    return bool(result.get("fleet_causes")) and not result["root_causes"] and not result["risks"]


def _changed(run: Run) -> bool:
    return any(changes for name, changes in run["changes"].items() if name != "flapping")


def _headline(run: Run, last_at: str) -> str:
    """``7 nodes: 1 down, 6 healthy; 2 of them were not in this run; 24 h after the last run``."""
    counts, absent = run["counts"], sum(node["at"] != run["at"] for node in run["nodes"])
    numbers = ", ".join(f"{counts[name]} {_word(name)}" for name in VERDICTS if counts[name])
    said = [f"{plural(len(run['nodes']), 'node')}: {numbers or 'none'}"]
    said += [f"{absent} of them not in this run"] if absent else []
    said += [f"{_ago(last_at, run['at'])} after the last run"] if last_at else []
    return "; ".join(said)


def _rows(run: Run, last_at: str, shown: set[str]) -> Iterator[Row]:
    """Rows of the block on the fleet; in the first run nothing is worse, better, new or gone."""
    yield from (("fleet", _fleet_cause(cause, run)) for cause in run["fleet"])
    yield from _several("worse", _turns(run, "worse"))
    yield from _several("new", _single(run, "new", "worse"))
    yield from _several("lost", _turns(run, "lost"))
    yield from _several("back", _turns(run, "back"))
    yield from _several("better", _turns(run, "better"))
    yield from _several("gone", _single(run, "gone", "better"))
    yield from _several("still" if last_at else "also", _still(run, shown))
    yield from _several("soon", _expiring(run))
    yield from _several("flaps", [(one["host"], _flaps(one)) for one in run["changes"]["flapping"]])
    yield from _hosts(run["changes"])
    yield from (("note", visible(note)) for note in run["notes"])


def _several(label: str, said: Iterable[tuple[str, str]]) -> Iterator[Row]:
    """Rows of (host, what is said of it); hosts of which the same is said share one."""
    groups: dict[str, list[str]] = {}
    for host, text in said:
        groups.setdefault(text, []).append(host)
    for text, hosts in list(groups.items())[:LINES]:
        yield label, f"{_named(hosts)}  {text}"
    left = [host for hosts in list(groups.values())[LINES:] for host in hosts]
    if left:
        yield label, f"and {plural(len(left), 'node')} more, in the report"


def _named(hosts: Sequence[str]) -> str:
    more = f" and {len(hosts) - NAMES} more" if len(hosts) > NAMES else ""
    return visible(", ".join(hosts[:NAMES]) + more)


def _turns(run: Run, direction: str) -> Iterator[tuple[str, str]]:
    """Changes of verdicts in one direction, and with what: what is new or gone with them, why a node was lost, what one
    has that is back."""
    changes, nodes = run["changes"], {node["host"]: node for node in run["nodes"]}
    ids = _ids(changes["new" if direction == "worse" else "gone"])
    for turn in changes["verdicts"]:
        if _direction(turn["from"], turn["to"]) != direction:
            continue
        node = nodes[turn["host"]]
        told = {"lost": shorten(node["summary"], _SUMMARY), "back": _some(_harmful(node))}
        what = told.get(direction, ", ".join(ids.get(turn["host"], ())))
        yield turn["host"], f"{_word(turn['from'])} -> {_word(turn['to'])}{': ' if what else ''}{what}"


def _single(run: Run, kind: str, direction: str) -> Iterator[tuple[str, str]]:
    """What is new or gone on nodes of which no change of the verdict in that direction says so."""
    turns = run["changes"]["verdicts"]
    told = {turn["host"] for turn in turns if _direction(turn["from"], turn["to"]) == direction}
    ids = _ids(run["changes"][kind])
    yield from ((host, ", ".join(names)) for host, names in ids.items() if host not in told)


def _harmful(node: Node) -> list[str]:
    return [finding["id"] for finding in node["findings"] if finding["severity"] != _HARMLESS]


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")


def _ids(changes: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for change in changes:
        found.setdefault(change["host"] or "the fleet", []).append(change["id"])
    return found


def _still(run: Run, shown: set[str]) -> Iterator[tuple[str, str]]:
    """Nodes that are as bad as before, worst first: since when, and with what."""
    turned = {turn["host"] for turn in run["changes"]["verdicts"]}
    for node in sorted(run["nodes"], key=rank):
        if node["verdict"] == "healthy" or node["host"] in turned or node["host"] in shown:
            continue
        what = _some(_harmful(node))
        if node["verdict"] == "unknown" or not what:
            what = shorten(node["summary"], _SUMMARY) + (f"; before: {what}" if what else "")
        looked = "" if node["at"] == run["at"] else f", looked at {_ago(node['at'], run['at'])} ago"
        since = f" for {_ago(node['since'], run['at'])}" if node["since"] < run["at"] else ""
        yield node["host"], visible(f"{_word(node['verdict'])}{since}{looked}: {what}")


def _expiring(run: Run) -> Iterator[tuple[str, str]]:
    """Certificates that end although they should have been renewed."""
    for node in run["nodes"]:
        for found in node["certificates"]:
            if found["expiring"]:
                yield node["host"], visible(f"{found['use']} certificate ends {found['not_after']}: {found['path']}")


def _flaps(flapping: Mapping[str, Any]) -> str:
    return f"{flapping['times']} changes of the verdict in {flapping['runs']} runs"


def _hosts(changes: Mapping[str, Any]) -> Iterator[Row]:
    for name, text in (("added", "seen for the first time"), ("missing", "in the fleet no more")):
        if changes[name]:
            yield "hosts", f"{_named(changes[name])}  {text}"
    yield from (("hosts", visible(f"{each['host']}  was {each['from']}")) for each in changes["renamed"][:LINES])


def _fleet_cause(cause: Mapping[str, Any], run: Run) -> str:
    since = "new" if cause["new"] else f"for {_ago(cause['since'], run['at'])}"
    return visible(f"{cause['id']}  {since}: {cause['summary']}")


def _word(verdict: str) -> str:
    return verdict.replace("_", " ")


def _ago(since: str, at: str) -> str:
    """The time from one run to another; none where the clock went back."""
    return age(max(0.0, (datetime.fromisoformat(at) - datetime.fromisoformat(since)).total_seconds()))
