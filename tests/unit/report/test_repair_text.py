# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads of a repair."""

from __future__ import annotations

from typing import Any

import pytest
from corpus._load import load_snapshot
from unit.plan._plans import plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.repair import plan_block, repair_block
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.text import render

ACTIONS = plan_of("ca-path-wrong").to_dict()["actions"]
ROUND = {"run": "r1", "actions": ACTIONS, "steps": [], "recovered": [], "verify": None}


def block_of(state: str, verdict: str = "healthy", **more: Any) -> str:
    """The block of a node with one round in this state."""
    repair = {"state": state, "reason": "", "rounds": [ROUND], "not_offered": [], "uncovered": [], **more}
    result = {"host": "worker-2", "verdict": verdict, "summary": "kubelet runs since 65 s", "repair": repair}
    return repair_block(result, width=100, colour=False)


def test_plan_says_what_it_does_and_how_it_is_undone() -> None:
    """Action, class, place and value, effect on pods, way back, and the restart."""
    text = plan_block(plan_of("ca-path-wrong").to_dict(), width=200, colour=False)
    assert text.splitlines()[0] == "ca-path-wrong  PLAN  1 action for certificate/client-ca-file-missing"
    for words in (
        "set-client-ca-file (safe): /var/lib/kubelet/config.yaml:9:",
        "pods: ",
        "way back: ",
        "restart kubelet",
    ):
        assert words in text


def test_repaired_says_how_it_was_checked_and_undone() -> None:
    """One block: done, check, undo."""
    text = block_of(
        "committed", checked="same main process for 20 s", undo="ansible-playbook playbooks/rollback.yml -l x"
    )
    assert text.startswith("worker-2  REPAIRED  1 action; the node is healthy now\n  done   set-client-ca-file for")
    assert "  check  same main process for 20 s\n  undo   ansible-playbook playbooks/rollback.yml -l x" in text


def test_check_mode_does_not_promise_that_this_is_all() -> None:
    """Where the start ends early, further rounds may follow; where it does not, nothing is said."""
    repair = {"state": "planned", "reason": "", "rounds": [ROUND], "not_offered": [], "uncovered": [], "next": "do"}
    result = {
        "host": "w",
        "verdict": "down",
        "summary": "s",
        "hidden": "more shows after this repair",
        "repair": repair,
    }
    shown = repair_block(result, width=100, colour=False)
    assert "  later  more shows after this repair, and is planned then\n  next   do" in shown
    assert "later" not in repair_block({**result, "hidden": ""}, width=100, colour=False)


def test_command_is_one_line() -> None:
    """However long it is: a command that is broken into lines cannot be copied."""
    command = f"ansible-playbook playbooks/rollback.yml -l {'x' * 50} {'y' * 50}"
    assert f"  undo   {command}\n" in f"{block_of('committed', checked='c', undo=command)}\n"


def test_room_that_was_made_has_its_figures() -> None:
    """What was available before and after, for what is gone for ever."""
    before, after = {"bytes": 0, "inodes": 5}, {"bytes": 33300480, "inodes": 34}
    step = {"kind": "vacuum_journal", "target": "200M /var/log/journal", "before": before, "after": after}
    text = block_of("committed", checked="causes gone", rounds=[{**ROUND, "steps": [step]}])
    assert "  freed  /var/log/journal: 31 MiB, 29 inodes (available: 0 MiB before, 31 MiB after)" in text


def test_node_that_is_still_down_is_not_called_repaired() -> None:
    """A first repair that stays in front of a fault for a person."""
    assert block_of("committed", "down", checked="x").startswith(
        "worker-2  PARTLY REPAIRED  1 action; the node is down"
    )


def test_undone_says_why() -> None:
    """The reason stands in the first line, what was tried below."""
    text = block_of("rolled_back", "down", reason="the kubelet left the state running")
    assert text.startswith("worker-2  ROLLED BACK  the kubelet left the state running\n  tried  ")
    assert text.endswith("\n  now    the node is down: kubelet runs since 65 s")


def test_left_to_a_person_says_what_to_do() -> None:
    """Each finding without an action has its reason."""
    left = [{"finding": "certificate/client-expired", "action": "renew", "class": "never", "reason": "join it again"}]
    text = block_of("nothing", "down", rounds=[], not_offered=left)
    assert "  left   certificate/client-expired: renew: join it again" in text


def test_what_needs_approval_is_said_first_and_with_the_command_last() -> None:
    """Who reads the first line alone knows that it is for them to decide."""
    command = """ansible-playbook playbooks/repair.yml -l w -e '{"kubelet_repair_allow": ["safe", "unmask-kubelet"]}'"""
    lines = block_of("nothing", "down", rounds=[], next=command).splitlines()
    assert lines[0].startswith("worker-2  NEEDS APPROVAL  ")
    assert lines[-1] == f"  next   {command}"


def test_healthy_node_is_one_line() -> None:
    """Nothing to repair is said once."""
    assert block_of("nothing", rounds=[]) == "worker-2  HEALTHY  nothing to repair: kubelet runs since 65 s"


def test_hostile_words_of_a_node_are_text() -> None:
    """Escapes in a reason do not reach the terminal."""
    assert "\x1b" not in block_of("rolled_back", "down", reason="\x1b[2Jgone")


@pytest.mark.parametrize(
    ("case", "offered"),
    [("ca-path-wrong", True), ("kubelet-masked", True), ("cert-expired", True), ("api-down", False)],
)
def test_diagnosis_points_at_the_repair_where_there_is_one(case: str, offered: bool) -> None:
    """The command is for the node itself, and only where an action exists, asked for or not."""
    text = render([diagnose(load_snapshot(case)).to_dict()], width=200, colour=False)
    assert (f"or  ansible-playbook playbooks/repair.yml -l {case} --check --diff" in text) is offered
