# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings of an audit by cause rather than by node, and what changed."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .audit_words import in_order, since
from .gate import SEVERITIES
from .text import VERDICTS
from .words import plural

Run = Mapping[str, Any]
Found = tuple[str, Mapping[str, Any]]  # a host and a finding of it

NAMES = 20  # hosts that one command names
KINDS = ("cause", "consequence", "risk")


@dataclass(frozen=True)
class Case:
    """Hosts that have the same finding in the same words."""

    hosts: tuple[str, ...]
    summary: str
    since: str
    new: bool
    confirmed: bool  # False: it could not be looked at in this run
    remedy: str


@dataclass(frozen=True)
class Group:
    """One cause, consequence or risk wherever it is.

    ``number`` of hosts (a cause of the fleet names only some); ``command`` shows its repair, empty where there is none.
    """

    id: str
    kind: str
    severity: str
    number: int
    cases: tuple[Case, ...]
    command: str = ""


@dataclass(frozen=True)
class Change:
    """One change that ``hosts`` have in common (none for a cause of the fleet): ``label`` says which kind it is.

    ``verdict`` is the one that the nodes have now, empty where the change is of another kind.
    """

    label: str
    what: str
    hosts: tuple[str, ...] = ()
    verdict: str = ""


def groups(run: Run, wanted: Callable[[Mapping[str, Any]], bool]) -> tuple[Group, ...]:
    """The findings that are ``wanted``, by cause: worst first, then those on most nodes."""
    found: dict[tuple[str, str], list[Found]] = {}
    for node in run["nodes"]:
        for finding in filter(wanted, node["findings"]):
            found.setdefault((finding["kind"], finding["id"]), []).append((node["host"], finding))
    made = [_group(kind, name, entries, run["at"]) for (kind, name), entries in found.items()]
    return tuple(sorted(made, key=_rank))


def _rank(group: Group) -> tuple[int, int, int, str]:
    return KINDS.index(group.kind), -SEVERITIES.index(group.severity), -group.number, group.id


def _group(kind: str, name: str, found: Sequence[Found], at: str) -> Group:
    worst = max((finding["severity"] for _host, finding in found), key=SEVERITIES.index)
    hosts = {host for host, _finding in found}
    return Group(name, kind, worst, len(hosts), tuple(_cases(found, at)), _command(kind, found))


def _cases(found: Iterable[Found], at: str) -> Iterator[Case]:
    """Nodes on which all words are the same are told together."""
    alike: dict[tuple[Any, ...], list[str]] = {}
    for host, finding in found:
        key = tuple(finding[name] for name in ("summary", "since", "new", "confirmed", "remedy"))
        alike.setdefault(key, []).append(host)
    for (summary, first, new, confirmed, remedy), hosts in alike.items():
        yield Case(in_order(hosts), summary, since(first, at), new, confirmed, remedy)


def _command(kind: str, found: Iterable[Found]) -> str:
    """The command that shows the repair of the first nodes that have one and could be looked at."""
    hosts = in_order(host for host, finding in found if finding["repair"] and finding["confirmed"])[:NAMES]
    asked = " -e kubelet_repair_risks=true" if kind == "risk" else ""
    limit = shlex.quote(",".join(hosts))
    return f"ansible-playbook playbooks/repair.yml -l {limit}{asked} --check --diff" if hosts else ""


def fleet_groups(run: Run) -> tuple[Group, ...]:
    """The causes that nodes share, as groups of one case."""
    return tuple(_fleet_group(found, run["at"]) for found in run["fleet"])


def _fleet_group(found: Mapping[str, Any], at: str) -> Group:
    words = (found["summary"], since(found["since"], at), found["new"], found["confirmed"], found["remedy"])
    return Group(found["id"], "cause", found["severity"], found["count"], (Case(in_order(found["nodes"]), *words),))


def changes(run: Run) -> tuple[Change, ...]:
    """What is not as it was before this run, most urgent first."""
    changed = run["changes"]
    renamed = (Change("renamed", f"{entry['from']} is now {entry['host']}") for entry in changed["renamed"])
    lists = (("added", "in the fleet for the first time"), ("missing", "not in the fleet any more"))
    flapping = (
        Change(
            "flapping", f"verdict changed {entry['times']} times in {plural(entry['runs'], 'run')}", (entry["host"],)
        )
        for entry in changed["flapping"]
    )
    return (
        *_verdicts(changed["verdicts"]),
        *_findings("new", changed["new"]),
        *_findings("gone", changed["gone"]),
        *(Change(name, what, in_order(changed[name])) for name, what in lists if changed[name]),
        *renamed,
        *flapping,
    )


def _verdicts(entries: Iterable[Mapping[str, str]]) -> Iterator[Change]:
    found: dict[tuple[str, str], list[str]] = {}
    for entry in entries:
        found.setdefault((entry["to"], entry["from"]), []).append(entry["host"])
    for to, before in sorted(found, key=lambda pair: [VERDICTS.index(verdict) for verdict in pair]):
        what = f"{before} → {to}".replace("_", " ")
        yield Change("verdict", what, in_order(found[to, before]), to)


def _findings(label: str, entries: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    """By cause; those of the fleet have no host and come first."""
    found: dict[tuple[bool, int, str], list[str]] = {}
    for entry in entries:
        key = (entry["host"] is not None, KINDS.index(entry["kind"]), entry["id"])
        found.setdefault(key, []).append(entry["host"])
    for of_node, kind, name in sorted(found):
        whose = KINDS[kind] if of_node else "cause of the fleet"
        hosts = in_order(found[of_node, kind, name]) if of_node else ()
        yield Change(f"{label} {whose}", name, hosts)
