# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public half of a private key is the one that openssl computes."""

from __future__ import annotations

import base64
import hashlib
import shutil

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _keys
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
KINDS = {
    "rsa pkcs8": ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ec sec1": ["ecparam", "-name", "prime256v1", "-genkey"],
    "ec pkcs8": ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ed25519": ["genpkey", "-algorithm", "ed25519"],
}


def _openssl(arguments: list[str], data: str = "") -> str:
    return Host().run(["openssl", *arguments], data=data.encode(), timeout=30).out


def _expected(key: str) -> str:
    public = _openssl(["pkey", "-pubout"], key)
    return hashlib.sha256(base64.b64decode("".join(public.split("\n")[1:-2]))).hexdigest()


@needs_openssl
@pytest.mark.parametrize("kind", KINDS)
def test_hash_is_that_of_openssl(kind: str) -> None:
    """RSA and EC keys need no program; others are asked of openssl, through a pipe."""
    key = _openssl(KINDS[kind])
    host = Host()
    assert _keys.public_key_hashes(f"text before\n{key}text after\n", host) == [_expected(key)]
    assert host.processes == (1 if kind == "ed25519" else 0)
    embedded = f"    client-key-data: {base64.b64encode(key.encode()).decode()}\n"
    assert _keys.public_key_hashes(embedded, Host()) == [_expected(key)]


@needs_openssl
def test_encrypted_key_is_not_opened() -> None:
    """An encrypted key gives no hash, and nobody is asked for its passphrase."""
    key = _openssl(["genpkey", "-algorithm", "RSA", "-aes256", "-pass", "pass:secret"])
    host = Host()
    assert "ENCRYPTED" in key
    assert _keys.public_key_hashes(key, host) == []
    assert host.processes == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x30",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x80\x00\x00",
        b"\x30\x03\x02\x01\x00",
        b"\xff" * 64,
        b"\x30\x82\x01",
    ],
)
@pytest.mark.parametrize("label", ["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"])
def test_broken_keys_give_nothing(label: str, body: bytes) -> None:
    """Whatever stands in the file of a key, it is no exception."""
    assert _keys.public_key(label, body) is None
    pem = f"-----BEGIN {label}-----\n{base64.b64encode(body).decode()}\n-----END {label}-----\n"
    assert _keys.public_key_hashes(pem, Host(max_processes=0)) == []
