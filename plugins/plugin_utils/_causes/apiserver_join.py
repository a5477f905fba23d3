# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server that an agent of K3s or RKE2 joins at each start, before it starts its kubelet."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.host import Probe
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote, _supervisor

_SAID = {
    "refused": "it refuses connections",
    "timeout": "it does not answer",
    "unresolved": "its name does not resolve",
}


@cause(
    "apiserver/join-server-unreachable",
    title="the agent cannot reach the server that it joins",
    effect=Effect.DOWN,
    explains=("symptom/*", "apiserver/*", "kubeconfig/wrong-server", "service/start-limit-hit", "network/no-route"),
    healthy="`curl -k URL/cacerts` from the node, with the agent's server URL, prints the cluster's CA.",
    see=(
        "*Failed to validate connection to cluster at URL: failed to get CA certs: Get"
        " https://127.0.0.1:6444/cacerts: ...* every two seconds; the unit stays activating, and there is no kubelet."
    ),
    why=(
        "The URL (K3S_URL, RKE2_URL, `server` of config.yaml) is wrong, the server is down, or something between drops"
        " or rejects packets. The address 127.0.0.1 in the message is the agent's own load balancer."
    ),
    remedy=Remedy("Correct the URL, or repair the server; then restart the agent's unit."),
    apart={
        "identity/k3s-node-password": "there the server answers, and refuses token or password",
        "apiserver/connection-refused": "there the kubelet runs, and the servers went away under it",
    },
    versions="K3s and RKE2",
    sources=("k3s-io/k3s pkg/agent/run.go, pkg/clientaccess/token.go, pkg/agent/loadbalancer",),
)
def join_server_unreachable(node: Snapshot) -> Iterator[Hit]:
    """The newest start says so now, and has not started its kubelet since."""
    said = _logs.current(node, "join-unreachable", window=_api.RECENT, recovered="supervisor-runs-kubelet")
    if said is None:
        return
    found = _supervisor.server(node)
    url = found.value if found is not None else said.groups.get("url", "")
    probe = _supervisor.reached(node, url)
    where = f" ({found.place})" if found is not None else ""
    others = "; the control plane answers others" if node.cluster.node_found is not None else ""
    unit = node.kubelet.name
    yield Hit(
        f"{unit} waits for the server {url}{where}: {_why(probe, said.groups['why'])}{others}",
        (
            *((_quote.field(found),) if found is not None else ()),
            *((_quote.probe(probe),) if probe is not None else ()),
            _quote.log(said),
        ),
        remedy=Remedy(
            f"`curl -k {url}/cacerts` on this node must print the cluster's CA. Correct the URL{where} if it is wrong,"
            f" else repair the server or the way to it; then `systemctl restart {unit.removesuffix('.service')}`."
        ),
    )


def _why(probe: Probe | None, said: str) -> str:
    if probe is None or probe.status == "ok":
        return f"its load balancer says {said}"
    return _SAID.get(probe.status, probe.error or probe.status)
