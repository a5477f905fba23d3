# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Breaks lab hosts in every known way, diagnoses each over SSH, scores the results: ``python -m lab.score [CASE...]``.

Needs the project's .venv. Of a case that is judged wrong, the result, what was shown and a bundle stay in
.cache/lab-score/CASE; replay.yml judges the bundle again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from corpus._score import Expected, Outcome, compare

from lab import cases, settings
from lab.lifecycle import Lab
from lab.playbook import ROOT, play
from lab.shell import LabError

WORKERS = 3
"""Hosts that are broken at once: two cores are busy then."""


@dataclass(frozen=True)
class Scorer:
    """Scores cases on the hosts of one lab that is up."""

    lab: Lab

    def all(self, names: list[str]) -> list[Outcome]:
        """Score cases, several hosts at once; those that break the control plane, which all share, one by one after."""
        loaded = [cases.load(name) for name in names]
        own = [case for case in loaded if not case.controlplane_steps]
        shared = [case for case in loaded if case.controlplane_steps]
        free: SimpleQueue[str] = SimpleQueue()
        for number in range(self.lab.settings.workers):
            free.put(f"worker-{number + 1}")

        def on_a_free_host(case: cases.Case) -> Outcome:
            host = free.get()
            try:
                return self.one(case, host)
            finally:
                free.put(host)

        with ThreadPoolExecutor(self.lab.settings.workers) as pool:
            outcomes = list(pool.map(on_a_free_host, own))
        return outcomes + [self.one(case, "worker-1") for case in shared]

    def one(self, case: cases.Case, host: str) -> Outcome:
        """Break a host, diagnose it, heal it; what was said of it."""
        kept = ROOT / ".cache/lab-score" / case.id
        shutil.rmtree(kept, ignore_errors=True)
        try:
            self.lab.break_host(case.id, host)
            outcome = self._judged(case, host, kept)
        except LabError as error:
            outcome = Outcome(case.id, expected(case), "-", (), (), (str(error),), 0, 0)
        finally:
            self.lab.heal(host)
        if outcome.right:
            shutil.rmtree(kept)
        sys.stdout.write(outcome.row() + "\n")
        sys.stdout.flush()
        return outcome

    def _judged(self, case: cases.Case, host: str, kept: Path) -> Outcome:
        """Diagnose a broken host and score the result; a wrong one is kept with what it was made of."""
        shown = self._play("diagnose", host, kubelet_results_dir=str(kept), **case.variables)
        result = json.loads((kept / f"{host}.json").read_text(encoding="utf-8"))
        outcome = compare(case.id, expected(case), result)
        outcome = replace(outcome, faults=(*outcome.faults, *other_facts(case, result["facts"])))
        if not outcome.right:
            (kept / "shown.txt").write_text(shown, encoding="utf-8")
            self._play("capture", host, kubelet_bundle_dir=str(kept))
        return outcome

    def _play(self, playbook: str, host: str, **variables: Any) -> str:
        """Run a playbook against one host; what it printed. Raises LabError with that when it failed."""
        status, said = play(self.lab.settings.inventory, playbook, host, "-e", json.dumps(variables))
        if status != 0:
            raise LabError(f"{playbook}.yml failed on {host}:\n{said}")
        return said


def expected(case: cases.Case) -> Expected:
    """What is true of a host that is broken in this way."""
    return Expected(
        verdicts=frozenset(case.expect["verdicts"]),
        roots=tuple(frozenset(ids) for ids in case.expect["roots"]),
        may_also=frozenset(case.expect.get("may_also_be_roots", ())),
        root_or_risk=bool(case.expect.get("root_or_risk", False)),
    )


def other_facts(case: cases.Case, facts: dict[str, Any]) -> list[str]:
    """What is seen otherwise than it is."""
    wanted = case.expect.get("facts", {})
    return [f"{name} is {facts.get(name)}, not {value}" for name, value in wanted.items() if facts.get(name) != value]


def main(argv: list[str]) -> int:
    """Score the cases named, or all, on a lab of their own; exit status 1 when one is judged wrong."""
    parser = argparse.ArgumentParser(prog="lab.score", description=__doc__)
    parser.add_argument("case", nargs="*", help="id of a case (default: all)")
    parser.add_argument("--keep", action="store_true", help="leave the lab up afterwards")
    arguments = parser.parse_args(argv)
    environment = {"LAB_NAME": "score", "WORKERS": str(WORKERS)}
    environment.update({name: value for name, value in os.environ.items() if value})
    try:
        lab = Lab(settings.from_environment(environment), say=lambda _line: None)
        lab.up()
        try:
            outcomes = Scorer(lab).all(arguments.case or cases.names())
        finally:
            if not arguments.keep:
                lab.down()
    except LabError as error:
        sys.stderr.write(f"lab.score: {error}\n")
        return 1
    wrong = [outcome for outcome in outcomes if not outcome.right]
    for outcome in wrong:
        sys.stdout.write(outcome.row() + "\n")
    sys.stdout.write(f"{len(outcomes) - len(wrong)} of {len(outcomes)} cases right\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
