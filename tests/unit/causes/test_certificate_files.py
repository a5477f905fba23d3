# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate and CA files: gone, damaged, of another cluster."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.causes._api_nodes import silent
from unit.causes._certificate_nodes import (
    CA,
    CONFIG,
    CURRENT,
    DATED,
    DAY,
    NOW,
    OTHER,
    PKI,
    changed_leaf,
)
from unit.causes._make import evidence, files, findings, healthy, node_of, put, risks, roots, stopped

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import x509
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect

KEY = "-----BEGIN PRIVATE KEY-----\n****\n-----END PRIVATE KEY-----\n"
CLIENT = {"name": "system:node:worker-7", "group": "system:nodes"}


def test_dangling_link() -> None:
    """The link is there and its target is not; an intact older file is offered."""
    changed = evidence()
    put(changed, DATED, None)
    changed["files"][CURRENT]["resolves"] = False
    node = stopped(node_of(changed))
    assert roots(node) == {"certificate/rotation-symlink-dangling"}
    put(changed, CA, changed["files"][CA]["content"] + OTHER.pem)
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
    put(changed, "/etc/kubernetes/bootstrap-kubelet.conf", "apiVersion: v1\nkind: Config\n")
    assert "certificate/client-pem-missing" not in findings(stopped(node_of(changed)))


def test_current_pem_that_is_a_file() -> None:
    """Rotation cannot store a renewal; without rotation a file is as good as a link."""
    changed = evidence()
    pem = changed["files"][DATED]
    put(changed, CURRENT, pem["content"], public_key_sha256=pem["public_key_sha256"])
    assert risks(node_of(changed)) == {"certificate/current-pem-not-symlink"}
    config = changed["files"][CONFIG]["content"]
    put(changed, CONFIG, config.replace("rotateCertificates: true", "rotateCertificates: false"))
    assert "certificate/current-pem-not-symlink" not in findings(node_of(changed))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        (CA, "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"),
        (CA, ""),
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


def test_key_that_is_no_key() -> None:
    """A client PEM that lost its key cannot be used; the kubelet ends on it."""
    changed = evidence()
    pem = str(changed["files"][DATED]["content"])
    put(changed, DATED, pem[: pem.index("-----BEGIN EC")])
    assert roots(stopped(node_of(changed))) == {"certificate/pem-corrupt"}


def test_half_of_the_own_serving_pair() -> None:
    """One of kubelet.crt and kubelet.key alone stops the start, both gone do not."""
    changed = evidence()
    put(changed, f"{PKI}/kubelet.key", None)
    assert roots(stopped(node_of(changed))) == {"certificate/serving-pair-incomplete"}
    put(changed, f"{PKI}/kubelet.crt", None)
    assert "certificate/serving-pair-incomplete" not in findings(stopped(node_of(changed)))


def test_client_ca_of_another_cluster() -> None:
    """Another key under the same name; where client certificates have a CA of their own it is right."""
    changed = evidence()
    put(changed, CA, OTHER.pem)
    found = findings(node_of(changed))
    assert set(found) == {"certificate/client-ca-other-cluster"}
    assert found["certificate/client-ca-other-cluster"].effect == Effect.DEGRADED
    own = OTHER.issue(**CLIENT, begins=NOW - DAY, ends=NOW + 300 * DAY)
    put(changed, DATED, own.pem + KEY, public_key_sha256=[own.key_sha256])
    assert findings(node_of(changed)) == {}


def test_bundle_of_two_cas_is_right() -> None:
    """During a change of the CA both stand in the file."""
    changed = evidence()
    both = OTHER.pem + changed["files"][CA]["content"]
    put(changed, CA, both)
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


def test_authorities_of_one_name_differ() -> None:
    """The helper's certificates are what the tests take them for."""
    ours = x509.certificates(evidence()["files"][CA]["content"])
    theirs = x509.certificates(OTHER.pem)
    assert ours[0].subject == theirs[0].subject
    assert not x509.trusted(theirs, ours)


def test_unknown_files_accuse_nobody() -> None:
    """A node whose files could not be read gives no certificate finding."""
    unknown = {path: FileFact(path, "denied") for path in healthy().files}
    bare = replace(files(healthy(), *unknown.values()), certificates={})
    assert findings(bare) == {}
