# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the client certificate names, and whether its key and its PEM are right."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._model.cause import cause
from .._model.certificate import CertificateUse
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote
from ._api import REJECTED, START, Fault
from ._startup import said
from ._trust import client_in_use
from .certificate_client import RENEW, RENEWAL, where
from .certificate_files import other_pair

NODE_USER = "system:node:"
NODE_GROUP = "system:nodes"
AUTHORIZER = ("kubernetes plugin/pkg/auth/authorizer/node", "kubernetes plugin/pkg/admission/noderestriction")
_DENIED = re.compile(r'User \\?"(?P<user>[^"\\]+)\\?" cannot')


_OWN = ("nodes", "leases")


def _registered(node: Snapshot) -> bool:
    """True when the running kubelet could register its node, and was not refused its own objects since."""
    registered = any(match.pattern.newest for match in _logs.matches(node.log, "node-registered"))
    refused = [match for match in _logs.matches(node.log, "api-forbidden") if match.groups["object"] in _OWN]
    return registered and not any(_logs.holds(node, match.pattern, _api.RECENT) for match in refused)


def denied_user(node: Snapshot) -> tuple[str, tuple[Evidence, ...]]:
    """(user, evidence) of requests that the API server now refuses with 403; an empty user when it refuses none."""
    talk, own = _api.conversation(node), node.probes.node_object
    if talk.works or talk.fault is not Fault.FORBIDDEN:
        return "", ()
    found = _DENIED.search(own.body) if own.code == 403 else None
    if found is not None:
        return found.group("user"), talk.evidence
    match = _logs.current(node, "api-forbidden", window=_api.window(node))
    if match is not None and match.groups["object"] not in _OWN and (own.code == 200 or _registered(node)):
        return "", ()  # its Node it may have: this is about one kind of object
    if match is not None:
        return match.groups["user"], (_quote.log(match),)
    match = _logs.current(node, "api-other-node", window=_api.window(node))
    owner = match.groups.get("owner", "") if match else ""
    return (NODE_USER + owner, (_quote.log(match),)) if match and owner else ("", ())


@cause(
    "certificate/client-cn-mismatch",
    title="the client certificate names another node",
    effect=Effect.DOWN,
    explains=(
        *REJECTED,
        "certificate/client-csr-not-approved",
        "certificate/rotation-overdue",
    ),
    compares=("certificates.client.common_name",),
    healthy="The common name of the client certificate is system:node: and the node's name.",
    see="403 answers that name two nodes: *node 'a' cannot read 'b', only its own Node object*.",
    why=(
        "The host name (or --hostname-override) changed after the join, or the certificate was copied from another"
        " node, in an image for instance. The kubelet cannot renew it either: it may ask only for its own name."
    ),
    remedy=Remedy("Set the host name back (or --hostname-override to the certificate's name), or rejoin. " + RENEW),
    apart={
        "identity/hostname-changed": "that is the usual reason for it",
        "apiserver/rbac-missing": "there the denied user is this node's own name",
        "apiserver/node-object-deleted": "there the API server answers 404, and forbids nothing",
        "certificate/client-missing-org": "there the name is the node's own, and O=system:nodes is missing",
    },
    sources=AUTHORIZER,
)
def client_cn_mismatch(node: Snapshot) -> Iterator[Hit]:
    """Refused with 403 as another user than system:node:<this node's name>, which is what the certificate says. The
    name is certain when the cluster has this Node or the kubelet complains; a host name alone may be another one."""
    use = client_in_use(node)
    user, evidence = denied_user(node)
    if not user or not node.node_name or user in ("system:anonymous", NODE_USER + node.node_name):
        return
    name, shown = (use.leaf.common_name, (_quote.certificate(use),)) if use.leaf else (user, ())
    yield Hit(
        f"the client certificate {where(use)} is for {name}, this node is {node.node_name}:"
        " the API server lets it touch neither this Node nor its lease",
        (*shown, *evidence),
        None if node.cluster.node_found or _api.conversation(node).said else Effect.RISK,
    )


@cause(
    "certificate/client-missing-org",
    title="the client certificate lacks the group system:nodes",
    effect=Effect.DOWN,
    explains=REJECTED,
    compares=("certificates.client.organizations",),
    healthy="The client certificate has O=system:nodes.",
    see="403 answers to system:node:NAME for its own Node and lease.",
    why="A certificate made by hand without the organization: the Node authorizer does not take it for a node.",
    remedy=RENEWAL,
    apart={
        "certificate/client-cn-mismatch": "there the answers name two nodes",
        "apiserver/rbac-missing": "there the certificate has the group and the API server lacks the Node authorizer",
    },
    sources=AUTHORIZER,
)
def client_missing_org(node: Snapshot) -> Iterator[Hit]:
    """Refused with 403 as this node, and the certificate has no O=system:nodes."""
    use = client_in_use(node)
    user, evidence = denied_user(node)
    if use.leaf is None or user != f"{NODE_USER}{node.node_name}" or NODE_GROUP in use.leaf.organizations:
        return
    text = f"the client certificate {where(use)} has the subject {use.leaf.subject[:80]}, without O={NODE_GROUP}"
    yield Hit(text, (_quote.certificate(use), *evidence))


@cause(
    "certificate/key-mismatch",
    title="a certificate and its private key do not belong together",
    effect=Effect.DOWN,
    gate=12,
    explains=START,
    healthy="The private key beside each certificate is the one that it was made for.",
    see="*tls: private key does not match public key* at the start.",
    why="Only one half was replaced, by hand or from a backup.",
    remedy=RENEWAL,
    apart={"certificate/pem-corrupt": "there one of the files cannot be read at all"},
    sources=("Go crypto/tls X509KeyPair",),
)
def key_mismatch(node: Snapshot) -> Iterator[Hit]:
    """The node's hash of the key's public half differs from the certificate's, or the kubelet said so."""
    for use in (node.certificate("client"), node.certificate("serving")):
        if use.key_match is False:
            yield _mismatch(node, use)
    if node.certificate("client").key_match is None and not _api.alive(node):
        lines = said(node, "key-mismatch")
        if lines:
            text = f"certificate and key named by {node.kubeconfig.path} do not belong together"
            yield Hit(text, lines, remedy=other_pair(node))


_SERVING_PAIR = Remedy(
    "Restore the matching pair. Where the two are kubelet.crt and kubelet.key of <cert-dir>, which the kubelet makes"
    " itself, move both away: it makes new ones at its start. Then `systemctl restart kubelet`."
)


def _mismatch(node: Snapshot, use: CertificateUse) -> Hit:
    evidence = (_quote.certificate(use), _quote.file(use.key_file, "another key"), *said(node, "key-mismatch"))
    text = f"the {use.role} certificate {where(use)} does not belong to the key in {use.key_path or use.path}"
    remedy = other_pair(node) if use.role == "client" else _SERVING_PAIR
    return Hit(text, evidence, _api.start_effect(node), remedy)
