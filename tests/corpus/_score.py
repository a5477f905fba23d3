# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a diagnosis is held against what is known to be true of a recorded node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Expected:
    """The truth of one case, as expected.yml states it (keys: tests/corpus/README.md)."""

    verdicts: frozenset[str]
    roots: tuple[frozenset[str], ...]
    may_also: frozenset[str]
    root_or_risk: bool


@dataclass(frozen=True)
class Outcome:
    """What was said of one case, and what is wrong with it (empty when it is right)."""

    case: str
    expected: Expected
    verdict: str
    roots: tuple[str, ...]
    risks: tuple[str, ...]
    faults: tuple[str, ...]
    found: int
    false: int

    @property
    def right(self) -> bool:
        """True when verdict and roots are right."""
        return not self.faults

    def row(self) -> str:
        """One line of the table."""
        want = " + ".join("|".join(sorted(ids)) for ids in self.expected.roots) or "-"
        got = " + ".join(self.roots) or "-"
        mark = "ok  " if self.right else "MISS"
        return f"{mark} {self.case:38} {self.verdict:9} want {want}  got {got}  {'; '.join(self.faults)}".rstrip()


def expected_of(case: Path) -> Expected:
    """Read expected.yml of a case's directory."""
    data: dict[str, Any] = yaml.safe_load((case / "expected.yml").read_text())
    return Expected(
        verdicts=frozenset(data["verdicts"]),
        roots=tuple(frozenset(ids) for ids in data["roots"]),
        may_also=frozenset(data.get("may_also_be_roots", ())),
        root_or_risk=bool(data.get("root_or_risk", False)),
    )


def compare(case: str, expected: Expected, result: dict[str, Any]) -> Outcome:
    """Score one result: each expected root met by exactly one, no other root, a right verdict, no broken rule."""
    roots = tuple(finding["id"] for finding in result["root_causes"])
    risks = tuple(finding["id"] for finding in result["risks"])
    faults, used = [], set()
    for wanted in expected.roots:
        hits = [root for root in roots if root in wanted] or (
            [risk for risk in risks if risk in wanted] if expected.root_or_risk else []
        )
        used.update(hits)
        if len(hits) != 1:
            faults.append(f"{'|'.join(sorted(wanted))} met {len(hits)} times")
    false = [root for root in roots if root not in used and root not in expected.may_also]
    faults += [f"false root {root}" for root in false]
    if result["verdict"] not in expected.verdicts:
        faults.append(f"verdict {result['verdict']} not in {sorted(expected.verdicts)}")
    faults += [f"rule error {error['id']}: {error['error']}" for error in result.get("rule_errors", ())]
    met = sum(
        any(root in wanted for root in (*roots, *(risks if expected.root_or_risk else ()))) for wanted in expected.roots
    )
    return Outcome(case, expected, result["verdict"], roots, risks, tuple(faults), met, len(false))
