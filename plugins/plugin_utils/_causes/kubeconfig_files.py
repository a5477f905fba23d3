# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kubeconfig names: CA and client certificate, and whether the kubelet may read them."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._api import START, alive, start_effect
from ._quote import age
from ._startup import ended_on, said
from ._trust import rotated_path, valid
from .kubeconfig import BOOTSTRAP, CLIENTCMD, UMBRELLA


@cause(
    "kubeconfig/ca-file-missing",
    title="the CA file that the kubeconfig names does not exist",
    effect=Effect.DOWN,
    gate=12,
    explains=START,
    healthy="The file of certificate-authority in the kubeconfig exists.",
    see=UMBRELLA + " The line before it says *unable to read certificate-authority*.",
    why="The path was mistyped or the file removed. This CA is for the API server's certificate, not for port 10250.",
    remedy=Remedy(
        "Point certificate-authority in the kubeconfig at the cluster's CA file (or embed it), then `systemctl restart"
        " kubelet`.",
        "set-kubeconfig-ca",
        "needs-approval",
    ),
    apart={
        "certificate/client-ca-file-missing": "that is clientCAFile of config.yaml, another file with another purpose",
        "certificate/ca-not-trusted-by-node": "there the CA is readable and is another one",
    },
    sources=BOOTSTRAP + CLIENTCMD,
)
def ca_file_missing(node: Snapshot) -> Iterator[Hit]:
    """certificate-authority names a path that the node said is absent."""
    ca = node.kubeconfig.ca
    match = None if ca.file.looked_at else ended_on(node, "kubeconfig-ca-unreadable")
    if match is not None:
        yield Hit(f"certificate-authority {match.groups['path']} does not exist", (_quote.log(match),))
    if ca.kind != "file" or not ca.file.absent:
        return
    named = _quote.place(ca.place, f"certificate-authority: {ca.path}", "does not exist")
    other = node.certificate("client-ca")
    hint = f"; {other.path} exists here" if other.leaf and other.path != ca.path else ""
    remedy = None
    if other.leaf and other.path != ca.path:
        text = f"Set certificate-authority in {node.kubeconfig.path} to {other.path} after checking that this is the"
        text += " CA of the API server, then `systemctl restart kubelet`."
        remedy = Remedy(text, "set-kubeconfig-ca", "needs-approval")
    yield Hit(
        f"{ca.place or node.kubeconfig.path}: certificate-authority {ca.path} does not exist{hint}",
        (named, *said(node, "kubeconfig-ca-unreadable", "bootstrap-umbrella")),
        start_effect(node),
        remedy,
        explains=("certificate/client-ca-file-missing",) if other.path == ca.path else (),
    )


@cause(
    "kubeconfig/unreadable",
    title="the kubelet may not read its kubeconfig or client key",
    effect=Effect.DOWN,
    gate=12,
    explains=START,
    healthy="The kubelet's user can read the kubeconfig and the files that it names.",
    see="The kubelet ends at each start with *permission denied* on the kubeconfig or on a client key.",
    why="A wrong SELinux label after a restore, or a kubelet that does not run as root.",
    remedy=Remedy(
        "`restorecon -Rv /etc/kubernetes /var/lib/kubelet/pki` where SELinux enforces; else give the file to root with"
        " mode 0600. Then `systemctl restart kubelet`."
    ),
    apart={"service/not-root": "there the unit has a User= and every privileged call fails, not only this read"},
    sources=BOOTSTRAP,
)
def unreadable(node: Snapshot) -> Iterator[Hit]:
    """The kubelet said so at its newest start: only it knows what its user and label allow."""
    match = _logs.current(node, "kubeconfig-unreadable", window=None)
    if match is None or alive(node):
        return
    fact = node.file(match.groups["path"])
    yield Hit(
        f"the kubelet may not read {fact.path} (mode {fact.mode or '?'}, owner {fact.uid}:{fact.gid})",
        (_quote.log(match), _quote.file(fact)),
    )


@cause(
    "kubeconfig/embedded-stale-cert",
    title="the kubeconfig holds an old client certificate although a valid rotated one exists",
    effect=Effect.DOWN,
    gate=12,
    explains=(*START, "certificate/client-expired"),
    healthy="client-certificate and client-key of the kubeconfig name <cert-dir>/kubelet-client-current.pem.",
    see=UMBRELLA + " The line before it says *part of the existing bootstrap client certificate ... is expired*.",
    why=(
        "The start-up check looks only at the certificate in the kubeconfig and ignores the rotated one. The node"
        " lives on rotated certificates for a year and dies at the first restart after the old one expired. `kubeadm"
        " init` before 1.17 and copies of freshly made files leave it so; `kubeadm certs renew` does not touch it."
    ),
    remedy=Remedy(
        "In the kubeconfig replace client-certificate-data and client-key-data by client-certificate and client-key,"
        " both naming <cert-dir>/kubelet-client-current.pem; `systemctl restart kubelet`.",
        "set-kubeconfig-client-certificate",
        "needs-approval",
    ),
    apart={"certificate/client-expired": "there the rotated certificate has expired as well, or there is none"},
    sources=BOOTSTRAP,
)
def embedded_stale_cert(node: Snapshot) -> Iterator[Hit]:
    """The kubeconfig's own certificate has expired (or will within 30 days) and the rotated one is valid longer."""
    named, rotated = node.certificate("client"), node.certificate("client-rotated")
    leaf = named.leaf
    if leaf is None or rotated.leaf is None or not valid(node, rotated) or rotated.leaf.not_after <= leaf.not_after:
        return
    left = leaf.remaining(node.captured_at)
    gone = left.total_seconds() < 0
    if not gone and left.days >= 30:
        return
    when = f"expired {age(left.total_seconds())} ago" if gone else f"expires in {age(left.total_seconds())}"
    later = "; the next start of the kubelet fails" if alive(node) or not gone else ""
    where = "embeds a client certificate" if named.embedded else f"names the client certificate {named.path}"
    yield Hit(
        f"{named.place or node.kubeconfig.path} {where} that {when} ({leaf.not_after:%Y-%m-%d}), while"
        f" {rotated_path(node)} is valid to {rotated.leaf.not_after:%Y-%m-%d}{later}",
        (_quote.certificate(named), _quote.certificate(rotated), *said(node, "client-expired-at-start")),
        start_effect(node) if gone else Effect.RISK,
    )
