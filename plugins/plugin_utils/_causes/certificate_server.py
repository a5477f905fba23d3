# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server's certificate when the kubelet does not accept it.

Recomputed from the certificate that the endpoint presented and the CA of the kubeconfig; the kubelet's own words count
where nobody could fetch that certificate.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from .._interpret import x509
from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _quote, _written
from ._api import SYMPTOMS, Conversation, Fault
from ._endpoint import wrong_endpoint
from ._quote import age
from ._trust import clocks_differ, server_certificate_fault, server_certificate_judged

SOON = timedelta(days=14)
VERIFY = ("Go crypto/x509 Certificate.Verify",)
X509_SYMPTOMS = (*SYMPTOMS, "symptom/x509-unknown-authority")
# Go's words (crypto/x509) -> the same names as server_certificate_fault uses.
_REASONS = (
    ("insecure algorithm", "weak"),
    ("certificate signed by unknown authority", "unknown-authority"),
    ("is before", "not-yet-valid"),
    ("has expired or is not yet valid", "expired"),
    ("certificate is valid for", "name"),
    ("doesn't contain any IP SANs", "name"),
    ("certificate is not valid for any names", "name"),
    ("legacy Common Name", "name"),
)


def refusal(node: Snapshot) -> tuple[str, Conversation]:
    """(why the kubelet refuses the API server's certificate, the conversation); empty when it does not."""
    talk = _api.conversation(node)
    if talk.fault is not Fault.TLS:
        return "", talk
    judged = server_certificate_fault(node)
    reason = talk.said.groups.get("reason", "") if talk.said is not None and talk.said_fault is Fault.TLS else ""
    if judged == "unknown-authority" and "insecure algorithm" in reason:
        return "weak", talk  # an authority in between: the chain leads to the CA, and is not accepted
    if judged or not reason:
        return judged, talk
    name = next((name for words, name in _REASONS if words in reason), "")
    if name in ("expired", "not-yet-valid") and clocks_differ(node):
        return "", talk
    if server_certificate_judged(node):
        # The endpoint's certificate is in order with the CA on disk, so the process holds an older one.
        name = "old-ca" if name == "unknown-authority" and _written.kubeconfig_newer_than_process(node) else ""
    return name, talk


def _evidence(node: Snapshot, talk: Conversation) -> tuple[Evidence, ...]:
    use = node.certificate("apiserver")
    presented = (_quote.certificate(use, "presented by the API endpoint"),) if use.leaf else ()
    lines = (_quote.log(talk.said),) if talk.said is not None and talk.said_fault is Fault.TLS else ()
    return (*presented, *lines)


@cause(
    "certificate/ca-not-trusted-by-node",
    title="the kubelet does not trust the API server's certificate",
    effect=Effect.DOWN,
    explains=X509_SYMPTOMS,
    compares=("kubeconfig.ca_sha256", "certificates.server-ca.*"),
    healthy="The CA in the kubeconfig signed the certificate that the API server presents.",
    see="Every request fails with *x509: certificate signed by unknown authority*.",
    why=(
        "The cluster's CA was replaced (a control plane rebuilt under the same name), or the kubeconfig holds another"
        " cluster's CA. *possibly because of crypto/rsa: verification error* means the same name with another key."
    ),
    remedy=Remedy(
        "Get the cluster's CA over a trusted way (/etc/kubernetes/pki/ca.crt of a control-plane node) and put it into"
        " the kubeconfig. With a rebuilt control plane the node must join again. Never take it from the endpoint."
    ),
    apart={
        "certificate/client-wrong-issuer": "there the API server refuses the kubelet: Unauthorized without x509 text",
        "certificate/apiserver-cert-expired": "there the issuer is right and the dates are not",
        "certificate/apiserver-san-mismatch": "there the CA is the right one and the name is not covered",
        "certificate/client-ca-other-cluster": "that is clientCAFile, for callers of port 10250; the node stays Ready",
        "certificate/weak-signature": "there the words in parentheses name an insecure algorithm",
        "kubeconfig/ca-file-missing": "there the CA file cannot be read at all, and the kubelet does not start",
    },
    sources=VERIFY,
)
def ca_not_trusted_by_node(node: Snapshot) -> Iterator[Hit]:
    """The presented certificate does not lead to the kubeconfig's CA."""
    why, talk = refusal(node)
    if why == "old-ca":
        text = (
            f"the running kubelet still trusts the CA that it read at its start; the one in {node.kubeconfig.path} is"
        )
        restart = Remedy("`systemctl restart kubelet`", "restart-kubelet", "needs-approval")
        yield Hit(f"{text} the right one: restart the kubelet", _evidence(node, talk), remedy=restart)
    if why != "unknown-authority" or wrong_endpoint(node, talk):
        return
    ours, other, presented = node.certificate("server-ca"), node.certificate("client-ca"), node.certificate("apiserver")
    place = ours.place or node.kubeconfig.path
    text = f"the CA in {place} did not sign the certificate that the API server {_api.address(node)} presents"
    issuer = presented.leaf.issuer[:60] if presented.leaf else ""
    remedy = None
    if presented.leaf and x509.trusted(presented.certificates, other.certificates):
        text += f"; the CA in {other.path} did"
        advice = f"Put the CA of {other.path} into {node.kubeconfig.path} (certificate-authority-data), then"
        remedy = Remedy(f"{advice} `systemctl restart kubelet`.", "set-kubeconfig-ca", "needs-approval")
    elif issuer:
        text += f" (issuer {issuer}): another cluster's CA, or a rebuilt control plane"
    ca = (_quote.certificate(ours, "trusted as the API server's CA"),) if ours.leaf else ()
    yield Hit(text, (*_evidence(node, talk), *ca), talk.effect, remedy)


@cause(
    "certificate/apiserver-san-mismatch",
    title="the API server's certificate does not cover the address in the kubeconfig",
    effect=Effect.DOWN,
    explains=SYMPTOMS,
    compares=("kubeconfig.server",),
    healthy="The host in the kubeconfig's server is a subject alternative name of the API server's certificate.",
    see="*x509: certificate is valid for A, B, not C*.",
    why="The control plane's address or the load balancer's name is new and not among apiServer.certSANs.",
    remedy=Remedy(
        "Use a covered name in the kubeconfig's server (safe: it is a name that the cluster vouches for), or add the"
        " name on the control plane: certSANs, then `kubeadm init phase certs apiserver`. `systemctl restart kubelet`.",
        "set-kubeconfig-server",
        "needs-approval",
    ),
    apart={
        "certificate/ca-not-trusted-by-node": "there the CA is another one",
        "kubeconfig/wrong-server": "there the address leads nowhere, or to another cluster",
    },
    sources=VERIFY,
)
def apiserver_san_mismatch(node: Snapshot) -> Iterator[Hit]:
    """Issuer and dates are right, and the host is none of the certificate's names."""
    why, talk = refusal(node)
    server = node.kubeconfig.server
    if why != "name":
        return
    leaf = node.certificate("apiserver").leaf
    names = f"; it covers {', '.join(leaf.sans[:5])}" if leaf and leaf.sans else ""
    host = node.kubeconfig.tls_server_name or node.kubeconfig.host or "the address that the kubelet calls"
    text = f"{server.place} server: {server.value}: " if server else ""
    text += f"the API server's certificate does not cover {host}{names}"
    yield Hit(text[:250], ((*((_quote.field(server),) if server else ()), *_evidence(node, talk))), talk.effect)


@cause(
    "certificate/apiserver-cert-expired",
    title="the API server's certificate has expired",
    effect=Effect.DOWN,
    explains=X509_SYMPTOMS,
    healthy="The certificate that the API server presents is within its validity.",
    see="*x509: certificate has expired or is not yet valid*, on all nodes and in kubectl at once.",
    why="kubeadm's control-plane certificates live one year and were renewed neither by an upgrade nor by hand.",
    remedy=Remedy(
        "On every control-plane node `kubeadm certs renew all`, then restart its static pods. Workers recover by"
        " themselves."
    ),
    apart={
        "system/clock-skew": "there only this node fails, and its clock is ahead of the API server's",
        "certificate/client-expired": "that gives no x509 text in the kubelet's log",
        "certificate/cluster-ca-expired": "there the CA itself has expired",
        "certificate/ca-not-trusted-by-node": "there the dates are right and the issuer is unknown here",
    },
    sources=VERIFY,
)
def apiserver_cert_expired(node: Snapshot) -> Iterator[Hit]:
    """The presented certificate is outside its validity by both clocks; one that ends within two weeks is a risk."""
    why, talk = refusal(node)
    leaf = node.certificate("apiserver").leaf
    if leaf is not None and not why and timedelta(0) < leaf.remaining(node.captured_at) < SOON:
        left = age(leaf.remaining(node.captured_at).total_seconds())
        text = f"the certificate of the API server {_api.address(node)} expires in {left} ({leaf.not_after:%Y-%m-%d})"
        yield Hit(text, _evidence(node, talk), Effect.RISK)
    if why not in ("expired", "not-yet-valid"):
        return
    ago = "has expired" if why == "expired" else "is not valid yet"
    if leaf is not None and why == "expired":
        since = age(leaf.remaining(node.captured_at).total_seconds())
        ago = f"expired {since} ago ({leaf.not_after:%Y-%m-%d %H:%M} UTC)"
    text = f"the certificate of the API server {_api.address(node)} {ago}: nothing is wrong with this node"
    yield Hit(text, _evidence(node, talk), talk.effect)
