# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repairs as text for a person: what would be or was done, how it was verified, how it is undone, what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .text import Row, block
from .words import plural, visible

_WORDS = {
    "nothing": "NOTHING DONE",
    "planned": "PLANNED",
    "refused": "REFUSED",
    "committed": "REPAIRED",
    "rolled_back": "ROLLED BACK",
    "failed": "FAILED",
}
_GOOD = "32"
_STYLES = {"committed": _GOOD, "planned": "1;33", "nothing": "1;33"}
_BAD = "1;31"


def plan_block(plan: Mapping[str, Any], *, width: int, colour: bool) -> str:
    """What is about to be done to a node; ``plan`` in the format node-repair/1."""
    head = f"{plural(len(plan['actions']), 'action')} for {plan['reason']}"
    return block(str(plan["host"]), "PLAN", head, _plan_rows(plan), width=width, style="1;33" if colour else "")


def repair_block(result: Mapping[str, Any], *, width: int, colour: bool) -> str:
    """What was done to a node; ``result`` as in result.schema.json, with ``repair``."""
    repair = result["repair"]
    if repair["state"] == "nothing" and result["verdict"] == "healthy":
        head = f"nothing to repair: {result['summary']}"
        return block(str(result["host"]), "HEALTHY", head, (), width=width, style=_GOOD if colour else "")
    word, style = _WORDS[repair["state"]], _STYLES.get(repair["state"], _BAD)
    if repair["state"] == "nothing" and "next" in repair:
        word = "NEEDS APPROVAL"
    if repair["state"] == "committed" and result["verdict"] == "down":
        word, style = "PARTLY REPAIRED", _STYLES["nothing"]
    rows = _repair_rows(result)
    return block(str(result["host"]), word, _headline(result), rows, width=width, style=style if colour else "")


def _plan_rows(plan: Mapping[str, Any]) -> Iterator[Row]:
    for number, action in enumerate(plan["actions"], 1):
        yield "do", visible(f"{number}. {action['id']} ({action['class']}): {action['summary']}")
        yield "", visible(f"pods: {action['pods']}; way back: {action['way_back']}")
    if plan["restart"]:
        yield "then", visible(f"restart {plan['unit']} and watch it for {plan['verify']['stable_seconds']} s")


def _headline(result: Mapping[str, Any]) -> str:
    repair = result["repair"]
    if repair["reason"]:
        return visible(str(repair["reason"]))
    if repair["state"] == "committed":
        return f"{plural(len(_actions(repair)), 'action')}; the node is {result['verdict'].replace('_', ' ')} now"
    if repair["state"] == "planned":
        return "check mode: nothing was changed"
    return visible(str(result["summary"]))


def _actions(repair: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [action for round_ in repair["rounds"] for action in round_["actions"]]


def _repair_rows(result: Mapping[str, Any]) -> Iterator[Row]:
    repair = result["repair"]
    label = {"committed": "done", "planned": "would"}.get(repair["state"], "tried")
    for action in _actions(repair):
        yield label, visible(f"{action['id']} for {action['finding']}: {action['summary']}")
    for step in (step for round_ in repair["rounds"] for step in round_["steps"] if step.get("after")):
        yield "freed", visible(_freed(step))
    if repair["state"] in ("rolled_back", "failed"):
        yield "now", visible(f"the node is {result['verdict'].replace('_', ' ')}: {result['summary']}")
    if repair["state"] == "committed":
        yield "check", visible(repair["checked"])
    if "undo" in repair:
        yield "undo", visible(repair["undo"])
    for round_ in repair["rounds"]:
        yield from (("also", visible(sentence)) for sentence in round_["recovered"])
    for item in repair["not_offered"]:
        name = f"{item['action']}: " if item["action"] else ""
        yield "left", visible(f"{item['finding']}: {name}{item['reason']}")
    if repair["state"] == "planned" and result.get("hidden"):
        yield "later", visible(f"{result['hidden']}, and is planned then")
    if "next" in repair:
        yield "next", visible(repair["next"])


def _freed(step: Mapping[str, Any]) -> str:
    """What a step that makes room has freed: ``/var/log/journal: 32 MiB (0 MiB before, 32 MiB after)``."""
    before, after = (int(step[key]["bytes"]) // 1024**2 for key in ("before", "after"))
    inodes = step["after"]["inodes"] - step["before"]["inodes"]
    target = str(step["target"]).rpartition(" ")[2]
    return f"{target}: {after - before} MiB, {inodes} inodes (available: {before} MiB before, {after} MiB after)"
