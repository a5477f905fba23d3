# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which public key belongs to a private key, without letting the private key leave the node.

RSA and EC keys carry their public half (RFC 8017, RFC 5915, RFC 5958): it is cut out of the DER structure. For other
keys `openssl` is asked, where there is one. Encrypted keys are not opened.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _der as structure
from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _schema

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

_MAX_KEYS = 8
_PKCS8 = "PRIVATE KEY"
_PEM_KEY = re.compile(
    r"-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END \1-----",
)
_PEM_PUBLIC = re.compile(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----")
_KEY_DATA = re.compile(r"client-key-data[\"']?\s*:\s*[\"']?([A-Za-z0-9+/=]{40,})")

_CONTEXT_0, _CONTEXT_1, _CONTEXT_1_PRIMITIVE = 0xA0, 0xA1, 0x81
_RSA = bytes.fromhex("06092a864886f70d0101010500")  # OID rsaEncryption, NULL
_RSA_OID = _RSA[:-2]
_EC_OID = bytes.fromhex("06072a8648ce3d0201")  # OID id-ecPublicKey


def public_key_hashes(text: str, host: Host) -> list[str]:
    """SHA-256 (hexadecimal) of the DER SubjectPublicKeyInfo of each private key in the text of a file.

    Keys are PEM blocks or base64 PEM in a kubeconfig's client-key-data. A key that cannot be opened is left out.
    """
    hashes = []
    for pem, label, der in list(private_keys(text))[:_MAX_KEYS]:
        public = public_key(label, der) or (_ask_openssl(host, pem) if label == _PKCS8 else None)
        if public:
            hashes.append(hashlib.sha256(public).hexdigest())
    return hashes


def private_keys(text: str) -> t.Iterator[tuple[str, str, bytes]]:
    """PEM block, label and DER bytes of each unencrypted private key in a text."""
    for match in _PEM_KEY.finditer(text):
        yield match.group(), match.group(1), _decoded(match.group(2))
    for data in _KEY_DATA.finditer(text):
        yield from private_keys(_decoded(data.group(1)).decode("latin-1"))


def _decoded(encoded: str) -> bytes:
    """The bytes of base64; none when it is broken."""
    try:
        return base64.b64decode(encoded)
    except binascii.Error:
        return b""


def public_key(label: str, der: bytes) -> bytes | None:
    """The DER SubjectPublicKeyInfo of a private key; None when the key does not carry its public half."""
    try:
        if label == "RSA PRIVATE KEY":
            return _rsa(der)
        if label == "EC PRIVATE KEY":
            return _ec(der, None)
        return _pkcs8(der) if label == _PKCS8 else None
    except structure.NotDerError:
        return None


def _pkcs8(der: bytes) -> bytes | None:
    fields = structure.children(structure.only(der, structure.SEQUENCE))
    if len(fields) < 3 or fields[1][0] != structure.SEQUENCE or fields[2][0] != structure.OCTET_STRING:
        raise structure.NotDerError
    algorithm, key = structure.content(fields[1][1]), structure.content(fields[2][1])
    if algorithm.startswith(_RSA_OID):
        return _rsa(key)
    if algorithm.startswith(_EC_OID):
        return _ec(key, algorithm[len(_EC_OID) :])
    for tag, raw in fields[3:]:
        if tag == _CONTEXT_1_PRIMITIVE:
            return structure.wrap(
                structure.SEQUENCE, fields[1][1] + structure.wrap(structure.BIT_STRING, structure.content(raw))
            )
    return None


def _rsa(der: bytes) -> bytes:
    fields = structure.children(structure.only(der, structure.SEQUENCE))
    if len(fields) < 3 or any(tag != structure.INTEGER for tag, dummy in fields[:3]):
        raise structure.NotDerError
    key = structure.wrap(structure.SEQUENCE, fields[1][1] + fields[2][1])
    return structure.wrap(
        structure.SEQUENCE, structure.wrap(structure.SEQUENCE, _RSA) + structure.wrap(structure.BIT_STRING, b"\0" + key)
    )


def _ec(der: bytes, curve: bytes | None) -> bytes | None:
    public = None
    for tag, raw in structure.children(structure.only(der, structure.SEQUENCE)):
        if tag == _CONTEXT_0 and curve is None:
            curve = structure.content(raw)
        if tag == _CONTEXT_1:
            public = structure.content(raw)
    if curve is None or public is None or curve[:1] != bytes([structure.OID]):
        return None
    return structure.wrap(structure.SEQUENCE, structure.wrap(structure.SEQUENCE, _EC_OID + curve) + public)


def _ask_openssl(host: Host, pem: str) -> bytes | None:
    """The public half by openssl; the key goes through a pipe, and an empty passphrase keeps it from asking for one."""
    result = host.run(["openssl", "pkey", "-pubout", "-passin", "pass:"], timeout=3.0, data=pem.encode("ascii"))
    public = _PEM_PUBLIC.search(result.out)
    if result.status != _schema.OK or public is None:
        return None
    return base64.b64decode(public.group(1))
