# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renewal of certificates: rotation that is late or off, and requests that nobody approves or signs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ...module_utils import _schema
from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote
from ._api import REJECTED
from ._quote import age
from ._trust import client_in_use, expired, rotated_path, rotates, valid
from .certificate_client import where

CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"
SERVING_SIGNER = "kubernetes.io/kubelet-serving"
ROTATION = ("kubernetes staging/src/k8s.io/client-go/util/certificate/certificate_manager.go",)
LATE = 0.9  # the deadline lies between 70 and 90 % of the validity
MANUAL_DAYS = 30
PATIENCE = timedelta(seconds=30)  # automatic approval and signing take about a second
BARE_PATIENCE = timedelta(seconds=5)  # the same where the kubelet already works without any certificate


def waiting_request(node: Snapshot, signer: str) -> tuple[str, Evidence] | None:
    """(what became of it, evidence) of this node's newest request to ``signer`` that gave no certificate."""
    mine = [csr for csr in node.cluster.csrs if _spec(csr).get("signerName") == signer and not _ours(csr)]
    if signer == CLIENT_SIGNER and not without_certificate(node):
        # A joined node renews as itself: a left-over request of its bootstrap does not matter any more.
        mine = [csr for csr in mine if str(_spec(csr).get("username", "")).startswith("system:node:")]
    if not mine:
        return None
    newest = max(mine, key=_created)
    status, state = newest.get("status"), "pending"
    given = status if isinstance(status, Mapping) else {}
    conditions = [c for c in given.get("conditions") or () if isinstance(c, Mapping)]
    patience = BARE_PATIENCE if _anonymous(node) and without_certificate(node) else PATIENCE
    if given.get("certificate") or node.captured_at - _created(newest) < patience:
        return None
    leaf = client_in_use(node).leaf
    if signer == CLIENT_SIGNER and leaf is not None and leaf.not_before > _created(newest):
        return None
    if conditions:
        state = {"Approved": "approved but not signed"}.get(str(conditions[-1].get("type")), "denied")
    name = str((newest.get("metadata") or {}).get("name", ""))
    since = age((node.captured_at - _created(newest)).total_seconds())
    user = _spec(newest).get("username", "")
    text = f"CSR {name} by {user} for {signer}: {state} for {since}"
    return f"{name} is {state} for {since}", Evidence("cluster", text, f"certificatesigningrequests/{name}")


def without_certificate(node: Snapshot) -> bool:
    """True when the kubelet evidently has no client certificate that counts: none on disk, or an expired one."""
    use = client_in_use(node)
    if use.leaf is None:
        return use.file.absent or _logs.current(node, "api-anonymous", window=_api.window(node)) is not None
    rotated = node.file(rotated_path(node))
    return expired(node, use.leaf) and (rotated.looked_at or not rotates(node))


def _ours(csr: Mapping[str, Any]) -> bool:
    """True for a request that a repair of ours made for the node."""
    return str((csr.get("metadata") or {}).get("name", "")).startswith(_schema.OWN_REQUESTS)


def _spec(csr: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = csr.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _created(csr: Mapping[str, Any]) -> datetime:
    """creationTimestamp; the beginning of time for what has none."""
    metadata = csr.get("metadata")
    text = str(metadata.get("creationTimestamp", "")) if isinstance(metadata, Mapping) else ""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


@cause(
    "certificate/client-csr-not-approved",
    title="nobody approves or signs the kubelet's certificate request",
    effect=Effect.DOWN,
    explains=(*REJECTED, "certificate/client-expired", "certificate/rotation-overdue", "symptom/ready-false"),
    healthy="Requests for kube-apiserver-client-kubelet are approved and signed within seconds.",
    see="`kubectl get csr` shows the node's request as Pending, Denied, or Approved without Issued.",
    why=(
        "The bindings that let the controller manager approve node requests (kubeadm:node-autoapprove-*) are missing or"
        " do not cover this token's group, the controller manager is down, or it has no signing key."
    ),
    remedy=Remedy(
        "Repair the approver or signer on the control plane. By hand, only after checking who asks and for which name:"
        " `kubectl certificate approve CSR`."
    ),
    apart={
        "certificate/serving-csr-pending": "there the signer is kubelet-serving, and Ready is not affected",
        "kubeconfig/bootstrap-token-expired": "there the request itself is refused with Unauthorized",
    },
    sources=ROTATION,
)
def client_csr_not_approved(node: Snapshot) -> Iterator[Hit]:
    """The control plane shows the request waiting; without its word, the kubelet's own complaint or a bootstrap that
    was accepted and brought nothing."""
    effect = Effect.DOWN if without_certificate(node) else Effect.RISK
    waiting = waiting_request(node, CLIENT_SIGNER)
    if waiting is not None:
        text, evidence = waiting
        rest = "the present certificate is not renewed" if effect is Effect.RISK else "the kubelet has no certificate"
        yield Hit(f"certificate request {text}: {rest}", (evidence, *_anonymous(node)), effect)
        return
    match = _logs.current(node, "csr-not-signed", window=None)
    if match is not None and not _over(node, match):
        yield Hit("the kubelet's certificate request was not signed", (_quote.log(match),), effect)
    elif _silent_bootstrap(node):
        text = "the bootstrap request was accepted and no certificate came: it waits for approval or signing"
        yield Hit(text, (_quote.file(node.bootstrap_kubeconfig.file, "bootstrap"), *_anonymous(node)), effect)


def _over(node: Snapshot, match: Match) -> bool:
    """True when the line is about the serving certificate, or a certificate was issued since."""
    leaf = client_in_use(node).leaf
    dated_back = timedelta(minutes=10)  # signers begin the validity some minutes before the signing
    issued = leaf is not None and leaf.not_before > match.pattern.last_at - dated_back
    return issued or SERVING_SIGNER in match.pattern.text


def _anonymous(node: Snapshot) -> tuple[Evidence, ...]:
    match = _logs.current(node, "api-anonymous", window=_api.window(node))
    return (_quote.log(match),) if match else ()


def _silent_bootstrap(node: Snapshot) -> bool:
    """True when a bootstrap runs for a minute without certificate and without an error of its request."""
    started = node.kubelet.main_start_at
    if not _api.alive(node) or started is None or node.captured_at - started < _api.SETTLED:
        return False
    asks = node.bootstrap_kubeconfig.file.exists and node.certificate("client").file.absent
    return asks and bool(_anonymous(node)) and _logs.current(node, "rotation-failing", window=None) is None


@cause(
    "certificate/rotation-overdue",
    title="the client certificate should have been renewed",
    effect=Effect.RISK,
    healthy="The client certificate is renewed before 90 % of its life has passed.",
    see="Nothing: a stuck renewal logs next to nothing, and the node drops out when the certificate expires.",
    why="Rotation is off, its requests are refused or not signed, or the new file cannot be written.",
    remedy=Remedy(
        "Find which: rotateCertificates in config.yaml, `kubectl get csr`, and whether <cert-dir> is writable. With"
        " rotation off, issue a new certificate before the old one expires."
    ),
    apart={"certificate/client-expired": "there it is too late"},
    sources=ROTATION,
)
def rotation_overdue(node: Snapshot) -> Iterator[Hit]:
    """More than 90 % of the validity has passed with rotation on, or fewer than 30 days are left with rotation off."""
    use, leaf = client_in_use(node), client_in_use(node).leaf
    if leaf is None or expired(node, leaf):
        return
    share, left = leaf.used_share(node.captured_at), leaf.remaining(node.captured_at)
    if rotates(node) and share > LATE:
        why = f"{share:.0%} of its life has passed, and rotation (on) was due by 90 %"
    elif not rotates(node) and share > 0.7 and left.days < MANUAL_DAYS:
        why = "rotation is off (rotateCertificates), so nobody renews it"
    else:
        return
    match = _logs.current(node, "rotation-failing", window=None)
    setting = node.setting("rotateCertificates", "rotate-certificates")
    evidence = [_quote.certificate(use)]
    evidence += [_quote.log(match)] if match else []
    evidence += [_quote.field(setting)] if setting else []
    when = f"expires in {age(left.total_seconds())} ({leaf.not_after:%Y-%m-%d})"
    yield Hit(f"the client certificate {where(use)} {when}: {why}", tuple(evidence))


@cause(
    "certificate/serving-csr-pending",
    title="the kubelet has no serving certificate yet",
    effect=Effect.DEGRADED,
    healthy="With serverTLSBootstrap, requests for kubernetes.io/kubelet-serving are approved.",
    see="The node is Ready; `kubectl logs`, `kubectl exec` and metrics-server fail on it.",
    why="Nothing in the core approves kubelet-serving requests: a cloud controller, an add-on or a person must.",
    remedy=Remedy("Check who asks and for which names, then `kubectl certificate approve CSR`; install an approver."),
    apart={"certificate/client-csr-not-approved": "there the signer is kube-apiserver-client-kubelet"},
    sources=ROTATION,
)
def serving_csr_pending(node: Snapshot) -> Iterator[Hit]:
    """A serving request waits, or the kubelet turns callers away for want of a certificate."""
    flag = node.command_line.flag("rotate-server-certificates")
    if node.config.value("serverTLSBootstrap") is not True and flag is None:
        return
    waiting = waiting_request(node, SERVING_SIGNER)
    match = _logs.current(node, "no-serving-certificate")
    if waiting is None and match is None:
        return
    has_one = valid(node, node.certificate("serving"))
    text = f"serving certificate request {waiting[0]}" if waiting else "no serving certificate was issued"
    lines = (*((waiting[1],) if waiting else ()), *((_quote.log(match),) if match else ()))
    rest = "the present one is not renewed" if has_one else "logs, exec and metrics of this node fail"
    yield Hit(f"{text}: {rest}", lines, Effect.RISK if has_one else Effect.DEGRADED)
