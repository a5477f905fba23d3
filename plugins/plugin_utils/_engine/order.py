# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causal order: which findings are roots, and which are consequences of others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from .._model.cause import Cause
from .._model.finding import Effect, Finding
from .gates import GATES

LAST = max(GATES) + 1
SYMPTOMS = "symptom/*"
GIVEN_UP = "service/start-limit-hit"


@dataclass(frozen=True)
class Ordered:
    """Findings by their part in the story, each list most severe first."""

    root_causes: tuple[Finding, ...]
    consequences: tuple[Finding, ...]
    risks: tuple[Finding, ...]
    resolved: tuple[Finding, ...]


def order(findings: Iterable[Finding], catalogue: dict[str, Cause]) -> Ordered:
    """Split findings by ``explains``: roots are what nothing else present explains.

    A finding explains another only when it does at least as much harm (a risk is never why a node is down). What
    takes a node down explains every symptom; what stops the start explains that systemd gave up. Symptoms never stand
    as roots; one that nothing explains stays a consequence without ``explained_by``. What is over is dropped where the
    same cause also holds now.
    """
    present = list(findings)
    now = [f for f in present if f.effect != Effect.RESOLVED]
    roots, consequences, risks = [], [], []
    for finding in now:
        explainers = tuple(sorted(g.id for g in now if _explains(g, finding, catalogue[g.id])))
        if explainers:
            consequences.append(replace(finding, explained_by=explainers))
        elif finding.effect <= Effect.RISK:
            risks.append(finding)
        elif catalogue[finding.id].symptom:
            consequences.append(finding)
        else:
            roots.append(finding)
    current_ids = {f.id for f in now}
    resolved = [f for f in present if f.effect == Effect.RESOLVED and f.id not in current_ids]

    def rank(finding: Finding) -> tuple[int, int, str]:
        return (-finding.effect, LAST if finding.gate is None else finding.gate, finding.id)

    groups = (tuple(sorted(group, key=rank)) for group in (roots, consequences, risks, resolved))
    return Ordered(*groups)


def _explains(finding: Finding, other: Finding, cause: Cause) -> bool:
    """True when ``finding``, made by ``cause``, explains ``other`` directly."""
    if finding.id == other.id or finding.effect < other.effect:
        return False
    wanted = list(finding.explains)
    if finding.effect == Effect.DOWN and not cause.symptom:
        wanted.append(SYMPTOMS)
        if cause.gate is not None:
            wanted.append(GIVEN_UP)
    return any(fnmatchcase(other.id, pattern) for pattern in wanted)
