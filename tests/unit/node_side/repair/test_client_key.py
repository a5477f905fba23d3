# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of a new client certificate never leaves its node, and goes only with the certificate that is for it."""

from __future__ import annotations

import shutil
import stat
import typing as t
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from unit.node_side.repair._node import RUN, Node, apply, edit, leftovers, open_backups, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import client_key, rollback, transaction
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Verify
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


@pytest.fixture(autouse=True)
def _openssl(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """The node has the real one."""
    fake = node.run

    def run(argv: t.Sequence[str], timeout: float) -> RunResult:
        return System.run(node, argv, timeout) if argv[0] == "openssl" else fake(argv, timeout)

    monkeypatch.setattr(node, "run", run)


def _signed(pem: str) -> str:
    """What a cluster makes of a request."""
    asked = x509.load_pem_x509_csr(pem.encode())
    begin, end = datetime(2026, 11, 24, tzinfo=UTC), datetime(2027, 11, 24, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(asked.subject).issuer_name(asked.subject).serial_number(7)
    builder = builder.public_key(asked.public_key()).not_valid_before(begin).not_valid_after(end)
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _key(node: Node) -> Path:
    return Path(node.records).parent / "requests/client.key"


def _steps(node: Node, certificate: str) -> list[dict[str, t.Any]]:
    pem = node.path("/new.pem")
    return [
        {"kind": "client_certificate", "path": pem, "content": certificate},
        {"kind": "link", "path": node.path("/current.pem"), "target": pem},
        edit(node, "/config.yaml", b"/wrong", "/good"),
    ]


def test_request_is_for_this_node_and_nothing_else(node: Node) -> None:
    """Subject, signature and key as a cluster sees them; the key is readable to root alone."""
    made = client_key.make(node, "worker-2")
    asked = x509.load_pem_x509_csr(made["request"].encode())
    assert asked.subject.rfc4514_string() == "CN=system:node:worker-2,O=system:nodes"
    assert asked.is_signature_valid
    assert not list(asked.extensions)
    assert not list(asked.attributes)
    assert stat.S_IMODE(_key(node).stat().st_mode) == 0o600
    assert stat.S_IMODE(_key(node).parent.stat().st_mode) == 0o700
    assert "PRIVATE" not in str(made)
    assert client_key.make(node, "worker-2")["public_key_sha256"] != made["public_key_sha256"]


@pytest.mark.parametrize("name", ["", "Worker", "a/CN=b", "a\nO = system:masters", "$ENV", "-a"])
def test_name_that_is_none(name: str, node: Node) -> None:
    """Nothing but the name of a node gets into a request."""
    with pytest.raises(RefusedError, match="no name of a node"):
        client_key.make(node, name)


def test_node_without_openssl(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and nothing is left."""
    monkeypatch.setattr(node, "run", lambda _argv, _timeout: RunResult("absent"))
    with pytest.raises(RefusedError, match="There is no openssl"):
        client_key.make(node, "worker-2")
    with pytest.raises(RefusedError, match="There is no openssl"):
        client_key.require_openssl(node)
    assert not Path(node.records).parent.exists()
    assert not Path(node.lock).exists()


def test_openssl_that_fails(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left of a request that came to nothing; what else is there stays."""
    others = Path(node.records)
    others.mkdir(parents=True)
    fails = RunResult("ok", 1, err="genpkey: Algorithm EC not found")
    works = RunResult("ok", 0, "OpenSSL 3.0.20")
    monkeypatch.setattr(node, "run", lambda argv, _timeout: works if argv[1] == "version" else fails)
    with pytest.raises(RefusedError, match=r"openssl genpkey: .*Algorithm EC not found"):
        client_key.make(node, "worker-2")
    assert (_key(node).parent.exists(), others.exists()) == (False, True)


def test_certificate_goes_beside_its_key(node: Node) -> None:
    """Both are in the new file and nowhere else; undone, the file is gone and the link as before."""
    before = node.tree()
    certificate = _signed(client_key.make(node, "worker-2")["request"])
    secret = _key(node).read_text().splitlines()[1]
    result = apply(node, plan_of(*_steps(node, certificate)))
    assert result["state"] == "committed"
    written = node.read("/new.pem").decode()
    assert written.index("BEGIN CERTIFICATE") < written.index("BEGIN PRIVATE KEY")
    assert stat.S_IMODE(Path(node.path("/new.pem")).stat().st_mode) == 0o600
    assert (_key(node).exists(), leftovers(node), open_backups(node)) == (False, [], [])
    assert secret not in str(result)
    assert not [
        file for file in Path(node.records).rglob("*") if file.is_file() and secret.encode() in file.read_bytes()
    ]
    assert rollback.roll_back(node, rollback.Request(RUN), Verify(5, 20))["state"] == "rolled_back"
    assert node.tree() == before


def test_certificate_of_another_key_is_refused(node: Node) -> None:
    """So is one whose key is gone, and none at all; before anything is changed."""
    certificate = _signed(client_key.make(node, "worker-2")["request"])
    before = node.tree()
    client_key.make(node, "worker-2")
    for given, words in ((certificate, "is not for the key"), ("", "has not issued one"), ("x", "cannot be used")):
        result = apply(node, plan_of(*_steps(node, given)))
        assert (result["state"], words in result["reason"]) == ("refused", True)
    client_key.discard(node)
    assert "is gone; ask for a new certificate" in apply(node, plan_of(*_steps(node, certificate)))["reason"]
    assert node.tree() == before


def test_check_mode_needs_no_certificate(node: Node) -> None:
    """It shows the file that would be there, and that nobody has what is in it yet."""
    result = transaction.check(node, plan_of(*_steps(node, "")), transaction.Limits())
    assert result["state"] == "planned"
    assert "that the cluster will issue" in result["diff"][0]["after"]


def test_renewal_that_does_not_help_is_put_back(node: Node) -> None:
    """The new pair goes again, with the key."""
    before = node.tree()
    certificate = _signed(client_key.make(node, "worker-2")["request"])
    steps = [*_steps(node, certificate)[:2], edit(node, "/config.yaml", b"/wrong", "/also-wrong")]
    assert apply(node, plan_of(*steps))["state"] == "rolled_back"
    assert node.tree() == before
    assert not _key(node).exists()
