# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a repair did what it was for."""

from __future__ import annotations

from typing import Any

import pytest
from corpus._load import load_snapshot
from unit.plan._plans import plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.outcome import (
    edited_places,
    further,
    not_ready,
    outcome,
)

CA, SERVER, FLAG = "certificate/client-ca-file-missing", "kubeconfig/wrong-server", "config/unknown-flag"
STAGES = {CA: 13, FLAG: 1, "config/value-invalid": 8}
PLACE = "/var/lib/kubelet/config.yaml:9"


def found(id_: str, locator: str = "", excerpt: str = "x") -> dict[str, Any]:
    """A finding with one piece of evidence."""
    return {
        "id": id_,
        "summary": f"{id_} holds",
        "evidence": [{"source": "file", "locator": locator, "excerpt": excerpt}],
    }


def result(*roots: dict[str, Any], hidden: str = "", verdict: str = "down") -> dict[str, Any]:
    """A result with these root causes."""
    return {
        "verdict": verdict,
        "summary": "s",
        "root_causes": list(roots),
        "consequences": [],
        "risks": [],
        **({"hidden": hidden} if hidden else {}),
    }


def action(id_: str, kind: str = "edit") -> dict[str, Any]:
    """An action that answers a finding."""
    return {"finding": id_, "steps": [{"kind": kind}]}


def test_gone_and_nothing_new_is_good() -> None:
    """The answered cause is gone, no other is there."""
    assert outcome(result(found(CA)), result(verdict="healthy"), [action(CA)], [PLACE], STAGES).faults == ()


def test_cause_that_stays_is_a_fault() -> None:
    """The same place and the same text still hold: the repair was in vain."""
    seen = outcome(result(found(CA, PLACE)), result(found(CA, PLACE)), [action(CA)], [PLACE], STAGES)
    assert seen.faults == (f"{CA} still holds: {CA} holds",)


def test_new_value_that_is_wrong_too_is_a_fault() -> None:
    """The cause stands on the line that the repair wrote, with another value."""
    before = result(found(CA, PLACE, "old"), hidden="the start stops")
    assert outcome(before, result(found(CA, PLACE, "new")), [action(CA)], [PLACE], STAGES).faults


def test_later_fault_that_the_start_hid_is_no_fault() -> None:
    """A cause elsewhere that could not show before is told, and the repair stays."""
    before = result(found(CA, PLACE), hidden="the start stops")
    seen = outcome(before, result(found(SERVER, "/etc/kubernetes/kubelet.conf:5")), [action(CA)], [PLACE], STAGES)
    assert (seen.faults, seen.uncovered) == ((), (SERVER,))


def test_new_cause_on_a_node_that_ran_is_a_fault() -> None:
    """Where nothing was hidden, a new root cause came with the repair."""
    assert outcome(result(found(SERVER)), result(found(CA)), [action(SERVER)], [], STAGES).faults


def test_next_case_of_the_same_cause_is_no_failure_of_the_first() -> None:
    """A second unknown flag shows once the first is gone."""
    before = result(found(FLAG, "/etc/default/kubelet:1", "--a"), hidden="the start stops")
    after = result(found(FLAG, "/var/lib/kubelet/kubeadm-flags.env:1", "--b"))
    assert outcome(before, after, [action(FLAG)], ["/etc/default/kubelet:1"], STAGES).faults == ()


def test_unit_that_does_not_come_up_is_a_fault_whatever_it_says() -> None:
    """After a start, the same cause is the same cause, with other words too."""
    before, after = result(found("runtime/service-down", excerpt="dead")), result(found("runtime/service-down"))
    assert outcome(before, after, [action("runtime/service-down", "unit")], [], STAGES).faults


def test_causes_that_were_there_before_are_no_fault() -> None:
    """What the repair did not answer may stay."""
    both = result(found(CA), found("resource/disk-pressure"))
    assert outcome(both, result(found("resource/disk-pressure")), [action(CA)], [], STAGES).faults == ()


def test_node_that_cannot_be_judged_is_a_fault() -> None:
    """Not seen is not healed."""
    assert outcome(result(found(CA)), result(verdict="unknown"), [action(CA)], [], STAGES).faults


def test_place_is_a_whole_line_number() -> None:
    """Line 90 is not line 9."""
    before = result(found(CA, PLACE), hidden="the start stops")
    assert outcome(before, result(found(SERVER, f"{PLACE}0")), [action(CA)], [PLACE], STAGES).faults == ()


@pytest.mark.parametrize(
    ("after", "ready", "fault"),
    [
        (result(verdict="healthy"), "True", False),
        (result(verdict="healthy"), None, False),
        (result(), "False", True),
        (result(), "Unknown", True),
        (result(found("network/cni-config-missing")), "False", False),
    ],
)
def test_ready_counts_where_it_can_be_asked(after: dict[str, Any], ready: str | None, fault: bool) -> None:
    """A node that is not Ready for no known reason is not repaired; one with another cause has that to go on with."""
    assert bool(not_ready(after, ready)) is fault


def test_places_of_a_plan_are_the_lines_that_it_writes() -> None:
    """Of the corpus case with two faults: one line in each file."""
    planned = plan_of("combo-ca-path-and-port")
    places = edited_places(planned, load_snapshot("combo-ca-path-and-port"))
    assert set(places) == {PLACE, "/etc/kubernetes/kubelet.conf:5"}


def test_earlier_stage_is_a_fault() -> None:
    """A start that now ends before the stage that it had reached was broken by the repair."""
    before = result(found(CA, PLACE), hidden="the start stops")
    assert outcome(before, result(found("config/value-invalid")), [action(CA)], [], STAGES).faults


@pytest.mark.parametrize(
    ("after", "got"),
    [
        (result(found(CA, "/etc/kubernetes/other:1")), True),
        (result(found("config/value-invalid")), True),
        (result(found(FLAG, PLACE)), False),
        (result(found(SERVER)), False),
        (result(), False),
    ],
)
def test_further_is_a_new_root_cause_of_a_later_stage(after: dict[str, Any], got: bool) -> None:
    """The same cause again, one that no stage belongs to, and none at all do not say that the start got further."""
    before = result(found(FLAG, PLACE), hidden="the start stops")
    assert further(before, after, STAGES) is got


def test_line_that_only_loses_words_is_not_written() -> None:
    """What is left on the line was there before: another unknown flag on it is no fault of the repair."""
    node = load_snapshot("extra-args-unknown-flag")
    assert edited_places(plan_of("extra-args-unknown-flag"), node) == ()
