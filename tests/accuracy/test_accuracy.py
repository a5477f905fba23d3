# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mutations of some recorded nodes, one of each kind of trouble; ``make score`` takes all of them."""

from __future__ import annotations

import pytest
from accuracy._judge import bad_texts, judged, result_of
from accuracy._mutants import LESS, SAME, mutants
from corpus._load import load_evidence

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot

CASES = (
    "healthy",
    "ca-path-wrong",
    "cert-expired",
    "cni-config-invalid",
    "config-yaml-syntax",
    "containerd-hung-restart",
    "dropin-no-execstart-reset",
    "extra-args-unknown-flag",
    "kubelet-stopped-disabled",
    "memorypressure",
    "oom-killed",
    "port-10248-in-use",
    "server-name-not-in-san",
)


@pytest.mark.parametrize("case", CASES)
def test_truth_and_nothing_else(case: str) -> None:
    """Whole evidence gives exactly the truth, less evidence nothing but the truth, in sentences a person can read."""
    wrong = [f"{r.kind}: {fault}" for r in map(judged, mutants([case])) for fault in r.faults]
    assert not wrong, "\n".join(wrong)


def test_every_mutation_changes_something() -> None:
    """A kind of mutation that changes no recorded node would prove nothing."""
    kinds = {mutant.kind for case in CASES for mutant in mutants([case])}
    assert set(SAME) | set(LESS) <= kinds


def test_mutations_are_repeatable() -> None:
    """The same case gives the same mutants, but for the keys that certificates are made anew with."""
    first, second = ([m for m in mutants(["ca-path-wrong"]) if m.kind != "layout: other names"] for dummy in range(2))
    assert first == second


def test_bad_texts_are_seen() -> None:
    """The check of sentences notices a hole and an inside of Python."""
    result = result_of(next(mutants(["healthy"])))
    assert not bad_texts(result)
    assert bad_texts({**result, "summary": "the API server  refuses"})
    assert bad_texts({**result, "summary": "mode None"})


def test_diagnosis_does_not_depend_on_the_order_of_parts() -> None:
    """The same evidence in another order of keys is judged alike."""
    evidence = load_evidence("server-port-wrong")
    turned = {key: evidence[key] for key in reversed(evidence)}
    first, second = (diagnose(snapshot(given, host_name="n")).to_dict() for given in (evidence, turned))
    del first["engine"], second["engine"]
    assert first["root_causes"] == second["root_causes"]
