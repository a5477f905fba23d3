# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes whose conversation with the API server fails in a chosen way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from unit.causes._make import healthy, logged, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import ClusterView, Probe, Probes
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.journal import Start
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

ENDPOINT = "controlplane:6443"


def lease(error: str) -> str:
    """The kubelet's line on a lease that it cannot renew."""
    quoted = error.replace('"', '\\"')
    return (
        f'E1123 21:37:31.344312    4750 controller.go:201] "Failed to ensure lease exists, will retry" err="{quoted}"'
    )


def request(error: str, endpoint: str = ENDPOINT) -> str:
    """The same for a request that got no answer."""
    return lease(f'Get "https://{endpoint}/apis/coordination.k8s.io/v1/namespaces/x/leases/w?timeout=10s": {error}')


REFUSED = "dial tcp 10.240.0.10:6443: connect: connection refused"


def silent(node: Snapshot | None = None, heard_ago: float = 300) -> Snapshot:
    """A node of which the control plane, still up, has heard nothing for a while: Ready=Unknown, an old lease."""
    node = node or healthy()
    at = node.captured_at - timedelta(seconds=heard_ago)
    ready = node.cluster.conditions["Ready"]
    ready = replace(ready, status="Unknown", reason="NodeStatusUnknown", heartbeat_at=at)
    view = replace(node.cluster, lease_renewed_at=at, conditions={**node.cluster.conditions, "Ready": ready})
    return unit(replace(node, cluster=view), started_ago=120)


def deaf(node: Snapshot | None = None) -> Snapshot:
    """A node with a control plane that answers nobody."""
    node = node or healthy()
    error = "The connection to the server 10.240.0.10:6443 was refused"
    return unit(replace(node, cluster=ClusterView(asked=True, error=error)), started_ago=120)


def probed(node: Snapshot, **changes: Probe) -> Snapshot:
    """The node with other probes."""
    return replace(node, probes=replace(node.probes, **changes))


def unprobed(node: Snapshot) -> Snapshot:
    """The node without any probe."""
    return replace(node, probes=Probes())


def refused(node: Snapshot) -> Snapshot:
    """The endpoint refuses connections, and the kubelet says so."""
    return probed(logged(node, request(REFUSED), count=9), **failing("refused", "[Errno 111] Connection refused"))


def failing(status: str, error: str) -> dict[str, Probe]:
    """Probes of an endpoint to which nothing connects."""
    return {
        "connect": Probe("connect", status, ENDPOINT, error),
        "tls": Probe("tls", status, ENDPOINT, error),
        "readyz": Probe("http", status, f"https://{ENDPOINT}/readyz", error),
        "node_object": Probe("http", status, f"https://{ENDPOINT}/api/v1/nodes/worker-7", error),
    }


def answered(node: Snapshot, code: int, body: str = "") -> Snapshot:
    """The request with the node's own certificate is answered with this code."""
    own = replace(node.probes.node_object, code=code, body=body)
    return probed(node, node_object=own)


def written(node: Snapshot, ago: float, started: tuple[float, ...] = (1000.0,)) -> Snapshot:
    """The kubeconfig was written ``ago`` seconds before the capture; the journal knows starts so many seconds ago."""
    fact = replace(node.kubeconfig.file, mtime=node.captured_at - timedelta(seconds=ago))
    starts = tuple(Start(f"{s}", *[node.captured_at - timedelta(seconds=s)] * 2, lines=9) for s in started)
    node = replace(node, log=replace(node.log, starts=starts))
    return replace(node, kubeconfig=replace(node.kubeconfig, file=fact))
