# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate of port 10250. It never decides whether the node is Ready, only whether the kubelet can start and
whether others can fetch logs and metrics."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _quote
from ._api import START, start_effect
from ._quote import age
from ._startup import said
from ._trust import cert_dir, expired

TLS_FILES = ("kubernetes cmd/kubelet/app/server.go InitializeTLS", "kubernetes pkg/kubelet/certificate/kubelet.go")
SOON_DAYS = 14


@cause(
    "certificate/tls-cert-file-missing",
    title="the file of tlsCertFile or tlsPrivateKeyFile does not exist",
    effect=Effect.DOWN,
    gate=18,
    explains=START,
    compares=("config.tlsCertFile", "config.tlsPrivateKeyFile"),
    healthy="The files of tlsCertFile and tlsPrivateKeyFile exist, or both settings are left out.",
    see="The kubelet ends at each start on *open FILE: no such file or directory* when it sets up port 10250.",
    why="The path was mistyped, or the files were removed or not restored.",
    remedy=Remedy(
        "Correct the path, or restore the pair, or remove both settings: then the kubelet makes its own. `systemctl"
        " restart kubelet`."
    ),
    apart={"certificate/serving-pair-incomplete": "there the kubelet's own kubelet.crt or kubelet.key is half gone"},
    sources=TLS_FILES,
)
def tls_cert_file_missing(node: Snapshot) -> Iterator[Hit]:
    """The node said that a configured serving file is absent."""
    for path, flag in (("tlsCertFile", "tls-cert-file"), ("tlsPrivateKeyFile", "tls-private-key-file")):
        named = node.setting(path, flag)
        if named is None or not isinstance(named.value, str) or not named.value or not node.file(named.value).absent:
            continue
        evidence = (_quote.field(named, "does not exist"), *said(node, "serving-file-missing", "client-ca-missing"))
        yield Hit(f"{named.place} {named.path}: {named.value} does not exist", evidence, start_effect(node))


@cause(
    "certificate/serving-pair-incomplete",
    title="one half of the kubelet's own serving pair is missing",
    effect=Effect.DOWN,
    gate=9,
    explains=START,
    healthy="kubelet.crt and kubelet.key are both in the certificate directory, or neither is.",
    see="*certificate and key must be supplied as a pair* at each start.",
    why="One of the two was deleted. With both gone the kubelet makes a new pair.",
    remedy=Remedy("Move the remaining file away and `systemctl restart kubelet`: it makes a new self-signed pair."),
    apart={
        "certificate/tls-cert-file-missing": "there config.yaml names the files",
        "service/not-root": "there both files exist, and the kubelet's user may not open them",
    },
    sources=TLS_FILES,
)
def serving_pair_incomplete(node: Snapshot) -> Iterator[Hit]:
    """Exactly one of the two files of the kubelet's own pair is there, and the kubelet would use them."""
    named = node.setting("tlsCertFile", "tls-cert-file")
    if (named is not None and named.value) or node.value("serverTLSBootstrap", False) is True:
        return
    certificate, key = (node.file(f"{cert_dir(node)}/kubelet.{end}") for end in ("crt", "key"))
    for gone, left in ((certificate, key), (key, certificate)):
        if gone.absent and left.exists:
            evidence = (_quote.file(gone), _quote.file(left), *said(node, "serving-pair-incomplete"))
            yield Hit(f"{gone.path} does not exist while {left.path} does", evidence, start_effect(node))


@cause(
    "certificate/serving-cert-expired",
    title="the certificate of port 10250 has expired",
    effect=Effect.DEGRADED,
    compares=("certificates.serving.remaining_days",),
    healthy="The kubelet's serving certificate is within its validity.",
    see="metrics-server and other callers that verify it fail with *x509: certificate has expired*; Ready stays True.",
    why=(
        "The kubelet makes a self-signed kubelet.crt once, for a year, and never renews it; a certificate of"
        " tlsCertFile is renewed by hand. The API server does not verify it unless --kubelet-certificate-authority is"
        " set."
    ),
    remedy=Remedy(
        "Own pair: move kubelet.crt and kubelet.key away and `systemctl restart kubelet`, or turn on"
        " serverTLSBootstrap. tlsCertFile: issue a new certificate."
    ),
    apart={"certificate/client-expired": "that is the certificate towards the API server; this one is not used there"},
    sources=TLS_FILES,
)
def serving_cert_expired(node: Snapshot) -> Iterator[Hit]:
    """The leaf has expired: harm for a certificate that a CA issued, a risk for the kubelet's own self-made one; a
    configured one is announced two weeks before."""
    use = node.certificate("serving")
    leaf = use.leaf
    if leaf is None:
        return
    own = use.path == f"{cert_dir(node)}/kubelet.crt"
    left = leaf.remaining(node.captured_at)
    if expired(node, leaf):
        when, effect = f"expired {age(left.total_seconds())} ago", Effect.RISK if own else Effect.DEGRADED
    elif use.place is not None and left.days < SOON_DAYS:
        when, effect = f"expires in {age(left.total_seconds())}", Effect.RISK
    else:
        return
    text = f"the serving certificate {use.path} {when} ({leaf.not_after:%Y-%m-%d}): callers that verify it fail"
    yield Hit(text, (_quote.certificate(use),), effect)
