# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration file that is gone or empty: written from what the control plane publishes, or left to a person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from corpus._load import load_snapshot
from unit.plan._plans import PUBLISHED, files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact

CONFIG = "/var/lib/kubelet/config.yaml"
PUBLISHED_CONFIG = """apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
kind: KubeletConfiguration
clusterDNS: [10.96.0.10]
"""


def test_lost_configuration_is_written_from_the_cluster() -> None:
    """Where the control plane publishes one, the file is made with just that; without being asked nothing is done."""
    sources = replace(PUBLISHED, kubelet_config=PUBLISHED_CONFIG)
    (action,) = plan_of("config-missing", sources=sources).actions
    assert (action.id, action.classification) == ("restore-kubelet-config", "needs-approval")
    step = action.steps[0]
    assert (step.kind, step.values["path"], step.values["mode"]) == ("create", CONFIG, "0644")
    assert step.values["content"] == PUBLISHED_CONFIG
    assert plan_of("config-missing", sources=sources, allow=("safe",)).actions == ()


def test_empty_configuration_is_filled() -> None:
    """An empty file is edited, under the guard of its hash; a directory in its place is for a person."""
    missing = load_snapshot("config-missing")
    sources = replace(PUBLISHED, kubelet_config=PUBLISHED_CONFIG)
    for fact, kinds in (
        (FileFact(CONFIG, "file", size=0, sha256="e3b0c442", content=""), ["edit"]),
        (FileFact(CONFIG, "directory"), []),
    ):
        node = replace(missing, files={**missing.files, CONFIG: fact})
        planned = plan_of(node, sources=sources, diagnosis=diagnose(missing))
        assert [step.kind for action in planned.actions for step in action.steps] == kinds
        assert files_after(node, planned) == ({CONFIG: PUBLISHED_CONFIG} if kinds else {})


def test_socket_of_this_node_is_kept() -> None:
    """What kubeadm keeps by node goes into the new file, unless it names one."""
    node = load_snapshot("config-missing")
    path = "/var/lib/kubelet/instance-config.yaml"
    own = FileFact(path, "file", content="containerRuntimeEndpoint: unix:///run/crio/crio.sock\n")
    seen = replace(node, files={**node.files, path: own})
    sources = replace(PUBLISHED, kubelet_config=PUBLISHED_CONFIG)
    content = plan_of(seen, sources=sources).actions[0].steps[0].values["content"]
    assert content == f"{PUBLISHED_CONFIG}containerRuntimeEndpoint: unix:///run/crio/crio.sock\n"


@pytest.mark.parametrize(
    ("published", "words"),
    [
        ("", "kube-system/kubelet-config"),
        ("kind: ConfigMap\n", "a whole KubeletConfiguration"),
        ("a: [", "a whole KubeletConfiguration"),
        (f"{PUBLISHED_CONFIG}staticPodURLHeader: {{X: ['********']}}\n", "a whole KubeletConfiguration"),
        (PUBLISHED_CONFIG.replace("pki/ca.crt", "pki/other.crt"), "must exist on this node"),
    ],
)
def test_configuration_that_cannot_be_trusted_is_not_written(published: str, words: str) -> None:
    """None, another object, a masked one, or one that this node could not start with."""
    node = load_snapshot("config-missing")
    other = "/etc/kubernetes/pki/other.crt"
    seen = replace(node, files={**node.files, other: FileFact(other, "absent")})
    planned = plan_of(seen, sources=replace(PUBLISHED, kubelet_config=published))
    assert planned.actions == ()
    assert words in planned.not_offered[0].reason
