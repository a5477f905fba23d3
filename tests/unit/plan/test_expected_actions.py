# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions that give a node its expected values: what they write, and by whose word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from corpus._load import load_snapshot
from unit.plan._plans import changed_lines, changed_node, files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import Judged
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import (
    Expectation,
    Matcher,
    Origin,
    Source,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.plan import Plan
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import Sources
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._wanted import look

CONFIG, FLAGS = "/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env"
HEAD = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nfailCgroupV1: false\n"
TEXTS = {Origin.DECLARED: "inventory", Origin.CONTROL_PLANE: "kubelet-config", Origin.PEERS: "4 of 4 peers"}


def wants(path: str, value: Any, origin: Origin = Origin.DECLARED, kind: str = "exact") -> Expectation:
    """One source expects a value."""
    return Expectation(path, Matcher(kind, value), Source(origin, TEXTS[origin]))


def planned(node: Snapshot | str, *wanted: Expectation, allow: tuple[str, ...] = ("safe",), risks: bool = True) -> Plan:
    """The plan for a node of which this is expected."""
    seen = load_snapshot(node) if isinstance(node, str) else node
    known = {"expectations": [each.to_dict() for each in wanted], "exceptions": [], "calm": "healthy"}
    looked = look(Judged(seen, diagnose(seen)), known)
    sources = replace(Sources.of(looked.expectations, None, seen), differences=looked.differences)
    return plan_of(seen, allow=allow, sources=sources, diagnosis=looked.diagnosis, risks=risks)


def edited(node: Snapshot | str, plan: Plan, path: str = CONFIG) -> list[tuple[int, str, str]]:
    """Lines of a file that a plan changes."""
    seen = load_snapshot(node) if isinstance(node, str) else node
    return changed_lines(seen.file(path).content or "", files_after(seen, plan)[path])


@pytest.mark.parametrize(
    ("path", "value", "change"),
    [
        ("config.clusterDNS", ["10.96.0.11"], (17, "- 10.96.0.10", '- "10.96.0.11"')),
        ("config.authentication.webhook.enabled", False, (7, "    enabled: true", "    enabled: false")),
        ("config.syncFrequency", "2m", (48, "syncFrequency: 0s", "syncFrequency: 2m")),
        ("config.healthzPort", 10348, (26, "healthzPort: 10248", "healthzPort: 10348")),
    ],
)
def test_declared_field_is_set_where_it_stands(path: str, value: Any, change: tuple[int, str, str]) -> None:
    """One line changes, the kubelet is restarted, and the plan says who wants it."""
    plan = planned("healthy", wants(path, value))
    (action,) = plan.actions
    assert (action.id, action.classification, action.restart) == ("set-expected-config", "safe", True)
    assert f"{path.removeprefix('config.')}: " in action.summary
    assert f"inventory (kubelet_expected.{path})" in action.summary
    assert edited("healthy", plan) == [change]


def test_list_of_another_length_keeps_its_style() -> None:
    """A block list stays one, with the line ends and the indentation that it has."""
    node = changed_node("healthy", CONFIG, f"{HEAD}clusterDNS:\n  - 10.96.0.10  # old\nmaxPods: 5\n")
    plan = planned(node, wants("config.clusterDNS", ["10.96.0.11", "10.96.0.12"]))
    after = f'{HEAD}clusterDNS:\n  - "10.96.0.11"\n  - "10.96.0.12"  # old\nmaxPods: 5\n'
    assert files_after(node, plan)[CONFIG] == after


def test_missing_field_is_added_and_an_unwanted_one_removed() -> None:
    """What the file leaves out goes to its end; what should not be there goes with its lines."""
    plan = planned("healthy", wants("config.maxPods", 50))
    assert files_after(load_snapshot("healthy"), plan)[CONFIG].endswith("\nmaxPods: 50\n")
    node = changed_node("healthy", CONFIG, f"{HEAD}maxPods: 50\nclusterDomain: a.b\n")
    plan = planned(node, wants("config.maxPods", None, kind="absent"))
    assert files_after(node, plan)[CONFIG] == f"{HEAD}clusterDomain: a.b\n"


def test_threshold_whose_name_has_dots_is_set() -> None:
    """The dot belongs to the key of the map."""
    others = "  nodefs.available: 10%\n  nodefs.inodesFree: 5%\n  imagefs.available: 15%\n"
    node = changed_node("healthy", CONFIG, f"{HEAD}evictionHard:\n  memory.available: 100Mi\n{others}")
    plan = planned(node, wants("config.evictionHard.memory.available", "200Mi"))
    assert edited(node, plan) == [(5, "  memory.available: 100Mi", "  memory.available: 200Mi")]


def test_what_only_others_expect_needs_approval() -> None:
    """Peers may all be wrong: nothing is done unless a person says so, and the plan says what it would be."""
    wanted = wants("config.clusterDNS", ["10.96.0.11"], Origin.PEERS)
    plan = planned("healthy", wanted)
    assert plan.actions == ()
    (refused,) = plan.not_offered
    assert (refused.action, refused.classification) == ("set-expected-config", "needs-approval")
    assert "clusterDNS: 10.96.0.11 (4 of 4 peers)" in refused.reason
    (action,) = planned("healthy", wanted, allow=("set-expected-config",)).actions
    assert action.classification == "needs-approval"


def test_cgroup_driver_needs_approval_whoever_wants_it() -> None:
    """Pods must be drained before."""
    assert planned("cgroup-driver-mismatch", wants("config.cgroupDriver", "systemd")).actions == ()


def test_declared_value_does_not_wait_for_the_others() -> None:
    """Of one finding, what the user declared is set now; what peers expect is left for approval."""
    plan = planned(
        "healthy", wants("config.healthzPort", 10348), wants("config.clusterDNS", ["10.96.0.11"], Origin.PEERS)
    )
    assert [line for line, *_rest in edited("healthy", plan)] == [26]


def test_flag_that_wins_is_changed_in_the_place_of_the_field() -> None:
    """Changing the file would change nothing."""
    node = changed_node("healthy", FLAGS, 'KUBELET_KUBEADM_ARGS="--max-pods=20 --cluster-dns=10.9.0.10"\n')
    plan = planned(node, wants("config.maxPods", 50), wants("config.clusterDNS", ["10.9.0.11", "10.9.0.12"]))
    assert files_after(node, plan) == {
        FLAGS: 'KUBELET_KUBEADM_ARGS="--max-pods=50 --cluster-dns=10.9.0.11,10.9.0.12"\n'
    }


def test_flag_is_changed_added_and_removed() -> None:
    """Where it is given; a new one goes to kubeadm's own."""
    node = changed_node("healthy", FLAGS, 'KUBELET_KUBEADM_ARGS="--v=2 --node-labels=a=b"\n')
    wanted = (wants("flags.v", "4"), wants("flags.node-labels", None, kind="absent"), wants("flags.vmodule", "x=3"))
    plan = planned(node, *wanted)
    assert files_after(node, plan) == {FLAGS: 'KUBELET_KUBEADM_ARGS="--v=4 --vmodule=x=3"\n'}
    assert [action.id for action in plan.actions] == ["set-expected-flag"]


def test_owner_and_mode_of_a_file_are_set_without_a_restart() -> None:
    """What is not expected stays as it is."""
    plan = planned("healthy", wants("files./etc/kubernetes/pki/ca.crt.mode", "0600"))
    (action,) = plan.actions
    assert (action.id, action.classification, action.restart) == ("set-expected-file", "safe", False)
    (step,) = action.steps
    assert step.to_dict() == {
        "kind": "attributes",
        "path": "/etc/kubernetes/pki/ca.crt",
        "mode": "0600",
        "uid": "0",
        "gid": "0",
    }


@pytest.mark.parametrize(
    "wanted",
    [
        wants("config.maxPods", (40, 60), kind="range"),
        wants("files./etc/kubernetes/pki/ca.crt.sha256", "0" * 64),
        wants("versions.kubelet", "1.35.0"),
        wants("unit.dropins", []),
    ],
)
def test_what_no_action_can_set_is_for_a_person(wanted: Expectation) -> None:
    """A choice of values, contents, versions and drop-ins are told by the diagnosis and not touched."""
    assert planned("healthy", wanted).actions == ()


def test_risks_are_not_repaired_unasked() -> None:
    """As every risk: kubelet_repair_risks asks for it."""
    assert planned("healthy", wants("config.maxPods", 50), risks=False).actions == ()


@pytest.mark.parametrize(
    ("origin", "source", "allowed"),
    [(Origin.DECLARED, "inventory", ("safe",)), (Origin.PEERS, "4 of 4 peers", ("needs-approval",))],
)
def test_server_of_a_root_cause_comes_from_what_is_expected(
    origin: Origin, source: str, allowed: tuple[str, ...]
) -> None:
    """The existing action names its source; peers alone need approval."""
    wanted = wants("kubeconfig.server", "https://lb.example:6443", origin)
    (action,) = planned("server-port-wrong", wanted, allow=allowed, risks=False).actions
    assert action.id == "set-kubeconfig-server"
    assert f"https://lb.example:6443 ({source}" in action.summary


def test_ca_file_that_others_name_must_be_proven() -> None:
    """An expected path that holds another CA, or none, is not taken; the proven one is."""
    wanted = wants("config.authentication.x509.clientCAFile", "/etc/kubernetes/pki/other.crt", Origin.PEERS)
    (action,) = planned("ca-path-wrong", wanted, risks=False).actions
    assert "clientCAFile: /etc/kubernetes/pki/ca.crt (it holds the CA of" in action.summary


@pytest.mark.parametrize(("origin", "classification"), [(Origin.DECLARED, "safe"), (Origin.PEERS, "needs-approval")])
def test_lost_directory_of_static_pods_is_made(origin: Origin, classification: str) -> None:
    """Where it is expected; the kubelet finds it without a restart."""
    seen = load_snapshot("healthy")
    path = "/etc/kubernetes/manifests"
    node = replace(seen, files={**seen.files, path: FileFact(path, type="absent")})
    plan = planned(node, wants(f"files.{path}.type", "directory", origin), allow=("safe", "needs-approval"))
    (action,) = plan.actions
    assert (action.id, action.classification, action.restart) == ("create-static-pod-path", classification, False)
    assert [step.to_dict() for step in action.steps] == [{"kind": "directory", "path": path, "mode": "0755"}]
