# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan may hold: policy, order, faults that block, faults that wait for a restart."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from corpus._load import load_evidence, load_snapshot
from unit.plan._plans import BY_ID, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect, Evidence, Finding, Remedy
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.plan import Action, Step
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.conflict import conflict
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.policy import Policy, PolicyError
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.verify import verification


def finding(id_: str, effect: Effect = Effect.DOWN, repair: str | None = None) -> Finding:
    """A finding of this cause, with the stage of the start that the engine gives it."""
    remedy, gate = Remedy("do it", repair, "safe"), BY_ID[id_].gate
    return Finding(id_, id_, effect, f"{id_} holds", (Evidence("file", "x"),), remedy, gate=gate)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"allow": ("safe",)}, "add unmask-kubelet to kubelet_repair_allow"),
        ({"deny": ("needs-approval",)}, "kubelet_repair_deny names needs-approval"),
        ({"deny": ("unmask-kubelet",)}, "kubelet_repair_deny names unmask-kubelet"),
        ({"enabled": False}, "kubelet_repair_enabled"),
        ({"allow": ()}, "kubelet_repair_allow"),
    ],
)
def test_policy_forbids_and_says_so(policy: dict[str, object], words: str) -> None:
    """What is not allowed, denied or switched off is listed with the variable that decides."""
    planned = plan_of("kubelet-masked", **policy)  # type: ignore[arg-type]
    assert planned.actions == ()
    assert words in planned.not_offered[0].reason


@pytest.mark.parametrize("allow", [("unmask-kubelet",), ("needs-approval",)])
def test_policy_allows_by_id_or_class(allow: tuple[str, ...]) -> None:
    """An action is allowed by its own id or by its class."""
    assert [action.id for action in plan_of("kubelet-masked", allow=allow).actions] == ["unmask-kubelet"]


def test_deny_wins() -> None:
    """An action that is both allowed and denied is not done."""
    assert plan_of("ca-path-wrong", deny=("set-client-ca-file",)).actions == ()


@pytest.mark.parametrize("policy", [Policy(allow=("safe", "unmask")), Policy(deny=("unmask",))])
def test_name_that_nothing_has_is_refused(policy: Policy) -> None:
    """A typo in what is allowed or denied is told with what may have been meant, and with all names."""
    with pytest.raises(PolicyError, match=r"there is no unmask. Did you mean unmask-kubelet\? There are safe, unmask"):
        policy.require_known(["unmask-kubelet", "safe"])
    Policy(allow=("safe",), deny=("unmask-kubelet",)).require_known(["unmask-kubelet", "safe"])


def test_fault_at_the_start_that_cannot_be_repaired_blocks_the_others() -> None:
    """A restart that must fail is not tried: no repair could be verified, so nothing is done."""
    node = load_snapshot("ca-path-wrong")
    seen = diagnose(node)
    blocking = finding("config/yaml-invalid")
    planned = plan_of(node, diagnosis=replace(seen, root_causes=(*seen.root_causes, blocking)))
    assert planned.actions == ()
    assert any("cannot start before config/yaml-invalid" in item.reason for item in planned.not_offered)


def test_giving_up_alone_is_no_reason_to_try_again() -> None:
    """Where what stopped the kubelet stays, systemd is not asked to try once more."""
    node = load_snapshot("start-limit-hit")
    planned = plan_of(node, deny=("set-client-ca-file",))
    assert planned.actions == ()


def test_running_kubelet_is_not_restarted_into_a_fault_that_waits() -> None:
    """A fault that harms at the next start only would be met by the restart; then nothing is restarted."""
    node = load_snapshot("server-port-wrong")
    seen = diagnose(node)
    assert node.kubelet.running
    waiting = replace(seen, risks=(*seen.risks, finding("config/yaml-invalid", Effect.RISK)))
    planned = plan_of(node, diagnosis=waiting)
    assert planned.actions == ()
    assert any("a restart would meet config/yaml-invalid" in item.reason for item in planned.not_offered)


def test_order_is_that_of_the_start() -> None:
    """Earlier stages of the start come first, whatever their names."""
    gates = [BY_ID[action.finding].gate for action in plan_of("combo-ca-path-and-port").actions]
    assert gates == sorted(gates, key=lambda gate: 99 if gate is None else gate)


def edit_of(path: str, *spans: tuple[int, int]) -> Action:
    """An action that edits spans of a file."""
    edits = [{"start": start, "end": end, "text": "x"} for start, end in spans]
    step = Step("edit", {"path": path, "sha256": "0" * 64, "edits": edits})
    return Action("one", "a/b", "safe", "s", (step,), "p", "w")


def test_edits_of_one_file_go_together_unless_they_touch() -> None:
    """Different bytes of a file, and other files, are no conflict; the same bytes are, and so is moving the file."""
    first = edit_of("/a", (0, 5), (10, 12))
    assert conflict([first], edit_of("/a", (5, 10))) == ""
    assert conflict([first], edit_of("/b", (0, 5))) == ""
    assert "one changes /a first" in conflict([first], edit_of("/a", (4, 6)))
    moved = replace(first, steps=(Step("move_aside", {"path": "/a", "sha256": "0" * 64}),))
    assert "one changes /a first" in conflict([first], moved)


@pytest.mark.parametrize(
    ("fields", "healthz"),
    [
        ({}, "http://127.0.0.1:10248/healthz"),
        ({"healthzPort": 0}, None),
        ({"healthzPort": 10300, "healthzBindAddress": "0.0.0.0"}, "http://127.0.0.1:10300/healthz"),  # noqa: S104
        ({"healthzBindAddress": "::"}, "http://[::1]:10248/healthz"),
        ({"healthzPort": ["x"]}, None),
    ],
)
def test_healthz_is_asked_where_the_configuration_puts_it(fields: dict[str, object], healthz: str | None) -> None:
    """Port and address come from the node; where it is off or cannot be read, it is not asked."""
    node = load_snapshot("healthy")
    config = node.config
    known = {key: value for key, value in config.fields.items() if not key.startswith("healthz")}
    sample = next(iter(config.fields.values()))
    known |= {key: replace(sample, path=key, value=value) for key, value in fields.items()}
    asked = verification(replace(node, config=replace(config, fields=known)), 7)
    assert asked == {"stable_seconds": 7, "healthz": healthz, "timeout": 77}


def test_interrupted_repair_is_ended_before_anything_else() -> None:
    """It is the whole plan, for it changes the node: what else is wrong waits for the next round."""
    changed = copy.deepcopy(load_evidence("ca-path-wrong"))
    record = {"run": "20261123T213000Z-ab12cd", "state": "applied", "created_at": "", "findings": [], "running": False}
    changed["host"]["unfinished_repairs"] = [record]
    planned = plan_of(snapshot(changed, host_name="worker-2"), allow=("safe",))
    assert [(action.id, action.steps, action.restart) for action in planned.actions] == [
        ("end-unfinished-repair", (), False)
    ]
    assert [item.action for item in planned.not_offered] == ["set-client-ca-file"]
    changed["host"]["unfinished_repairs"] = [{**record, "running": True}]
    assert [a.id for a in plan_of(snapshot(changed, host_name="w"), allow=("safe",)).actions] == ["set-client-ca-file"]
