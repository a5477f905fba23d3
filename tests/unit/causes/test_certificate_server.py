# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server's certificate, the kubelet's serving certificate, and renewals."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from unit.causes._api_nodes import request, silent, unprobed, written
from unit.causes._certificate_nodes import (
    CONFIG,
    DAY,
    NOW,
    OTHER,
    changed_leaf,
    changed_use,
)
from unit.causes._make import evidence, findings, healthy, logged, node_of, put, risks, roots, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot


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


def test_server_certificate_that_ends_soon() -> None:
    """Two weeks before the end it is a risk for every node."""
    assert risks(changed_leaf("apiserver", not_after=NOW + 5 * DAY)) == {"certificate/apiserver-cert-expired"}
    assert findings(changed_leaf("apiserver", not_after=NOW + 30 * DAY)) == {}


def test_corrected_ca_without_restart() -> None:
    """The file is right again and the process still holds the old CA."""
    node = unit(written(silent(), ago=20), started_ago=600)
    text = request("tls: failed to verify certificate: x509: certificate signed by unknown authority")
    node = logged(node, text, count=20)
    assert roots(node) == {"certificate/ca-not-trusted-by-node"}
    assert "restart" in findings(node)["certificate/ca-not-trusted-by-node"].summary


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


def test_bootstrap_that_waits_for_seconds() -> None:
    """A kubelet that already works without certificate waits for its request, young as it is."""
    node = replace(silent(), certificates={})
    node = logged(node, 'nodes "worker-7" is forbidden: User "system:anonymous" cannot get resource "nodes"', count=3)
    young = csr(CLIENT_SIGNER, "system:bootstrap:abcdef", NOW - timedelta(seconds=12))
    assert roots(requested(node, young)) == {"certificate/client-csr-not-approved"}
    newborn = csr(CLIENT_SIGNER, "system:bootstrap:abcdef", NOW - timedelta(seconds=2))
    assert "certificate/client-csr-not-approved" not in roots(requested(node, newborn))


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
    config = changed["files"][CONFIG]["content"]
    put(changed, CONFIG, config + "serverTLSBootstrap: true\n")
    assert roots(requested(node_of(changed), waiting)) == {"certificate/serving-csr-pending"}


def test_expired_serving_certificate() -> None:
    """A risk for the kubelet's own pair, a degradation for one that a CA issued."""
    assert risks(changed_leaf("serving", not_after=NOW - DAY)) == {"certificate/serving-cert-expired"}
    named = changed_use("serving", path="/etc/kubelet/tls.crt", place=healthy().certificate("client-ca").place)
    assert roots(changed_leaf("serving", named, not_after=NOW - DAY)) == {"certificate/serving-cert-expired"}
    assert risks(changed_leaf("serving", named, not_after=NOW + 5 * DAY)) == {"certificate/serving-cert-expired"}
