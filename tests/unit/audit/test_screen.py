# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit on the screen: short, what changed first, nothing left out that wants a look."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from unit.audit._runs import CA, FULL, day, node, overview, run, unreached

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.audit_screen import audit_screen, kept_where

SAMPLE = json.loads((Path(__file__).parent / "sample_run.json").read_text())


def shown(made: dict[str, Any], results: Sequence[dict[str, Any]] = (), last_at: str = day(1), **more: Any) -> str:
    """The screen of a run without colours."""
    return audit_screen(made, results, more.get("overview"), last_at, width=100, colour=False)


def after(before: list[dict[str, Any]], now: list[dict[str, Any]], **more: Any) -> str:
    """The screen of the second day."""
    return shown(run(day(2), now, run(day(1), before), **more), now)


def test_healthy_fleet_is_one_line() -> None:
    """500 healthy nodes are a number."""
    nodes = [node(f"worker-{number}") for number in range(500)]
    assert after(nodes, nodes) == "audit  UNCHANGED  500 nodes: 500 healthy; 24 h after the last run"


def test_node_that_broke_is_shown_as_diagnose_does() -> None:
    """With its cause and what to do; the block on the fleet says what it was."""
    text = after([node(), node("other")], [node(verdict="down", roots=[CA]), node("other")])
    block, fleet = text.split("\n\n")
    assert block.startswith("worker-1  DOWN")
    assert "next   Do this." in block
    assert fleet.splitlines() == [
        "audit  CHANGED  2 nodes: 1 down, 1 healthy; 24 h after the last run",
        f"  worse  worker-1  healthy -> down: {CA}",
    ]


def test_node_that_stays_broken_is_one_line() -> None:
    """Yesterday's news: since when and with what."""
    broken = [node(verdict="down", roots=[CA])]
    assert after(broken, broken).splitlines() == [
        "audit  UNCHANGED  1 node: 1 down; 24 h after the last run",
        f"  still  worker-1  down for 24 h: {CA}",
    ]


def test_node_that_was_healed() -> None:
    """What is gone stands with the verdict that is better for it."""
    text = after([node(verdict="down", roots=[CA])], [node()])
    assert text.splitlines()[1:] == [f"  better worker-1  down -> healthy: {CA}"]


def test_unreached_node_says_what_it_had() -> None:
    """Why it could not be looked at, and what was known."""
    made = run(day(2), [unreached()], run(day(1), [node(verdict="down", roots=[CA])]))
    third = run(day(3), [unreached()], made)
    text = " ".join(shown(third, [unreached()], day(2)).split())
    assert f"still worker-1 unknown for 24 h: the node could not be reached: No route to host; before: {CA}" in text


def test_node_that_is_lost_is_not_better() -> None:
    """A node that is not reached is lost, and back when it is; what it had all the time is no news."""
    broken = [node(verdict="down", roots=[CA])]
    first = run(day(1), broken)
    second = run(day(2), [unreached()], first)
    lost = " ".join(shown(second, [unreached()]).split())
    assert lost.endswith("lost worker-1 down -> unknown: the node could not be reached: No route to host")
    back = shown(run(day(3), broken, second), broken, day(2))
    assert back.splitlines()[1:] == [f"  back   worker-1  unknown -> down: {CA}"]


def test_first_run_shows_all_that_is_not_healthy() -> None:
    """As diagnose does, with what there is beside."""
    nodes = [node(f"worker-{number}", "at_risk", risks=[FULL]) for number in range(12)]
    text = shown(run(day(1), [*nodes, node("other")]), nodes, "")
    assert text.count("AT RISK") == 10
    assert "audit  FIRST RUN  13 nodes: 12 at risk, 1 healthy" in text
    assert "  also   worker-10, worker-11  at risk: resource/disk-pressure" in text


def test_many_nodes_with_one_fate_share_a_row() -> None:
    """5,000 nodes that break at once do not fill a mail: ten blocks, a few rows."""
    names = [f"worker-{number}" for number in range(5000)]
    text = after([node(name) for name in names], [node(name, "down", [CA]) for name in names])
    assert text.count("DOWN") == 10
    assert "and 4990 more  healthy -> down" in text
    assert len(text.splitlines()) < 70


def test_cause_of_the_fleet_is_shown_once() -> None:
    """Nodes that have nothing else do not get a block of their own."""
    shared = overview("fleet/api-endpoint-down", ["a", "b"])
    result = {**shared, "verdict": "down", "summary": "2 nodes share", "captured_at": day(2)}
    result = {**node("fleet", "down"), **result}
    victims = [node(name, "down", fleet_causes=["fleet/api-endpoint-down"]) for name in ("a", "b")]
    made = run(day(2), victims, run(day(1), [node("a"), node("b")]), shared=shared)
    text = shown(made, victims, overview=result)
    assert text.count("DOWN") == 1
    assert "  fleet  fleet/api-endpoint-down  new: fleet/api-endpoint-down holds" in text
    assert "  worse  a, b  healthy -> down" in text


def test_limited_run_says_who_was_not_in_it() -> None:
    """What is known of them is shown with its age, and is no news."""
    first = run(day(1), [node("a", "down", [CA]), node("b")])
    text = shown(run(day(2), [node("b")], first, others={"a", "b"}), [node("b")])
    assert text.splitlines() == [
        "audit  UNCHANGED  2 nodes: 1 down, 1 healthy; 1 of them not in this run; 24 h after the last run",
        f"  still  a  down for 24 h, looked at 24 h ago: {CA}",
    ]


@pytest.mark.parametrize(
    "row",
    [
        "soon   worker-3  client certificate ends 2026-12-03T11:00:00Z:",
        "flaps  worker-2  4 changes of the verdict in 10 runs",
        "hosts  worker-10  seen for the first time",
        "hosts  worker-7  in the fleet no more",
        "hosts  worker-1  was node-1",
        "note   left alone in",
        "gone   worker-1  network/resolv-conf-missing",
    ],
)
def test_rows_of_the_sample(row: str) -> None:
    """Each kind of row as the guide shows it."""
    assert row in shown(SAMPLE)


def test_clock_that_went_back_has_no_negative_ages() -> None:
    """Ages begin at nothing."""
    broken = [node(verdict="down", roots=[CA])]
    text = shown(run(day(2), broken, run(day(9), broken)), broken, day(9))
    assert "0 s after the last run" in text
    assert f"still  worker-1  down: {CA}" in text


def test_hostile_text_stays_text() -> None:
    """Nothing that a node or an inventory says reaches the terminal as a command."""
    hostile = "\x1b[2J\r\nfake  HEALTHY \u202e{{ 7 * 7 }}"
    nodes = [node(f"w{hostile}", "down", [CA], summary=hostile)]
    for text in (
        shown(run(day(1), nodes), nodes, ""),
        after([node("a")], nodes),
        kept_where(hostile, hostile, [hostile]),
    ):
        assert not {"\x1b", "\r", "\u202e"} & set(text)
        assert "\nfake" not in text
    assert "7 * 7" in after([node("a")], nodes)


def test_where_it_is_kept() -> None:
    """The run, its reports and the results; in check mode that there is nothing."""
    assert kept_where("a/runs/x.json", "a", ["r/w.json"]) == "Kept as a/runs/x.json, reports in a. Results: r/w.json"
    assert kept_where(None, "a", ["r/w.json", "r/v.json"]) == "Nothing was written to a. Results: r/"
