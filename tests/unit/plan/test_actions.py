# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on recorded nodes: offered with exactly the right edit, or not at all and with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from corpus._load import NAMES, load_snapshot
from unit.plan._plans import PUBLISHED, changed_lines, changed_node, files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import BUILDERS

CONFIG = "/var/lib/kubelet/config.yaml"
KUBECONFIG = "/etc/kubernetes/kubelet.conf"
DEFAULT = "/etc/default/kubelet"
KUBEADM_FLAGS = "/var/lib/kubelet/kubeadm-flags.env"

# case -> action, class, file, number of the line, the line afterwards
ONE_LINE = {
    "ca-path-wrong": (
        "set-client-ca-file",
        "safe",
        CONFIG,
        9,
        "    clientCAFile: /etc/kubernetes/pki/ca.crt",
    ),
    "start-limit-hit": (
        "set-client-ca-file",
        "safe",
        CONFIG,
        9,
        "    clientCAFile: /etc/kubernetes/pki/ca.crt",
    ),
    "server-port-wrong": ("set-kubeconfig-server", "safe", KUBECONFIG, 5, "    server: https://controlplane:6443"),
    "server-host-unresolvable": (
        "set-kubeconfig-server",
        "safe",
        KUBECONFIG,
        5,
        "    server: https://controlplane:6443",
    ),
    "server-name-not-in-san": ("set-kubeconfig-server", "safe", KUBECONFIG, 5, "    server: https://controlplane:6443"),
    "config-wrong-kind": ("set-config-field", "safe", CONFIG, None, "kind: KubeletConfiguration"),
    "extra-args-unknown-flag": ("remove-flag", "safe", DEFAULT, 1, "KUBELET_EXTRA_ARGS="),
    "removed-feature-gate-flag": ("remove-feature-gate", "safe", DEFAULT, 1, "KUBELET_EXTRA_ARGS="),
    "removed-flag-network-plugin": ("remove-flag", "safe", KUBEADM_FLAGS, 1, "KUBELET_KUBEADM_ARGS="),
    "removed-flag-pod-infra": ("remove-flag", "safe", KUBEADM_FLAGS, 1, "KUBELET_KUBEADM_ARGS="),
    "runtime-endpoint-wrong": (
        "set-runtime-endpoint",
        "safe",
        KUBEADM_FLAGS,
        1,
        "--container-runtime-endpoint=unix:///run/containerd/containerd.sock",
    ),
    "cri-plugin-disabled": (
        "enable-cri-plugin",
        "needs-approval",
        "/etc/containerd/config.toml",
        2,
        "disabled_plugins = []",
    ),
    "kubeconfig-ca-wrong": (
        "set-kubeconfig-ca",
        "needs-approval",
        KUBECONFIG,
        4,
        "    certificate-authority-data: LS0tLS1CRUdJTi",
    ),
    "kubeconfig-ca-file-missing": (
        "set-kubeconfig-ca",
        "needs-approval",
        KUBECONFIG,
        4,
        "    certificate-authority: /etc/kubernetes/pki/ca.crt",
    ),
}

# case -> action, class, the steps that are no edits, in words
STEPS = {
    "containerd-stopped": ("start-runtime", "safe", ["enable containerd.service", "start containerd.service"]),
    "dropin-no-daemon-reload": ("daemon-reload", "safe", ["daemon-reload kubelet.service"]),
    "kubelet-masked": (
        "unmask-kubelet",
        "needs-approval",
        [f"{verb} kubelet.service" for verb in ("unmask", "daemon-reload", "enable", "start")],
    ),
    "kubelet-stopped-disabled": (
        "start-kubelet",
        "needs-approval",
        ["enable kubelet.service", "start kubelet.service"],
    ),
    "kubelet-sigstop": ("restart-kubelet", "needs-approval", []),
    "containerd-hung-restart": ("restart-runtime", "needs-approval", ["restart containerd.service"]),
    "cpu-manager-state": (
        "remove-cpu-manager-state",
        "needs-approval",
        ["move_aside /var/lib/kubelet/cpu_manager_state"],
    ),
}

# What may be done without being asked. A case that is added here is one that a person no longer decides.
SAFE = {
    *(case for case, (_action, kind, *_rest) in ONE_LINE.items() if kind == "safe"),
    *(case for case, (_action, kind, _steps) in STEPS.items() if kind == "safe"),
    *("combo-ca-path-and-port", "containerd-stopped-restart", "unknown-feature-gate"),
}


@pytest.mark.parametrize("case", ONE_LINE)
def test_edit_changes_one_line_only(case: str) -> None:
    """The first action is the right one, and the file afterwards differs from the broken one in that line alone."""
    action_id, classification, path, number, wanted = ONE_LINE[case]
    node = load_snapshot(case)
    planned = plan_of(case)
    action = planned.actions[0]
    assert (action.id, action.classification) == (action_id, classification)
    before, after = node.file(path).content or "", files_after(node, planned)
    assert list(after) == [path]
    lines = changed_lines(before, after[path])
    assert len(lines) == 1
    assert number in (None, lines[0][0])
    assert wanted in lines[0][2]
    assert action.steps[0].values["sha256"] == node.file(path).sha256


@pytest.mark.parametrize("case", STEPS)
def test_steps_that_are_no_edits(case: str) -> None:
    """Units are asked in the right order, and nothing is edited."""
    action_id, classification, steps = STEPS[case]
    planned = plan_of(case)
    assert [(a.id, a.classification) for a in planned.actions] == [(action_id, classification)]
    said = [
        f"{step.values.get('verb', step.kind)} {step.values.get('unit', step.values.get('path'))}"
        for step in planned.actions[0].steps
    ]
    assert said == steps


@pytest.mark.parametrize("case", NAMES)
def test_only_these_are_repaired_without_being_asked(case: str) -> None:
    """With the default policy every other recorded node is left as it is, and each of its causes says why."""
    planned = plan_of(case, allow=("safe",))
    assert bool(planned.actions) is (case in SAFE)
    assert all(item.reason for item in planned.not_offered)


@pytest.mark.parametrize("case", sorted(SAFE))
def test_every_action_explains_itself(case: str) -> None:
    """What is done, what it means for pods and how it is undone stand in the plan; ids are those of the catalogue."""
    for action in plan_of(case).actions:
        assert action.id in BUILDERS
        assert all(text and "\n" not in text for text in (action.summary, action.pods, action.way_back))


def test_gate_is_removed_and_the_rest_of_the_file_stays() -> None:
    """An unknown feature gate goes with its line; all other lines are as before."""
    node, planned = load_snapshot("unknown-feature-gate"), plan_of("unknown-feature-gate")
    before, after = (node.file(CONFIG).content or ""), files_after(node, planned)[CONFIG]
    gone = [line for line in before.split("\n") if line not in after.split("\n")]
    assert gone == ["featureGates:", "  NoSuchGateXyz: true"] or len(gone) == 2
    assert [line for line in before.split("\n") if line not in gone] == after.split("\n")


def test_packaged_drop_in_is_not_edited() -> None:
    """A file under /usr/lib is the package's: its repair would be lost at the next upgrade."""
    planned = plan_of("dropin-config-wrong-path")
    assert planned.actions == ()
    assert "belongs to a package" in planned.not_offered[0].reason


@pytest.mark.parametrize("case", [*ONE_LINE, "unknown-feature-gate", "combo-ca-path-and-port"])
def test_plan_after_the_repair_does_not_repeat_it(case: str) -> None:
    """On the same node with the edited files, no edit is planned again, even while the log still shows the fault."""
    node, planned = load_snapshot(case), plan_of(case)
    for path, content in files_after(node, planned).items():
        again = plan_of(changed_node(case, path, content))
        assert not [s for action in again.actions for s in action.steps if s.values.get("path") == path]


def test_two_causes_are_two_actions_of_one_plan() -> None:
    """What is known at once is repaired at once, in the order in which the start meets it."""
    planned = plan_of("combo-ca-path-and-port")
    assert [action.id for action in planned.actions] == ["set-client-ca-file", "set-kubeconfig-server"]
    assert planned.to_dict()["restart"] is True


def test_file_that_is_not_whole_is_not_edited() -> None:
    """A truncated, unreadable or non-UTF-8 file has no certain positions."""
    node = load_snapshot("ca-path-wrong")
    fact = node.file(CONFIG)
    for changed in (
        replace(fact, truncated=True),
        replace(fact, size=(fact.size or 0) + 1),
        replace(fact, sha256=None),
    ):
        assert plan_of(replace(node, files={**node.files, CONFIG: changed}), sources=PUBLISHED).actions == ()
