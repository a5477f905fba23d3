# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster's certificates made anew: the recorded CA's key is not known, and other client certificates are wanted."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from accuracy._bundles import Bundle
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
START = datetime(2026, 11, 23, 20, tzinfo=UTC)
MASKED_KEY = f"-----BEGIN EC PRIVATE KEY-----\n{'*' * 64}\n-----END EC PRIVATE KEY-----\n"
_DATED = re.compile(r"^files(/var/lib/kubelet/pki/kubelet-client-\d[\d-]+\.pem)$")


def name(common_name: str, *organizations: str) -> x509.Name:
    """A subject or issuer."""
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, o) for o in organizations]
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@dataclass(frozen=True)
class Authority:
    """A CA: its certificate, and what it signs with."""

    common_name: str = "kubernetes"
    until: datetime = START + timedelta(days=3650)
    key: Key = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    parent: Authority | None = None

    def sign(self, subject: x509.Name, key: Key, since: datetime, until: datetime, *more: x509.ExtensionType) -> str:
        """PEM of a certificate of this CA."""
        builder = x509.CertificateBuilder(
            issuer_name=name(self.common_name),
            subject_name=subject,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=since,
            not_valid_after=until,
        )
        for extension in more:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    @property
    def pem(self) -> str:
        """PEM of the CA's own certificate."""
        basic = x509.BasicConstraints(ca=True, path_length=None)
        return (self.parent or self).sign(name(self.common_name), self.key, START, self.until, basic)


def public_hash(key: Key) -> str:
    """SHA-256 of the DER public key, as files.json has it."""
    return hashlib.sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def client(bundle: Bundle, authority: Authority, **changes: object) -> str:
    """PEM of the node's client certificate; ``changes``: subject, since, until, usages, key."""
    node = json.loads(bundle["bundle.json"])["node"]
    usages = changes.get("usages", [ExtendedKeyUsageOID.CLIENT_AUTH])
    more = [x509.ExtendedKeyUsage(usages)] if usages else []
    return authority.sign(
        changes.get("subject", name(f"system:node:{node}", "system:nodes")),
        changes.get("key") or ec.generate_private_key(ec.SECP256R1()),
        changes.get("since", START),
        changes.get("until", START + timedelta(days=365)),
        *more,
    )
