# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker meets outside: answers to probes, and the control plane's view of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from unit.profiles._certificates import NODE

if TYPE_CHECKING:
    from unit.profiles._world import World

    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.probes import Targets


def probe(world: World, targets: Targets, _seconds: float) -> list[dict[str, Any]]:
    """The answers to what the collectors ask for."""
    found: list[dict[str, Any]] = []
    for host, port in targets.servers:
        found += _server(world, host, port, targets)
    if targets.healthz is not None:
        status = world.answers.get("healthz", "ok")
        url = f"http://{targets.healthz[0]}:{targets.healthz[1]}/healthz"
        found.append({"probe": "http", "url": url, "status": status, **({"code": 200} if status == "ok" else {})})
    if targets.runtime_socket is not None:
        found.append({"probe": "unix", "path": targets.runtime_socket, "status": world.answers.get("runtime", "ok")})
    return found


def _server(world: World, host: str, port: int, targets: Targets) -> list[dict[str, Any]]:
    names = {"host": host, "port": port}
    resolved = {"probe": "resolve", "name": host, "addresses": ["10.0.0.1"], "status": "ok"}
    refused = world.answers.get("server", "ok")
    if refused != "ok":
        return [resolved, *({"probe": kind, **names, "status": refused} for kind in ("connect", "tls"))]
    connected = {"probe": "connect", **names, "address": "10.0.0.1", "status": "ok"}
    if "tls" in world.answers:
        error = {"probe": "tls", **names, "status": "error", "error": world.answers["tls"]}
        return [resolved, connected, error]
    tls = {"probe": "tls", **names, "status": "ok", "peer_certificate": world.certificates()["apiserver"]}
    url = f"https://{host}:{port}"
    own = {"probe": "http", "url": f"{url}/api/v1/nodes/{targets.node_name}", "code": world.answers.get("code", 200)}
    own["client_certificate"] = targets.client.source if targets.client else None
    if targets.client is None:
        own["code"] = 401  # the probe has nothing to show: the kubelet's own token or plugin is not ours to use
    answers = [{"probe": "http", "url": f"{url}/readyz", "code": 200}, own]
    return [resolved, connected, tls, *({**answer, "status": "ok"} for answer in answers)]


def cluster(world: World) -> dict[str, Any]:
    """The control plane's view of the node."""
    seen = world.now - timedelta(seconds=5 if world.ready == "True" else 300)
    at = f"{seen:%Y-%m-%dT%H:%M:%SZ}"
    since = world.now - (timedelta(minutes=50) if world.ready == "True" else timedelta(seconds=250))
    condition = {"type": "Ready", "status": world.ready, "lastHeartbeatTime": at, "reason": "KubeletReady"}
    condition["lastTransitionTime"] = f"{since:%Y-%m-%dT%H:%M:%SZ}"
    meta = {"name": NODE, "creationTimestamp": f"{world.now - timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}"}
    node = {"metadata": meta, "spec": {"podCIDR": "10.244.1.0/24"}}
    node["status"] = {"conditions": [condition], "nodeInfo": {"kubeletVersion": f"v1.36.2{'+x1' * world.rancher}"}}
    return {"node": node, "lease": {"spec": {"holderIdentity": NODE, "renewTime": at}}, "csrs": []}
