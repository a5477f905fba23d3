# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who gets a client certificate from the cluster, and who does not."""

from __future__ import annotations

import base64
import hashlib
import json
import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _issue, _pkcs10
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult

NODE = "worker-2"
SUBJECT = (("O", "system:nodes"), ("CN", f"system:node:{NODE}"))
_OIDS = {"O": NameOID.ORGANIZATION_NAME, "CN": NameOID.COMMON_NAME, "OU": NameOID.ORGANIZATIONAL_UNIT_NAME}
Key = t.Union[ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey]  # noqa: UP007 - evaluated by Python 3.9


def _name(parts: t.Iterable[tuple[str, str]]) -> x509.Name:
    return x509.Name([x509.NameAttribute(_OIDS[key], value) for key, value in parts])


def _request(key: Key, parts: t.Iterable[tuple[str, str]] = SUBJECT, names: tuple[str, ...] = ()) -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(parts))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def _digest(key: Key) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _certificate(key: Key) -> str:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(_name(SUBJECT)).issuer_name(_name((("CN", "kubernetes"),)))
    builder = builder.public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.PEM).decode()


class FakeCluster(Host):
    """kubectl in front of an API server that signs what is approved, unless a test wants it otherwise."""

    def __init__(self) -> None:
        super().__init__(max_processes=1000)
        self.objects: dict[str, dict[str, t.Any]] = {
            f"{_issue.NODES}/{NODE}": {"status": {"addresses": [{"type": "InternalIP", "address": "10.0.0.12"}]}}
        }
        self.acts: list[str] = []
        self.signs = True
        self.change: t.Callable[[dict[str, t.Any]], None] = lambda _object: None

    def run(
        self, argv: t.Sequence[str], timeout: float = 5.0, max_bytes: int = 1024 * 1024, data: bytes = b""
    ) -> RunResult:
        """create, replace, delete and get, each with --raw."""
        del timeout, max_bytes
        verb, path = argv[3], argv[5]
        if verb == "get":
            found = self.objects.get(path)
            return RunResult("ok", 0, json.dumps(found)) if found else RunResult("ok", 1, err=NOT_FOUND)
        self.acts.append(verb)
        given = json.loads(data) if data else {}
        if verb == "create":
            self.change(given)
            self.objects[f"{path}/{given['metadata']['name']}"] = given
        elif verb == "delete":
            del self.objects[path]
        elif verb == "replace":
            assert "--validate=false" in argv  # or kubectl 1.20 asks for the whole schema
            stored = self.objects[path.removesuffix("/approval")]
            assert given["spec"] == stored["spec"]
            stored["status"] = given["status"]
            if self.signs:
                stored["status"]["certificate"] = base64.b64encode(b"PEM").decode()
        return RunResult("ok", 0)


NOT_FOUND = 'Error from server (NotFound): nodes "worker-2" not found'


@pytest.fixture
def key() -> ec.EllipticCurvePrivateKey:
    """A key of a node."""
    return ec.generate_private_key(ec.SECP256R1())


def _issued(host: FakeCluster, asked: _issue.Asked) -> dict[str, str]:
    return _issue.issue(_issue.Cluster(host, "kubectl", "/admin.conf"), asked, 0.0)


def _asked(key: Key, request: str = "", **changed: t.Any) -> _issue.Asked:
    given = {"node": NODE, "public_key_sha256": _digest(key), "known_as": ("10.0.0.12",), **changed}
    return _issue.Asked(request or _request(key), **given)


@pytest.mark.parametrize(("known_as"), [("10.0.0.12", "w2"), (NODE,)])
def test_kubelet_gets_its_certificate(known_as: tuple[str, ...], key: ec.EllipticCurvePrivateKey) -> None:
    """Submitted, looked at, approved, and asked again without a second approval."""
    host, asked = FakeCluster(), _asked(key, known_as=known_as)
    first = _issued(host, asked)
    assert (first["certificate"], host.acts) == ("PEM", ["create", "replace"])
    assert first["name"].startswith(f"nodeclinic-{NODE}-")
    assert _issued(host, asked) == first
    assert host.acts == ["create", "replace"]


@pytest.mark.parametrize(
    ("parts", "names"),
    [
        ((*SUBJECT, ("O", "system:masters")), ()),
        ((("O", "system:masters"), SUBJECT[1]), ()),
        ((SUBJECT[0], ("CN", "system:node:worker-1")), ()),
        ((SUBJECT[0], ("CN", "system:node:worker-2 ")), ()),
        ((*SUBJECT, ("OU", "x")), ()),
        ((SUBJECT[1],), ()),
        ((*SUBJECT, SUBJECT[0]), ()),
        (SUBJECT, ("kubernetes.default",)),
    ],
)
def test_other_subjects_and_names_are_refused(
    parts: tuple[tuple[str, str], ...], names: tuple[str, ...], key: ec.EllipticCurvePrivateKey
) -> None:
    """Nothing is even submitted for another group, another node, more than that, or with alternative names."""
    host = FakeCluster()
    with pytest.raises(_issue.NotIssuedError):
        _issued(host, _asked(key, _request(key, parts, names)))
    assert host.acts == []


@pytest.mark.parametrize("node", ["worker-2?x", "../nodes/worker-2", "worker-2/status", "", "a" * 254])
def test_name_that_is_none_never_becomes_part_of_a_path(node: str, key: ec.EllipticCurvePrivateKey) -> None:
    """A node that calls itself so gets nothing, though its own request names it."""
    host = FakeCluster()
    parts = (SUBJECT[0], ("CN", f"system:node:{node}"[:64]))
    with pytest.raises(_issue.NotIssuedError, match="is no name of a node"):
        _issued(host, _asked(key, _request(key, parts, ()), node=node, known_as=("worker-2",)))
    assert host.acts == []


def test_key_must_be_the_one_that_the_node_reported(key: ec.EllipticCurvePrivateKey) -> None:
    """A request that somebody exchanged on the way is refused."""
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(_issue.NotIssuedError, match="is not the one that the node reported"):
        _issued(FakeCluster(), _asked(key, _request(other)))


@pytest.mark.parametrize("known_as", [("10.0.0.11", "worker-1"), ()])
def test_host_that_takes_another_nodes_name_gets_nothing(
    known_as: tuple[str, ...], key: ec.EllipticCurvePrivateKey
) -> None:
    """The cluster's node must have the name or an address by which the inventory knows the host."""
    host = FakeCluster()
    with pytest.raises(_issue.NotIssuedError, match="kubelet_node_name says which node it is"):
        _issued(host, _asked(key, known_as=known_as))
    assert host.acts == []


def test_unknown_node_must_join(key: ec.EllipticCurvePrivateKey) -> None:
    """A node that the cluster does not know gets no certificate."""
    host = FakeCluster()
    host.objects.clear()
    with pytest.raises(_issue.NotIssuedError, match="must join"):
        _issued(host, _asked(key))


@pytest.mark.parametrize(
    "change",
    [
        {"signerName": "kubernetes.io/kube-apiserver-client"},
        {"usages": ["digital signature", "client auth", "server auth"]},
        {"request": base64.b64encode(b"x").decode()},
        {"request": None},
    ],
)
def test_what_the_api_server_has_is_looked_at(change: dict[str, t.Any], key: ec.EllipticCurvePrivateKey) -> None:
    """A request that is another one there (a webhook changed it, say) is not approved, and does not stay."""
    host = FakeCluster()
    host.change = lambda given: given["spec"].update(change)
    with pytest.raises(_issue.NotIssuedError):
        _issued(host, _asked(key))
    assert host.acts == ["create", "delete"]


@pytest.mark.parametrize(
    ("condition", "words"), [("Denied", "somebody denied"), ("Failed", "refused"), ("", "nobody signed it in 0 s")]
)
def test_request_that_nobody_signs_does_not_stay(condition: str, words: str, key: ec.EllipticCurvePrivateKey) -> None:
    """It would look like one that the kubelet waits for."""
    host = FakeCluster()
    host.signs = False
    if condition:
        host.change = lambda given: given.update(status={"conditions": [{"type": condition}]})
    with pytest.raises(_issue.NotIssuedError, match=words):
        _issued(host, _asked(key))
    assert host.acts[-1] == "delete"


def test_cluster_that_cannot_be_asked(key: ec.EllipticCurvePrivateKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """kubectl's last words are the reason."""
    host = FakeCluster()
    monkeypatch.setattr(host, "run", lambda _argv, **_rest: RunResult("ok", 1, err="noise\nUnable to connect: EOF\n"))
    with pytest.raises(_issue.NotIssuedError, match=r"kubectl get --raw .*Unable to connect: EOF"):
        _issued(host, _asked(key))


@pytest.mark.parametrize(
    "make", [lambda: rsa.generate_private_key(65537, 2048), lambda: ec.generate_private_key(ec.SECP384R1())]
)
def test_public_key_of_requests_and_certificates(make: t.Callable[[], Key]) -> None:
    """As cryptography computes it, for any kind of key."""
    made = make()
    assert _pkcs10.request(_request(made)) == (SUBJECT, False, _digest(made))
    assert _pkcs10.request(_request(made, names=("a",))).extensions is True
    assert _pkcs10.certificate_key(_certificate(made)) == _digest(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----",
        "-----BEGIN CERTIFICATE REQUEST-----\nMA==A\n-----END CERTIFICATE REQUEST-----",
        "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----",
        "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----",
    ],
)
def test_damaged_text_is_no_request(text: str) -> None:
    """Whatever is wrong with it, it is one kind of error."""
    with pytest.raises(ValueError):  # noqa: PT011 - the kind is what counts
        _pkcs10.request(text)
    with pytest.raises(ValueError):  # noqa: PT011
        _pkcs10.certificate_key(text.replace("CERTIFICATE REQUEST", "CERTIFICATE"))
