# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a repair did what it was for: the diagnosis before it against the diagnosis after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._model.plan import Plan
from .._model.snapshot import Snapshot

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """``faults``: sentences, each a reason to roll back; none when the repair is good. ``uncovered``: ids of root
    causes that could not show before, because the start ended earlier."""

    faults: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()


def outcome(
    before: Result,
    after: Result,
    actions: Iterable[Mapping[str, Any]],
    places: Iterable[str],
    stages: Mapping[str, int],
) -> Outcome:
    """Compare two results of one node (as in result.schema.json); ``actions`` as in a plan, ``stages`` the stage of the
    start at which each cause stops it.

    An answered finding must be gone. A root cause that is new is a fault of the repair, unless the start ended before
    it could show (``hidden`` of the result before, and no earlier stage than the one that failed then) and it does not
    stand on a line that the repair wrote (``places``).
    """
    if after["verdict"] == "unknown":
        return Outcome((f"the node could not be judged after the repair: {after['summary']}",))
    done, known = list(actions), {_key(finding) for finding in _now(before)}
    vain = [
        finding
        for finding in _now(after)
        if any(_in_vain(action, finding, known) for action in done if action["finding"] == finding["id"])
    ]
    faults = [f"{finding['id']} still holds: {finding['summary']}" for finding in vain]
    uncovered, first = [], _first_stage(before, stages)
    for finding in after["root_causes"]:
        if finding in vain or _key(finding) in known:
            continue
        later = stages.get(finding["id"], first) >= first
        if before.get("hidden") and later and not _stands_on(finding, places):
            uncovered.append(str(finding["id"]))
        elif _answered(finding, done) or finding["id"] not in {one["id"] for one in _now(before)}:
            faults.append(f"{finding['id']} is new: {finding['summary']}")
    return Outcome(tuple(faults), tuple(uncovered))


def further(before: Result, after: Result, stages: Mapping[str, int]) -> bool:
    """True when a start that still fails gets as far as before or further: it ends on a root cause that is new."""
    known, first = {_key(finding) for finding in _now(before)}, _first_stage(before, stages)
    return any(
        stages.get(finding["id"], -1) >= first and _key(finding) not in known for finding in after["root_causes"]
    )


def not_ready(after: Result, ready: str | None) -> str:
    """Why the cluster's view of the node is a reason to roll back, or empty.

    ``ready`` is the status of the Ready condition, None where nobody could be asked. What another root cause explains
    is no fault of this repair.
    """
    if ready in (None, "True") or after["root_causes"] or after.get("fleet_causes"):
        return ""
    return f"the node did not become Ready (Ready={ready})"


def edited_places(plan: Plan, node: Snapshot) -> tuple[str, ...]:
    """``path:line`` of every line that the plan writes, and paths that it makes; ``node`` as diagnosed before.

    A line that only loses words is not among them: what is left on it was there before.
    """
    return tuple(_places(plan, node))


def _places(plan: Plan, node: Snapshot) -> Iterator[str]:
    for step in (step for action in plan.actions for step in action.steps):
        path = str(step.values.get("path", ""))
        if step.kind == "edit":
            content, moved = (node.file(path).content or "").encode(), 0
            for edit in step.values["edits"]:
                first = content[: edit["start"]].count(b"\n") + 1 + moved
                if _words(edit["text"]) - _words(content[edit["start"] : edit["end"]].decode()):
                    yield from (f"{path}:{first + more}" for more in range(edit["text"].count("\n") + 1))
                moved += edit["text"].count("\n") - content[edit["start"] : edit["end"]].count(b"\n")
        elif path:
            yield path


def _words(text: str) -> set[str]:
    return set(re.split(r"[\s,=]+", text)) - {""}


def _first_stage(result: Result, stages: Mapping[str, int]) -> int:
    """The stage at which the start ended; 0 when it cannot be told."""
    return min((stages[finding["id"]] for finding in result["root_causes"] if finding["id"] in stages), default=0)


def _now(result: Result) -> list[Mapping[str, Any]]:
    return [*result["root_causes"], *result["consequences"], *result["risks"]]


def _answered(finding: Mapping[str, Any], actions: Iterable[Mapping[str, Any]]) -> bool:
    return any(action["finding"] == finding["id"] for action in actions)


def _in_vain(action: Mapping[str, Any], finding: Mapping[str, Any], known: set[tuple[str, str, str]]) -> bool:
    """True when what an action answers is there again. After an edit, another case of the same cause (the next
    unknown flag) is another finding; after anything else it is the same."""
    edits = any(step["kind"] in ("edit", "create") for step in action["steps"])
    return not edits or _key(finding) in known


def _key(finding: Mapping[str, Any]) -> tuple[str, str, str]:
    """What makes two findings the same: cause, place and quoted text of the first evidence."""
    first = finding["evidence"][0] if finding["evidence"] else {"excerpt": finding["summary"]}
    return (str(finding["id"]), str(first.get("locator", "")), str(first["excerpt"]))


def _stands_on(finding: Mapping[str, Any], places: Iterable[str]) -> bool:
    """True when a finding quotes one of these places."""
    quoted = [str(finding["summary"]), *(str(item.get("locator", "")) for item in finding["evidence"])]
    return any(re.search(rf"{re.escape(place)}(?!\d)", text) for place in places for text in quoted)
