# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates from the evidence to the finding: a wrong clientCAFile, and a hand-made cluster that ran out in 2019."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from unit.causes._make import evidence, files, findings, logged, node_of, put, roots, stopped
from unit.causes._pki import Authority

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

CONFIG = "/var/lib/kubelet/config.yaml"
KUBECONFIG = "/etc/kubernetes/kubelet.conf"
CA = "/etc/kubernetes/pki/ca.crt"
WRONG = "/etc/kubernetes/pki/WRONG-CA-FILE.crt"
OLD_WORDS = (
    'E1215 08:30:09.839403   10831 run.go:72] "command failed" err="failed to construct kubelet dependencies: unable to'
    f' load client CA file {WRONG}: open {WRONG}: no such file or directory"'
)
NEW_WORDS = (
    'E1123 21:34:51.237644    6563 run.go:72] "command failed" err="failed to run Kubelet:'
    f' open {WRONG}: no such file or directory"'
)


def wrong_client_ca() -> dict[str, Any]:
    """Evidence of the node whose clientCAFile names a file that does not exist."""
    changed = evidence()
    put(changed, CONFIG, changed["files"][CONFIG]["content"].replace(CA, WRONG))
    put(changed, WRONG, None)
    return changed


@pytest.mark.parametrize("words", [OLD_WORDS, NEW_WORDS])
def test_missing_client_ca_file(words: str) -> None:
    """The line of config.yaml, the file that is meant instead, and a repair that is safe."""
    node = stopped(logged(node_of(wrong_client_ca()), words))
    assert roots(node) == {"certificate/client-ca-file-missing"}
    found = findings(node)["certificate/client-ca-file-missing"]
    assert f"{CONFIG}:9" in found.summary
    assert f"expected {CA}" in found.summary
    assert [e.source for e in found.evidence] == ["file", "journal"]
    assert (found.remedy.repair, found.remedy.automatic) == ("set-client-ca-file", "safe")


def test_deleted_client_ca_file_is_restored_from_the_kubeconfig() -> None:
    """Where no other file holds the CA, the kubeconfig's own copy does."""
    changed = evidence()
    put(changed, CA, None)
    found = findings(stopped(node_of(changed)))["certificate/client-ca-file-missing"]
    assert (found.remedy.repair, found.remedy.automatic) == ("restore-ca-file", "needs-approval")


@pytest.mark.parametrize("words", [OLD_WORDS, NEW_WORDS])
def test_missing_client_ca_file_when_no_file_was_read(words: str) -> None:
    """The kubelet's last line is enough, in both wordings."""
    changed = evidence()
    changed["files"] = {}
    found = findings(stopped(logged(node_of(changed), words)))
    assert WRONG in found["certificate/client-ca-file-missing"].summary


def test_the_ca_of_the_kubeconfig_is_another_matter() -> None:
    """A missing certificate-authority does not accuse clientCAFile."""
    changed = evidence()
    text = changed["files"][KUBECONFIG]["content"].splitlines()
    text = [f"    certificate-authority: {WRONG}" if "certificate-authority-data" in line else line for line in text]
    put(changed, KUBECONFIG, "\n".join(text))
    put(changed, WRONG, None)
    assert roots(stopped(node_of(changed))) == {"kubeconfig/ca-file-missing"}


def hand_made(*, client_ends: datetime, serving: str = "/var/lib/kubelet/worker-1.crt") -> Snapshot:
    """A worker set up by hand: kubeconfig and config.yaml name /var/lib/kubelet/worker-1.crt, no bootstrap, 2019."""
    begins = datetime(2019, 3, 20, 8, 9, 29, tzinfo=UTC)
    authority = Authority("KUBERNETES-CA", begins, begins + timedelta(days=1000))
    issued = authority.issue("system:node:worker-1", group="system:nodes", begins=begins, ends=client_ends)
    changed = evidence()
    put(changed, "/var/lib/kubelet/worker-1.crt", issued.pem)
    put(changed, "/var/lib/kubelet/worker-1.key", "-----BEGIN PRIVATE KEY-----\n****\n-----END PRIVATE KEY-----\n")
    changed["files"]["/var/lib/kubelet/worker-1.key"]["public_key_sha256"] = [issued.key_sha256]
    put(changed, "/var/lib/kubernetes/ca.crt", authority.pem)
    put(changed, KUBECONFIG, KUBECONFIG_TEXT)
    put(changed, CONFIG, CONFIG_TEXT.format(serving=serving))
    unit = changed["units"]["kubelet.service"]
    for key in ("cat", "show"):
        unit[key] = _without_bootstrap(unit[key])
    changed["host"]["hostname"] = "worker-1"
    changed["captured_at"] = "2019-06-01T12:00:00Z"
    changed["cluster"] = {}
    changed["probes"] = [
        {"probe": "resolve", "name": "controlplane", "status": "ok"},
        {"probe": "connect", "host": "controlplane", "port": 6443, "status": "ok"},
        {
            "probe": "http",
            "url": "https://controlplane:6443/api/v1/nodes/worker-1",
            "client_certificate": "/var/lib/kubelet/worker-1.crt",
            "code": 401,
            "date": "Sat, 01 Jun 2019 12:00:01 GMT",
            "status": "ok",
        },
    ]
    return node_of(changed)


def _without_bootstrap(text: Any) -> Any:
    if isinstance(text, dict):
        return {key: _without_bootstrap(value) for key, value in text.items()}
    flag = "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf "
    return text.replace(flag, "") if isinstance(text, str) else text


KUBECONFIG_TEXT = """apiVersion: v1
kind: Config
clusters:
- name: k8s
  cluster:
    certificate-authority: /var/lib/kubernetes/ca.crt
    server: https://controlplane:6443
users:
- name: system:node:worker-1
  user:
    client-certificate: /var/lib/kubelet/worker-1.crt
    client-key: /var/lib/kubelet/worker-1.key
contexts:
- name: default
  context: {cluster: k8s, user: "system:node:worker-1"}
current-context: default
"""
CONFIG_TEXT = """apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  x509:
    clientCAFile: /var/lib/kubernetes/ca.crt
tlsCertFile: {serving}
tlsPrivateKeyFile: /var/lib/kubelet/worker-1.key
"""


def test_hand_made_certificate_that_ran_out() -> None:
    """Named with subject, issuer and dates; the same file as serving certificate is no second root."""
    node = hand_made(client_ends=datetime(2019, 4, 19, 8, 9, 29, tzinfo=UTC))
    assert roots(node) == {"certificate/client-expired"}
    found = findings(node)
    text = found["certificate/client-expired"]
    assert "/var/lib/kubelet/worker-1.crt expired 43 days ago (2019-04-19" in text.summary
    assert "CN=system:node:worker-1" in text.summary
    assert "CN=KUBERNETES-CA" in text.summary
    assert "2019-03-20" in text.evidence[0].excerpt
    assert text.remedy.repair == "renew-client-certificate"
    assert "certificate/serving-cert-expired" in found


def test_hand_made_certificate_that_is_valid_and_about_to_end() -> None:
    """Rotation is off: a risk in its last weeks, nothing before."""
    soon = hand_made(client_ends=datetime(2019, 6, 9, tzinfo=UTC))
    assert "certificate/rotation-overdue" in findings(soon)
    assert "rotation is off" in findings(soon)["certificate/rotation-overdue"].summary
    far = hand_made(client_ends=datetime(2020, 3, 20, tzinfo=UTC))
    assert "certificate/rotation-overdue" not in findings(far)


def test_hand_made_serving_file_that_is_missing() -> None:
    """tlsCertFile names no file: the kubelet cannot start."""
    at = datetime(2020, 3, 20, tzinfo=UTC)
    changed_path = "/var/lib/kubelet/nope.crt"
    node = hand_made(client_ends=at, serving=changed_path)
    assert "certificate/tls-cert-file-missing" not in findings(node)
    absent = files(node, FileFact(changed_path, "absent"))
    assert "certificate/tls-cert-file-missing" in roots(stopped(absent))
