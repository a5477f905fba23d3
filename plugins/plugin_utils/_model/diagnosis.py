# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The diagnosis of one node: findings in order, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .finding import Finding

SCHEMA = "nodeclinic.kubelet/result/1"
SUMMARY_LIMIT = 300


@dataclass(frozen=True)
class Unknown:
    """A part of the evidence that could not be judged; ``status`` as in the evidence contract."""

    part: str
    status: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """As in result.schema.json."""
        return {"part": self.part, "status": self.status, "reason": self.reason}


@dataclass(frozen=True)
class RuleError:
    """A cause whose judge broke, a bug of ours, shown as such; with ``own``, a user's signature that cannot be used."""

    id: str
    error: str
    own: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As in result.schema.json."""
        return {"id": self.id, "error": self.error, **({"own": True} if self.own else {})}


@dataclass(frozen=True)
class Diagnosis:
    """Result of one node, see result.schema.json. ``captured_at`` is ISO 8601 UTC, ``seconds`` wall time spent."""

    host: str
    node_name: str | None
    captured_at: str
    verdict: str
    summary: str
    root_causes: tuple[Finding, ...] = ()
    consequences: tuple[Finding, ...] = ()
    risks: tuple[Finding, ...] = ()
    resolved: tuple[Finding, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    rule_errors: tuple[RuleError, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    hidden: str = ""
    engine: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dictionary, valid against result.schema.json."""
        data: dict[str, Any] = {
            "schema": SCHEMA,
            "host": self.host,
            "node_name": self.node_name,
            "captured_at": self.captured_at,
            "verdict": self.verdict,
            "summary": self.summary[:SUMMARY_LIMIT],
            "root_causes": [finding.to_dict() for finding in self.root_causes],
            "consequences": [finding.to_dict() for finding in self.consequences],
            "risks": [finding.to_dict() for finding in self.risks],
            "resolved": [finding.to_dict() for finding in self.resolved],
            "unknowns": [unknown.to_dict() for unknown in self.unknowns],
            "rule_errors": [error.to_dict() for error in self.rule_errors],
            "facts": dict(self.facts),
            "engine": dict(self.engine),
        }
        if self.hidden:
            data["hidden"] = self.hidden
        return data
