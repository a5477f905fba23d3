# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kubelet's client certificate when the API server does not accept it: dates, issuer, usage.

The kubelet's log hardly ever names the reason (a bare Unauthorized), so the certificate itself is judged, by the
node's clock and by the API server's.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.certificate import CertificateUse
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote
from ._api import REJECTED, START, Fault
from ._quote import age
from ._startup import ended_on, said
from ._trust import client_in_use, clocks_differ, expired, expired_part, not_yet_valid, valid

AUTHENTICATION = ("kubernetes staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go",)
RENEW = (
    "On a control-plane node `kubeadm kubeconfig user --org system:nodes --client-name system:node:NAME` makes a"
    " kubeconfig with a new certificate (without kubeadm: sign one with O=system:nodes, CN=system:node:NAME and"
    " clientAuth). Put it in place of the old one and `systemctl restart kubelet`; then point client-certificate and"
    " client-key at <cert-dir>/kubelet-client-current.pem."
)

RENEWAL = Remedy(RENEW, "renew-client-certificate", "needs-approval")


def where(use: CertificateUse) -> str:
    """The certificate's place for a sentence: the file, and the real file behind a link, or the kubeconfig."""
    return f"embedded in {use.place or use.path}" if use.embedded else use.path


@cause(
    "certificate/client-expired",
    title="the kubelet's client certificate has expired",
    effect=Effect.DOWN,
    gate=12,
    explains=(*REJECTED, *START, "certificate/rotation-overdue"),
    compares=("certificates.client.remaining_days",),
    healthy="The client certificate that the kubeconfig names is within its validity.",
    see=(
        "With a bootstrap kubeconfig configured the kubelet ends at each start in *unable to load bootstrap kubeconfig*"
        " after *part of the existing bootstrap client certificate ... is expired*; without one it runs, and every"
        " request is answered with Unauthorized, or refused to `system:anonymous`."
    ),
    why=(
        "The kubelet renews the certificate itself between 70 and 90 % of its life, if rotation is on, the API server"
        " reachable and requests are signed. A node that was switched off over that time, or a certificate made by"
        " hand, runs out."
    ),
    remedy=RENEWAL,
    apart={
        "kubeconfig/embedded-stale-cert": "there the rotated certificate is still valid",
        "system/clock-skew": "there the API server's clock, sent in its answers, is on the other side of notAfter",
        "certificate/apiserver-cert-expired": "that shows as x509 text in the kubelet's log, this one never does",
        "certificate/client-wrong-issuer": "there the dates are right and the issuer is not the cluster's CA",
        "certificate/cluster-ca-expired": "there other nodes and kubectl fail as well",
        "certificate/current-pem-not-symlink": "there the certificate is still good and its renewal cannot be stored",
        "certificate/rotation-overdue": "there it is still valid: the time before this",
        "certificate/serving-cert-expired": "that is kubelet.crt of port 10250, which never makes a node NotReady",
        "kubeconfig/kubelet-conf-missing": "there no line before the umbrella line says *is expired*",
    },
    sources=("kubernetes pkg/kubelet/certificate/bootstrap/bootstrap.go", *AUTHENTICATION),
)
def client_expired(node: Snapshot) -> Iterator[Hit]:
    """A certificate in the client PEM has expired by every clock, and no valid rotated one exists."""
    use = node.certificate("client")
    part = expired_part(node, use)
    match = None if use.leaf is not None else ended_on(node, "client-expired-at-start")
    if match is not None and not clocks_differ(node):
        text = (
            f"the client certificate of {match.groups.get('path', 'the kubeconfig')} expired {match.groups['time']} UTC"
        )
        yield Hit(text, (_quote.log(match),))
    if part is None or valid(node, node.certificate("client-rotated")):
        return
    serving, also = node.certificate("serving"), list[str]()
    if serving.leaf is not None and serving.leaf.fingerprint_sha256 == part.fingerprint_sha256:
        also.append("certificate/serving-cert-expired")
    ago = age(part.remaining(node.captured_at).total_seconds())
    yield Hit(
        f"the client certificate {where(use)} expired {ago} ago ({part.not_after:%Y-%m-%d %H:%M} UTC):"
        f" subject {part.subject[:60]}, issuer {part.issuer[:40]}",
        (_quote.certificate(use), *said(node, "client-expired-at-start", "client-gone-while-running"), *_answer(node)),
        Effect.RISK if _api.works(node) else Effect.DOWN,
        explains=tuple(also),
    )


def _answer(node: Snapshot) -> tuple[Evidence, ...]:
    """What the API server answers to this certificate, where it was asked."""
    own = node.probes.node_object
    return (_quote.probe(own),) if own.client_certificate and own.code in (401, 403) else ()


@cause(
    "certificate/client-not-yet-valid",
    title="the client certificate is not valid yet",
    effect=Effect.DOWN,
    explains=REJECTED,
    healthy="notBefore of the client certificate is in the past, by the API server's clock as well.",
    see="The kubelet starts (it checks only the end of the validity) and is answered with Unauthorized.",
    why="The clock of the machine that signed it, or of one that checks it, is wrong.",
    remedy=Remedy("Correct the wrong clock; then wait until notBefore, or issue the certificate again."),
    apart={"system/clock-skew": "there the node's clock differs from the API server's"},
    sources=AUTHENTICATION,
)
def client_not_yet_valid(node: Snapshot) -> Iterator[Hit]:
    """notBefore is in the future by every clock."""
    use = client_in_use(node)
    if use.leaf is not None and not_yet_valid(node, use.leaf):
        ahead = age((use.leaf.not_before - node.captured_at).total_seconds())
        text = f"the client certificate {where(use)} is not valid for another {ahead}"
        yield Hit(text, (_quote.certificate(use), *_answer(node)), Effect.RISK if _api.works(node) else Effect.DOWN)


@cause(
    "certificate/client-wrong-issuer",
    title="the API server does not trust the issuer of the client certificate",
    effect=Effect.DOWN,
    explains=REJECTED,
    compares=("certificates.client.issuer",),
    healthy="The client certificate was signed by the CA of --client-ca-file of the API server.",
    see="Every request is answered with a bare Unauthorized; the dates of the certificate are fine.",
    why=(
        "The control plane was rebuilt or its CA replaced, or an old /var/lib/kubelet/pki came back from a backup or an"
        " image. The new CA often has the same name (kubernetes), so names do not show it, only the signature does."
    ),
    remedy=Remedy(
        "Join the node to the present cluster again (`kubeadm reset`, `kubeadm join`), or replace its kubeconfig. "
        + RENEW,
        "renew-client-certificate",
        "needs-approval",
    ),
    apart={
        "certificate/ca-not-trusted-by-node": "there the kubelet refuses the server (x509 text), not the other way",
        "certificate/client-expired": "look at the dates",
        "certificate/client-missing-eku": "there the signature is right",
        "identity/eks-role-not-mapped": "there the kubeconfig has no client certificate; its token comes from AWS",
        "kubeconfig/bootstrap-token-expired": "there no client certificate exists yet: the request for one gets 401",
    },
    sources=AUTHENTICATION,
)
def client_wrong_issuer(node: Snapshot) -> Iterator[Hit]:
    """Answered with 401, and nothing but the issuer can be the reason; whether it signed is checked where known."""
    talk, use, own = _api.conversation(node), _presented(node), node.probes.node_object
    leaf = use.leaf
    if talk.works or talk.fault is not Fault.UNAUTHORIZED or leaf is None or own.code == 200:
        return
    if clocks_differ(node) or expired_part(node, use) or not_yet_valid(node, leaf) or lacks_client_auth(use):
        return
    if use.issued_by_trusted is False:
        text = "was not signed by any CA known here, although its issuer is called"
        text = f"the client certificate {where(use)} {text} {leaf.issuer[:40]}"
    else:
        text = f"the API server refuses the client certificate {where(use)}, in order here: it trusts another CA"
    yield Hit(f"{text}: every request is answered with 401", (_quote.certificate(use), *talk.evidence))


def _presented(node: Snapshot) -> CertificateUse:
    """The certificate that was refused: the one of the probe where it was refused, else that of the kubelet."""
    own = node.probes.node_object
    asked_with_kubeconfig = own.code == 401 and own.client_certificate == node.kubeconfig.path
    return node.certificate("client") if asked_with_kubeconfig else client_in_use(node)


def lacks_client_auth(use: CertificateUse) -> bool:
    """True when the leaf restricts its usage and clientAuth is not among it."""
    usages = use.leaf.extended_key_usages if use.leaf else ()
    return bool(usages) and not {"clientAuth", "anyExtendedKeyUsage"} & set(usages)


@cause(
    "certificate/client-missing-eku",
    title="the client certificate may not be used as a client's",
    effect=Effect.DOWN,
    explains=REJECTED,
    healthy="The extended key usage of the client certificate contains clientAuth.",
    see="Every request is answered with a bare Unauthorized; issuer and dates are fine.",
    why="A certificate made for a server (serverAuth only) was put in the client's place.",
    remedy=RENEWAL,
    apart={"certificate/client-wrong-issuer": "there the signature is another CA's"},
    sources=AUTHENTICATION,
)
def client_missing_eku(node: Snapshot) -> Iterator[Hit]:
    """The leaf has extended key usages, and clientAuth is not one of them."""
    use = client_in_use(node)
    if use.leaf is None or not lacks_client_auth(use) or expired(node, use.leaf):
        return
    usages = ", ".join(use.leaf.extended_key_usages)
    text = f"the client certificate {where(use)} has the extended key usage {usages}, not clientAuth"
    effect = Effect.RISK if _api.works(node) else Effect.DOWN
    yield Hit(text, (_quote.certificate(use, f"extended key usage: {usages}"), *_answer(node)), effect)


@cause(
    "certificate/no-usable-client-cert",
    title="the kubelet calls the API server without a usable certificate",
    effect=Effect.DOWN,
    explains=REJECTED,
    healthy="The API server knows the kubelet as system:node:NAME.",
    see='*forbidden: User "system:anonymous" cannot get resource "nodes"*; it looks like missing rights and is not.',
    why=(
        "With an expired certificate, or none yet, the kubelet offers none in the handshake, and the API server takes"
        " it for system:anonymous. Never give rights to that user."
    ),
    remedy=RENEWAL,
    apart={"apiserver/rbac-missing": "there the denied user is system:node:NAME"},
    sources=("kubernetes staging/src/k8s.io/client-go/util/certificate/certificate_manager.go",),
)
def no_usable_client_cert(node: Snapshot) -> Iterator[Hit]:
    """The API server's answers name system:anonymous; or they refuse what the process holds, not what the file has."""
    talk = _api.conversation(node)
    if talk.works or not _api.alive(node):
        return
    anonymous = _logs.current(node, "api-anonymous", window=_api.window(node))
    if node.probes.node_object.code == 200 and talk.said is not None and talk.said_fault is Fault.UNAUTHORIZED:
        yield Hit(
            "the API server accepts the client certificate on disk but refuses the one that the running kubelet holds:"
            " restart the kubelet",
            (_quote.probe(node.probes.node_object), _quote.log(talk.said)),
            remedy=Remedy("`systemctl restart kubelet`", "restart-kubelet", "needs-approval"),
        )
    elif anonymous is not None:
        yield Hit("the API server knows this kubelet only as system:anonymous", (_quote.log(anonymous),))
