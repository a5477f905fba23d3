# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate request asks for (PKCS #10, RFC 2986), and whose key a certificate is for, by their own bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _der

NODE_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")  # of a Kubernetes node: a DNS subdomain (RFC 1123)
_ATTRIBUTES = 0xA0  # [0] IMPLICIT SET OF Attribute
_NAMES: t.Mapping[bytes, str] = {bytes.fromhex("550403"): "CN", bytes.fromhex("55040a"): "O"}
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]+?)-----END \1-----")


class Request(t.NamedTuple):
    """What is asked for. `subject`: (CN, O or the hexadecimal object identifier, value) in their order;
    `extensions`: whether it has any attribute, such as alternative names; `public_key_sha256`: of the DER
    SubjectPublicKeyInfo, hexadecimal."""

    subject: tuple[tuple[str, str], ...]
    extensions: bool
    public_key_sha256: str


def request(pem: str) -> Request:
    """The request in a PEM text that holds nothing else.

    :raises ValueError: it is none
    """
    fields = _der.children(_signed(_first(pem, "CERTIFICATE REQUEST")))
    if [tag for tag, dummy in fields] != [_der.INTEGER, _der.SEQUENCE, _der.SEQUENCE, _ATTRIBUTES]:
        raise _der.NotDerError("it is no certificate request")
    return Request(tuple(_subject(fields[1][1])), bool(_der.content(fields[3][1])), _digest(fields[2][1]))


def certificate_key(pem: str) -> str:
    """SHA-256 (hexadecimal) of the public key of the first certificate in a PEM text.

    :raises ValueError: there is none
    """
    signed = _der.children(_signed(_first(pem, "CERTIFICATE")))
    fields = [field for tag, field in signed if tag != _ATTRIBUTES]  # [0] is the version here
    if len(fields) < 6:
        raise _der.NotDerError("it is no certificate")
    return _digest(fields[5])  # serial, algorithm, issuer, validity, subject, public key


def _first(pem: str, label: str) -> bytes:
    match = _PEM.search(pem)
    if match is None or match.group(1) != label:
        raise ValueError(f"there is no {label} block")
    try:
        return base64.b64decode(match.group(2))
    except binascii.Error as exc:
        raise ValueError(f"the {label} block is damaged") from exc


def _signed(der: bytes) -> bytes:
    """The content of what is signed: the first of the three fields that requests and certificates have."""
    return _der.only(_der.only(der, _der.SEQUENCE), _der.SEQUENCE)


def _subject(name: bytes) -> t.Iterator[tuple[str, str]]:
    for dummy, group in _der.children(_der.only(name, _der.SEQUENCE)):
        for dummy, pair in _der.children(_der.only(group, _der.SET)):
            oid, value = _der.children(_der.only(pair, _der.SEQUENCE))
            identifier = _der.only(oid[1], _der.OID)
            yield _NAMES.get(identifier, identifier.hex()), _der.content(value[1]).decode("utf-8", "backslashreplace")


def _digest(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()
