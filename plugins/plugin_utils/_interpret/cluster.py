# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control plane says of one node, from the part ``cluster`` (or from cluster_info's slice of this node)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from .._model.host import ClusterView, Condition
from . import _values, x509


def cluster(evidence_cluster: object, node_name: str = "") -> ClusterView:
    """Typed view of ``{"node": Node, "lease": Lease, "csrs": [...]}``; any piece may be missing or ``{"error": text}``.

    ``csrs`` keeps only requests of this node: those of user ``system:node:<node_name>`` or for that common name.
    """
    if not isinstance(evidence_cluster, Mapping) or not evidence_cluster:
        return ClusterView()
    whole: Mapping[str, Any] = evidence_cluster
    node, lease = _values.mapping(whole.get("node")), _values.mapping(whole.get("lease"))
    error = _values.text(whole.get("error")) or _values.text(node.get("error"))
    found = _node_found(node, error)
    if found:
        node_name = _values.text(_values.mapping(node.get("metadata")).get("name")) or node_name
    spec, status = _values.mapping(node.get("spec")), _values.mapping(node.get("status"))
    return ClusterView(
        asked=True,
        error="" if found is not None else error or "the control plane's answer holds no Node object",
        node_found=found,
        conditions=_conditions(status.get("conditions")),
        unschedulable=spec.get("unschedulable") is True,
        taints=tuple(_taint(entry) for entry in _values.items(spec.get("taints"))),
        kubelet_version=_values.text(_values.mapping(status.get("nodeInfo")).get("kubeletVersion")),
        api_version=_api_version(whole.get("version")),
        lease_renewed_at=_values.moment(_values.mapping(lease.get("spec")).get("renewTime")),
        pod_cidr=_values.text(spec.get("podCIDR")),
        addresses=tuple(_values.text(e.get("address")) for e in _values.items(status.get("addresses"))),
        csrs=tuple(entry for entry in _values.items(whole.get("csrs")) if _requested_by(entry, node_name)),
        raw_node=node if found else {},
        published=_values.mapping(whole.get("published")),
        unread={piece: _values.text(reason) for piece, reason in _values.mapping(whole.get("unread")).items()},
    )


def _node_found(node: Mapping[str, Any], error: str) -> bool | None:
    """True with a Node object, False when the API server said that there is none, None when it could not be asked."""
    if _values.mapping(node.get("metadata")).get("name"):
        return True
    return False if "not found" in error.lower() and "nodes" in error.lower() else None


def _conditions(value: object) -> dict[str, Condition]:
    return {
        kind: Condition(
            type=kind,
            status=_values.text(entry.get("status")),
            reason=_values.text(entry.get("reason")),
            message=_values.text(entry.get("message")),
            heartbeat_at=_values.moment(entry.get("lastHeartbeatTime")),
            transition_at=_values.moment(entry.get("lastTransitionTime")),
        )
        for entry in _values.items(value)
        if (kind := _values.text(entry.get("type")))
    }


def _taint(entry: Mapping[str, Any]) -> str:
    """``key=value:effect`` as kubectl writes it."""
    value = _values.text(entry.get("value"))
    return f"{_values.text(entry.get('key'))}{'=' + value if value else ''}:{_values.text(entry.get('effect'))}"


def _api_version(value: object) -> str:
    """The version as text, or the gitVersion of GET /version."""
    return _values.text(value) or _values.text(_values.mapping(value).get("gitVersion"))


def _requested_by(csr: Mapping[str, Any], node_name: str) -> bool:
    user = f"system:node:{node_name}"
    spec = _values.mapping(csr.get("spec"))
    if not node_name or spec.get("username") == user:
        return True
    try:
        request = base64.b64decode(_values.text(spec.get("request")), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False
    return bool(request) and x509.request_common_name(request) == user
