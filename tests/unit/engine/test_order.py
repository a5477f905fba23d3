# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings fall into their places: roots, what they explain, risks, and what is over."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from unit.engine._rules import found, holding

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.gates import GATES, hidden_after
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.order import Ordered, order
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.cause import Cause
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect

IDS = {cause.id for cause in CATALOGUE}


def ordered(*causes: Cause, effects: dict[str, Effect] | None = None) -> Ordered:
    """The order of findings of these causes."""
    given = effects or {}
    return order([found(c, given.get(c.id)) for c in causes], {c.id: c for c in causes})


def names(findings: object) -> list[str]:
    """Ids in their order."""
    return [finding.id for finding in findings]  # type: ignore[attr-defined]


def test_consequence_names_what_explains_it() -> None:
    """What a present root explains is no root, and says whose consequence it is."""
    result = ordered(holding("a/cause", explains=("b/*",)), holding("b/follows"))
    assert names(result.root_causes) == ["a/cause"]
    assert [(f.id, f.explained_by) for f in result.consequences] == [("b/follows", ("a/cause",))]


def test_independent_faults_are_separate_roots() -> None:
    """Two faults that do not explain each other are both named."""
    assert names(ordered(holding("b/two"), holding("a/one")).root_causes) == ["a/one", "b/two"]


def test_risk_explains_no_fault() -> None:
    """What does no harm yet is not why a node is down."""
    result = ordered(holding("a/risk", Effect.RISK, explains=("b/down",)), holding("b/down"))
    assert names(result.root_causes) == ["b/down"]
    assert names(result.risks) == ["a/risk"]


def test_symptom_is_never_a_root() -> None:
    """A symptom that nothing explains stays open; one under a root is that root's."""
    symptom = holding("symptom/x", symptom=True)
    alone = ordered(symptom)
    assert not alone.root_causes
    assert [f.explained_by for f in alone.consequences] == [()]
    assert ordered(symptom, holding("a/down")).consequences[0].explained_by == ("a/down",)


def test_degraded_root_does_not_explain_that_a_node_is_gone() -> None:
    """A full disk does not explain silence towards the control plane unless the node is down by it."""
    result = ordered(holding("symptom/x", symptom=True), holding("a/degraded", Effect.DEGRADED))
    assert [f.explained_by for f in result.consequences] == [()]


def test_stopped_start_explains_that_systemd_gave_up() -> None:
    """A fault of the start explains the start limit; one that does not stop the start does not."""
    limit = holding("service/start-limit-hit")
    assert names(ordered(limit, holding("a/gate", gate=3)).root_causes) == ["a/gate"]
    assert names(ordered(limit, holding("a/other")).root_causes) == ["a/other", "service/start-limit-hit"]


def test_gravest_and_earliest_first() -> None:
    """Roots come by harm, then by the stage of the start, then by name."""
    causes = (
        holding("d/late", gate=14),
        holding("c/early", gate=4),
        holding("b/none"),
        holding("a/degraded", Effect.DEGRADED, gate=1),
    )
    assert names(ordered(*causes).root_causes) == ["c/early", "d/late", "b/none", "a/degraded"]


def test_over_is_apart() -> None:
    """What is over is no cause, explains nothing, and is not said where the same holds now."""
    over = holding("a/over", Effect.RESOLVED, explains=("b/*",))
    result = ordered(over, holding("b/now"))
    assert (names(result.root_causes), names(result.resolved)) == (["b/now"], ["a/over"])


def test_nothing_explains_itself() -> None:
    """A pattern that covers the cause's own id does not make it its own consequence."""
    assert names(ordered(holding("a/x", explains=("a/*",))).root_causes) == ["a/x"]


@pytest.mark.parametrize("cause", CATALOGUE, ids=lambda cause: cause.id)
def test_names_of_the_catalogue_exist(cause: Cause) -> None:
    """Everything that a cause explains or tells itself apart from is in the catalogue."""
    assert not [p for p in (*cause.explains, *cause.apart) if not any(fnmatchcase(name, p) for name in IDS)]


def test_catalogue_explains_without_cycles() -> None:
    """No two causes explain each other, not even by detours: then none would be a root."""
    follows = {c.id: {n for p in c.explains for n in IDS if fnmatchcase(n, p) and n != c.id} for c in CATALOGUE}
    left = dict(follows)
    while left:
        ends = [name for name, after in left.items() if not after & left.keys()]
        assert ends, f"cycle within {sorted(left)}"
        for name in ends:
            del left[name]


def test_gates_of_the_catalogue_exist() -> None:
    """Each cause that stops the start names a stage that is known."""
    assert {c.gate for c in CATALOGUE if c.gate is not None} <= set(GATES)


def test_what_a_stage_hides() -> None:
    """Every stage but the last hides later ones, and says which it is."""
    assert "stage 13 of 20 (client CA file)" in hidden_after(13)
    assert hidden_after(max(GATES)) == ""
