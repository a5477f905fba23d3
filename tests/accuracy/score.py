# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints how right the diagnosis is over all recorded nodes and their mutants: ``make score``.

``python tests/accuracy/score.py [-k KIND] [CASE...]`` looks at some only. Exit status 1 below the thresholds: every
recorded node exactly right, 98 % of roots found where their evidence is whole, no false root, no broken rule.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / ".collections")]

from accuracy._judge import Judged, judged  # noqa: E402 - the path above makes it importable
from accuracy._mutants import mutants  # noqa: E402
from corpus._load import NAMES  # noqa: E402

RECALL = 0.98
WORKERS = 2


def score_case(case: str, kind: str = "") -> list[Judged]:
    """Results of all mutants of one case."""
    return [judged(mutant) for mutant in mutants([case]) if kind in mutant.kind]


def share(part: int, whole: int) -> str:
    """A share in percent."""
    return f"{100 * part / whole:6.1f} %" if whole else "       -"


def row(kind: str, results: list[Judged]) -> str:
    """Line of the table for one kind of mutation."""
    whole = [r for r in results if r.whole]
    found, wanted = sum(r.found for r in whole), sum(r.wanted for r in whole)
    named = sum(r.found for r in results)
    false = sum(r.false for r in results)
    verdicts = sum(r.verdict_right for r in results)
    recall = share(found, wanted) if whole else f"({share(named, sum(r.wanted for r in results)).strip()})"
    return (
        f"{kind:36}{len(results):6}{share(named, named + false):>12}{recall:>12}"
        f"{share(verdicts, len(results)):>12}{sum(not r.right for r in results):8}"
    )


def report(results: Iterable[Judged]) -> bool:
    """Print the table and the misses; True when the thresholds hold."""
    every = list(results)
    kinds = dict.fromkeys(r.kind for r in every)
    print(f"{'':36}{'nodes':>6}{'precision':>12}{'recall':>12}{'verdicts':>12}{'misses':>8}")
    for kind in kinds:
        print(row(kind, [r for r in every if r.kind == kind]))
    print(row("all", every))
    misses = [r for r in every if not r.right]
    for miss in misses:
        print(f"MISS {miss.kind:34} {miss.case:36} {'; '.join(miss.faults)}")
    whole = [r for r in every if r.whole]
    wanted, found = sum(r.wanted for r in whole), sum(min(r.found, r.wanted) for r in whole)
    exact = all(r.right for r in every if r.kind == "as recorded")
    return (
        exact
        and found >= RECALL * wanted
        and not any("false root" in f or "rule error" in f for r in every for f in r.faults)
    )


def main() -> int:
    """Entry of the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("-k", dest="kind", default="", help="only kinds of mutation whose name holds this")
    given = parser.parse_args()
    started = perf_counter()
    cases = given.cases or NAMES
    with ProcessPoolExecutor(WORKERS) as pool:
        results = [r for found in pool.map(score_case, cases, [given.kind] * len(cases)) for r in found]
    good = report(results)
    print(f"{len(results)} nodes in {perf_counter() - started:.0f} s: {'good' if good else 'NOT good enough'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
