# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether certificates hold, judged by two clocks: the node's and, where it answered, the API server's.

A certificate is called expired only when both clocks say so; when they differ, the clock is to blame (another cause).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from .._interpret import x509
from .._model.certificate import Certificate, CertificateUse
from .._model.snapshot import Snapshot

DEFAULT_CERT_DIR = "/var/lib/kubelet/pki"  # documented default of --cert-dir
ROTATED_NAME = "kubelet-client-current.pem"  # fixed name in client-go util/certificate
SAME_CLOCK = timedelta(minutes=2)


def clocks(node: Snapshot) -> tuple[datetime, ...]:
    """The node's clock, and the API server's when it differs by more than the time that probing takes."""
    dates = [p.date for p in (node.probes.node_object, node.probes.readyz) if p.date]
    return (node.captured_at, *[d for d in dates if abs(d - node.captured_at) > SAME_CLOCK][:1])


def clocks_differ(node: Snapshot) -> bool:
    """True when the API server's Date header and the node's clock are minutes apart."""
    return len(clocks(node)) > 1


def expired(node: Snapshot, certificate: Certificate) -> bool:
    """True when the certificate has expired by every clock that is known."""
    return all(certificate.expired(clock) for clock in clocks(node))


def not_yet_valid(node: Snapshot, certificate: Certificate) -> bool:
    """True when the certificate's validity begins in the future by every clock that is known."""
    return all(certificate.not_yet_valid(clock) for clock in clocks(node))


def valid(node: Snapshot, use: CertificateUse) -> bool:
    """True when the leaf is there, within its validity, and not known to have another key."""
    leaf = use.leaf
    return leaf is not None and not expired(node, leaf) and not not_yet_valid(node, leaf) and use.key_match is not False


def expired_part(node: Snapshot, use: CertificateUse) -> Certificate | None:
    """The first certificate of the PEM that has expired: the kubelet refuses the file when any of them has."""
    return next((certificate for certificate in use.certificates if expired(node, certificate)), None)


def client_in_use(node: Snapshot) -> CertificateUse:
    """The certificate that a running kubelet presents: the rotated one where it is valid, else the kubeconfig's."""
    rotated = node.certificate("client-rotated")
    if rotated.leaf and rotates(node) and valid(node, rotated):
        return rotated
    return node.certificate("client")


def rotates(node: Snapshot) -> bool:
    """True when the kubelet renews its client certificate itself."""
    given = node.command_line.flag("rotate-certificates")
    if given is not None:
        return given.value is None or given.value.lower() in ("true", "t", "1")
    return node.config.value("rotateCertificates") is True


def refuses_weak(node: Snapshot) -> bool:
    """True for kubelets built with Go 1.18 or newer (Kubernetes 1.24), which refuse SHA-1 and MD5 signatures."""
    return node.kubelet_version is not None and node.kubelet_version >= (1, 24)


def cert_dir(node: Snapshot) -> str:
    """The directory of the kubelet's own certificates."""
    given = node.command_line.flag("cert-dir")
    return given.value if given is not None and given.value else DEFAULT_CERT_DIR


def rotated_path(node: Snapshot) -> str:
    """Path of the link to the current client certificate."""
    return f"{cert_dir(node)}/{ROTATED_NAME}"


def server_certificate_judged(node: Snapshot) -> bool:
    """True when the presented certificate and the CA of the kubeconfig are both known."""
    return node.certificate("apiserver").issued_by_trusted is not None and node.kubeconfig.scheme == "https"


def server_certificate_fault(node: Snapshot) -> str:
    """Why the kubelet refuses the certificate that the API endpoint presented: unknown-authority, ca-expired, expired,
    not-yet-valid, weak, name; empty when it accepts it or nobody can say."""
    use, config = node.certificate("apiserver"), node.kubeconfig
    leaf = use.leaf
    if leaf is None or config.insecure or config.scheme != "https":
        return ""
    if use.issued_by_trusted is False:
        return "unknown-authority"
    authorities = node.certificate("server-ca").certificates
    if authorities and all(expired(node, authority) for authority in authorities):
        return "ca-expired"
    if expired(node, leaf):
        return "expired"
    if not_yet_valid(node, leaf):
        return "not-yet-valid"
    if leaf.weak_signature and refuses_weak(node):
        return "weak"
    name = config.tls_server_name or config.host
    return "name" if name and not x509.covers_host(leaf, name) else ""
