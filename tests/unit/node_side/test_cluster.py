# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control plane's view: few calls, compact, and no access is a result."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import cluster
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult

if t.TYPE_CHECKING:
    from .conftest import Node

CONFIG = "/etc/kubernetes/admin.conf"
SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"


@pytest.fixture
def answers(node: Node) -> dict[str, object]:
    """What the API server says, by path; a test may change it."""
    nodes = [
        {
            "metadata": {"name": f"worker-{number}", "managedFields": [{"x": 1}]},
            "status": {"images": [{"names": ["y"]}], "conditions": [{"type": "Ready", "status": "True"}]},
        }
        for number in range(300)
    ]
    said: dict[str, object] = {
        "/api/v1/nodes": {"items": nodes},
        "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases": {
            "items": [{"metadata": {"name": "worker-1"}, "spec": {"renewTime": "x"}}]
        },
        "/apis/certificates.k8s.io/v1/certificatesigningrequests": {
            "items": [
                {"metadata": {"name": "a"}, "spec": {"signerName": SIGNER}},
                {"metadata": {"name": "b"}, "spec": {}},
            ]
        },
        "/version": {"gitVersion": "v1.36.2"},
    }

    def answer(argv: t.Sequence[str]) -> RunResult:
        body = said[argv[-1]]
        return body if isinstance(body, RunResult) else RunResult("ok", 0, json.dumps(body))

    node.programs["kubectl"] = answer
    node.write(CONFIG, "x")
    return said


def test_all_nodes_in_a_fixed_number_of_calls(node: Node, answers: dict[str, object]) -> None:
    """Three hundred nodes cost as many calls as one, without what says nothing about health."""
    host = node.host()
    found = cluster.collect(host, "kubectl", CONFIG, 5.0)
    assert host.processes == len(answers)
    assert len(found["nodes"]) == 300
    assert found["nodes"]["worker-7"] == {
        "metadata": {"name": "worker-7"},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    assert found["leases"]["worker-1"]["spec"] == {"renewTime": "x"}
    assert [csr["metadata"]["name"] for csr in found["csrs"]] == ["a"]
    assert (found["version"], found["unread"]) == ("v1.36.2", {})


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (RunResult("ok", 1, "", "E1123 memcache\nThe connection to the server c:6443 was refused\n"), "was refused"),
        (RunResult("absent"), "there is no kubectl"),
        (RunResult("timeout", seconds=6.0), "timeout after 6 s"),
        (RunResult("ok", 0, "<html>"), "not JSON"),
        (RunResult("ok", 0, "[]"), "no object"),
        (RunResult("ok", 1, "", "error: token=abcdefgh12345678 is bad"), "token=****"),
    ],
)
def test_no_access_is_one_sentence(node: Node, answers: dict[str, object], result: RunResult, words: str) -> None:
    """Whatever keeps us from the nodes is said, without secrets, and nothing else is claimed."""
    answers["/api/v1/nodes"] = result
    found = cluster.collect(node.host(), "kubectl", CONFIG, 5.0)
    assert list(found) == ["error"]
    assert words in found["error"]


def test_forbidden_leases_leave_the_nodes(node: Node, answers: dict[str, object]) -> None:
    """Rights to read nodes only are enough for nodes."""
    for path in list(answers)[1:3]:
        answers[path] = RunResult("ok", 1, "", "Error from server (Forbidden)")
    found = cluster.collect(node.host(), "kubectl", CONFIG, 5.0)
    assert len(found["nodes"]) == 300
    assert (found["leases"], found["csrs"], sorted(found["unread"])) == ({}, [], ["csrs", "leases"])


def test_kubeconfig_is_found(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """KUBECONFIG, then the administrator's, then the user's; without any, that is said."""
    monkeypatch.setenv("KUBECONFIG", "/none:/mine")
    monkeypatch.setenv("HOME", "/home/ops")
    node.write("/proc/sys/kernel/hostname", "x")
    assert "no kubeconfig was found" in cluster.collect(node.host(), "kubectl", None, 5.0)["error"]
    node.write("/home/ops/.kube/config", "x")
    assert cluster.default_kubeconfig(node.host()) == "/home/ops/.kube/config"
    node.write(CONFIG, "x")
    assert cluster.default_kubeconfig(node.host()) == CONFIG
    node.write("/mine", "x")
    assert cluster.default_kubeconfig(node.host()) == "/mine"
