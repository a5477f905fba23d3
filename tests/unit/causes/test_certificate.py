# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of certificates: each where it holds, with its neighbours where they must not."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from unit.causes._api_nodes import answered, lease, probed, request, silent, unprobed, written
from unit.causes._make import evidence, files, findings, healthy, logged, node_of, put, risks, roots, stopped, unit
from unit.causes._pki import Authority

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import x509
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

NOW = healthy().captured_at
DAY = timedelta(days=1)
PKI = "/var/lib/kubelet/pki"
CURRENT = f"{PKI}/kubelet-client-current.pem"
DATED = f"{PKI}/kubelet-client-2026-11-23-20-53-12.pem"
BOOTSTRAP = "/etc/kubernetes/bootstrap-kubelet.conf"
CLIENT = {"name": "system:node:worker-7", "group": "system:nodes"}
OTHER = Authority("kubernetes", NOW - 100 * DAY, NOW + 900 * DAY)


def changed_leaf(role: str, node: Snapshot | None = None, **changes: Any) -> Snapshot:
    """The node with other facts of the leaf in a role (its signature stays as it was judged)."""
    node = node or healthy()
    use = node.certificate(role)
    assert use.leaf is not None
    other = replace(use, certificates=(replace(use.leaf, **changes), *use.certificates[1:]))
    return replace(node, certificates={**node.certificates, role: other})


def changed_use(role: str, node: Snapshot | None = None, **changes: Any) -> Snapshot:
    """The node with another CertificateUse in a role."""
    node = node or healthy()
    return replace(node, certificates={**node.certificates, role: replace(node.certificate(role), **changes)})


def server_clock(node: Snapshot, date: datetime) -> Snapshot:
    """The API server's answers carry this time."""
    own, ready = (replace(p, date=date) for p in (node.probes.node_object, node.probes.readyz))
    return probed(node, node_object=own, readyz=ready)


# Client certificate: dates, issuer, usage, names.


def test_expired_client_certificate() -> None:
    """Down when nothing works, and only a risk while the kubelet evidently does."""
    node = changed_leaf("client", silent(), not_after=NOW - DAY)
    assert roots(answered(node, 401)) == {"certificate/client-expired"}
    assert risks(changed_leaf("client", not_after=NOW - DAY)) == {"certificate/client-expired"}


def test_the_clock_is_asked_before_a_certificate_is_accused() -> None:
    """Expired by the node's clock alone, or by the server's alone, is the clock's fault."""
    node = changed_leaf("client", silent(), not_after=NOW - DAY)
    assert "certificate/client-expired" not in findings(server_clock(node, NOW - 30 * DAY))
    node = changed_leaf("client", silent(), not_after=NOW + DAY)
    assert "certificate/client-expired" not in findings(server_clock(node, NOW + 30 * DAY))
    node = changed_leaf("apiserver", silent(), not_after=NOW - DAY)
    said = logged(node, request("x509: certificate has expired or is not yet valid: current time A is after B"))
    assert "certificate/apiserver-cert-expired" not in findings(server_clock(said, NOW - 30 * DAY))


def test_certificate_that_is_not_valid_yet() -> None:
    """notBefore lies ahead by both clocks."""
    node = answered(changed_leaf("client", silent(), not_before=NOW + DAY), 401)
    assert roots(node) == {"certificate/client-not-yet-valid"}
    assert "certificate/client-not-yet-valid" not in findings(server_clock(node, NOW + 2 * DAY))


def test_issuer_that_the_api_server_does_not_trust() -> None:
    """401 and a signature of no known CA; without a 401 a separate client CA is possible."""
    assert roots(answered(changed_use("client", silent(), issued_by_trusted=False), 401)) == {
        "certificate/client-wrong-issuer"
    }
    assert roots(answered(silent(), 401)) == {"certificate/client-wrong-issuer"}
    assert findings(changed_use("client", issued_by_trusted=False)) == {}


def test_usage_without_client_auth() -> None:
    """serverAuth alone is refused; no usage at all, or any, is accepted."""
    node = answered(changed_leaf("client", silent(), extended_key_usages=("serverAuth",)), 401)
    assert roots(node) == {"certificate/client-missing-eku"}
    for usages in ((), ("anyExtendedKeyUsage",), ("serverAuth", "clientAuth")):
        assert "certificate/client-missing-eku" not in findings(changed_leaf("client", extended_key_usages=usages))


def forbidden(user: str) -> str:
    """Body of a 403 answer to this user."""
    return f'{{"message":"nodes is forbidden: User \\"{user}\\" cannot get resource \\"nodes\\""}}'


def test_certificate_without_the_group_of_nodes() -> None:
    """403 as this node and no O=system:nodes; with the group it is the API server's fault."""
    node = answered(silent(), 403, forbidden("system:node:worker-7"))
    assert roots(changed_leaf("client", node, organizations=())) == {"certificate/client-missing-org"}
    assert roots(node) == {"apiserver/rbac-missing"}


def test_certificate_of_another_node() -> None:
    """403 as somebody else; a name that differs without a 403 is no proof."""
    node = changed_leaf("client", silent(), common_name="system:node:worker-99")
    assert roots(answered(node, 403, forbidden("system:node:worker-99"))) == {"certificate/client-cn-mismatch"}
    assert findings(changed_leaf("client", common_name="system:node:worker-99")) == {}


def test_anonymous_requests_are_a_matter_of_certificates() -> None:
    """system:anonymous is never a matter of rights; with an expired certificate it is its consequence."""
    line = lease('leases "w" is forbidden: User "system:anonymous" cannot get resource "leases" in API group "x"')
    node = unprobed(logged(silent(), line))
    assert roots(node) == {"certificate/no-usable-client-cert"}
    assert roots(changed_leaf("client", node, not_after=NOW - DAY)) == {"certificate/client-expired"}
    assert findings(logged(healthy(), line)) == {}


def test_process_that_holds_an_old_certificate() -> None:
    """The file is accepted, the running kubelet is refused: restart it."""
    node = logged(silent(), lease("Unauthorized"), count=9)
    assert roots(node) == {"certificate/no-usable-client-cert"}
    assert "restart" in findings(node)["certificate/no-usable-client-cert"].summary


# Files.


def test_dangling_link() -> None:
    """The link is there and its target is not; an intact older file is offered."""
    changed = evidence()
    put(changed, DATED, None)
    changed["files"][CURRENT]["resolves"] = False
    node = stopped(node_of(changed))
    assert roots(node) == {"certificate/rotation-symlink-dangling"}
    put(changed, "/etc/kubernetes/pki/ca.crt", changed["files"]["/etc/kubernetes/pki/ca.crt"]["content"] + OTHER.pem)
    older = OTHER.issue(**CLIENT, begins=NOW - 10 * DAY, ends=NOW + 100 * DAY)
    put(changed, f"{PKI}/kubelet-client-2026-11-13-00-00-00.pem", older.pem, public_key_sha256=[older.key_sha256])
    remedy = findings(stopped(node_of(changed)))["certificate/rotation-symlink-dangling"].remedy
    assert remedy.repair == "relink-client-certificate"
    assert "2026-11-13" in remedy.text


def test_missing_client_pem() -> None:
    """No link at all; while a bootstrap file is there the kubelet makes a new one."""
    changed = evidence()
    put(changed, CURRENT, None)
    assert roots(stopped(node_of(changed))) == {"certificate/client-pem-missing"}
    put(changed, BOOTSTRAP, "apiVersion: v1\nkind: Config\n")
    assert "certificate/client-pem-missing" not in findings(stopped(node_of(changed)))


def test_current_pem_that_is_a_file() -> None:
    """Rotation cannot store a renewal; without rotation a file is as good as a link."""
    changed = evidence()
    pem = changed["files"][DATED]
    put(changed, CURRENT, pem["content"], public_key_sha256=pem["public_key_sha256"])
    assert risks(node_of(changed)) == {"certificate/current-pem-not-symlink"}
    config = changed["files"]["/var/lib/kubelet/config.yaml"]["content"]
    put(
        changed, "/var/lib/kubelet/config.yaml", config.replace("rotateCertificates: true", "rotateCertificates: false")
    )
    assert "certificate/current-pem-not-symlink" not in findings(node_of(changed))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/etc/kubernetes/pki/ca.crt", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"),
        ("/etc/kubernetes/pki/ca.crt", ""),
        (DATED, "garbage"),
    ],
)
def test_damaged_files(path: str, content: str) -> None:
    """A PEM in use that cannot be read stops the next start."""
    changed = evidence()
    put(changed, path, content)
    assert roots(stopped(node_of(changed))) == {"certificate/pem-corrupt"}
    assert risks(node_of(changed)) == {"certificate/pem-corrupt"}


def test_key_of_another_certificate() -> None:
    """The hash of the key's public half decides; an unknown one decides nothing."""
    changed = evidence()
    changed["files"][DATED]["public_key_sha256"] = ["0" * 64]
    assert roots(stopped(node_of(changed))) == {"certificate/key-mismatch"}
    changed["files"][DATED]["public_key_sha256"] = []
    assert "certificate/key-mismatch" not in findings(stopped(node_of(changed)))


def test_half_of_the_own_serving_pair() -> None:
    """One of kubelet.crt and kubelet.key alone stops the start, both gone do not."""
    changed = evidence()
    put(changed, f"{PKI}/kubelet.key", None)
    assert roots(stopped(node_of(changed))) == {"certificate/serving-pair-incomplete"}
    put(changed, f"{PKI}/kubelet.crt", None)
    assert "certificate/serving-pair-incomplete" not in findings(stopped(node_of(changed)))


# CAs.


def test_client_ca_of_another_cluster() -> None:
    """Another key under the same name; where client certificates have a CA of their own it is right."""
    changed = evidence()
    put(changed, "/etc/kubernetes/pki/ca.crt", OTHER.pem)
    found = findings(node_of(changed))
    assert set(found) == {"certificate/client-ca-other-cluster"}
    assert found["certificate/client-ca-other-cluster"].effect == Effect.DEGRADED
    own = OTHER.issue(**CLIENT, begins=NOW - DAY, ends=NOW + 300 * DAY)
    put(changed, DATED, own.pem, public_key_sha256=[own.key_sha256])
    assert findings(node_of(changed)) == {}


def test_bundle_of_two_cas_is_right() -> None:
    """During a change of the CA both stand in the file."""
    changed = evidence()
    both = OTHER.pem + changed["files"]["/etc/kubernetes/pki/ca.crt"]["content"]
    put(changed, "/etc/kubernetes/pki/ca.crt", both)
    assert findings(node_of(changed)) == {}


def test_expired_and_expiring_cluster_ca() -> None:
    """An expired CA explains the certificates below it; one that ends soon is a risk."""
    node = changed_leaf("server-ca", silent(), not_after=NOW - DAY)
    assert roots(changed_leaf("client", node, not_after=NOW - DAY)) == {"certificate/cluster-ca-expired"}
    assert risks(changed_leaf("server-ca", not_after=NOW + 20 * DAY)) == {"certificate/cluster-ca-expired"}
    assert findings(changed_leaf("server-ca", not_after=NOW + 100 * DAY)) == {}


def test_weak_signature() -> None:
    """A risk while nobody refuses it, the cause where the kubelet is new enough to refuse it."""
    weak = {"weak_signature": True, "signature_algorithm": "sha1WithRSAEncryption"}
    assert risks(changed_leaf("client", **weak)) == {"certificate/weak-signature"}
    assert roots(changed_leaf("apiserver", silent(), **weak)) == {"certificate/weak-signature"}


# The API server's certificate.


def test_ca_that_did_not_sign_the_servers_certificate() -> None:
    """The kubeconfig holds another CA, and the right one lies in clientCAFile."""
    changed = evidence()
    text = "\n".join(
        f"    certificate-authority-data: {base64.b64encode(OTHER.pem.encode()).decode()}"
        if "certificate-authority-data" in line
        else line
        for line in changed["files"]["/etc/kubernetes/kubelet.conf"]["content"].splitlines()
    )
    put(changed, "/etc/kubernetes/kubelet.conf", text, mtime="2026-11-23T21:37:00Z")
    node = silent(node_of(changed))
    assert roots(node) == {"certificate/ca-not-trusted-by-node"}
    found = findings(node)["certificate/ca-not-trusted-by-node"]
    assert "/etc/kubernetes/pki/ca.crt did" in found.summary
    assert found.remedy.repair == "set-kubeconfig-ca"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("certificate signed by unknown authority", "certificate/ca-not-trusted-by-node"),
        (
            "certificate has expired or is not yet valid: current time A is after B",
            "certificate/apiserver-cert-expired",
        ),
        ("certificate is valid for a, b, not controlplane", "certificate/apiserver-san-mismatch"),
        (
            "cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs",
            "certificate/apiserver-san-mismatch",
        ),
    ],
)
def test_the_kubelets_words_count_where_nobody_saw_the_certificate(reason: str, expected: str) -> None:
    """Without probes the x509 text decides; with a certificate that is in order it does not."""
    text = request(f"tls: failed to verify certificate: x509: {reason}")
    without = {role: use for role, use in silent().certificates.items() if role != "apiserver"}
    node = written(logged(replace(unprobed(silent()), certificates=without), text, count=9), ago=3600)
    assert roots(node) == {expected}


def test_name_that_the_certificate_does_not_cover() -> None:
    """The configured host is none of its names; tls-server-name counts where it is set."""
    other = replace(healthy().kubeconfig, host="k8s-lb")
    node = replace(silent(), kubeconfig=other)
    assert roots(node) == {"certificate/apiserver-san-mismatch"}
    named = replace(other, tls_server_name="kubernetes")
    assert "certificate/apiserver-san-mismatch" not in findings(replace(node, kubeconfig=named))


def test_expired_server_certificate() -> None:
    """By both clocks; nothing is wrong with the node."""
    assert roots(changed_leaf("apiserver", silent(), not_after=NOW - DAY)) == {"certificate/apiserver-cert-expired"}


def test_corrected_ca_without_restart() -> None:
    """The file is right again and the process still holds the old CA."""
    node = unit(written(silent(), ago=20), started_ago=600)
    text = request("tls: failed to verify certificate: x509: certificate signed by unknown authority")
    node = logged(node, text, count=20)
    assert roots(node) == {"certificate/ca-not-trusted-by-node"}
    assert "restart" in findings(node)["certificate/ca-not-trusted-by-node"].summary


# Renewal.


def csr(signer: str, user: str, created: datetime, **status: Any) -> dict[str, Any]:
    """A certificate request of this node."""
    name = {"name": "csr-1", "creationTimestamp": f"{created:%Y-%m-%dT%H:%M:%SZ}"}
    return {"metadata": name, "spec": {"signerName": signer, "username": user}, "status": status}


CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"
SERVING_SIGNER = "kubernetes.io/kubelet-serving"
NODE_USER = "system:node:worker-7"


def requested(node: Snapshot, *csrs: dict[str, Any]) -> Snapshot:
    """The control plane shows these requests of the node."""
    return replace(node, cluster=replace(node.cluster, csrs=csrs))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({}, "pending"),
        ({"conditions": [{"type": "Denied"}]}, "denied"),
        ({"conditions": [{"type": "Approved"}]}, "approved but not signed"),
    ],
)
def test_request_that_brings_no_certificate(status: dict[str, Any], words: str) -> None:
    """A risk for a node with a certificate, the cause for one without."""
    waiting = csr(CLIENT_SIGNER, NODE_USER, NOW - timedelta(minutes=10), **status)
    found = findings(requested(healthy(), waiting))["certificate/client-csr-not-approved"]
    assert found.effect == Effect.RISK
    assert words in found.summary
    assert roots(requested(changed_leaf("client", silent(), not_after=NOW - DAY), waiting)) == {
        "certificate/client-csr-not-approved"
    }


def test_requests_that_do_not_matter() -> None:
    """Issued ones, fresh ones, and a left-over of a bootstrap beside a valid certificate."""
    issued = csr(CLIENT_SIGNER, NODE_USER, NOW - DAY, certificate="x")
    fresh = csr(CLIENT_SIGNER, NODE_USER, NOW - timedelta(seconds=3))
    left = csr(CLIENT_SIGNER, "system:bootstrap:abcdef", NOW - timedelta(hours=1))
    for entry in (issued, fresh, left):
        assert findings(requested(healthy(), entry)) == {}


def test_late_rotation() -> None:
    """Past 90 % with rotation on is late; 85 % is the normal window."""
    late = changed_leaf("client", not_before=NOW - 360 * DAY, not_after=NOW + 5 * DAY)
    assert risks(late) == {"certificate/rotation-overdue"}
    assert findings(changed_leaf("client", not_before=NOW - 310 * DAY, not_after=NOW + 55 * DAY)) == {}


def test_serving_request() -> None:
    """It degrades a node that has no serving certificate, and never concerns one that makes its own."""
    waiting = csr(SERVING_SIGNER, NODE_USER, NOW - timedelta(minutes=10))
    assert findings(requested(healthy(), waiting)) == {}
    changed = evidence()
    config = changed["files"]["/var/lib/kubelet/config.yaml"]["content"]
    put(changed, "/var/lib/kubelet/config.yaml", config + "serverTLSBootstrap: true\n")
    assert roots(requested(node_of(changed), waiting)) == {"certificate/serving-csr-pending"}


def test_expired_serving_certificate() -> None:
    """A risk for the kubelet's own pair, a degradation for one that a CA issued."""
    assert risks(changed_leaf("serving", not_after=NOW - DAY)) == {"certificate/serving-cert-expired"}
    named = changed_use("serving", path="/etc/kubelet/tls.crt", place=healthy().certificate("client-ca").place)
    assert roots(changed_leaf("serving", named, not_after=NOW - DAY)) == {"certificate/serving-cert-expired"}
    assert risks(changed_leaf("serving", named, not_after=NOW + 5 * DAY)) == {"certificate/serving-cert-expired"}


def test_authorities_of_one_name_differ() -> None:
    """The helper's certificates are what the tests take them for."""
    ours = x509.certificates(evidence()["files"]["/etc/kubernetes/pki/ca.crt"]["content"])
    theirs = x509.certificates(OTHER.pem)
    assert ours[0].subject == theirs[0].subject
    assert not x509.trusted(theirs, ours)


def test_unknown_files_accuse_nobody() -> None:
    """A node whose files could not be read gives no certificate finding."""
    unknown = {path: FileFact(path, "denied") for path in healthy().files}
    bare = replace(files(healthy(), *unknown.values()), certificates={})
    assert findings(bare) == {}
