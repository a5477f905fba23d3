# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was done to one node, for its result file and for a person."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..module_utils import _schema
from ._plan.actions_host import ROOM
from ._plan.policy import APPROVE, RISKS, Policy
from ._report.gate import needs_root


@dataclass
class Repair:
    """What was done to one node. ``state``: nothing, planned, refused, committed, rolled_back or failed."""

    state: str = "nothing"
    reason: str = ""
    rounds: list[dict[str, Any]] = field(default_factory=list)
    not_offered: list[dict[str, str]] = field(default_factory=list)
    uncovered: list[str] = field(default_factory=list)
    diff: list[Any] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    unable: bool = False

    @property
    def failed(self) -> bool:
        """True when something was tried and does not stand, or when nothing could be tried (``unable``)."""
        tried = self.state == "refused" and any(self.rounds)
        return self.state in ("rolled_back", "failed") or tried or self.unable

    @property
    def changed(self) -> bool:
        """True when the node is not as it was found (or would not be): a later round may fail after one that stands."""
        return any(round_["state"] in ("committed", "planned", "failed") for round_ in self.rounds)

    @property
    def actions(self) -> list[dict[str, Any]]:
        """Actions of all rounds, in order."""
        return [action for round_ in self.rounds for action in round_["actions"]]

    def to_dict(self) -> dict[str, Any]:
        """As in result.schema.json under ``repair``."""
        return {
            "state": self.state,
            "reason": self.reason,
            "rounds": self.rounds,
            "not_offered": self.not_offered,
            "uncovered": self.uncovered,
        }


def unable(result: Mapping[str, Any]) -> str:
    """Why nothing can be planned for a node as it was read (as in result.schema.json), or empty."""
    unknowns = [gap for gap in result["unknowns"] if gap["part"].partition(":")[0] != _schema.CLUSTER]
    unknown = result["verdict"] == "unknown"
    root = needs_root(result)
    if root and (unknown or result["root_causes"]):
        return root
    reasons = [*(gap["reason"] for gap in unknowns), result["summary"]]
    return f"it could not be judged: {reasons[0]}" if unknown else ""


def failure(repair: Repair) -> str:
    """Why the task fails, for one who reads nothing else."""
    if repair.unable:
        return f"Nothing was done: {repair.reason}"
    what = {
        "refused": "The node refused the repair, nothing was changed",
        "rolled_back": "The repair was undone",
        "failed": "The repair failed, and not all of it could be undone",
    }
    return f"{what.get(repair.state, 'The repair did not come to an end')}: {repair.reason}"


def told(repair: Repair, host: str, ready: str | None = None, policy: Policy | None = None) -> dict[str, Any]:
    """A repair for the result file and the screen, with what a person types next; ``policy`` is what was allowed."""
    limit = shlex.quote(host)
    data = {**repair.to_dict(), "ready": ready}
    standing = [round_["run"] for round_ in repair.rounds if round_["state"] == "committed" and _can_be_undone(round_)]
    if repair.state == "committed":
        data["checked"] = _checked(repair, ready)
    if standing:
        data["undo"] = f"ansible-playbook playbooks/rollback.yml -l {limit}" + (
            f"  # once for each of {', '.join(reversed(standing))}" if len(standing) > 1 else ""
        )
    asked = [item["action"] for item in repair.not_offered if APPROVE in item["reason"]]
    if asked and policy and not repair.failed:
        wanted = {APPROVE: [*dict.fromkeys((*policy.allow, *asked))], **({RISKS: True} if policy.risks else {})}
        data["next"] = f"ansible-playbook playbooks/repair.yml -l {limit} -e '{json.dumps(wanted)}'"
    if repair.state == "planned":
        data["next"] = "the same command without --check"  # with what it allows
    return data


def changes(round_: Mapping[str, Any]) -> bool:
    """False for a round that did nothing but end an interrupted run: it has no record of its own."""
    return bool(round_["restart"] or any(action["steps"] for action in round_["actions"]))


def deleted(round_: Mapping[str, Any]) -> bool:
    """True for a round that made room, of which there is no way back."""
    return any(step.get("kind") in ROOM and step.get("status") == "changed" for step in round_["steps"])


def _can_be_undone(round_: Mapping[str, Any]) -> bool:
    """False for a round that changed nothing, or did nothing but make room."""
    kinds = {step.get("kind") for step in round_["steps"]}
    return bool(round_["changed"]) and (round_["restart"] or not kinds or not kinds <= set(ROOM))


def _checked(repair: Repair, ready: str | None) -> str:
    """How a repair was verified, in words."""
    watched = [round_["verify"] for round_ in repair.rounds if round_["verify"]]
    last = watched[-1] if watched else {}
    words = [f"same main process for {last.get('seconds', 0):.0f} s"] if last.get("ok", bool(watched)) else []
    words += ["healthz ok"] if last.get("healthz") == "ok" else []
    words += [f"the start gets further, but {last['reason'].rstrip('.')}"] if last.get("ok") is False else []
    words += ["causes gone", "no new one"] if not repair.uncovered else ["causes gone"]
    words += [f"also found once the start went on: {', '.join(repair.uncovered)}"] if repair.uncovered else []
    words += ["node Ready"] if ready == "True" else [f"node Ready={ready}"] if ready else ["control plane not asked"]
    return ", ".join(words)
