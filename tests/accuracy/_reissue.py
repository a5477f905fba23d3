# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of a bundle issued anew under other names, with all their relations kept."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from accuracy._bundles import Bundle, replace
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+?-----END CERTIFICATE-----\n?")
_DATA = re.compile(r"(?<=-data: )[A-Za-z0-9+/=]{100,}")


def reissue(bundle: Bundle, names: Mapping[str, str]) -> Bundle:
    """The bundle with names replaced everywhere. Each certificate keeps validity, usages, and who signed whom."""
    found: dict[str, x509.Certificate] = {}

    def collect(pem: str) -> str:
        if pem not in found and _parses(pem):
            found[pem] = x509.load_pem_x509_certificate(pem.encode())
        return pem

    for path, text in bundle.items():
        _each_certificate(path, text, collect)
    issuer = _Issuer(list(found.values()), names)
    new = {pem: issuer.anew(old) for pem, old in found.items()}
    keys = {_public_key(old): _public_key(new[pem]) for pem, old in found.items()}
    pems = {pem: certificate.public_bytes(Encoding.PEM).decode() for pem, certificate in new.items()}
    changed = {path: _each_certificate(path, text, lambda pem: pems.get(pem, pem)) for path, text in bundle.items()}
    return replace(changed, {**names, **keys})


def _each_certificate(path: str, text: str, change: Callable[[str], str]) -> str:
    """The text with each certificate changed: in PEM, in the data fields of kubeconfigs, in strings of JSON."""
    if path.endswith((".jsonl", ".show", ".cat")):
        return text
    if path.endswith(".json") and not path.startswith("files/"):
        return json.dumps(_walk(json.loads(text), change))
    return _DATA.sub(lambda m: _in_base64(m.group(), change), _in_pem(text, change))


def _walk(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _walk(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, change) for item in value]
    return _in_pem(value, change) if isinstance(value, str) else value


def _in_pem(text: str, change: Callable[[str], str]) -> str:
    return _PEM.sub(lambda m: change(m.group()), text)


def _in_base64(data: str, change: Callable[[str], str]) -> str:
    try:
        text = base64.b64decode(data).decode()
    except ValueError:
        return data
    return base64.b64encode(_in_pem(text, change).encode()).decode()


@cache
def _parses(text: str) -> bool:
    try:
        x509.load_pem_x509_certificate(text.encode())
    except ValueError:
        return False
    return True


def _public_key(certificate: x509.Certificate) -> str:
    der = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


class _Issuer:
    """Makes certificates anew: one new key for each old one, the same signer for what the same signer signed."""

    def __init__(self, old: list[x509.Certificate], names: Mapping[str, str]) -> None:
        self._old, self._names = old, names
        self._keys: dict[str, ec.EllipticCurvePrivateKey] = {}

    def anew(self, old: x509.Certificate) -> x509.Certificate:
        """The same certificate with new keys and names."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(self._name(old.subject))
            .issuer_name(self._name(old.issuer))
            .public_key(self._key(_public_key(old)).public_key())
            .serial_number(old.serial_number)
            .not_valid_before(old.not_valid_before_utc)
            .not_valid_after(old.not_valid_after_utc)
        )
        for extension in old.extensions:
            value = extension.value
            if isinstance(value, x509.AuthorityKeyIdentifier | x509.SubjectKeyIdentifier):
                continue
            if isinstance(value, x509.SubjectAlternativeName):
                value = x509.SubjectAlternativeName(
                    [x509.DNSName(self._text(n.value)) if isinstance(n, x509.DNSName) else n for n in value]
                )
            builder = builder.add_extension(value, extension.critical)
        return builder.sign(self._key(self._signer(old)), hashes.SHA256())

    def _signer(self, old: x509.Certificate) -> str:
        for other in self._old:
            if other.subject == old.issuer:
                try:
                    old.verify_directly_issued_by(other)
                except (InvalidSignature, ValueError, TypeError):
                    continue
                return _public_key(other)
        return f"unknown signer {old.issuer.rfc4514_string()} {_authority(old)}"

    def _key(self, name: str) -> ec.EllipticCurvePrivateKey:
        if name not in self._keys:
            self._keys[name] = ec.generate_private_key(ec.SECP256R1())
        return self._keys[name]

    def _name(self, name: x509.Name) -> x509.Name:
        return x509.Name([x509.NameAttribute(a.oid, self._text(str(a.value))) for a in name])

    def _text(self, text: str) -> str:
        for old, new in self._names.items():
            text = text.replace(old, new)
        return text


def _authority(certificate: x509.Certificate) -> str:
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound:
        return ""
    return (found.value.key_identifier or b"").hex()
