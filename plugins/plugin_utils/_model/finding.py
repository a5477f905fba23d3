# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cause says when it holds on a node."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

EXCERPT_LIMIT = 600


class Effect(IntEnum):
    """What a finding does to the node, worst last. RESOLVED is over; RISK is true but not (yet) harmful."""

    RESOLVED = 0
    INFO = 1
    RISK = 2
    DEGRADED = 3
    DOWN = 4

    @property
    def severity(self) -> str:
        """Severity name of the result schema."""
        return ("info", "info", "warning", "error", "critical")[self]


@dataclass(frozen=True)
class Evidence:
    """One quoted piece of evidence. ``source`` is service, journal, file, certificate, host, probe, cluster or
    expected; times are ISO 8601 UTC strings."""

    source: str
    excerpt: str
    locator: str = ""
    count: int | None = None
    first_at: str | None = None
    last_at: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As in result.schema.json."""
        data: dict[str, Any] = {"source": self.source, "excerpt": self.excerpt[:EXCERPT_LIMIT]}
        if self.locator:
            data["locator"] = self.locator
        for key in ("count", "first_at", "last_at"):
            if getattr(self, key) is not None:
                data[key] = getattr(self, key)
        return data


@dataclass(frozen=True)
class Remedy:
    """What to do: one or two sentences; the id of the repair action where one exists, and whether it may run alone
    (safe, needs-approval, never)."""

    text: str
    repair: str | None = None
    automatic: str = "never"


@dataclass(frozen=True)
class Hit:
    """A cause holds: this case in one sentence with its values, its evidence, and its effect on the node.

    ``remedy`` overrides the cause's general one. ``explains`` adds ids for this case only, ``effect`` and ``gate``
    override those of the cause. ``at_fault`` are the settings that are wrong, where they can be told: paths of expected
    values (``config.maxPods``, ``flags.max-pods``).
    """

    summary: str
    evidence: tuple[Evidence, ...]
    effect: Effect | None = None
    remedy: Remedy | None = None
    explains: tuple[str, ...] = ()
    gate: int | None = None
    at_fault: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A cause that holds on this node. ``gate`` is the stage at which it stops the kubelet's start, None when it does
    not. ``at_fault`` are the settings that are wrong (see Hit), for a repair."""

    id: str
    title: str
    effect: Effect
    summary: str
    evidence: tuple[Evidence, ...]
    remedy: Remedy
    explained_by: tuple[str, ...] = ()
    explains: tuple[str, ...] = field(default=(), compare=False)
    documented: bool = True
    gate: int | None = field(default=None, compare=False)
    at_fault: tuple[str, ...] = field(default=(), compare=False)

    def to_dict(self) -> dict[str, Any]:
        """As in result.schema.json."""
        data: dict[str, Any] = {
            "id": self.id,
            "severity": self.effect.severity,
            "title": self.title,
            "summary": self.summary,
            "evidence": [item.to_dict() for item in self.evidence],
            "remedy": {"text": self.remedy.text, "repair": self.remedy.repair, "automatic": self.remedy.automatic},
        }
        if self.documented:
            data["docs"] = f"docs/causes/{self.id}.md"
        if self.explained_by:
            data["explained_by"] = list(self.explained_by)
        return data
