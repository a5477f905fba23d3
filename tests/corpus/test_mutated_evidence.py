# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of recorded nodes with values replaced at random: always a snapshot, never an interpreter that fails."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import pytest
from _load import load_evidence

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot

CASES = ["healthy", "ca-path-wrong", "bootstrap-csr-pending", "kubelet-masked", "dropin-no-execstart-reset"]
ROUNDS = 40
ODD: list[Any] = [
    *(None, True, 0, -1, 1e308, float("nan"), "", "x", "9" * 5000, "²", "\ud800", "\x1b[2J"),
    *([], {}, [None], {"a": {}}, ["a", 1], {"error": 5}),
    *("2026-99-99T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-10:00", "https://[::1"),
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
]


def entries(value: Any) -> dict[Any, Any]:
    """Values inside a value by key or index; empty for what holds none."""
    return dict(enumerate(value)) if isinstance(value, list) else value if isinstance(value, dict) else {}


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Keys that lead to each value inside."""
    for key, entry in entries(value).items():
        yield (*above, key)
        yield from places(entry, (*above, key))


def put(value: Any, place: tuple[Any, ...], odd: Any) -> None:
    """Replace one value; nothing happens when an earlier replacement took its place away."""
    for key in place[:-1]:
        value = entries(value).get(key)
    if place[-1] in entries(value):
        value[place[-1]] = odd


@pytest.mark.parametrize("name", CASES)
def test_mutated_evidence_gives_a_snapshot(name: str) -> None:
    """Whatever a node reports in whatever place, every part is interpreted or has a state that says why not."""
    randomness = random.Random(name)  # noqa: S311 - the same mutations in every run
    evidence = load_evidence(name)
    found = [place for place in places(evidence) if place[0] not in ("format", "captured_at")]
    for _round in range(ROUNDS):
        mutated = copy.deepcopy(evidence)
        for place in randomness.sample(found, randomness.choice([1, 3, 10, 60])):
            put(mutated, place, copy.deepcopy(randomness.choice(ODD)))
        seen = snapshot(mutated, host_name=name)
        failed = {
            part: state.reason for part, state in seen.parts.items() if "could not be interpreted" in state.reason
        }
        assert failed == {}
