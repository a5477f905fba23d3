# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs every cause by itself: one that breaks is reported as such and hides nothing."""

from __future__ import annotations

from collections.abc import Iterable

from .._model.cause import Cause
from .._model.diagnosis import RuleError
from .._model.finding import Effect, Evidence, Finding, Hit
from .._model.snapshot import Snapshot
from .remedies import adapted

EVIDENCE_LIMIT = 8


def judge(snapshot: Snapshot, catalogue: Iterable[Cause]) -> tuple[list[Finding], list[RuleError]]:
    """Findings of all causes over one snapshot, and the errors of those that broke."""
    findings: list[Finding] = []
    errors: list[RuleError] = []
    for cause in catalogue:
        try:
            hits = list(cause.judge(snapshot))
        except Exception as error:  # noqa: BLE001 - a bug in one cause is shown and must not hide the others
            words = str(error) if cause.own else f"{type(error).__name__}: {error}"
            errors.append(RuleError(cause.id, words[:300], cause.own))
            continue
        if hits:
            findings.append(_finding(cause, hits, snapshot))
    return findings, errors


def _finding(cause: Cause, hits: list[Hit], snapshot: Snapshot) -> Finding:
    """One finding per cause: the worst hit speaks, evidence of all is kept up to a limit."""
    effects = [cause.effect if hit.effect is None else hit.effect for hit in hits]
    worst = max(effects)
    speaking = [hit for hit, effect in zip(hits, effects, strict=True) if effect == worst]
    others = len(speaking) - 1
    evidence: list[Evidence] = []
    for hit in [*speaking, *(hit for hit in hits if hit not in speaking)]:
        evidence += [item for item in hit.evidence if item not in evidence]
    return Finding(
        id=cause.id,
        title=cause.title,
        effect=Effect(worst),
        summary=speaking[0].summary + (f" (and {others} more like it)" if others else ""),
        evidence=tuple(evidence[:EVIDENCE_LIMIT]),
        remedy=adapted(speaking[0].remedy or cause.remedy, snapshot),
        explains=cause.explains + tuple(e for hit in hits for e in hit.explains),
        documented=not cause.own,
        gate=next((hit.gate for hit in speaking if hit.gate is not None), cause.gate),
        at_fault=tuple(dict.fromkeys(path for hit in speaking for path in hit.at_fault)),
    )
