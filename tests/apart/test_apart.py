# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes that are easily confused are told apart on real evidence, in both directions (see README.md)."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from apart._pool import judged, named, nodes
from apart.lookalikes import CASES, FOLLOWS, Lookalike

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect

CAUSES = {cause.id: cause for cause in CATALOGUE}
# Both ways: whatever tells itself apart from another must be told apart by it.
NEIGHBOURS = {
    name: {
        other
        for other, that in CAUSES.items()
        if other != name
        and (any(fnmatchcase(other, p) for p in cause.apart) or any(fnmatchcase(name, p) for p in that.apart))
    }
    for name, cause in CAUSES.items()
}
NODES = [(cause, node) for cause, made in nodes().items() for node in made]


def test_each_direction_of_each_pair_has_a_node() -> None:
    """A pair in the catalogue without evidence of one of its two causes is a pair that nobody has tried."""
    assert {name for name, others in NEIGHBOURS.items() if others} - nodes().keys() == set()


def test_neighbours_name_each_other() -> None:
    """The page of each cause says how to tell it from all that tell themselves apart from it."""
    one_sided = [(other, name) for name, cause in CAUSES.items() for other in cause.apart if "*" not in other]
    missing = [(name, other) for name, other in one_sided if not any(fnmatchcase(other, p) for p in CAUSES[name].apart)]
    assert missing == []


@pytest.mark.parametrize(("cause", "node"), NODES, ids=lambda text: text.replace(" ", "-"))
def test_cause_is_named_and_its_neighbours_are_not(cause: str, node: str) -> None:
    """Evidence of the one names it, as a root where anything is one, and none of its neighbours beside it."""
    found = judged(cause, node)
    threatens = CAUSES[cause].effect <= Effect.RISK
    assert cause in (found.all if threatens else found.roots or found.beside)
    assert not NEIGHBOURS.get(cause, set()) & found.all


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.cause}-{case.other}".replace("/", "-"))
def test_words_of_the_other(case: Lookalike) -> None:
    """A node that shows what a neighbour is known by has the one root cause all the same."""
    assert case.other in NEIGHBOURS[case.cause]
    assert named(case.make()).roots == {case.cause}


@pytest.mark.parametrize("case", FOLLOWS, ids=lambda case: f"{case.cause}-{case.other}".replace("/", "-"))
def test_what_follows_is_no_root(case: Lookalike) -> None:
    """What the root cause has broken is not named beside it."""
    assert named(case.make()).roots == {case.cause}
