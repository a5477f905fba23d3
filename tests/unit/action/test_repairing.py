# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rounds of a repair on the controller, with a node that answers from recorded evidence."""

from __future__ import annotations

import copy
import json
import shlex
from collections.abc import Mapping
from typing import Any

import pytest
from corpus._load import load_evidence

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _repairing
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.policy import Policy
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._repair import failure, told, unable
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._repairing import APPLY, KEEP, ROLL_BACK, Repairer

OPTIONS: dict[str, Any] = {
    "allow": ["safe"],
    "deny": [],
    "enabled": True,
    "risks": False,
    "rounds": 3,
    "stable_seconds": 5,
    "attempts": 3,
    "cooldown": 60,
    "expected": {},
    "requested": {},
    "issued": {},
    "diagnosed": {},
    "peers": "auto",
    "peers_max_age": 30,
    "results_dir": "/nowhere",
    "cluster": {
        "cluster": {"nodes": {}, "published": {"endpoint": {"server": "https://controlplane:6443", "ca_sha256": None}}}
    },
    "cluster_query": "auto",
}


class FakeNode:
    """Gives evidence of one recorded case after another, and answers to the modules of a repair as told."""

    def __init__(self, *cases: str, applied: Any = None, undone: str = "rolled_back", kept: str = "committed") -> None:
        self.cases, self.undone, self.kept, self.calls = list(cases), undone, kept, []
        self.unfinished: list[Any] = []
        self.applied = applied or {"state": "committed", "changed": True, "verify": {"seconds": 5, "healthz": "ok"}}

    def _execute_module(
        self,
        module_name: str,
        module_args: Mapping[str, Any] | None = None,  # noqa: ARG002 - as Ansible calls it
        task_vars: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Mapping[str, Any]:
        self.calls.append(module_name.rpartition(".")[2])
        if module_name == APPLY:
            return self.applied.pop(0) if isinstance(self.applied, list) else self.applied
        if module_name == KEEP:
            return {"state": self.kept}
        if module_name == ROLL_BACK:
            return {"state": self.undone, "reason": "busy" if self.undone != "rolled_back" else ""}
        case = self.cases.pop(0) if len(self.cases) > 1 else self.cases[0]
        evidence = copy.deepcopy(load_evidence(case))
        evidence["host"]["unfinished_repairs"] = self.unfinished.pop(0) if self.unfinished else []
        return {"evidence": evidence}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_repairing.time, "sleep", lambda _seconds: None)


def repairer(node: FakeNode, **options: Any) -> Repairer:
    """A repairer of this node that shows nothing."""
    return Repairer(
        node, {**OPTIONS, **options}, {"inventory_hostname": "worker-2"}, lambda _node: (), lambda _plan: None
    )


def test_repaired_node_is_committed_and_needs_no_second_plan() -> None:
    """Read, apply, read: the cause is gone, nothing else is planned."""
    node = FakeNode("ca-path-wrong", "healthy")
    done, before, after = repairer(node).repair(check=False)
    assert node.calls == ["node_info", "repair_apply", "node_info"]
    assert (done.state, done.changed, done.failed) == ("committed", True, False)
    assert (before.diagnosis.verdict, after.diagnosis.verdict) == ("down", "healthy")
    assert "playbooks/rollback.yml -l worker-2" in told(done, "worker-2")["undo"]


def test_fault_behind_the_first_gets_a_round_of_its_own() -> None:
    """What shows after the first repair is planned and applied next, and both are told."""
    node = FakeNode("ca-path-wrong", "server-port-wrong", "healthy")
    done, _before, _after = repairer(node).repair(check=False)
    assert [action["id"] for action in done.actions] == ["set-client-ca-file", "set-kubeconfig-server"]
    assert (done.state, done.uncovered) == ("committed", ["kubeconfig/wrong-server"])
    runs = [round_["run"] for round_ in done.rounds]
    assert len(set(runs)) == 2
    assert told(done, "w")["undo"].endswith(f" -l w  # once for each of {runs[1]}, {runs[0]}")


def test_rounds_are_limited() -> None:
    """With one round, what shows afterwards is left for the next run."""
    node = FakeNode("ca-path-wrong", "server-port-wrong")
    done, _before, _after = repairer(node, rounds=1).repair(check=False)
    assert (len(done.rounds), done.state) == (1, "committed")


def test_cause_that_stays_is_undone() -> None:
    """The node says committed, the diagnosis says otherwise, more than once: the repair is rolled back."""
    node = FakeNode("ca-path-wrong")
    done, _before, _after = repairer(node).repair(check=False)
    assert (done.state, done.failed, done.changed) == ("rolled_back", True, False)
    assert "still holds" in done.reason
    assert node.calls.count("repair_rollback") == 1


def test_rollback_that_fails_is_said() -> None:
    """A node that could not be put back is a failure that names the run."""
    done, _before, _after = repairer(FakeNode("ca-path-wrong", undone="refused")).repair(check=False)
    assert (done.state, done.changed) == ("failed", True)
    assert f"undoing {done.rounds[0]['run']} failed: busy" in done.reason


def test_node_that_rolled_back_itself_is_left_so() -> None:
    """No second rollback; the node's own reason is told."""
    applied = {"failed": True, "state": "rolled_back", "reason": "systemd restarted it", "msg": "systemd restarted it"}
    node = FakeNode("ca-path-wrong", applied=applied)
    done, _before, _after = repairer(node).repair(check=False)
    assert (done.state, done.reason) == ("rolled_back", "systemd restarted it")
    assert "repair_rollback" not in node.calls


def test_repair_that_does_not_end_in_time_is_no_success() -> None:
    """It goes on there; nobody has seen whether it helps, so the run fails and says so."""
    running = {
        "state": "running",
        "failed": True,
        "reason": "It has not ended in time.",
        "msg": "It has not ended in time.",
    }
    node = FakeNode("ca-path-wrong", applied=running)
    done, _before, _after = repairer(node).repair(check=False)
    assert (done.state, done.failed) == ("failed", True)
    assert "has not ended in time" in failure(done)


def test_dropped_connection_joins_the_same_run() -> None:
    """The node goes on by itself; the same plan is sent again, and its end is returned."""
    node = FakeNode("ca-path-wrong", "healthy")
    answers = [{"unreachable": True, "msg": "broken pipe"}, {"unreachable": True, "msg": "timed out"}, node.applied]
    node.applied = {}
    original, runs = node._execute_module, []

    def flaky(
        module_name: str, module_args: Mapping[str, Any] | None = None, task_vars: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        if module_name == APPLY and module_args is not None:
            runs.append(module_args["plan"]["run"])
            return answers.pop(0)
        return original(module_name, module_args, task_vars)

    node._execute_module = flaky  # type: ignore[method-assign]
    done, _before, _after = repairer(node).repair(check=False)
    assert done.state == "committed"
    assert len(runs) == 3
    assert len(set(runs)) == 1


def test_round_that_stands_is_told_when_a_later_one_does_not() -> None:
    """The second repair is undone, the first one stays: the node is changed, and how to undo it is said."""
    node = FakeNode("ca-path-wrong", "server-port-wrong")
    done, _before, _after = repairer(node).repair(check=False)
    assert (done.state, done.changed, done.failed) == ("rolled_back", True, True)
    assert [round_["state"] for round_ in done.rounds] == ["committed", "rolled_back"]
    assert "undo" in told(done, "worker-2")


def test_check_mode_plans_once_and_keeps_the_differences() -> None:
    """Nothing is read again, nothing is undone; the diff is the node's."""
    diff = [{"before": "a", "after": "b"}]
    node = FakeNode("ca-path-wrong", applied={"state": "planned", "changed": True, "diff": diff})
    done, _before, _after = repairer(node).repair(check=True)
    assert (done.state, done.diff, node.calls) == ("planned", diff, ["node_info", "repair_apply"])


def test_node_for_a_person_is_not_touched() -> None:
    """Nothing is sent but the reading."""
    node = FakeNode("cert-expired")
    done, _before, _after = repairer(node).repair(check=False)
    assert (done.state, done.changed, done.failed, node.calls) == ("nothing", False, False, ["node_info"])


def test_node_that_cannot_be_read_when_its_turn_comes_is_no_success() -> None:
    """Nothing is done, and the run fails with the reason; a host that is kept out of repairs fails nothing."""
    node = FakeNode("ca-path-wrong")
    node._execute_module = lambda **_arguments: {"unreachable": True, "msg": "timed out"}  # type: ignore[method-assign]
    done, _before, _after = repairer(node).repair(check=False)
    assert (done.state, done.failed) == ("refused", True)
    assert failure(done) == "Nothing was done: it could not be judged: the node could not be reached: timed out"
    done, _before, _after = repairer(node, enabled=False).repair(check=False)
    assert (done.state, done.failed) == ("nothing", False)


@pytest.mark.parametrize("risks", [False, True])
def test_what_needs_approval_comes_with_the_command_that_gives_it(risks: bool) -> None:
    """All of it at once, beside what was allowed already; what only a person can do, or what failed, has none."""
    done, _before, _after = repairer(FakeNode("kubelet-masked")).repair(check=False)
    policy = Policy(("safe", "swap-off"), risks=risks)
    command = told(done, "worker-2", policy=policy)["next"]
    given = {"kubelet_repair_allow": ["safe", "swap-off", "unmask-kubelet"], "kubelet_repair_risks": True}
    assert shlex.split(command)[:5] == ["ansible-playbook", "playbooks/repair.yml", "-l", "worker-2", "-e"]
    assert json.loads(shlex.split(command)[5]) == {key: given[key] for key in list(given)[: 1 + risks]}
    done.state = "rolled_back"
    assert "next" not in told(done, "worker-2", policy=policy)
    done, _before, _after = repairer(FakeNode("api-down")).repair(check=False)
    assert "next" not in told(done, "worker-2", policy=policy)


@pytest.mark.parametrize(
    ("part", "status", "verdict", "said"),
    [
        ("files:/etc/kubernetes/kubelet.conf", "denied", "down", "root is needed on the node"),
        ("journal", "denied", "unknown", "root is needed on the node"),
        ("journal", "timeout", "unknown", "it could not be judged: no answer"),
        ("journal", "timeout", "down", ""),
        ("cluster", "denied", "down", ""),
        ("host:dmesg", "denied", "down", ""),
        ("files", "denied", "at_risk", ""),
    ],
)
def test_what_makes_a_repair_impossible(part: str, status: str, verdict: str, said: str) -> None:
    """Only what keeps a broken node from being read or written counts, not what the control plane refuses."""
    roots = [{"id": "a/b"}] if verdict == "down" else []
    unknown = {"part": part, "status": status, "reason": "no answer"}
    result = {"verdict": verdict, "summary": "s", "root_causes": roots, "unknowns": [unknown]}
    assert unable(result).startswith(said)
    assert bool(unable(result)) is bool(said)


HELD = {
    "state": "held",
    "changed": True,
    "reason": "systemd restarted it.",
    "verify": {"ok": False, "seconds": 10, "reason": "systemd restarted it."},
}
COMMITTED = {"state": "committed", "changed": True, "verify": {"ok": True, "seconds": 5, "healthz": "ok"}}


def test_start_that_gets_further_keeps_the_first_repair() -> None:
    """The kubelet still does not stay up, but on a fault that the first one hid: that is the next round's."""
    node = FakeNode(
        "extra-args-unknown-flag", "unknown-feature-gate", "unknown-feature-gate", "healthy", applied=[HELD, COMMITTED]
    )
    done, _before, after = repairer(node).repair(check=False)
    assert [action["id"] for action in done.actions] == ["remove-flag", "remove-feature-gate"]
    assert (done.state, done.reason, after.diagnosis.verdict) == ("committed", "", "healthy")
    assert [round_["state"] for round_ in done.rounds] == ["committed", "committed"]
    assert node.calls == [
        *("node_info", "repair_apply", "node_info", "repair_keep"),
        *("node_info", "repair_apply", "node_info"),
    ]


def test_kept_repair_whose_next_fault_is_for_a_person() -> None:
    """The node has one fault less; what is left is said, and that the kubelet does not stay up."""
    node = FakeNode("extra-args-unknown-flag", "config-wrong-type", applied=[HELD])
    done, _before, _after = repairer(node).repair(check=False)
    said = told(done, "worker-2")
    assert (done.state, done.failed, len(done.rounds)) == ("committed", False, 1)
    assert "the start gets further, but systemd restarted it" in said["checked"]
    assert "same main process" not in said["checked"]
    assert [item["finding"] for item in done.not_offered] == done.uncovered


@pytest.mark.parametrize("second", ["extra-args-unknown-flag", "healthy", "server-port-wrong"])
def test_kubelet_that_is_down_without_getting_further_is_undone(second: str) -> None:
    """The same cause, none that can be seen, or one that does not end a start: the repair did not help."""
    node = FakeNode("extra-args-unknown-flag", second, applied=[HELD])
    done, _before, _after = repairer(node).repair(check=False)
    assert (done.state, done.failed) == ("rolled_back", True)
    assert "repair_keep" not in node.calls


def test_repair_that_cannot_be_kept_is_undone() -> None:
    """The node refuses to keep it: nothing is left in between."""
    node = FakeNode("extra-args-unknown-flag", "unknown-feature-gate", applied=[HELD], kept="refused")
    done, _before, _after = repairer(node).repair(check=False)
    assert (done.state, done.rounds[0]["state"]) == ("rolled_back", "rolled_back")


@pytest.mark.parametrize(("case", "held"), [("extra-args-unknown-flag", True), ("server-port-wrong", False)])
def test_only_a_start_that_ended_early_is_held(case: str, held: bool) -> None:
    """A kubelet that ran before must run after the repair, or the node itself puts everything back."""
    node, plans = FakeNode(case, "healthy"), []
    repairer_ = repairer(node)
    repairer_.tell = plans.append
    repairer_.repair(check=False)
    assert plans[0]["verify"]["hold"] is held


def test_interrupted_repair_is_ended_and_the_node_read_anew() -> None:
    """The node puts back what was half done; rounds and comparisons then start from the node as it was before that."""
    record = {"run": "r", "state": "applied", "created_at": "", "findings": [], "running": False}
    ended = {"state": "committed", "changed": False, "recovered": ["Run r was interrupted and is rolled back."]}
    node = FakeNode("healthy", "ca-path-wrong", "healthy", applied=[ended, COMMITTED])
    node.unfinished = [[record]]
    done, before, _after = repairer(node).repair(check=False)
    assert [action["id"] for action in done.actions] == ["end-unfinished-repair", "set-client-ca-file"]
    assert (done.state, before.diagnosis.verdict) == ("committed", "down")
    assert told(done, "worker-2")["undo"].endswith("-l worker-2")  # one run to undo, not two
    node.undone = "refused"
    repairer(node).roll_back(done, "not Ready", done.rounds[:1])
    assert done.state == "rolled_back"  # there is nothing to undo of the first round


def test_expected_value_is_set_where_risks_are_repaired() -> None:
    """What the user declared is planned, applied and gone; the results say what was expected, and that it is so now."""
    asked = {
        "expected": {"config": {"cgroupDriver": "systemd"}},
        "risks": True,
        "allow": ["safe", "needs-approval"],
    }
    done, before, after = repairer(FakeNode("cgroup-driver-mismatch", "healthy"), **asked).repair(check=False)
    assert "set-expected-config" in [action["id"] for action in done.actions]
    assert done.state == "committed"
    assert [each["path"] for each in before.result["differences"]] == ["config.cgroupDriver"]
    assert after.result["differences"] == []


def test_expected_value_that_is_not_there_afterwards_is_undone() -> None:
    """The node says committed, and still differs."""
    asked = {
        "expected": {"config": {"cgroupDriver": "systemd"}},
        "risks": True,
        "allow": ["safe", "needs-approval"],
    }
    done, _before, _after = repairer(FakeNode("cgroup-driver-mismatch"), **asked).repair(check=False)
    assert done.state == "rolled_back"
    assert "expected/kubelet-configuration still holds" in done.reason


@pytest.mark.parametrize(
    ("cases", "loops", "looks"), [(("ca-path-wrong", "healthy"), False, 2), (("ca-path-wrong",), True, 3)]
)
def test_last_look_waits_until_a_start_can_be_told_from_a_crash_loop(
    cases: tuple[str, ...], loops: bool, looks: int
) -> None:
    """systemd may still count the restarts of before; a node that does crash is called so after a few looks."""
    node = FakeNode(*cases)
    assert repairer(node).read_after_start().node.crash_looping is loops
    assert len(node.calls) == looks
