# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which nodes are peers: the groups of kubelet_peer_group_by."""

from __future__ import annotations

from typing import Any

import pytest
from unit.expected._run import Evidence, worker

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.peer_groups import groups
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import unread
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

DEFAULT = ("role", "profile", "os")
LABEL = "node-role.kubernetes.io/"


def node(labels: dict[str, str] | None = None, **host: Any) -> Snapshot:
    """The healthy worker with labels of its Node object, and other facts of its host."""
    evidence = worker(7)
    evidence["host"].update(host)
    if labels is not None:
        evidence["cluster"] = {"node": {"metadata": {"name": "worker-7", "labels": labels}}}
    return snapshot(evidence, host_name="worker-7")


def test_default() -> None:
    """A group says in words what its nodes have in common; machines of one size are a group in it."""
    group = "role=worker, profile=kubeadm, os=Debian GNU/Linux 13"
    assert groups(node(cpus=4), DEFAULT, {}) == (group, f"{group}, 4 CPUs, 24 GiB")
    assert groups(node(memory={}), DEFAULT, {}) == (group, "")


@pytest.mark.parametrize(
    ("labels", "role"),
    [
        ({f"{LABEL}control-plane": ""}, "control-plane"),
        ({f"{LABEL}master": "", f"{LABEL}worker": ""}, "control-plane"),
        ({f"{LABEL}worker": "", "kubernetes.io/os": "linux"}, "worker"),
        ({f"{LABEL}infra": "", f"{LABEL}worker": ""}, "infra"),
        ({f"{LABEL}storage": "", f"{LABEL}ingress": ""}, "ingress+storage"),
        ({}, "worker"),
    ],
)
def test_role_by_labels(labels: dict[str, str], role: str) -> None:
    """The labels of the Node object name the role."""
    assert groups(node(labels), ["role"], {})[0] == f"role={role}"


def test_role_by_manifests() -> None:
    """Where nobody asked the control plane, the manifest of an API server tells that a node is one."""
    evidence: Evidence = worker(7)
    evidence["files"]["/etc/kubernetes/manifests"]["entries"] = ["etcd.yaml", "kube-apiserver.yaml"]
    assert groups(snapshot(evidence, host_name="worker-7"), ["role"], {})[0] == "role=control-plane"


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("Ubuntu 24.04.1 LTS", "Ubuntu 24"),
        ("Ubuntu 24.04.2 LTS", "Ubuntu 24"),
        ("Rocky Linux 9.4 (Blue Onyx)", "Rocky Linux 9"),
        ("Amazon Linux 2023.5.20240903", "Amazon Linux 2023"),
        ("Arch Linux", "Arch Linux"),
        ("", "unknown"),
    ],
)
def test_system(name: str, system: str) -> None:
    """Updates of a release leave a node in its group."""
    assert groups(node(os_release={"PRETTY_NAME": name}), ["os"], {})[0] == f"os={system}"


def test_instance_type() -> None:
    """The label of the Node object; unknown where nobody asked for it."""
    labelled = node({"node.kubernetes.io/instance-type": "m5.large"})
    assert groups(labelled, ["instance_type"], {})[0] == "instance_type=m5.large"
    assert groups(node({}), ["instance_type"], {})[0] == "instance_type=unknown"


def test_variables() -> None:
    """Every other name is a variable of the host, whatever it holds; it is one line, and not long."""
    found = groups(node(), ["rack", "pool", "zone"], {"rack": 7, "pool": "a\nb\x1b[31m" + "c" * 200})[0]
    assert found.startswith("rack=7, pool=a b[31mccc")
    assert found.endswith(", zone=unknown")
    assert len(found) < 120


def test_nothing() -> None:
    """Without any names all nodes are peers."""
    assert groups(node(), [], {})[0] == "all"


def test_unread_node() -> None:
    """A node that nobody could read is no peer of those that were."""
    lost = snapshot(unread("no route to host", host_name="a", captured_at="2026-11-24T10:00:00Z"), host_name="a")
    assert groups(lost, DEFAULT, {}) == ("role=worker, profile=kubeadm, os=unknown", "")
