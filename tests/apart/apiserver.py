# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node per cause of the conversation with the API server that was not recorded."""

from __future__ import annotations

import re
from typing import Any

from accuracy._bundles import Bundle, each_message, edit_json, load, replace
from apart._nodes import Made, condition, older, says
from redteam._nodes import KUBECONFIG, fact, probes
from redteam.cases_network import JOINED, answered

LEASE = 'controller.go:201] "Failed to ensure lease exists, will retry" err="{0}" interval="7s"'
REGISTER = 'kubelet_node_status.go:121] "Unable to register node with API server" err="{0}" node="worker-6"'
STATUS = 'kubelet_node_status.go:616] "Error updating node status, will retry" err="{0}"'
_CALL = re.compile(r'(?:Get|Post|Put) \\"https[^ ]*\\": dial tcp 10.240.0.10:6443: connect: connection refused')
_FINE = {"status": "ok", "error": None, "code": 200, "body": "ok", "date": "Mon, 23 Nov 2026 21:39:15 GMT"}


def refused(words: str, code: int = 403) -> Bundle:
    """A node whose every request is refused with these words while the API server answers (``code`` for itself)."""
    return answered(words, code)


def writes_fail(words: str) -> Bundle:
    """A node whose reads are answered and whose writes (node, lease) get these words."""
    bundle = fact(replace(load("server-port-wrong"), {":6553": ":6443"}), KUBECONFIG, mtime=JOINED)
    bundle = each_message(bundle, lambda text: _CALL.sub(lambda _found: words, text))
    ok: dict[str, Any] = {"status": "ok", "error": None}
    return probes(
        bundle,
        lambda p: {} if "10248" in p.get("url", "") or p["probe"] == "unix" else _FINE if p["probe"] == "http" else ok,
    )


def _deleted() -> Bundle:
    """kubectl delete node, minutes ago."""
    gone = 'error getting node \\"worker-7\\": nodes \\"worker-7\\" not found'
    bundle = says(
        older(load("healthy"), 1800),
        STATUS.format(gone),
        'kubelet_node_status.go:603] "Unable to update node status" err="update node status exceeds retry count"',
        times=20,
    )
    body = '{"kind":"Status","status":"Failure","message":"nodes \\"worker-7\\" not found","code":404}'
    bundle = probes(bundle, lambda p: {"code": 404, "body": body} if "/nodes/" in p.get("url", "") else {})
    return edit_json(bundle, "cluster.json", lambda v: {"error": 'nodes "worker-7" not found', "csrs": v["csrs"]})


def _broken_pool() -> Bundle:
    error = 'Get \\"https://controlplane:6443/api/v1/nodes/worker-7\\": EOF'
    return says(load("healthy"), LEASE.format(error), times=8)


def _skewed() -> Bundle:
    return edit_json(load("healthy"), "cluster.json", lambda v: {**v, "version": {"gitVersion": "v1.34.1"}})


def _csinode() -> Bundle:
    """The CSINode alone may not be written; the node is known and its lease is renewed."""
    bundle = condition(
        older(load("healthy"), 400),
        "Ready",
        "False",
        "KubeletNotReady",
        "CSINode is not yet initialized",
        since=390,
        heard=9,
    )
    return says(
        bundle,
        'csi_plugin.go:300] "Failed to initialize CSINode" err="error updating CSINode annotation: timed out'
        " waiting for"
        ' the condition; caused by: csinodes.storage.k8s.io \\"worker-7\\" is forbidden: User'
        ' \\"system:node:worker-7\\" cannot get resource \\"csinodes\\" in API group \\"storage.k8s.io\\" at the'
        " cluster"
        ' scope"',
        times=4,
    )


_WEBHOOK = (
    'Internal error occurred: failed calling webhook \\"validate.kyverno.svc-fail\\": failed to call webhook: Post'
    ' \\"https://kyverno-svc.kyverno.svc:443/validate/fail?timeout=10s\\": context deadline exceeded'
)

NODES: dict[str, tuple[Made, ...]] = {
    "apiserver/node-object-deleted": (_deleted,),
    "apiserver/lb-half-broken": (_broken_pool,),
    "apiserver/version-skew": (_skewed,),
    "apiserver/csinode-not-initialized": (_csinode,),
    "apiserver/webhook-blocks-node-writes": (lambda: writes_fail(_WEBHOOK),),
}
