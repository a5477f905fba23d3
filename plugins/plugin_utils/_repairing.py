# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repairs one node for the action plugins: rounds of read, plan, apply and compare. The node does the work itself."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from . import _wanted
from ._boundary import ModuleRunner, Outcome, clear_failures, run_module
from ._causes import CATALOGUE
from ._comparison import PEER_OPTIONS
from ._judgement import OwnCauses
from ._model.plan import NEEDS_APPROVAL, SAFE, Plan
from ._plan.actions_renewal import renewal_of
from ._plan.outcome import edited_places, further, outcome
from ._plan.plan import BUILDERS, Sources, plan
from ._plan.policy import Policy
from ._plan.verify import verification
from ._reading import cluster_answer, judged_reading, read_node
from ._repair import Repair, changes, deleted, unable
from ._wanted import Comparison, Looked

APPLY = "nodeclinic.kubelet.repair_apply"
ROLL_BACK = "nodeclinic.kubelet.repair_rollback"
KEEP = "nodeclinic.kubelet.repair_keep"

STAGES = {cause.id: cause.gate for cause in CATALOGUE if cause.gate is not None}

POLICY_OPTIONS: dict[str, dict[str, Any]] = {
    "allow": {"type": "list", "elements": "str", "default": [SAFE]},
    "deny": {"type": "list", "elements": "str", "default": []},
    "enabled": {"type": "bool", "default": True},
    "risks": {"type": "bool", "default": False},
    "rounds": {"type": "int", "default": 3},
    "stable_seconds": {"type": "int", "default": 20},
    "attempts": {"type": "int", "default": 3},
    "cooldown": {"type": "int", "default": 3600},
    "expected": {"type": "dict", "default": {}},
    **PEER_OPTIONS,
    "requested": {"type": "dict", "default": {}},
    "issued": {"type": "dict", "default": {}},
}

_NAMES = frozenset((SAFE, NEEDS_APPROVAL, "create-static-pod-path", *BUILDERS))

# What a diagnosis right after a restart shows may be of the start; it is looked at again before it counts.
_LOOKS = 3
_PAUSE = 5.0
# The node goes on without us; this often we try to reach it again and ask what became of the run.
_CALLS = 6


@dataclass
class Repairer:
    """One node under repair: how it is reached, and what the user allows."""

    runner: ModuleRunner
    options: Mapping[str, Any]
    task_vars: Mapping[str, Any]
    own_causes: OwnCauses
    tell: Callable[[Mapping[str, Any]], None]
    for_ansible: dict[str, Any] = field(default_factory=dict)
    comparison: Comparison | None = None

    def read(self, *, with_cluster: bool) -> Looked:
        """Read, judge and compare the node; without the cluster where its answer is older than what was done since."""
        options = self.options if with_cluster else {**self.options, "cluster": None}
        reading = read_node(self.runner, options, self.task_vars)
        self.for_ansible.update(reading.for_ansible)
        with clear_failures():
            judged = judged_reading(reading, options, self.own_causes)
            self.comparison = self.comparison or _wanted.begin(judged, self.options)
            return _wanted.look(judged, self.comparison)

    def read_after_start(self) -> Looked:
        """As :meth:`read`, when the last start is long enough ago to tell it from one of a crash loop: the restarts of
        before may still be counted."""
        for look in range(_LOOKS):
            if look:
                time.sleep(_PAUSE)
            now = self.read(with_cluster=True)
            if not now.node.crash_looping:
                break
        return now

    def repair(self, *, check: bool) -> tuple[Repair, Looked, Looked]:
        """Plan and apply until nothing that may be done is left. Returns what was done, the node before and after."""
        done = Repair()
        first = now = self.read(with_cluster=True)
        for _round in range(max(1, int(self.options["rounds"]))):
            planned = self._plan(now)
            done.not_offered = [item.to_dict() for item in planned.not_offered]
            if not planned.actions:
                self._require_able(done, now)
                break
            self.tell(planned.to_dict())
            done.places += edited_places(planned, now.node)
            self._apply(done, planned)
            if check or done.state not in ("committed", "held"):
                break
            if not changes(done.rounds[-1]):  # an interrupted run was ended: here the node is as it was before that
                first = now = self.read(with_cluster=False)
                continue
            held = done.state == "held"
            before, now = now, self._settled(now, planned)
            self._compare(done, before, now, planned)
            if done.state != "committed":
                now = self.read(with_cluster=False)
                break
            if held:
                now = self.read(with_cluster=False)  # the record that waited for the decision is no finding any more
        return done, first, now

    def _require_able(self, done: Repair, now: Looked) -> None:
        """Nothing to do is no success on a node that could not be read, or only in part."""
        why = unable(now.result) if self.options["enabled"] and not done.rounds else ""
        if why:
            done.state, done.reason, done.unable = "refused", why, True

    def _plan(self, now: Looked) -> Plan:
        options, answer = self.options, cluster_answer(self.options.get("cluster")) or {}
        policy = policy_of(options)
        published = answer.get("published") or {}
        sources = replace(
            Sources.of(now.expectations, published.get("endpoint"), now.node),
            differences=now.differences,
            renewal=renewal_of(options["requested"], options["issued"]),
            kubelet_config=str(published.get("kubelet_config") or ""),
        )
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        return plan(
            now.node,
            now.diagnosis,
            policy,
            sources,
            run=f"{moment}-{secrets.token_hex(3)}",
            # A start that ended early hides what comes after it: the next fault must not undo the repair of this one.
            verify={
                **verification(now.node, int(options["stable_seconds"])),
                "hold": bool(now.diagnosis.hidden),
            },
        )

    def _apply(self, done: Repair, planned: Plan) -> None:
        """Let the node apply a plan; its words become a round of ``done``."""
        data = planned.to_dict()
        arguments = {
            "plan": data,
            "max_attempts": self.options["attempts"],
            "attempt_window": self.options["cooldown"],
        }
        answer = self._call(APPLY, arguments)
        said = answer.values
        done.state = str(said.get("state") or "failed")
        if done.state == "running":  # it takes longer than it may; what becomes of it is for the next run
            done.state = "failed"
        done.reason = str(said.get("reason") or ("" if done.state in ("committed", "planned") else answer.failure))
        diff = said.get("diff") or []
        done.diff += diff if isinstance(diff, list) else [diff]
        done.rounds.append(
            {
                "run": planned.run,
                "state": done.state,
                "changed": bool(said.get("changed")),
                "actions": data["actions"],
                "restart": data["restart"],
                "steps": said.get("steps") or [],
                "record": str(said.get("record") or ""),
                "verify": said.get("verify"),
                "recovered": said.get("recovered") or [],
            }
        )

    def _call(self, module: str, arguments: Mapping[str, Any]) -> Outcome:
        """Run a module of the repair. A connection that drops is tried again: the same run is joined, not repeated."""
        for _try in range(_CALLS):
            answer = run_module(self.runner, module, arguments, self.task_vars)
            if answer.values or "could not be reached" not in answer.failure:
                break
            time.sleep(_PAUSE)
        return answer

    def _settled(self, before: Looked, planned: Plan) -> Looked:
        """The node after a repair, once what its start left behind is over."""
        places, actions = edited_places(planned, before.node), planned.to_dict()["actions"]
        for look in range(_LOOKS):
            if look:
                time.sleep(_PAUSE)
            now = self.read(with_cluster=False)
            seen = outcome(before.diagnosis.to_dict(), now.diagnosis.to_dict(), actions, places, STAGES)
            if not seen.faults:
                break
        return now

    def _compare(self, done: Repair, before: Looked, now: Looked, planned: Plan) -> None:
        """Roll this round back when it did not do what it was for, or did more. Where the kubelet does not stay up, it
        stands only if its start gets further and ends on another fault."""
        was, is_now = before.diagnosis.to_dict(), now.diagnosis.to_dict()
        found = outcome(was, is_now, planned.to_dict()["actions"], edited_places(planned, before.node), STAGES)
        done.uncovered += found.uncovered
        faults = found.faults
        if done.state == "held" and not faults and not further(was, is_now, STAGES):
            faults = (done.reason,)
        if faults:
            self.roll_back(done, faults[0], [done.rounds[-1]])
        elif done.state == "held":
            self._keep(done)

    def _keep(self, done: Repair) -> None:
        """Let the last round stand although the kubelet does not stay up: the node has one fault less."""
        answer = self._call(KEEP, {"run": done.rounds[-1]["run"]})
        done.state, done.reason = "committed", ""
        if answer.values.get("state") != "committed":
            why = f"it could not be kept: {answer.values.get('reason') or answer.failure}"
            self.roll_back(done, why, [done.rounds[-1]])
            return
        done.rounds[-1]["state"] = "committed"

    def roll_back(self, done: Repair, why: str, rounds: list[dict[str, Any]]) -> None:
        """Undo rounds, the last one first, and have the node remember that they did not help. What cannot be undone is
        said."""
        done.state, done.reason = "rolled_back", why
        if any(deleted(round_) for round_ in rounds):
            done.state, done.reason = "failed", f"{why}; what was deleted to make room stays deleted"
        for round_ in (round_ for round_ in reversed(rounds) if round_["changed"]):
            answer = self._call(ROLL_BACK, {"run": round_["run"], "failed": True, "stable_seconds": 0})
            if answer.values.get("state") == "rolled_back":
                round_["state"] = "rolled_back"
            else:
                done.state = "failed"
                done.reason = f"{why}; undoing {round_['run']} failed: {answer.values.get('reason') or answer.failure}"
                return


def policy_of(options: Mapping[str, Any]) -> Policy:
    """The user's policy, from options by the names of POLICY_OPTIONS. PolicyError for a name that nothing has."""
    policy = Policy(tuple(options["allow"]), tuple(options["deny"]), options["enabled"], options["risks"])
    policy.require_known(_NAMES)
    return policy
