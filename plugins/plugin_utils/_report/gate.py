# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When findings are to fail a run (``kubelet_fail_on``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...module_utils import _schema
from .text import Result, rank
from .words import plural, visible

NEVER = "never"
SEVERITIES = ("info", "warning", "error", "critical")
_ALWAYS_ROOTS = (_schema.UNITS, _schema.JOURNAL, _schema.FILES)


def failures(results: Sequence[Result], threshold: str) -> str:
    """One sentence when no node could be judged or when nodes reach ``threshold`` (never or a severity), else empty.

    Root causes, consequences and risks count, what is over does not. A node that could not be judged reaches every
    threshold: not looked at is not healthy.
    """
    if results and all(result["verdict"] == "unknown" for result in results):
        return "; ".join(_could_not(result) for result in sorted(results, key=rank))
    if threshold == NEVER:
        return ""
    levels = SEVERITIES[SEVERITIES.index(threshold) :]
    reached = [text for result in sorted(results, key=rank) if (text := _reason(result, levels))]
    if not reached:
        return ""
    return f"kubelet_fail_on is {threshold}, reached by {plural(len(reached), 'node')}: {'; '.join(reached)}"


def _reason(result: Result, levels: Sequence[str]) -> str:
    found = [f"{finding['id']} ({finding['severity']})" for finding in present(result) if finding["severity"] in levels]
    if found:
        return f"{visible(result['host'])} has {', '.join(found)}"
    return _could_not(result) if result["verdict"] == "unknown" else ""


def _could_not(result: Result) -> str:
    """The first reason is enough here: all of them were shown. That root is needed comes before others."""
    reasons = [needs_root(result), *(unknown["reason"] for unknown in result["unknowns"]), result["summary"]]
    reasons = [reason for reason in reasons if reason]
    return f"{visible(result['host'])} could not be judged ({visible(reasons[0]).rstrip('.')})"


def needs_root(result: Result) -> str:
    """What to do about a node that was read without root, or empty. Other parts even root may not read."""
    denied = (
        gap["reason"]
        for gap in result["unknowns"]
        if gap["status"] == _schema.DENIED and gap["part"].partition(":")[0] in _ALWAYS_ROOTS
    )
    first = next(denied, "")
    return f"root is needed on the node, connect as root or add --become: {first}" if first else ""


def present(result: Result) -> Iterator[Mapping[str, Any]]:
    """What holds now and counts: of the consequences those for which no root cause on the node stands."""
    roots, consequences = result["root_causes"], result["consequences"]
    yield from roots
    yield from (finding for finding in consequences if not roots or _of_fleet(finding))
    yield from result["risks"]


def _of_fleet(finding: Mapping[str, Any]) -> bool:
    """True for what would be a root cause of its node, were it not the same on others."""
    return any(name.startswith("fleet/") for name in finding.get("explained_by", ()))
