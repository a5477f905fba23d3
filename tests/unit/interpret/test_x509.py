# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""X.509: what is read from a PEM text, who signed a certificate, which hosts it covers."""

from __future__ import annotations

import base64
import random
import re

import pytest
from _certificates import NOW, Issued, issue, request
from cryptography.x509.oid import ExtendedKeyUsageOID

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import x509
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.certificate import Certificate

MASKED_KEY = "-----BEGIN EC PRIVATE KEY-----\n" + "*" * 64 + "\n-----END EC PRIVATE KEY-----\n"


def read(issued: Issued) -> Certificate:
    """The certificate as the collection reads it."""
    return x509.certificates(issued.pem)[0]


@pytest.fixture(scope="module")
def authority() -> Issued:
    """A cluster's CA."""
    return issue("kubernetes", ca=True)


def test_reads_what_the_kubelet_presents(authority: Issued) -> None:
    """Names, organizations, usages and times of a node's client certificate."""
    issued = issue("system:node:worker-1", authority, organization="system:nodes")
    found = read(issued)
    assert (found.common_name, found.organizations) == ("system:node:worker-1", ("system:nodes",))
    assert found.subject == "CN=system:node:worker-1,O=system:nodes"
    assert found.issuer == "CN=kubernetes"
    assert found.extended_key_usages == ("clientAuth",)
    assert not found.is_ca
    assert not found.self_signed
    assert found.not_before.tzinfo is not None
    assert not found.expired(NOW)
    assert (found.signature_algorithm, found.weak_signature) == ("ecdsa-with-SHA256", False)
    assert re.fullmatch(r"[0-9a-f]{64}", found.public_key_sha256)
    assert found.der not in (b"", None)
    assert "der" not in repr(found)


def test_ca_is_seen_as_one(authority: Issued) -> None:
    """A root CA is a CA, signed by itself."""
    assert read(authority).is_ca
    assert read(authority).self_signed


def test_masked_private_keys_are_passed_over(authority: Issued) -> None:
    """A PEM with a masked key before and after its certificates gives the certificates, in order."""
    leaf = issue("leaf", authority)
    found = x509.certificates(MASKED_KEY + leaf.pem + MASKED_KEY + authority.pem)
    assert [c.common_name for c in found] == ["leaf", "kubernetes"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("garbage\n", "holds no certificate"),
        (MASKED_KEY, "holds no certificate"),
        ("# CA\n-----BEGIN CERTIFICATE-----\nMIIB", "the certificate at line 2 is truncated: it has no END"),
        (
            "-----BEGIN CERTIFICATE-----\nMI!B\n-----END CERTIFICATE-----\n",
            "the certificate at line 1 is not valid base64",
        ),
        (
            "-----BEGIN CERTIFICATE-----\nSGVsbG8=\n-----END CERTIFICATE-----\n",
            "the certificate at line 1 is not a valid X.509 certificate: its DER structure is broken",
        ),
        ("  -----BEGIN CERTIFICATE-----\nSGVsbG8=\n-----END CERTIFICATE-----\n", "holds no certificate"),
    ],
)
def test_broken_pem_says_what_is_wrong(text: str, sentence: str) -> None:
    """Each way in which a PEM can be broken gives its own plain sentence."""
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        x509.certificates(text)


def test_half_a_certificate_is_broken(authority: Issued) -> None:
    """A certificate cut in the middle, with its END line in place, is named as broken."""
    body = authority.pem.splitlines()
    cut = "\n".join([body[0], *body[1:4], body[-1], ""])
    with pytest.raises(ValueError, match=r"line 1 is not (a valid X\.509 certificate|valid base64)"):
        x509.certificates(cut)


def test_undecodable_block_beside_a_good_one_is_passed_over(authority: Issued) -> None:
    """Go's pem.Decode skips a block that is not base64, so the file still works on the node."""
    broken = "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"
    assert len(x509.certificates(broken + authority.pem)) == 1


def test_windows_line_ends_are_read(authority: Issued) -> None:
    """A PEM written on Windows works on the node, so it is read."""
    assert len(x509.certificates(authority.pem.replace("\n", "\r\n"))) == 1


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ed25519"])
def test_signature_of_each_key_kind(kind: str) -> None:
    """The CA that signed is recognised; another CA of the same name is not."""
    authority, namesake = issue("kubernetes", ca=True, kind=kind), issue("kubernetes", ca=True, kind=kind)
    leaf = read(issue("leaf", authority))
    assert x509.signed_by(leaf, read(authority))
    assert not x509.signed_by(leaf, read(namesake))


def test_a_leaf_is_no_issuer() -> None:
    """A certificate without the CA flag cannot have signed another one."""
    imposter = issue("kubernetes", ca=False)
    assert not x509.signed_by(read(issue("leaf", imposter)), read(imposter))


def test_trust_over_an_intermediate(authority: Issued) -> None:
    """A chain leads to the CA over its own intermediate; without the intermediate it does not."""
    middle = issue("intermediate", authority, ca=True)
    leaf = issue("leaf", middle)
    assert x509.trusted([read(leaf), read(middle)], [read(authority)]) is True
    assert x509.trusted([read(leaf)], [read(authority)]) is False
    assert x509.trusted([read(leaf)], [read(middle)]) is True


def test_trust_is_unknown_without_anything_to_compare(authority: Issued) -> None:
    """No certificate or no CA gives None, never False."""
    assert x509.trusted([], [read(authority)]) is None
    assert x509.trusted([read(authority)], []) is None


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("controlplane", True),
        ("ControlPlane", True),
        ("controlplane.", True),
        ("api.k8s.example", True),
        ("a.api.k8s.example", False),
        ("k8s.example", False),
        ("10.240.0.10", True),
        ("10.240.0.11", False),
        ("fd00::10", True),
        ("[fd00:0::10]", True),
        ("kube-apiserver", False),
        ("", False),
    ],
)
def test_covered_hosts(authority: Issued, host: str, covered: bool) -> None:
    """Host names and addresses are matched as Go's TLS client does; the common name never counts."""
    sans = ("controlplane", "*.k8s.example", "10.240.0.10", "fd00::10")
    usage = ExtendedKeyUsageOID.SERVER_AUTH
    certificate = read(issue("kube-apiserver", authority, sans=sans, usage=usage))
    assert x509.covers_host(certificate, host) is covered
    assert certificate.sans == sans


def test_certificate_without_names_covers_nothing(authority: Issued) -> None:
    """Without subject alternative names no host is covered."""
    assert not x509.covers_host(read(issue("controlplane", authority)), "controlplane")


def test_requests() -> None:
    """The common name of a signing request is read; what is no request gives None."""
    assert x509.request_common_name(request("system:node:worker-8")) == "system:node:worker-8"
    assert x509.request_common_name("-----BEGIN CERTIFICATE REQUEST-----\n") is None
    assert x509.request_common_name(base64.b64encode(b"x").decode()) is None


def test_damaged_certificates_never_fail_otherwise(authority: Issued) -> None:
    """A certificate with damaged bytes is read or refused with a sentence; nothing else happens."""
    randomness = random.Random(7)  # noqa: S311 - the same damage in every run
    good = read(authority)
    for _round in range(1000):
        der = bytearray(good.der)
        for _byte in range(randomness.choice([1, 2, 4])):
            der[randomness.randrange(len(der))] = randomness.randrange(256)
        pem = f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"
        try:
            damaged = x509.certificates(pem)[0]
        except ValueError:
            continue
        x509.covers_host(damaged, "controlplane")
        x509.trusted([damaged], [good])
        x509.trusted([good], [damaged])
