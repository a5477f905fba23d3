# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CA files: the one that the kubelet lets callers of port 10250 be signed by (clientCAFile), and the cluster's CA."""

from __future__ import annotations

from collections.abc import Iterator

from .._interpret import x509
from .._model.cause import cause
from .._model.certificate import Certificate, CertificateUse
from .._model.common import Field
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote
from ._api import START, alive, start_effect
from ._quote import age
from ._startup import ended_on, said
from ._trust import expired, refuses_weak
from .certificate_server import refusal

KUBEADM_CA = "/etc/kubernetes/pki/ca.crt"  # where kubeadm puts the cluster's CA on every node
DYNAMIC_CA = ("kubernetes staging/src/k8s.io/apiserver/pkg/server/dynamiccertificates",)
SOON_DAYS = 60


def client_ca_setting(node: Snapshot) -> Field | None:
    """Where clientCAFile (or --client-ca-file, which wins) is written, when its value is a path."""
    found = node.setting("authentication.x509.clientCAFile", "client-ca-file")
    return found if found is not None and isinstance(found.value, str) and found.value else None


def expected_ca(node: Snapshot, wrong: str) -> tuple[str, str]:
    """(path, why) of a CA file on this node that is the cluster's CA; empty when none is known."""
    known = {c.fingerprint_sha256 for c in node.certificate("server-ca").certificates}
    paths = [KUBEADM_CA, node.kubeconfig.ca.path if node.kubeconfig.ca.kind == "file" else ""]
    paths += sorted(path for path in node.files if path.endswith((".crt", ".pem")))
    for path in paths:
        content = node.file(path).content
        if path == wrong or not content or "BEGIN CERTIFICATE" not in content:
            continue
        try:
            found = x509.certificates(content)
        except ValueError:
            continue  # A damaged file is not the one to recommend.
        if known & {c.fingerprint_sha256 for c in found if c.is_ca or c.self_signed}:
            return path, f"exists here and is the CA of {node.kubeconfig.path}"
    if wrong != KUBEADM_CA and node.file(KUBEADM_CA).exists and not known:
        return KUBEADM_CA, "exists here"
    return "", ""


@cause(
    "certificate/client-ca-file-missing",
    title="the file of clientCAFile does not exist",
    effect=Effect.DOWN,
    gate=13,
    explains=START,
    compares=("config.authentication.x509.clientCAFile",),
    healthy="authentication.x509.clientCAFile names the file with the cluster's CA.",
    see=(
        "The kubelet ends right after each start with *unable to load client CA file* (up to 1.35) or *failed to run"
        " Kubelet: open FILE: no such file or directory* (1.36 and later)."
    ),
    why="The path was mistyped, or the file was removed.",
    remedy=Remedy(
        "Correct authentication.x509.clientCAFile, or restore the file: it is the cluster's CA, on kubeadm nodes the"
        " same as certificate-authority-data of the kubeconfig. Then `systemctl restart kubelet`.",
        "set-client-ca-file",
        "safe",
    ),
    apart={
        "kubeconfig/ca-file-missing": "that is the CA of the kubeconfig, for the API server's certificate",
        "certificate/pem-corrupt": "there the file exists and cannot be read",
    },
    versions="The message lost its words `unable to load client CA file` in 1.36.",
    sources=("kubernetes cmd/kubelet/app/auth.go", *DYNAMIC_CA),
)
def client_ca_file_missing(node: Snapshot) -> Iterator[Hit]:
    """The node said that the path of clientCAFile is absent (or a link to nothing), or a directory."""
    named = client_ca_setting(node)
    if named is None or not node.file(named.value).looked_at:
        yield from _unseen_ca(node)
    directory = named is not None and node.file(named.value).type == "directory"
    if named is None or not (directory or node.file(named.value).absent):
        return
    path, why = expected_ca(node, named.value)
    later = "; the running kubelet read it at its start, the next start fails" if alive(node) else ""
    expected = f"; expected {path} ({why})" if path else ""
    state = "is a directory" if directory else "does not exist"
    yield Hit(
        f"{named.place} {named.path}: {named.value} {state}{expected}{later}",
        (_quote.field(named, state), *said(node, "client-ca-missing")),
        start_effect(node),
        _ca_remedy(node, named, path),
    )


def _unseen_ca(node: Snapshot) -> Iterator[Hit]:
    """Nobody looked at the file: the kubelet's last line names it (up to 1.35 in words, later only by its path)."""
    match = ended_on(node, "client-ca-missing")
    if match is None:
        return
    path = match.groups.get("path") or match.groups["file"]
    if "path" in match.groups or path.endswith((".crt", ".pem", ".cer")):
        yield Hit(f"the client CA file {path} does not exist", (_quote.log(match),))


def _ca_remedy(node: Snapshot, named: Field, path: str) -> Remedy | None:
    """Point at the right file where there is one; write the kubeconfig's own CA back where that is all there is."""
    if path:
        text = f"Set {named.path} in {named.place.path} to {path}, then `systemctl restart kubelet`."
        return Remedy(text, "set-client-ca-file", "safe")
    if node.kubeconfig.ca.kind != "data" or not node.kubeconfig.ca.certificates:
        return None
    return Remedy(
        f"Write certificate-authority-data of {node.kubeconfig.path} (base64-decoded) to {named.value}, mode 0644, then"
        " `systemctl restart kubelet`.",
        "restore-ca-file",
        "needs-approval",
    )


@cause(
    "certificate/client-ca-other-cluster",
    title="clientCAFile holds another cluster's CA",
    effect=Effect.DEGRADED,
    compares=("config.authentication.x509.clientCAFile", "certificates.client-ca.*"),
    healthy="The CA in clientCAFile is the one that signs this cluster's client certificates.",
    see="The node is Ready, and `kubectl logs`, `kubectl exec` and metrics of it fail with Unauthorized.",
    why=(
        "The kubelet accepts callers of port 10250 whose certificate that CA signed. With another CA it refuses the API"
        " server and says nothing about it; the node's own reports go the other way and work."
    ),
    remedy=Remedy(
        "Put the cluster's CA (certificate-authority-data of the kubeconfig) into the file of clientCAFile, or point it"
        " at the right file. Then `systemctl restart kubelet`.",
        "restore-ca-file",
        "needs-approval",
    ),
    apart={
        "certificate/ca-not-trusted-by-node": "that is the CA of the kubeconfig; with it wrong the node is NotReady"
    },
    sources=("kubernetes cmd/kubelet/app/auth.go", *DYNAMIC_CA),
)
def client_ca_other_cluster(node: Snapshot) -> Iterator[Hit]:
    """clientCAFile's CA did not sign this node's client certificate, which the kubeconfig's CA did sign: where client
    and server certificates have CAs of their own, the client CA signs it and this does not hold."""
    use, own = node.certificate("client-ca"), node.certificate("client")
    rotated = node.certificate("client-rotated")
    own = rotated if rotated.leaf else own
    authorities = node.certificate("server-ca").certificates
    if use.issued_by_trusted is not False or not own.leaf or not authorities:
        return
    if x509.trusted(own.certificates, use.certificates) or not x509.trusted(own.certificates, authorities):
        return
    path, why = expected_ca(node, use.path)
    expected = f"; {path} {why}" if path else ""
    yield Hit(
        f"{use.place} clientCAFile: {use.path} is not this cluster's CA ({use.certificates[0].subject[:40]}, another"
        f" key): the kubelet refuses logs, exec and metrics requests{expected}",
        (_quote.certificate(use), _quote.certificate(node.certificate("server-ca"), "CA of the kubeconfig")),
    )


@cause(
    "certificate/cluster-ca-expired",
    title="the cluster's CA has expired",
    effect=Effect.DOWN,
    explains=(*_api.REJECTED, "certificate/apiserver-cert-expired", "certificate/client-expired"),
    healthy="The CA in the kubeconfig is valid for more than two months.",
    see="All nodes and kubectl fail at once with *x509: certificate has expired or is not yet valid*.",
    why="kubeadm makes CAs for ten years; every certificate under an expired one is void, however new.",
    remedy=Remedy("Replace the CA on all nodes by the manual procedure of the Kubernetes documentation."),
    apart={
        "certificate/apiserver-cert-expired": "there only the server's certificate has expired, not its CA",
        "certificate/client-expired": "there only this node's own certificate has expired",
    },
    sources=("https://kubernetes.io/docs/tasks/tls/manual-rotation-of-ca-certificates/",),
)
def cluster_ca_expired(node: Snapshot) -> Iterator[Hit]:
    """No CA of the kubeconfig or of clientCAFile is valid any more, or none will be within two months."""
    for role in ("server-ca", "client-ca"):
        use = node.certificate(role)
        if not use.certificates:
            continue
        last = max(use.certificates, key=lambda c: c.not_after)
        left = last.remaining(node.captured_at)
        if expired(node, last):
            bad = role == "server-ca" and not _api.works(node)
            when, effect = f"expired {age(left.total_seconds())} ago", Effect.DOWN if bad else Effect.RISK
        elif 0 <= left.days < SOON_DAYS:
            when, effect = f"expires in {age(left.total_seconds())}", Effect.RISK
        else:
            continue
        text = f"the CA {last.subject[:60]} in {use.path} {when} ({last.not_after:%Y-%m-%d})"
        yield Hit(text, (_quote.certificate(use),), effect)


@cause(
    "certificate/weak-signature",
    title="a certificate has a signature that current releases refuse",
    effect=Effect.DOWN,
    explains=_api.REJECTED,
    healthy="Certificates are signed with SHA-256 or better.",
    see="*x509: cannot verify signature: insecure algorithm SHA1-RSA*, or a bare Unauthorized.",
    why="Go refuses SHA-1 signatures since 1.18, which Kubernetes uses since 1.24.",
    remedy=Remedy("Issue the certificate again with SHA-256 and a key of at least 2048 bits."),
    apart={"certificate/ca-not-trusted-by-node": "the words in parentheses after *unknown authority* decide"},
    versions="Refused since Kubernetes 1.24.",
    sources=("https://go.dev/doc/go1.18#sha1",),
)
def weak_signature(node: Snapshot) -> Iterator[Hit]:
    """The leaf of the API endpoint or of the client was signed with SHA-1 or MD5 (a root's own signature is free); or
    the kubelet says it of the API server's, whose leaf nobody could fetch or which is in order itself."""
    why, talk = refusal(node)
    weak = [use for role in ("apiserver", "client") if (use := node.certificate(role)).leaf and _is_weak(use.leaf)]
    yield from (_weak(node, use, talk) for use in weak)
    line = _logs.current(node, "weak-signature")
    if why == "weak" and line is not None and not weak:
        algorithm = line.groups.get("algorithm") or "too short a key"
        text = f"a certificate of the API server {_api.address(node)} or of its CAs is signed with {algorithm}"
        yield Hit(text, (_quote.log(line),), talk.effect)


def _is_weak(leaf: Certificate | None) -> bool:
    return leaf is not None and leaf.weak_signature and not leaf.self_signed


def _weak(node: Snapshot, use: CertificateUse, talk: _api.Conversation) -> Hit:
    leaf = use.leaf
    refused = {"apiserver": _api.Fault.TLS, "client": _api.Fault.UNAUTHORIZED}[use.role] is talk.fault
    down = refused and not talk.works and (use.role == "client" or refuses_weak(node))
    text = f"the {use.role} certificate {use.path} is signed with {leaf.signature_algorithm if leaf else ''}"
    rest = "" if down else "; releases since 1.24 refuse it"
    return Hit(text + rest, (_quote.certificate(use),), Effect.DOWN if down else Effect.RISK)
