# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long judging takes: each rule under 1 ms at the median, a whole diagnosis under 20 ms.

Measured in processor time, best of several runs, and held against three times the aim, so that a busy machine does
not fail the test. ``pytest -rP`` prints the numbers.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from statistics import median
from time import process_time

import pytest
from corpus._load import NAMES, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

RULE_MS, DIAGNOSIS_MS, FACTOR, RUNS = 1.0, 20.0, 3, 3


def milliseconds(work: Callable[[Snapshot], object], node: Snapshot) -> float:
    """Processor time of the quickest of some runs, each over a snapshot that nobody has searched yet."""
    best = float("inf")
    for _run in range(RUNS):
        fresh = replace(node, log=replace(node.log), runtime_log=replace(node.runtime_log))
        begun = process_time()
        work(fresh)
        best = min(best, process_time() - begun)
    return 1000 * best


@pytest.fixture(scope="module")
def nodes() -> list[Snapshot]:
    """All recorded nodes; what is read once per process (signatures) is read."""
    loaded = [load_snapshot(name) for name in NAMES]
    diagnose(loaded[0])
    gc.collect()
    return loaded


def test_rules(nodes: list[Snapshot]) -> None:
    """Each rule, at the median over all recorded nodes."""
    took = {c.id: median(milliseconds(lambda n, c=c: list(c.judge(n)), node) for node in nodes) for c in CATALOGUE}  # type: ignore[misc]
    slowest = sorted(took, key=lambda name: took[name], reverse=True)
    for name in slowest[:5]:
        print(f"{name}: {took[name]:.3f} ms")
    assert took[slowest[0]] < FACTOR * RULE_MS


def test_diagnosis(nodes: list[Snapshot]) -> None:
    """A whole diagnosis of each recorded node."""
    took = {node.host_name: milliseconds(diagnose, node) for node in nodes}
    slowest = max(took, key=lambda name: took[name])
    print(f"median {median(took.values()):.1f} ms, slowest {slowest}: {took[slowest]:.1f} ms")
    assert median(took.values()) < FACTOR * DIAGNOSIS_MS
    assert took[slowest] < 2 * FACTOR * DIAGNOSIS_MS
