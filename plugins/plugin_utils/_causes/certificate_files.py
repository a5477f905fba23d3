# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate files on disk: absent, dangling, damaged, or a file where a link must be."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.certificate import CertificateUse
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _quote
from ._api import START, alive, start_effect
from ._startup import ended_on, said
from ._trust import rotated_path, rotates, valid
from .certificate_client import RENEWAL

FILE_STORE = ("kubernetes staging/src/k8s.io/client-go/util/certificate/certificate_store.go",)


def other_pair(node: Snapshot) -> Remedy | None:
    """Another client pair of this node that is intact and valid, where there is one: the rotated one, which the
    kubeconfig does not name, or an older one, at which its link does not point."""
    link, rotated, newest = rotated_path(node), node.certificate("client-rotated"), node.certificate("client-newest")
    if rotated.leaf is not None and rotated.key_match and valid(node, rotated):
        return Remedy(
            f"Let client-certificate and client-key of {node.kubeconfig.path} name {link}, which is intact and valid to"
            f" {rotated.leaf.not_after:%Y-%m-%d}; `systemctl restart kubelet`.",
            "set-kubeconfig-client-certificate",
            "needs-approval",
        )
    named = node.certificate("client")
    if newest.leaf is None or named.path != link or named.resolved == newest.path:
        return None
    return Remedy(
        f"`ln -sfn {newest.path} {link} && systemctl restart kubelet`: that certificate is intact, has its key and is"
        f" valid to {newest.leaf.not_after:%Y-%m-%d}.",
        "relink-client-certificate",
        "safe",
    )


def _bootstraps(node: Snapshot) -> bool:
    """True when the kubelet can ask for a new certificate: then a missing one is no fault by itself."""
    return node.bootstrap_kubeconfig.file.exists


@cause(
    "certificate/rotation-symlink-dangling",
    title="kubelet-client-current.pem points at a file that is gone",
    effect=Effect.DOWN,
    gate=12,
    explains=START,
    healthy="<cert-dir>/kubelet-client-current.pem is a link to the newest dated PEM beside it.",
    see=(
        "The log ends in *unable to load bootstrap kubeconfig* after *unable to read client-cert ... no such file or"
        " directory*, although `ls` shows the link."
    ),
    why="A clean-up of old dated files, or a partial restore, removed the link's target.",
    remedy=RENEWAL,
    apart={
        "certificate/client-pem-missing": "there the link itself is gone",
        "kubeconfig/unparseable": "there the kubeconfig itself is at fault, and names files that exist",
    },
    sources=FILE_STORE,
)
def rotation_symlink_dangling(node: Snapshot) -> Iterator[Hit]:
    """The client certificate's path is a link whose target does not exist."""
    use = node.certificate("client")
    if not use.file.dangling or (_bootstraps(node) and alive(node)):
        return
    later = "; the next start of the kubelet fails" if alive(node) else ""
    yield Hit(
        f"{use.path} is a link to {use.file.target}, which does not exist{later}",
        (_quote.file(use.file), *said(node, "client-cert-unreadable", "bootstrap-umbrella")),
        start_effect(node),
        other_pair(node),
    )


@cause(
    "certificate/client-pem-missing",
    title="the client certificate file is gone",
    effect=Effect.DOWN,
    gate=12,
    explains=START,
    healthy="The files of client-certificate and client-key in the kubeconfig exist.",
    see="The log ends in *unable to load bootstrap kubeconfig* after *unable to read client-cert*.",
    why="/var/lib/kubelet/pki was wiped or not restored, or the path in the kubeconfig is wrong.",
    remedy=RENEWAL,
    apart={
        "certificate/rotation-symlink-dangling": "there the link is left and its target is gone",
        "resource/var-lib-kubelet-not-mounted": "there all of /var/lib/kubelet is empty",
        "kubeconfig/unparseable": "there the line before the last one does not name a certificate file that is missing",
    },
    sources=("kubernetes staging/src/k8s.io/client-go/tools/clientcmd/validation.go",),
)
def client_pem_missing(node: Snapshot) -> Iterator[Hit]:
    """A file that the kubeconfig names as client certificate or key is absent, and no bootstrap can replace it."""
    config = node.kubeconfig
    if _bootstraps(node):
        return
    match = None if config.client_certificate.file.looked_at else ended_on(node, "client-cert-unreadable")
    if match is not None:
        yield Hit(f"the client certificate {match.groups['path']} does not exist", (_quote.log(match),))
    named = (("client-certificate", config.client_certificate), ("client-key", config.client_key))
    for key, part in named:
        if part.kind != "file" or part.file.type != "absent":
            continue
        where = _quote.place(part.place, f"{key}: {part.path}", "does not exist")
        evidence = (where, *said(node, "client-cert-unreadable", "bootstrap-umbrella"))
        text = f"{part.place or config.path}: {key} {part.path} does not exist"
        yield Hit(text, evidence, start_effect(node), other_pair(node))
        return


@cause(
    "certificate/current-pem-not-symlink",
    title="kubelet-client-current.pem is a file where the kubelet wants a link",
    effect=Effect.RISK,
    healthy="<cert-dir>/kubelet-client-current.pem is a symbolic link.",
    see="Nothing until the next rotation, then *expected ... to be a symlink but it is a file* at each try.",
    why="A copy that follows links (cp -L, rsync -L, tar -h) made a file of it. The kubelet cannot store a renewal.",
    remedy=Remedy(
        "In the certificate directory: `mv kubelet-client-current.pem kubelet-client-$(date +%F-%H-%M-%S).pem` and"
        " `ln -s` that file as kubelet-client-current.pem. No restart is needed.",
        "relink-client-certificate",
        "safe",
    ),
    explains=("certificate/rotation-overdue",),
    apart={"certificate/client-expired": "that is what it becomes at notAfter"},
    sources=FILE_STORE,
)
def current_pem_not_symlink(node: Snapshot) -> Iterator[Hit]:
    """The rotating kubelet's current PEM is a regular file."""
    fact = node.file(rotated_path(node))
    if fact.type == "file" and rotates(node):
        leaf = (node.certificate("client-rotated").leaf if node.certificate("client").path != fact.path else None) or (
            node.certificate("client").leaf
        )
        until = f" (valid to {leaf.not_after:%Y-%m-%d})" if leaf else ""
        text = f"{fact.path} is a regular file, not a link: the next renewal{until} cannot be stored"
        yield Hit(text, (_quote.file(fact), *said(node, "current-not-symlink")))


@cause(
    "certificate/pem-corrupt",
    title="a certificate file is damaged",
    effect=Effect.DOWN,
    gate=12,
    explains=START,
    healthy="Every certificate file that the kubelet uses is intact PEM.",
    see=(
        "*data does not contain any valid RSA or ECDSA certificates* for a CA file, *failed to find any PEM data* for"
        " the client's."
    ),
    why="A full disk or an interrupted write cut it, or text was lost in a copy.",
    remedy=Remedy("Restore the file from a backup or from another node (CA files are the same on all)."),
    apart={
        "certificate/client-ca-file-missing": "there the file does not exist",
        "certificate/key-mismatch": "there both halves are intact and do not belong together",
        "resource/disk-full": "a full disk leaves empty files",
    },
    sources=("kubernetes staging/src/k8s.io/client-go/util/cert/pem.go",),
)
def pem_corrupt(node: Snapshot) -> Iterator[Hit]:
    """A PEM in use was read and holds no certificate (or no key); base64 damage in the kubeconfig is another cause."""
    key = node.kubeconfig.client_key
    unseen = key.public_key_sha256 is None and node.certificate("client").problem is None
    if key.problem is not None and unseen and not alive(node):
        text = f"the client key {key.path} is damaged: {key.problem.message[:120]}"
        yield Hit(text, (_quote.file(key.file, key.problem.message),), start_effect(node), other_pair(node) or RENEWAL)
    for role, names in (
        ("client", ("client-pem-corrupt",)),
        ("client-ca", ("client-ca-corrupt",)),
        ("server-ca", ("kubeconfig-refused",)),
        ("serving", ("serving-file-missing",)),
    ):
        use = node.certificate(role)
        match = ended_on(node, names[0]) if role in ("client", "client-ca") and _unread(use) else None
        if match is not None:
            path = next((p for p in match.groups.values() if p), use.path)
            yield Hit(f"the {_KINDS[role]} {path} is damaged", (_quote.log(match),), gate=_STAGES.get(role))
        if use.problem is None or (use.embedded and "base64" in use.problem.message) or use.file.type == "directory":
            continue
        yield _corrupt(node, use, names)


_STAGES = {"serving": 9, "client-ca": 13}  # the others are read at the cause's own stage
_KINDS = {
    "client": "client certificate",
    "client-ca": "CA of clientCAFile",
    "server-ca": "CA of the kubeconfig",
    "serving": "serving certificate",
}


def _unread(use: CertificateUse) -> bool:
    """True when nobody read the file, so only the kubelet's words can say what is in it."""
    return use.leaf is None and use.problem is None and not use.file.absent


def _corrupt(node: Snapshot, use: CertificateUse, names: tuple[str, ...]) -> Hit:
    problem = use.problem.message if use.problem else ""
    named = f", named by {use.place}" if use.place and not use.embedded else ""
    remedy = (other_pair(node) or RENEWAL) if use.role == "client" else _restore_ca(node, use)
    text = f"the {_KINDS[use.role]} {use.path} is damaged: {problem[:120]}{named}"
    evidence = (_quote.file(use.file, problem), *said(node, *names))
    return Hit(text, evidence, start_effect(node), remedy, gate=_STAGES.get(use.role))


def _restore_ca(node: Snapshot, use: CertificateUse) -> Remedy | None:
    ca = node.kubeconfig.ca
    if use.role != "client-ca" or ca.kind != "data" or not ca.certificates:
        return None
    return Remedy(
        f"Write certificate-authority-data of {node.kubeconfig.path} (base64-decoded) to {use.path}, then `systemctl"
        " restart kubelet`.",
        "restore-ca-file",
        "needs-approval",
    )
