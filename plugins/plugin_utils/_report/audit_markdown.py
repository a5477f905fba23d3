# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as Markdown, for a ticket or a chat.

Everything that came from a node or an inventory stands in code, in which Markdown knows no links, images, HTML or names
of people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from .audit_digest import cards
from .audit_findings import Case, Change, Group
from .audit_view import AuditView, Expiry, number_of
from .words import plural

T = TypeVar("T")

_SOME = 10  # of one kind; the page and the run's file have all


def text(shown: AuditView) -> str:
    """A run in few lines; of those before it only the time of the last is told."""
    lines = [f"# Kubelet audit of {shown.at}", "", f"{number_of(shown.counts)}.", ""]
    lines += [f"- **{card.number} {card.noun}**{_said(card.first)}" for card in cards(shown)]
    lines += _section(f"What changed{' since ' + shown.before if shown.before else ''}", _some(shown.changes, _change))
    lines += _section("What is broken", _some((*shown.fleet, *shown.broken), _group))
    lines += _section("What will break soon", [*_some(shown.expiring, _expiry), *_some(shown.risks, _group)])
    lines += _section("What could not be looked at", _unseen(shown))
    return "\n".join(lines) + "\n"


def _said(first: str) -> str:
    return f": {_code(first)}" if first else ""


def _section(title: str, lines: Iterable[str]) -> list[str]:
    said = list(lines)
    return ["", f"## {title}", "", *said] if said else []


def _change(change: Change) -> Iterator[str]:
    on = f" on {_names(change.hosts)}" if change.hosts else ""
    yield f"- {change.label} {_code(change.what)}{on}"


def _group(group: Group) -> Iterator[str]:
    yield f"- {group.kind} {_code(group.id)} ({group.severity}, {plural(group.number, 'node')})"
    yield from (f"  {line}" for line in _some(group.cases, _case))
    if group.command:
        yield from (f"  {line}" for line in _block(group.command))


def _case(case: Case) -> Iterator[str]:
    marks = "".join((", new" if case.new else "", "" if case.confirmed else ", not looked at in this run"))
    yield f"- {_names(case.hosts)} since {case.since}{marks}: {_code(case.summary)}"
    if case.remedy:
        yield from (f"  {line}" for line in _block(case.remedy))


def _expiry(end: Expiry) -> Iterator[str]:
    yield f"- {end.left} ({end.end}): {_code(end.use)} certificate {_code(end.path)} of {_names(end.hosts)}"


def _unseen(shown: AuditView) -> Iterator[str]:
    yield from _some(shown.unseen, lambda each: [f"- {_names(each.hosts)}: {_code(each.reason)}"])
    if shown.absent:
        yield f"- not in this run, which was limited: {_names(shown.absent)}"
    yield from _some(shown.notes, lambda note: [f"- {_code(note)}"])


def _some(entries: Iterable[T], lines: Callable[[T], Iterable[str]]) -> Iterator[str]:
    """Lines of the first entries, and how many more there are."""
    listed = list(entries)
    for entry in listed[:_SOME]:
        yield from lines(entry)
    if len(listed) > _SOME:
        yield f"- and {len(listed) - _SOME} more"


def _names(hosts: Sequence[str]) -> str:
    more = f" and {len(hosts) - _SOME} more" if len(hosts) > _SOME else ""
    return ", ".join(_code(host) for host in hosts[:_SOME]) + more


def _code(words: str) -> str:
    """Words as code on one line, with a fence that is longer than any row of backticks in them."""
    line = " ".join(words.split()) or " "
    fence = _fence(line, 1)
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def _block(words: str) -> list[str]:
    fence = _fence(words, 3)
    return [f"{fence}text", *words.split("\n"), fence]


def _fence(words: str, least: int) -> str:
    return "`" * max([least, *(len(row) + 1 for row in re.findall("`+", words))])
