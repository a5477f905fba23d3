# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in cluster: who may do what at its API server, the files of its hosts, and the cases."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from lab import cases
from lab.standin import layout
from lab.standin.local import NODE, Rig

CORPUS = Path(__file__).parents[2] / "corpus"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("cluster"), grace_seconds=1)
    rig.start()
    yield rig
    rig.stop()


def ask(
    rig: Rig,
    pair: tuple[str, str] | None,
    method: str,
    path: str,
    body: Any = None,
    token: str = "",
    chunked: bool = False,
) -> tuple[int, Any]:
    """Send one request with a client certificate (or none); the status and the decoded answer."""
    context = ssl.create_default_context(cadata=rig.pki.authority().certificate)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if pair:
        both = rig.folder / "pair.pem"
        both.write_text("".join(pair))
        context.load_cert_chain(both)
    connection = http.client.HTTPSConnection("localhost", rig.port, context=context, timeout=10)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data: Any = None if body is None else json.dumps(body)
    connection.request(method, path, iter([data.encode()]) if chunked else data, headers, encode_chunked=chunked)
    response = connection.getresponse()
    answer = response.read().decode()
    connection.close()
    return response.status, json.loads(answer) if answer.startswith("{") else answer


def node_request(tmp_path: Path) -> dict[str, Any]:
    """The spec of a request for the node's client certificate."""
    key = tmp_path / "key"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
    subject = f"/O=system:nodes/CN=system:node:{NODE}"
    csr = subprocess.run(["openssl", "req", "-new", "-key", key, "-subj", subject], check=True, capture_output=True)
    return {
        "request": base64.b64encode(csr.stdout).decode(),
        "signerName": "kubernetes.io/kube-apiserver-client-kubelet",
    }


@pytest.mark.parametrize("variant", ["expired", "not-yet-valid", "other-ca", "server-only"])
def test_a_bad_client_certificate_is_unauthorized(variant: str, rig: Rig) -> None:
    """The handshake succeeds and the answer is a bare 401, whatever is wrong with the certificate."""
    code, answer = ask(rig, rig.pki.node_client(NODE, variant), "GET", f"/api/v1/nodes/{NODE}")
    assert (code, answer["message"]) == (401, "Unauthorized")


def test_a_node_may_not_read_another_node(rig: Rig) -> None:
    """The Node authorizer refuses with the recorded text."""
    pair = rig.pki.node_client(NODE, "wrong-name")
    code, answer = ask(rig, pair, "GET", f"/api/v1/nodes?fieldSelector=metadata.name%3D{NODE}&limit=500")
    assert code == 403
    assert answer["message"] == (
        f'nodes "{NODE}" is forbidden: User "system:node:worker-99" cannot list resource "nodes" in API group "" '
        f"at the cluster scope: node 'worker-99' cannot read '{NODE}', only its own Node object"
    )


def test_nobody_may_not_read_nodes(rig: Rig) -> None:
    """Without a certificate the user is system:anonymous; readyz is open to everybody."""
    code, answer = ask(rig, None, "GET", "/api/v1/nodes")
    assert code == 403
    assert 'User "system:anonymous" cannot list resource "nodes"' in answer["message"]
    assert ask(rig, None, "GET", "/readyz") == (200, "ok")


def test_a_node_that_falls_silent_becomes_unknown(rig: Rig) -> None:
    """After the grace period the conditions are Unknown, with the real reason, message and taints."""
    pair = rig.pki.node_client(NODE)
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "kubelet is posting ready status"}
    node = {"metadata": {"name": NODE}, "status": {"conditions": [ready]}}
    assert ask(rig, pair, "POST", "/api/v1/nodes", node)[0] == 201
    end = time.monotonic() + 120
    while True:
        _code, seen = ask(rig, rig.pki.admin(), "GET", f"/api/v1/nodes/{NODE}")
        condition = seen["status"]["conditions"][0]
        if condition["status"] != "True" or time.monotonic() > end:
            break
        time.sleep(0.1)
    assert (condition["status"], condition["reason"]) == ("Unknown", "NodeStatusUnknown")
    assert condition["message"] == "Kubelet stopped posting node status."
    assert {taint["key"] for taint in seen["spec"]["taints"]} == {"node.kubernetes.io/unreachable"}


def test_leases_of_all_nodes_come_in_one_list(rig: Rig) -> None:
    """An administrator reads every lease at once; a node only its own."""
    lease = {"metadata": {"name": NODE}, "spec": {"holderIdentity": NODE}}
    assert ask(rig, rig.pki.node_client(NODE), "POST", LEASES, lease)[0] == 201
    _code, leases = ask(rig, rig.pki.admin(), "GET", LEASES)
    assert [item["metadata"]["name"] for item in leases["items"]] == [NODE]
    assert ask(rig, rig.pki.node_client(NODE), "GET", f"{LEASES}/worker-2")[0] == 403


@pytest.mark.parametrize(("token", "signed"), [("abcdef.0123456789abcdef", True), ("fedcba.0123456789abcdef", False)])
def test_only_one_kind_of_bootstrap_token_is_approved(token: str, signed: bool, rig: Rig, tmp_path: Path) -> None:
    """A request with kubeadm's token is signed at once, one with the other token waits."""
    body = {"metadata": {"generateName": "csr-"}, "spec": node_request(tmp_path)}
    code, made = ask(rig, None, "POST", REQUESTS, body, token=token)
    assert code == 201
    assert bool(made.get("status", {}).get("certificate")) is signed


def test_request_of_an_administrator_waits_for_its_approval(rig: Rig, tmp_path: Path) -> None:
    """It is sent in chunks, as kubectl does. A node may not approve it; when an administrator does, it is signed."""
    admin, name = rig.pki.admin(), "nodeclinic-test"
    body = {"metadata": {"name": name}, "spec": node_request(tmp_path)}
    code, made = ask(rig, admin, "POST", REQUESTS, body, chunked=True)
    assert (code, made.get("status", {})) == (201, {})
    assert ask(rig, admin, "POST", REQUESTS, body, chunked=True)[0] == 409
    approved = {**made, "status": {"conditions": [{"type": "Approved", "status": "True", "reason": "x"}]}}
    assert ask(rig, rig.pki.node_client(NODE), "PUT", f"{REQUESTS}/{name}/approval", approved)[0] == 403
    assert ask(rig, admin, "PUT", f"{REQUESTS}/{name}/approval", approved, chunked=True)[0] == 200
    _code, signed = ask(rig, admin, "GET", f"{REQUESTS}/{name}")
    assert base64.b64decode(signed["status"]["certificate"]).startswith(b"-----BEGIN CERTIFICATE-----")
    assert ask(rig, admin, "DELETE", f"{REQUESTS}/{name}")[0] == 200


def test_the_worker_is_laid_out_as_a_recorded_one(rig: Rig) -> None:
    """Unit, drop-in, configuration and flags of a lab worker are those of a real kubeadm node, byte for byte."""
    files = layout.worker_files(NODE, "https://controlplane:6443", rig.pki)
    recorded = CORPUS / "healthy/files"
    for path in (
        "/usr/lib/systemd/system/kubelet.service",
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
        "/var/lib/kubelet/config.yaml",
        "/var/lib/kubelet/kubeadm-flags.env",
        "/var/lib/kubelet/cpu_manager_state",
        "/etc/cni/net.d/10-lab.conflist",
        "/etc/containerd/config.toml",
    ):
        assert files[path][1].strip() == (recorded / path.lstrip("/")).read_text().strip(), path


def test_the_hand_made_node_has_the_certificate_of_the_walkthrough(rig: Rig) -> None:
    """Named by kubeconfig and tlsCertFile, from KUBERNETES-CA, expired on 19 April 2019."""
    files = layout.hand_files("worker-1", "https://controlplane:6443", rig.pki)
    path = "/var/lib/kubelet/worker-1.crt"
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-subject", "-issuer", "-enddate", "-nameopt", "oneline"],
        input=files[path][1], text=True, capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert "CN = system:node:worker-1, O = system:nodes" in shown
    assert "CN = KUBERNETES-CA" in shown
    assert "notAfter=Apr 19 08:09:29 2019 GMT" in shown
    assert f"client-certificate: {path}" in files["/var/lib/kubelet/kubeconfig"][1]
    assert f"tlsCertFile: {path}" in files["/var/lib/kubelet/kubelet-config.yaml"][1]


def test_the_same_lab_gets_the_same_bytes(rig: Rig) -> None:
    """Healing a host puts back exactly what it had."""
    hosts = {"controlplane": "10.240.0.10", "worker-1": "10.240.0.11"}
    first = layout.node_files("worker-1", "worker", hosts, 12, rig.pki.folder)
    assert layout.node_files("worker-1", "worker", hosts, 12, rig.pki.folder) == first


@pytest.mark.parametrize("name", cases.names())
def test_a_case_says_how_and_what_to_expect(name: str) -> None:
    """Every case can be loaded and names steps, verdicts and roots."""
    case = cases.load(name)
    assert case.title
    assert case.node_steps or case.controlplane_steps
    assert set(case.expect["verdicts"]) <= {"healthy", "at_risk", "degraded", "down", "unknown"}
    assert all(ids and all("/" in cause for cause in ids) for ids in case.expect["roots"])


@pytest.mark.parametrize("name", sorted(set(cases.names()) & {path.name for path in CORPUS.iterdir()}))
def test_a_case_expects_what_its_recording_expects(name: str) -> None:
    """A case with the id of a corpus bundle has the same verdicts and roots."""
    recorded = yaml.safe_load((CORPUS / name / "expected.yml").read_text())
    expected = cases.load(name).expect
    for key in ("verdicts", "roots", "may_also_be_roots", "root_or_risk"):
        assert expected.get(key) == recorded.get(key), key
