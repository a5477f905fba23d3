# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API endpoint is reached and answers with errors, late, or not at all."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _layout, _logs, _quote
from ._api import SYMPTOMS, Fault
from .apiserver_reach import over, unreached

CONTROL_PLANE = Remedy("Nothing on this node: look at kube-apiserver and etcd on the control plane.")
MANY = 5

# Distributions whose workers have a load balancer of their own, and its list of servers.
BALANCERS = {
    "kubespray": "`upstream` in /etc/nginx/nginx.conf, or /etc/haproxy/haproxy.cfg",
    "microk8s": "/var/snap/microk8s/current/args/traefik/provider.yaml",
}


@cause(
    "apiserver/unavailable",
    title="the API server answers with errors",
    effect=Effect.DOWN,
    explains=(*SYMPTOMS, "apiserver/overloaded", "apiserver/lb-half-broken"),
    healthy="The API server answers the kubelet's requests with 2xx.",
    see="*Timeout: request did not complete*, *the server is currently unable to handle the request*, 500 to 504.",
    why="etcd is down or slow, the API server is starting, or a load balancer has no healthy member.",
    remedy=CONTROL_PLANE,
    apart={
        "apiserver/not-answering": "there not even /readyz gets an answer",
        "apiserver/overloaded": "there the server says that it has too many requests",
        "apiserver/version-skew": "there single interfaces answer 404 and the others work",
    },
    sources=("kubernetes staging/src/k8s.io/apiserver/pkg/server/filters",),
)
def unavailable(node: Snapshot) -> Iterator[Hit]:
    """5xx answers, or an API server that answers /readyz and never the request for the Node object."""
    yield from over(node, "api-gateway-timeout", "the API server did not complete requests")
    talk = unreached(node, Fault.UNAVAILABLE)
    if talk is None:
        return
    code = next((probe.code for probe in talk.probes if probe.code and probe.code >= 500), None)
    how = f"answers with {code}" if code else "is there but does not complete requests (its etcd, most likely)"
    yield Hit(f"the API server {_api.address(node)} {how}", talk.evidence)


@cause(
    "apiserver/not-answering",
    title="the API endpoint accepts connections and never answers",
    effect=Effect.DOWN,
    explains=SYMPTOMS,
    compares=("kubeconfig.server",),
    healthy="The API server answers /readyz within a second.",
    see="*net/http: TLS handshake timeout* or *context deadline exceeded* while TCP connects at once.",
    why="A hung or stopped kube-apiserver, a load balancer without a living member, or an MTU that swallows packets.",
    remedy=Remedy("Try `curl -k https://HOST:PORT/readyz` here and on the control plane; compare MTUs on the way."),
    apart={
        "apiserver/unreachable-timeout": "there TCP does not connect either",
        "apiserver/unavailable": "there some requests are answered",
    },
    sources=("Go net/http",),
)
def not_answering(node: Snapshot) -> Iterator[Hit]:
    """TCP connects; the handshake or every request times out, or is cut by a load balancer on this node."""
    talk = unreached(node, Fault.SILENT)
    if talk is None:
        return
    text = f"the API server {_api.address(node)} accepts connections and never answers"
    servers = _servers_behind(node)
    if not servers:
        yield Hit(text, talk.evidence)
        return
    text = f"the load balancer {_api.address(node)} on this node accepts connections; no server behind it answers"
    remedy = Remedy(
        f"Compare the servers that it passes on to ({servers}) with the control plane's addresses; then look at the API"
        " servers there: `curl -k https://SERVER:6443/readyz` from this node."
    )
    yield Hit(text, talk.evidence, remedy=remedy)


def _servers_behind(node: Snapshot) -> str:
    """Where a load balancer of the distribution on this node has its servers; empty when the endpoint is none such."""
    if not _layout.local_balancer(node):
        return ""
    if _layout.generated_endpoint(node):
        return f"{_layout.row(node).data}/agent/etc/*-load-balancer.json"
    return BALANCERS.get(node.profile, "")


@cause(
    "apiserver/overloaded",
    title="the API server turns requests away",
    effect=Effect.DOWN,
    explains=SYMPTOMS,
    healthy="The API server has capacity for the kubelet's requests.",
    see="*the server has received too many requests* (429).",
    why="Priority and fairness rejects, after a stampede of nodes or with a client that floods it.",
    remedy=CONTROL_PLANE,
    apart={
        "apiserver/unavailable": "there it answers with 5xx",
        "apiserver/unreachable-timeout": "there no HTTP answer comes back, here 429 does",
        "apiserver/webhook-blocks-node-writes": "there the message names a webhook",
    },
    sources=("kubernetes staging/src/k8s.io/apiserver/pkg/util/flowcontrol",),
)
def overloaded(node: Snapshot) -> Iterator[Hit]:
    """429 answers."""
    talk = unreached(node, Fault.OVERLOADED)
    if talk is not None:
        yield Hit(f"the API server {_api.address(node)} answers with 429 Too Many Requests", talk.evidence)


@cause(
    "apiserver/webhook-blocks-node-writes",
    title="an admission webhook blocks the node's writes",
    effect=Effect.DOWN,
    explains=SYMPTOMS,
    healthy="No admission webhook with failurePolicy Fail covers nodes, leases and certificate requests.",
    see="*failed calling webhook* or *admission webhook ... denied the request* on node and lease requests.",
    why="A policy engine covers nodes or leases, and its pods run on the nodes that it keeps from being Ready.",
    remedy=Remedy("Exempt nodes and leases from the webhook; to break a deadlock delete its configuration."),
    apart={"apiserver/overloaded": "there no webhook is named"},
    sources=("https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/",),
)
def webhook_blocks_node_writes(node: Snapshot) -> Iterator[Hit]:
    """The newest failed request names a webhook."""
    talk = unreached(node, Fault.WEBHOOK)
    if talk is not None and talk.said is not None:
        name = talk.said.groups.get("webhook") or talk.said.groups.get("denier")
        yield Hit(f'admission webhook "{name}" blocks this node\'s requests', talk.evidence)


@cause(
    "apiserver/lb-half-broken",
    title="some connections to the API endpoint break",
    effect=Effect.RISK,
    healthy="Every connection to the API endpoint lasts.",
    see="*EOF* and *connection reset by peer* among successful requests.",
    why="A control-plane member is out and still in the load balancer's pool.",
    remedy=Remedy("Ask the endpoint's /readyz twenty times; repair the pool's health checks."),
    apart={"apiserver/connection-refused": "a single EOF per connection is normal, the API server closes old ones"},
    sources=("Go net/http",),
)
def lb_half_broken(node: Snapshot) -> Iterator[Hit]:
    """Several requests of the last minutes ended in a broken connection while the endpoint answers probes."""
    match = _logs.current(node, "api-broken-connection", window=_api.RECENT)
    talk = _api.conversation(node)
    answers = talk.fault is Fault.NONE and node.probes.readyz.code == 200
    if match is not None and match.pattern.count >= MANY and answers:
        often = _quote.times(match.pattern.count)
        text = f"connections to the API server {_api.address(node)} break now and then ({often})"
        yield Hit(text, (_quote.log(match), _quote.probe(node.probes.readyz)))
