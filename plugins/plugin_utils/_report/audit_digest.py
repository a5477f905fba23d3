# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit in ten seconds: four numbers, each with the first thing to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .audit_view import AuditView
from .audit_words import in_order
from .words import shorten

_NAMED = 3
_LENGTH = 160


@dataclass(frozen=True)
class Card:
    """``place`` is the section that says all of it, ``first`` is empty where there is nothing to say."""

    place: str
    number: int
    noun: str
    first: str


def cards(view: AuditView) -> tuple[Card, ...]:
    """What changed, what is broken, what will break, what nobody looked at."""
    broken = view.counts["down"] + view.counts["degraded"]
    ill = {row.host for row in view.rows if row.verdict in ("down", "degraded")}
    found = {host for group in view.risks for case in group.cases for host in case.hosts}
    soon = (found | {host for end in view.expiring for host in end.hosts}) - ill
    blind = {host for each in view.unseen for host in each.hosts} | set(view.absent)
    return (
        Card("changed", len(view.changes), "changes" if len(view.changes) != 1 else "change", _changed(view)),
        Card("broken", broken, f"{_nodes(broken)} broken", _broken(view)),
        Card("soon", len(soon), f"{_nodes(len(soon))} about to break", _soon(view)),
        Card("unseen", len(blind), f"{_nodes(len(blind))} not looked at", first_of(in_order(blind))),
    )


def first_of(names: Sequence[str]) -> str:
    """``worker-1, worker-2, worker-3 and 5 more``."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return shorten(", ".join(names[:_NAMED]), _LENGTH) + more


def _nodes(number: int) -> str:
    return "node" if number == 1 else "nodes"


def _changed(view: AuditView) -> str:
    if not view.changes:
        return "" if view.before else "first run"
    first = view.changes[0]
    return f"{first_of(first.hosts)}: {first.what}" if first.hosts else first.what


def _broken(view: AuditView) -> str:
    return first_of([group.id for group in (*view.fleet, *view.broken) if group.kind == "cause"])


def _soon(view: AuditView) -> str:
    """The certificate that ends next, else the risks."""
    for end in view.expiring:
        if not end.ended:
            return f"{end.use} certificate of {first_of(end.hosts)}: {end.left}"
    return first_of([group.id for group in view.risks])
