# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API server answers, and what the cluster has for this node (object, rights, version) is missing or unfit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote
from ._api import REJECTED, SYMPTOMS, Fault
from ._trust import client_in_use
from .certificate_identity import AUTHORIZER, NODE_GROUP, NODE_USER, denied_user

OLDEST_SUPPORTED = 3  # minor releases that a kubelet may be behind the API server
OTHER_NODE = ("only its own Node object", "is not allowed to modify node", "same name as the requesting node")
_GONE = re.compile(r'nodes? \\*"[^"\\]{1,253}\\*" not found')  # also as the text of a JSON member
CSINODE_WORDS = ("CSINode is not yet initialized", "failed to initialize CSINode")


@cause(
    "apiserver/node-object-deleted",
    title="the Node object was deleted while the kubelet runs",
    effect=Effect.DOWN,
    explains=SYMPTOMS,
    healthy="`kubectl get node` knows this node.",
    see="*error getting node ...: nodes ... not found* for minutes; the node is missing from `kubectl get nodes`.",
    why=(
        "The kubelet registers once per process. After `kubectl delete node`, or an autoscaler's clean-up, it goes on"
        " updating an object that is gone."
    ),
    remedy=Remedy(
        "Make sure that nobody removed the node on purpose; then `systemctl restart kubelet` registers it again.",
        "restart-kubelet",
        "needs-approval",
    ),
    apart={"certificate/client-cn-mismatch": "there the API server forbids the request, here it answers 404"},
    sources=("kubernetes pkg/kubelet/kubelet_node_status.go",),
)
def node_object_deleted(node: Snapshot) -> Iterator[Hit]:
    """The control plane, asked by others or with the node's own certificate, has no such Node; the kubelet is past
    its start and the conversation is otherwise fine."""
    started, own = node.kubelet.main_start_at, node.probes.node_object
    match = _logs.current(node, "api-node-gone")
    unasked = node.cluster.node_found is None and own.code is None
    told = own.code == 404 and _GONE.search(own.body) is not None
    gone = node.cluster.node_found is False or told or (unasked and match is not None)
    if not _api.alive(node) or not gone:
        return
    if started is None or node.captured_at - started < _api.SETTLED or _api.conversation(node).fault is not Fault.NONE:
        return
    evidence = [_quote.log(match)] if match else []
    if told:
        evidence.insert(0, _quote.probe(own))
    elif node.cluster.node_found is False:
        evidence.insert(0, Evidence("cluster", node.cluster.error, "nodes"))
    register = node.setting("registerNode", "register-node")
    why = "; registerNode is off" if register is not None and str(register.value).lower() == "false" else ""
    yield Hit(f"the cluster has no Node {node.node_name} while its kubelet runs{why}", tuple(evidence))


@cause(
    "apiserver/rbac-missing",
    title="the API server gives nodes no rights",
    effect=Effect.DOWN,
    explains=REJECTED,
    healthy="The API server runs with --authorization-mode=Node,RBAC and the default system:node roles.",
    see='403 answers: *User "system:node:NAME" cannot get resource "nodes"*, for the node\'s own objects.',
    why="The Node authorizer was left out of --authorization-mode, or default cluster roles were deleted.",
    remedy=Remedy(
        "On the control plane: restore `--authorization-mode=Node,RBAC` of kube-apiserver and the default roles."
        " Nothing is wrong with this node."
    ),
    apart={
        "certificate/client-cn-mismatch": "there the answers name two nodes",
        "certificate/client-missing-org": "there the certificate has no O=system:nodes",
        "certificate/no-usable-client-cert": "there the denied user is system:anonymous",
        "apiserver/csinode-not-initialized": "there lease and status may be written, and CSINode alone is refused",
        "config/node-labels-forbidden": "there the 403 comes from NodeRestriction and lists labels",
    },
    sources=AUTHORIZER,
)
def rbac_missing(node: Snapshot) -> Iterator[Hit]:
    """Refused with 403 as this node with a certificate that is right; other reasons leave their own words."""
    use = client_in_use(node)
    user, evidence = denied_user(node)
    if use.leaf is None or user != f"{NODE_USER}{node.node_name}" or NODE_GROUP not in use.leaf.organizations:
        return
    if any(words in item.excerpt for item in evidence for words in OTHER_NODE):
        return
    text = f"the API server knows {user} (group {NODE_GROUP}) and still forbids its own Node and lease"
    yield Hit(f"{text}: no Node authorizer or no system:node role", (*evidence, _quote.certificate(use)))


@cause(
    "apiserver/version-skew",
    title="kubelet and API server are too many versions apart",
    effect=Effect.RISK,
    explains=("symptom/reflector-list-failures",),
    compares=("versions.kubelet", "versions.skew"),
    healthy="The kubelet is not newer than the API server and at most three minor versions older.",
    see="Nothing at first; *the server could not find the requested resource* for interfaces that an old server lacks.",
    why="Node packages were upgraded before the control plane, or the node was left behind.",
    remedy=Remedy("Upgrade the control plane first, or put the kubelet's package back to a supported version."),
    apart={
        "apiserver/unavailable": "a single 404 for an optional interface does no harm",
        "system/unplanned-package-upgrade": "there the binary is newer than what last reported: how it may have come",
    },
    versions="Three minor versions since 1.28, two before.",
    sources=("https://kubernetes.io/releases/version-skew-policy/",),
)
def version_skew(node: Snapshot) -> Iterator[Hit]:
    """Both versions are known, and the kubelet is newer, or more minor versions older than supported."""
    server = node.cluster.api_version.lower().lstrip("v").split(".")
    kubelet = node.kubelet_version
    if kubelet is None or len(server) < 2 or not (server[0].isdigit() and server[1].isdigit()):
        return
    behind = int(server[1]) - kubelet[1]
    if int(server[0]) != kubelet[0] or 0 <= behind <= (OLDEST_SUPPORTED if kubelet >= (1, 25) else 2):
        return
    how = f"{-behind} minor versions newer" if behind < 0 else f"{behind} minor versions older"
    match = _logs.current(node, "api-unknown-resource")
    text = f"kubelet {kubelet[0]}.{kubelet[1]} is {how} than the API server {node.cluster.api_version}"
    evidence = [Evidence("cluster", f"API server {node.cluster.api_version}", "version")]
    yield Hit(text, (*evidence, *((_quote.log(match),) if match else ())))


@cause(
    "apiserver/csinode-not-initialized",
    title="the CSINode object cannot be written",
    effect=Effect.DOWN,
    explains=("symptom/ready-false", "symptom/csinode-pending"),
    healthy="The kubelet may get and create its CSINode object.",
    see="Ready=False with *CSINode is not yet initialized*; after six tries the kubelet ends (exit status 255).",
    why="Ready waits for the CSINode object. Rights, a webhook, or a name that is not the certificate's block it.",
    remedy=Remedy("Repair what blocks csinodes get and create: RBAC, NodeRestriction (another name), a webhook."),
    apart={"apiserver/rbac-missing": "that is why, when all requests are refused"},
    sources=("kubernetes pkg/volume/csi/csi_plugin.go",),
)
def csinode_not_initialized(node: Snapshot) -> Iterator[Hit]:
    """The kubelet ended on it, or Ready=False names it after the start has settled."""
    match = _logs.current(node, "csinode-fatal")
    ready, started = node.cluster.ready, node.kubelet.main_start_at
    named = ready is not None and ready.status == "False" and any(words in ready.message for words in CSINODE_WORDS)
    if match is not None:
        yield Hit(f"the CSINode object cannot be written: {match.groups['reason'][:120]}", (_quote.log(match),))
    elif ready is not None and named and started is not None and node.captured_at - started >= _api.SETTLED:
        yield Hit("Ready waits for the CSINode object, which cannot be written", (_quote.condition(ready),))
