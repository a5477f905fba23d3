# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""X.509 certificates that the kubelet uses, and what they must be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .common import FileFact, Place, Problem


@dataclass(frozen=True)
class Certificate:
    """One X.509 certificate. Names are RFC 4514 strings, times UTC, fingerprints lower-case hex.

    ``public_key_sha256`` is the SHA-256 of the DER SubjectPublicKeyInfo. ``extended_key_usages`` use the names of
    RFC 5280 (clientAuth, serverAuth). ``weak_signature`` is True for MD5 and SHA-1 signatures. ``der`` is the
    certificate itself, for signature checks; ``fingerprint_sha256`` stands for it in comparisons.
    """

    subject: str
    common_name: str
    organizations: tuple[str, ...]
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    sans: tuple[str, ...] = ()
    key_usages: tuple[str, ...] = ()
    extended_key_usages: tuple[str, ...] = ()
    is_ca: bool = False
    self_signed: bool = False
    signature_algorithm: str = ""
    weak_signature: bool = False
    public_key_sha256: str = ""
    fingerprint_sha256: str = ""
    der: bytes = field(default=b"", repr=False, compare=False)

    def remaining(self, at: datetime) -> timedelta:
        """Time left at ``at``; negative when expired."""
        return self.not_after - at

    def expired(self, at: datetime) -> bool:
        """True when ``at`` is after notAfter."""
        return at > self.not_after

    def not_yet_valid(self, at: datetime) -> bool:
        """True when ``at`` is before notBefore."""
        return at < self.not_before

    def used_share(self, at: datetime) -> float:
        """Share of the validity that has passed at ``at`` (0 to 1 and beyond)."""
        whole = (self.not_after - self.not_before).total_seconds()
        return (at - self.not_before).total_seconds() / whole if whole > 0 else 1.0


@dataclass(frozen=True)
class CertificateUse:
    """A certificate in one of the kubelet's roles, found from the configuration.

    ``role`` is client (to the API server), serving (of port 10250), client-ca (clientCAFile: whom 10250 trusts),
    server-ca (CA of the kubeconfig: whom the kubelet trusts as API server), bootstrap-ca, apiserver (what the
    endpoint presented). ``place`` is where the reference is written, ``path`` the file (after links: ``resolved``).
    ``certificates`` holds all of the PEM, leaf first. ``key_match`` tells whether the private key belongs to the
    leaf (None: unknown). ``issued_by_trusted`` tells whether the leaf was signed by a CA in use on this node: for
    client and serving by the client-ca and server-ca certificates, for apiserver by server-ca, for client-ca whether
    it is among server-ca (None: unknown or not applicable).
    """

    role: str
    path: str = ""
    place: Place | None = None
    embedded: bool = False
    resolved: str | None = None
    file: FileFact = field(default_factory=lambda: FileFact(""))
    certificates: tuple[Certificate, ...] = ()
    problem: Problem | None = None
    key_path: str = ""
    key_file: FileFact = field(default_factory=lambda: FileFact(""))
    key_match: bool | None = None
    issued_by_trusted: bool | None = None

    @property
    def leaf(self) -> Certificate | None:
        """First certificate of the PEM, or None."""
        return self.certificates[0] if self.certificates else None
