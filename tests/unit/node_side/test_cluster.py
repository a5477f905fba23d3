# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control plane's view: few calls, compact, and no access is a result."""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import cluster
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult

if t.TYPE_CHECKING:
    from .conftest import Node

CONFIG = "/etc/kubernetes/admin.conf"
DER = b"a certificate"
PEM = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(DER).decode()}\n-----END CERTIFICATE-----\n"
OTHER_PEM = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(b'another').decode()}\n-----END CERTIFICATE-----\n"
PUBLISHED = f"""apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {base64.b64encode(PEM.encode()).decode()}
    server: https://controlplane:6443
  name: ""
kind: Config
users: null
"""
CLUSTER_INFO = "/api/v1/namespaces/kube-public/configmaps/cluster-info"
KUBELET_CONFIG = "/api/v1/namespaces/kube-system/configmaps/kubelet-config"
KUBEADM_CONFIG = "/api/v1/namespaces/kube-system/configmaps/kubeadm-config"
ROOT_CA = "/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt"
KUBELET_TEXT = "clusterDNS:\n- 10.96.0.10\nkind: KubeletConfiguration\nstaticPodURLHeader:\n  token: abcdefgh12345678\n"
CLUSTER_TEXT = """apiServer:
  extraArgs:
  - name: oidc-client-id
    value: planted
kind: ClusterConfiguration
networking:
  dnsDomain: cluster.local

  serviceSubnet: 10.96.0.0/12
scheduler: {}
"""
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
        CLUSTER_INFO: {"data": {"kubeconfig": PUBLISHED, "jws-kubeconfig-abcdef": "a signature"}},
        KUBELET_CONFIG: {"data": {"kubelet": KUBELET_TEXT}},
        KUBEADM_CONFIG: {"data": {"ClusterConfiguration": CLUSTER_TEXT}},
        ROOT_CA: {"data": {"ca.crt": PEM + OTHER_PEM}},
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


def test_published_endpoint_is_server_and_fingerprint(node: Node, answers: dict[str, object]) -> None:
    """Of what is published for joining nodes, only the address and the CA's fingerprint are kept."""
    found = cluster.collect(node.host(), "kubectl", CONFIG, 5.0)
    assert found["published"]["endpoint"] == {
        "server": "https://controlplane:6443",
        "ca_sha256": hashlib.sha256(DER).hexdigest(),
    }
    assert "jws" not in json.dumps(found)
    assert len(answers) == 8


@pytest.mark.parametrize(
    ("published", "endpoint"),
    [
        (RunResult("ok", 1, "", "Error from server (NotFound)"), {}),
        ({"data": {"kubeconfig": PUBLISHED + "    server: https://other:6443\n"}}, {}),
        ({"data": {"kubeconfig": "server: http://controlplane:6443\n"}}, {}),
        ({"data": {"kubeconfig": ["server: https://c:6443"]}}, {}),
        (
            {"data": {"kubeconfig": "  - server: 'https://c:6443'\r\n".replace("\r", "")}},
            {"server": "https://c:6443", "ca_sha256": None},
        ),
        (
            {"data": {"kubeconfig": "certificate-authority-data: bm8gUEVN\nserver: https://c:6443\n"}},
            {"server": "https://c:6443", "ca_sha256": None},
        ),
        ({}, {}),
    ],
)
def test_published_endpoint_in_doubt_is_none(
    node: Node, answers: dict[str, object], published: object, endpoint: dict[str, object]
) -> None:
    """Two servers, none, plain HTTP, or a file that is no kubeconfig: nothing is taken for the endpoint."""
    answers[CLUSTER_INFO] = published
    found = cluster.collect(node.host(), "kubectl", CONFIG, 5.0)
    assert found["published"]["endpoint"] == endpoint
    assert len(found["nodes"]) == 300


def test_published_configuration_is_text_without_secrets(node: Node, answers: dict[str, object]) -> None:
    """Of kubelet-config the text, of kubeadm-config what concerns nodes, of the CAs their fingerprints."""
    published = cluster.collect(node.host(), "kubectl", CONFIG, 5.0)["published"]
    assert published["kubelet_config"] == KUBELET_TEXT.replace("abcdefgh12345678", "*" * 16)
    assert published["cluster_configuration"].split() == [
        "kind:", "ClusterConfiguration", "networking:", "dnsDomain:", "cluster.local", "serviceSubnet:", "10.96.0.0/12",
    ]  # fmt: skip
    assert published["root_ca_sha256"] == [hashlib.sha256(der).hexdigest() for der in (DER, b"another")]
    assert published["version"] == "v1.36.2"
    assert len(answers) == 8


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (RunResult("ok", 1, "", 'Error from server (NotFound): configmaps "kubelet-config" not found'), "not found"),
        ({"data": {"kubelet": ""}}, "has no text under kubelet"),
        ({"data": None}, "has no text under kubelet"),
        ({"data": {"kubelet": ["x"]}}, "has no text under kubelet"),
        ({"data": {"kubelet": "x" * (32 * 1024 + 1)}}, "larger than 32 KiB"),
    ],
)
def test_unusable_piece_is_only_said(node: Node, answers: dict[str, object], answer: object, words: str) -> None:
    """A piece that is not published (K3s), empty, or much too large costs that piece, with the reason."""
    answers[KUBELET_CONFIG] = answer
    found = cluster.collect(node.host(), "kubectl", CONFIG, 5.0)
    assert words in found["unread"]["kubelet_config"]
    assert list(found["unread"]) == ["kubelet_config"]
    assert found["published"]["kubelet_config"] is None
    assert found["published"]["cluster_configuration"]


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


def test_waits_until_the_node_is_ready_and_heard_of_again(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Ready that is left from before does not count, a lease renewed since does. Two small calls each time."""
    node.write(CONFIG, "x")
    slept: list[float] = []
    monkeypatch.setattr(cluster.time, "sleep", slept.append)
    leases = ["2026-11-23T21:00:00.000000Z", "2026-11-23T21:00:00.000000Z", "2026-11-23T21:37:35.892027Z"]
    node.programs["kubectl"] = lambda argv: RunResult(
        "ok",
        0,
        json.dumps({"spec": {"renewTime": leases[min(len(slept), 2)]}})
        if "leases" in argv[-1]
        else json.dumps({"status": {"conditions": [{"type": "Ready", "status": "True"}]}}),
    )
    host = node.host()
    cluster.wait_until_ready(host, "kubectl", CONFIG, "worker-2", "2026-11-23T21:37:00Z", 60.0)
    assert (len(slept), host.processes) == (2, 6)


def test_waiting_ends(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that does not become Ready, or is not known, costs the time that was given and no more."""
    node.write(CONFIG, "x")
    monkeypatch.setattr(cluster.time, "sleep", lambda _seconds: None)
    node.programs["kubectl"] = lambda _argv: RunResult("ok", 1, "", "not found")
    cluster.wait_until_ready(node.host(), "kubectl", CONFIG, "worker-2", "", 0.05)
    cluster.wait_until_ready(node.host(), "kubectl", None, "worker-2", "", 0.0)
