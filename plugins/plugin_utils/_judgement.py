# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of one node's evidence: joined with what the control plane says of the node, interpreted, judged. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..module_utils import _schema
from ._engine.diagnose import diagnose
from ._interpret.snapshot import snapshot
from ._model.cause import Cause
from ._model.diagnosis import Diagnosis
from ._model.snapshot import Snapshot

Evidence = dict[str, Any]
OwnCauses = Callable[[Snapshot], Iterable[Cause]]
NOT_ASKED = "no control plane was asked: no host in the group kubelet_control_plane, and no kubelet_kubeconfig"


def judge(
    evidence: Mapping[str, Any],
    *,
    host_name: str,
    node_name: str | None = None,
    profile: str | None = None,
    own_causes: OwnCauses | None = None,
) -> dict[str, Any]:
    """The result of one node, as in result.schema.json. EvidenceError when this is no evidence.

    ``own_causes`` gives causes beside the catalogue for this node: the user's signatures.
    """
    return judged(
        evidence, host_name=host_name, node_name=node_name, profile=profile, own_causes=own_causes
    ).diagnosis.to_dict()


@dataclass(frozen=True)
class Judged:
    """A node as it was read, and what is wrong with it."""

    node: Snapshot
    diagnosis: Diagnosis


def judged(
    evidence: Mapping[str, Any],
    *,
    host_name: str,
    node_name: str | None = None,
    profile: str | None = None,
    own_causes: OwnCauses | None = None,
) -> Judged:
    """As :func:`judge`, with the node that was judged."""
    seen = snapshot(evidence, host_name=host_name, node_name=node_name, profile=profile)
    return Judged(seen, diagnose(seen, own_causes(seen) if own_causes else ()))


def unread(reason: str, *, host_name: str, captured_at: str) -> Evidence:
    """Evidence of a node on which nothing could be read, so that it is judged (and shown) like any other."""
    part = {"status": _schema.ERROR, "reason": reason}
    return {
        "format": _schema.BUNDLE_FORMAT,
        "node": host_name,
        "captured_at": captured_at,
        "parts": {name: dict(part) for name in _schema.NODE_PARTS},
    }


def with_cluster(
    evidence: Mapping[str, Any],
    answer: Mapping[str, Any] | None,
    *,
    node_name: str | None = None,
    also_called: Iterable[str] = (),
    not_asked: str = NOT_ASKED,
) -> Evidence:
    """The evidence with the control plane's view of this node as its part ``cluster``.

    ``answer`` is what cluster_info returned as ``cluster`` (``nodes`` and ``leases`` by name, ``csrs``,
    ``published``, or ``error``), None when nobody was asked. ``also_called`` are names and addresses of the host that
    may tell which node it is where its own evidence cannot.
    """
    joined = {**evidence, "parts": dict(evidence.get("parts") or {})}
    if answer is None:
        joined["parts"][_schema.CLUSTER] = {"status": _schema.NOT_COLLECTED, "reason": not_asked}
        return joined
    piece = _of_node(answer, evidence, node_name, also_called)
    error = piece.get("error", "")
    joined[_schema.CLUSTER] = piece
    joined["parts"][_schema.CLUSTER] = {"status": _schema.ERROR if error else _schema.OK, "reason": error}
    return joined


def _of_node(
    answer: Mapping[str, Any], evidence: Mapping[str, Any], node_name: str | None, also_called: Iterable[str]
) -> Evidence:
    """``{"node", "lease", "csrs", "version", "published", "unread"}`` of one node, or ``{"error": one sentence}``."""
    if answer.get("error"):
        return {"error": str(answer["error"])}
    nodes = answer.get("nodes") or {}
    own = node_name or _own_name(evidence)
    name = own if own in nodes else _recognised(nodes, also_called)
    rest = {
        "csrs": answer.get("csrs") or [],
        "version": answer.get("version"),
        "published": answer.get("published") or {},
        "unread": answer.get("unread") or {},
    }
    if name:
        return {"node": nodes[name], "lease": (answer.get("leases") or {}).get(name) or {}, **rest}
    if own:
        return {"node": {"error": f'nodes "{own}" not found'}, **rest}
    return {"error": "which Node object is this host's could not be told; kubelet_node_name names it"}


def _own_name(evidence: Mapping[str, Any]) -> str | None:
    """Name under which this kubelet registers, from its own evidence; None when nothing on the node was read."""
    if not any(evidence.get(part) for part in _schema.NODE_PARTS):
        return None
    return snapshot(evidence, host_name=str(evidence.get("node", ""))).node_name


def _recognised(nodes: Mapping[str, Any], also_called: Iterable[str]) -> str | None:
    """The one Node object with one of these names or addresses; None when there is none or more than one."""
    wanted = set(also_called)
    found = {name for name, node in nodes.items() if name in wanted or wanted & set(_addresses(node))}
    return found.pop() if len(found) == 1 else None


def _addresses(node: Mapping[str, Any]) -> list[str]:
    return [str(entry.get("address")) for entry in (node.get("status") or {}).get("addresses") or []]
