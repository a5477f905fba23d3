# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What certificate_info returns: every certificate that this kubelet uses, found from its configuration."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .._causes._quote import iso
from .._model.certificate import Certificate, CertificateUse
from .._model.common import FileFact
from .._model.snapshot import Snapshot

NODES_GROUP = "system:nodes"


def certificate_facts(node: Snapshot) -> dict[str, Any]:
    """``{"certificates": [...]}`` with one entry per use (see CertificateUse.role), JSON-ready."""
    return {"certificates": [_use(use, node) for use in node.certificates.values()]}


def _use(use: CertificateUse, node: Snapshot) -> dict[str, Any]:
    return {
        "role": use.role,
        "path": use.path or None,
        "place": str(use.place) if use.place else None,
        "embedded": use.embedded,
        "rotation_link": _link(use.file),
        "problem": use.problem.message if use.problem else None,
        "key_path": use.key_path or None,
        "key_matches": use.key_match,
        "issued_by_trusted": use.issued_by_trusted,
        "names_this_node": _names_this_node(use, node),
        "chain": [_certificate(certificate, node.captured_at) for certificate in use.certificates],
    }


def _link(fact: FileFact) -> dict[str, Any] | None:
    """Where the symbolic link that rotation renews leads; None for a plain file."""
    return {"target": fact.target, "resolves": fact.resolves} if fact.type == "link" else None


def _names_this_node(use: CertificateUse, node: Snapshot) -> bool | None:
    """Whether a client certificate is this node's identity (CN system:node:<name>, O system:nodes); None for others."""
    if use.role != "client" or use.leaf is None or node.node_name is None:
        return None
    return use.leaf.common_name == f"system:node:{node.node_name}" and NODES_GROUP in use.leaf.organizations


def _certificate(certificate: Certificate, at: datetime) -> dict[str, Any]:
    return {
        "subject": certificate.subject,
        "common_name": certificate.common_name,
        "organizations": list(certificate.organizations),
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "sans": list(certificate.sans),
        "key_usages": list(certificate.key_usages),
        "extended_key_usages": list(certificate.extended_key_usages),
        "is_ca": certificate.is_ca,
        "self_signed": certificate.self_signed,
        "not_before": iso(certificate.not_before),
        "not_after": iso(certificate.not_after),
        "days_left": certificate.remaining(at).days,
        "expired": certificate.expired(at),
        "signature_algorithm": certificate.signature_algorithm,
        "fingerprint_sha256": certificate.fingerprint_sha256,
    }
