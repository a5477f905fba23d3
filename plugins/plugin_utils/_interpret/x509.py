# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""X.509 certificates: reading them, who signed them, which host names they cover.

The only file that imports cryptography. Follows what the kubelet's Go libraries accept (crypto/x509, encoding/pem
and k8s.io/client-go/util/cert), because that decides whether a file works on the node. Parsed certificates and
checked signatures are remembered: the cluster's CA stands in three places of every node.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509.oid import NameOID
except ImportError as error:  # plugins must be importable without it (ansible-doc); require_library() says so on use
    _MISSING = str(error)
else:
    _MISSING = ""

from .._model.certificate import Certificate
from .._model.evidence import EvidenceError

# encoding/pem: a block begins at the start of a line; a block that cannot be decoded is passed over.
_BEGIN = re.compile(r"^-----BEGIN ([^\n]*?)-----[ \t]*\r?$", re.MULTILINE)

_SIGNATURE_ALGORITHMS = {
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.3.101.112": "Ed25519",
}
_WEAK_SIGNATURES = {"md5WithRSAEncryption", "sha1WithRSAEncryption", "ecdsa-with-SHA1"}
_EXTENDED_KEY_USAGES = {
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "2.5.29.37.0": "anyExtendedKeyUsage",
}
_KEY_USAGES = (
    ("digital_signature", "digitalSignature"),
    ("content_commitment", "nonRepudiation"),
    ("key_encipherment", "keyEncipherment"),
    ("data_encipherment", "dataEncipherment"),
    ("key_agreement", "keyAgreement"),
    ("key_cert_sign", "keyCertSign"),
    ("crl_sign", "cRLSign"),
)
_CHAIN_LIMIT = 6


def require_library() -> None:
    """EvidenceError with one sentence when this Python lacks the cryptography library."""
    if _MISSING:
        raise EvidenceError(
            f"certificates cannot be read: install 'cryptography' for the controller's Python ({_MISSING})"
        )


def certificates(pem_text: str) -> tuple[Certificate, ...]:
    """All certificates of a PEM text, in its order; blocks of other kinds (masked private keys) are passed over.

    Raises ValueError with one plain sentence when it holds no certificate that can be read, or one that is not DER.
    """
    found: list[Certificate] = []
    broken = ""
    for line, der, problem in _blocks(pem_text):
        if problem:
            broken = broken or problem
            continue
        try:
            found.append(_certificate(der))
        except ValueError as error:
            raise ValueError(f"the certificate at line {line} is not a valid X.509 certificate: {error}") from None
    if found:
        return tuple(found)
    if broken:
        raise ValueError(broken)
    raise ValueError("holds no certificate" if pem_text.strip() else "is empty")


def _blocks(text: str) -> Iterator[tuple[int, bytes, str]]:
    """(line, DER, problem) of each CERTIFICATE block; DER is empty where there is a problem."""
    for begin in _BEGIN.finditer(text):
        if begin.group(1) != "CERTIFICATE":
            continue
        line = text.count("\n", 0, begin.start()) + 1
        after = text.find("\n-----", begin.end() - 1)
        if after < 0 or not text.startswith("-----END CERTIFICATE-----", after + 1):
            yield line, b"", f"the certificate at line {line} is truncated: it has no END CERTIFICATE line"
            continue
        body = "".join(text[begin.end() : after].split())
        try:
            yield line, base64.b64decode(body, validate=True), ""
        except (binascii.Error, ValueError):
            yield line, b"", f"the certificate at line {line} is not valid base64"


@lru_cache(maxsize=512)
def _load(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


@lru_cache(maxsize=512)
def _certificate(der: bytes) -> Certificate:
    """Raises ValueError with the reason when the DER is not a certificate that can be used."""
    try:
        with warnings.catch_warnings():
            # cryptography warns about serial numbers and names of old CAs that the node uses all the same.
            warnings.simplefilter("ignore")
            return _fields(der, _load(der))
    except x509.DuplicateExtension as error:
        raise ValueError("it has an extension twice") from error
    except (ValueError, KeyError, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as error:
        # KeyError: cryptography 42 raises it for a name whose ASN.1 type it does not know.
        raise ValueError("its DER structure is broken") from error


def _fields(der: bytes, parsed: x509.Certificate) -> Certificate:
    extensions = {type(extension.value): extension.value for extension in parsed.extensions}
    algorithm = parsed.signature_algorithm_oid.dotted_string
    name = _SIGNATURE_ALGORITHMS.get(algorithm, algorithm)
    return Certificate(
        subject=parsed.subject.rfc4514_string(),
        common_name=_last(parsed.subject, NameOID.COMMON_NAME),
        organizations=tuple(_values(parsed.subject, NameOID.ORGANIZATION_NAME)),
        issuer=parsed.issuer.rfc4514_string(),
        serial=f"{parsed.serial_number:x}",
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        sans=tuple(_sans(extensions.get(x509.SubjectAlternativeName))),
        key_usages=tuple(_key_usages(extensions.get(x509.KeyUsage))),
        extended_key_usages=tuple(_extended_key_usages(extensions.get(x509.ExtendedKeyUsage))),
        is_ca=_is_ca(extensions.get(x509.BasicConstraints)),
        self_signed=parsed.subject == parsed.issuer and _key_ids_agree(der, der),
        signature_algorithm=name,
        weak_signature=name in _WEAK_SIGNATURES,
        public_key_sha256=_public_key_sha256(parsed),
        fingerprint_sha256=hashlib.sha256(der).hexdigest(),
        der=der,
    )


def _values(name: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    return [v if isinstance(v, str) else v.hex() for v in (a.value for a in name.get_attributes_for_oid(oid))]


def _last(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    """crypto/x509/pkix: the last of several common names counts."""
    return (_values(name, oid) or [""])[-1]


def _sans(extension: object) -> Iterator[str]:
    if not isinstance(extension, x509.SubjectAlternativeName):
        return
    for entry in extension:
        if isinstance(entry, x509.DNSName | x509.RFC822Name | x509.UniformResourceIdentifier | x509.IPAddress):
            yield str(entry.value)


def _key_usages(extension: object) -> Iterator[str]:
    for attribute, name in _KEY_USAGES:
        if isinstance(extension, x509.KeyUsage) and getattr(extension, attribute):
            yield name


def _extended_key_usages(extension: object) -> Iterator[str]:
    if isinstance(extension, x509.ExtendedKeyUsage):
        for oid in extension:
            yield _EXTENDED_KEY_USAGES.get(oid.dotted_string, oid.dotted_string)


def _is_ca(extension: object) -> bool:
    return isinstance(extension, x509.BasicConstraints) and extension.ca


def _public_key_sha256(parsed: x509.Certificate) -> str:
    try:
        spki = parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return ""  # A key of a kind that cryptography does not know: whether a private key matches stays unknown.
    return hashlib.sha256(spki).hexdigest()


def _key_ids_agree(der: bytes, ca_der: bytes) -> bool:
    """False when the AuthorityKeyIdentifier names another key than the CA's SubjectKeyIdentifier."""
    try:
        wanted = _load(der).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        given = _load(ca_der).extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return True
    return wanted is None or wanted == given


@lru_cache(maxsize=2048)
def _signed_by(der: bytes, ca_der: bytes) -> bool:
    try:
        _load(der).verify_directly_issued_by(_load(ca_der))
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def signed_by(certificate: Certificate, ca: Certificate) -> bool:
    """True when ``ca`` is a CA whose name is the issuer's and whose key made the signature (RSA, ECDSA, Ed25519).

    Key identifiers do not decide: crypto/x509 uses them only to choose which CA of one name to try first.
    """
    if certificate.issuer != ca.subject or not (ca.is_ca or _load(ca.der).version is x509.Version.v1):
        return False
    return _signed_by(certificate.der, ca.der)


def trusted(chain: Iterable[Certificate], authorities: Iterable[Certificate]) -> bool | None:
    """Whether the first certificate of ``chain`` leads to one of ``authorities``, over the others of the chain.

    Only names and signatures count, not validity periods. None when either is empty.
    """
    links, roots = tuple(chain), tuple(authorities)
    if not links or not roots:
        return None
    fingerprints = {root.fingerprint_sha256 for root in roots}
    reached, waiting = [links[0]], list(links[1:])
    for _depth in range(_CHAIN_LIMIT):
        if any(c.fingerprint_sha256 in fingerprints or any(signed_by(c, root) for root in roots) for c in reached):
            return True
        reached = [link for link in waiting if any(signed_by(c, link) for c in reached)]
        waiting = [link for link in waiting if link not in reached]
    return False


def covers_host(certificate: Certificate, host: str) -> bool:
    """True when a TLS client accepts the certificate for this host name or IP address.

    As crypto/x509 VerifyHostname: subject alternative names only, never the common name; a leading ``*`` stands for
    exactly one label; an IP address must be among the IP entries.
    """
    try:
        names = _load(certificate.der).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return any(_dns_match(pattern, host) for pattern in names.get_values_for_type(x509.DNSName))
    return address in names.get_values_for_type(x509.IPAddress)


def _dns_match(pattern: str, host: str) -> bool:
    wanted = host.lower().removesuffix(".").split(".")
    given = pattern.lower().split(".")
    if len(wanted) != len(given) or not all(wanted):
        return False
    return given[1:] == wanted[1:] and given[0] in ("*", wanted[0])


def request_common_name(pem_text: str) -> str | None:
    """Common name that a certificate signing request (PEM) asks for, or None when it cannot be read."""
    try:
        return _last(x509.load_pem_x509_csr(pem_text.encode()).subject, NameOID.COMMON_NAME)
    except (ValueError, UnsupportedAlgorithm):
        return None
