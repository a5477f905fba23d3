# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges mutants and holds the results against what is known of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accuracy._mutants import Mutant
from accuracy.losing import parts_lost
from corpus._score import compare

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.diagnosis import SUMMARY_LIMIT

LONGEST = 250
BAD = re.compile(
    r"\bNone\b|\(''|\[\(|Effect\.|datetime\.|<[a-z_]+ object"  # the insides of Python
    r"|  |\( ?\)|\bat [.,;:]|, ?[,;.)]|: *$"  # holes
    r"|\b1 (?:restart|time|day)s\b"
)

# What is also true, and all that can be said, where the file that would tell more was not read.
LESS_EXACT = {
    "kubeconfig/embedded-stale-cert": "certificate/client-expired",
    "certificate/client-csr-not-approved": "certificate/no-usable-client-cert",
}


@dataclass(frozen=True)
class Judged:
    """What was said of one mutant. ``wanted``, ``found`` and ``false`` count root causes."""

    kind: str
    case: str
    whole: bool
    wanted: int
    found: int
    false: int
    verdict_right: bool
    faults: tuple[str, ...]

    @property
    def right(self) -> bool:
        """True when nothing is wrong with it."""
        return not self.faults


def result_of(mutant: Mutant) -> dict[str, Any]:
    """The diagnosis of a mutant."""
    files = {path: text.encode("utf-8", "surrogateescape") for path, text in mutant.bundle.items()}
    return diagnose(snapshot(_bundle.read(files), host_name=mutant.case)).to_dict()


def judged(mutant: Mutant) -> Judged:
    """Score one mutant: exactly the truth where the evidence is whole; nothing but the truth where it is not."""
    result = result_of(mutant)
    outcome = compare(mutant.case, mutant.expected, result)
    faults = [*(outcome.faults if mutant.whole else _untrue(mutant, result)), *bad_texts(result)]
    return Judged(
        kind=mutant.kind,
        case=mutant.case,
        whole=mutant.whole,
        wanted=len(mutant.expected.roots),
        found=outcome.found,
        false=sum(fault.startswith("false root") for fault in faults),
        verdict_right=not any("verdict" in fault for fault in faults),
        faults=tuple(faults),
    )


def _untrue(mutant: Mutant, result: dict[str, Any]) -> list[str]:
    """What is said without being true, or is not said to be unknown."""
    expected = mutant.expected
    true = expected.may_also.union(*expected.roots)
    true |= {LESS_EXACT[root] for root in true if root in LESS_EXACT}
    down = expected.verdicts == {"down"}
    faults = [f"false root {f['id']}" for f in result["root_causes"] if f["id"] not in true]
    faults += [f"rule error {error['id']}: {error['error']}" for error in result["rule_errors"]]
    open_ends = {"unknown", "degraded"} if down and not result["root_causes"] else {"unknown"}
    if result["verdict"] not in expected.verdicts | open_ends:
        faults.append(f"verdict {result['verdict']} not in {sorted(expected.verdicts)} or unknown")
    said = {unknown["part"].partition(":")[0] for unknown in result["unknowns"]}
    faults += [f"{part} is missing and not among the unknowns" for part in sorted(parts_lost(mutant.bundle) - said)]
    return faults


def bad_texts(result: dict[str, Any]) -> list[str]:
    """Sentences that nobody should have to read: too long, with holes, with the insides of Python."""
    said = [*texts(result), result["summary"]]
    long = [f"{len(text)} characters: {text}" for text in said[:-1] if len(text) > LONGEST]
    long += [f"{len(said[-1])} characters: {said[-1]}"] if len(said[-1]) > SUMMARY_LIMIT else []
    return long + [f"wording: {text}" for text in said if BAD.search(text)]


def texts(result: dict[str, Any]) -> Iterable[str]:
    """Every sentence of a result that a person reads (its summary is one of them, or made of several)."""
    yield result["facts"]["state"]
    for part in ("root_causes", "consequences", "risks", "resolved"):
        for finding in result[part]:
            yield finding["summary"]
