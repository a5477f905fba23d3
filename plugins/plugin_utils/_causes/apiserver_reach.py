# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API endpoint cannot be reached: name, route, packets, or nobody listens. The address is taken to be right
unless something says otherwise (kubeconfig/wrong-server)."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.common import Place
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _layout, _logs, _quote, _written
from ._api import SYMPTOMS, Conversation, Fault
from ._endpoint import stale_endpoint, wrong_endpoint

DIAL = ("Go net.Dialer", "kubernetes staging/src/k8s.io/client-go/transport")
NOT_HERE = Remedy("Nothing on this node: repair kube-apiserver or the load balancer in front of it.")
_PROXIES = ("https_proxy", "all_proxy", "http_proxy")


def unreached(node: Snapshot, *faults: Fault) -> Conversation | None:
    """The conversation when one of ``faults`` is what is wrong now and the address is not to blame."""
    talk = _api.conversation(node)
    if talk.fault not in faults or talk.works or wrong_endpoint(node, talk) or stale_endpoint(node, talk):
        return None
    return None if diverting_proxy(node, talk) else talk


def over(node: Snapshot, name: str, text: str) -> Iterator[Hit]:
    """An outage that the running kubelet went through and that is over."""
    match = _logs.past(node, name)
    if match is not None and match.pattern.newest and _api.conversation(node).works:
        until = f"{text} until {_quote.iso(match.pattern.last_at)}; the kubelet works again"
        yield Hit(until, (_quote.log(match),), Effect.RESOLVED)


def _server(node: Snapshot) -> tuple[Evidence, ...]:
    """Where the address is set: the server of the kubeconfig, and a line of /etc/hosts that gives its name."""
    hosts, name = node.file("/etc/hosts"), node.kubeconfig.host
    lines = [(n, line.split("#")[0].split()) for n, line in enumerate((hosts.content or "").splitlines(), 1)]
    number, words = next(((n, words) for n, words in lines if name and name in words[1:]), (0, []))
    shown = (_quote.place(Place(hosts.path, number), " ".join(words)),) if number else ()
    return ((_quote.field(node.kubeconfig.server),) if node.kubeconfig.server else ()) + shown


@cause(
    "apiserver/connection-refused",
    title="nothing listens on the API endpoint",
    effect=Effect.DOWN,
    explains=(*SYMPTOMS, "network/cni-pod-cannot-start"),
    compares=("kubeconfig.server",),
    healthy="The endpoint of the kubeconfig accepts TCP connections.",
    see="*dial tcp ...: connect: connection refused* in lease, watch, event and status lines at once.",
    why="kube-apiserver or its load balancer is down or bound elsewhere; a firewall that rejects looks the same.",
    remedy=NOT_HERE,
    apart={
        "kubeconfig/wrong-server": "there the control plane answers others, and this file never worked",
        "apiserver/unreachable-timeout": "timeouts mean that packets are dropped",
        "runtime/service-down": "there it is *dial unix*, the runtime's socket",
        "apiserver/lb-half-broken": "there most requests succeed, here none does",
        "service/dropin-missing-standalone": "there the kubelet makes no request at all and logs none",
        "service/process-hung": "there the kubelet logs nothing any more, here it logs every failed request",
        "apiserver/join-server-unreachable": "there the agent of K3s or RKE2 has not started its kubelet yet",
    },
    sources=DIAL,
)
def connection_refused(node: Snapshot) -> Iterator[Hit]:
    """The endpoint refuses connections."""
    yield from over(node, "api-refused", "the API server refused connections")
    talk = unreached(node, Fault.REFUSED)
    if talk is None:
        return
    who = ""
    if node.cluster.node_found is not None:
        known = " and this address has worked" if _written.kubeconfig_has_worked(node) else ""
        who = f"; it answers others{known}: a rejecting firewall or a load balancer in between"
    elif "refused" in node.cluster.error:
        who = "; it refuses others too"
    text = f"the API server {_api.address(node)} refuses connections{who}"
    behind = _layout.refused_behind(node)
    if behind is not None:
        text = f"the server {behind.groups['address']} behind {_api.address(node)} on this node refuses connections"
    lines = (_quote.log(behind),) if behind is not None else ()
    yield Hit(text, (*lines, *talk.evidence, *_server(node)), remedy=_at_balancer(node))


def _at_balancer(node: Snapshot) -> Remedy | None:
    """Where the endpoint is on this node and nothing there has taken it over, the node is where to look first."""
    if not _layout.local_balancer(node) or _layout.generated_endpoint(node):
        return None
    return Remedy(
        f"{_api.address(node)} is on this node: start what serves it (kubespray: the static pod nginx-proxy or haproxy,"
        " `crictl ps -a`; on a control-plane node kube-apiserver), then look at the API servers behind it."
    )


@cause(
    "apiserver/unreachable-timeout",
    title="packets to the API endpoint are lost",
    effect=Effect.DOWN,
    explains=(*SYMPTOMS, "network/cni-pod-cannot-start"),
    compares=("kubeconfig.server",),
    healthy="The endpoint of the kubeconfig answers a TCP connection within milliseconds.",
    see="*dial tcp ...: i/o timeout* or *connection timed out* in all requests.",
    why="A firewall or security group drops them, a route or VPN is gone, or the host behind the address is down.",
    remedy=Remedy("Restore the path: try `nc -vz HOST PORT` from this node and from another one."),
    apart={
        "apiserver/connection-refused": "refused means that the host is reached",
        "apiserver/not-answering": "there TCP connects at once and nothing follows",
        "network/no-route": "there the kernel or a router says at once that there is no way",
        "apiserver/overloaded": "there TCP connects at once and HTTP answers, late or with 429",
        "apiserver/proxy-env": "there a direct connection, without the proxy, works",
        "network/no-default-route": "there the kubelet finds no address for itself: no default route",
        "resource/cpu-io-starvation": "there calls to the runtime are slow as well, at a high load",
        "resource/memory-starvation": "there the kubelet's own log has gaps and /proc/pressure/memory is high",
        "system/machine-down": "there the host itself does not answer",
    },
    sources=DIAL,
)
def unreachable_timeout(node: Snapshot) -> Iterator[Hit]:
    """TCP connections to the endpoint time out."""
    yield from over(node, "api-connect-timeout", "the API server could not be reached")
    talk = unreached(node, Fault.TIMEOUT)
    if talk is not None:
        text = f"no answer to TCP connections to the API server {_api.address(node)}: packets are dropped on the way"
        yield Hit(text, (*talk.evidence, *_server(node)))


@cause(
    "network/no-route",
    title="there is no route to the API endpoint",
    effect=Effect.DOWN,
    explains=SYMPTOMS,
    compares=("kubeconfig.server",),
    healthy="The node has a route to the API server.",
    see="*no route to host* or *network is unreachable* in all requests.",
    why="A default route or an interface is gone, the host does not answer ARP, or a firewall rejects with ICMP.",
    remedy=Remedy("`ip route get ADDRESS` shows the way that the kernel takes; restore route, interface or rule."),
    apart={"apiserver/unreachable-timeout": "there nothing comes back at all"},
    sources=DIAL,
)
def no_route(node: Snapshot) -> Iterator[Hit]:
    """Connecting fails at once for want of a route."""
    talk = unreached(node, Fault.NO_ROUTE)
    if talk is not None:
        text = f"this node has no route to the API server {_api.address(node)}"
        yield Hit(text, (*talk.evidence, *_server(node)))


@cause(
    "apiserver/dns-failure",
    title="the API server's name cannot be resolved",
    effect=Effect.DOWN,
    explains=SYMPTOMS,
    compares=("kubeconfig.server",),
    healthy="The host in the kubeconfig's server resolves on this node.",
    see="*dial tcp: lookup NAME: no such host* (or *server misbehaving*, *i/o timeout*) in all requests.",
    why="The resolver is down, /etc/resolv.conf was overwritten, or the record was removed.",
    remedy=Remedy("Repair name resolution (`getent hosts NAME`); a line in /etc/hosts brings the node back meanwhile."),
    apart={"kubeconfig/wrong-server": "there the name is wrong, not the resolver"},
    sources=DIAL,
)
def dns_failure(node: Snapshot) -> Iterator[Hit]:
    """The endpoint's name does not resolve."""
    yield from over(node, "api-dns", "the API server's name did not resolve")
    talk = unreached(node, Fault.DNS)
    if talk is None:
        return
    resolv = node.file("/etc/resolv.conf")
    servers = [line for line in (resolv.content or "").splitlines() if line.startswith("nameserver")]
    shown = (_quote.place(Place(resolv.path), " / ".join(servers)),) if servers else ()
    name = f"name {node.kubeconfig.host}" if node.kubeconfig.host else "name"
    text = f"the API server's {name} does not resolve on this node"
    yield Hit(text, (*talk.evidence, *_server(node), *shown))


@cause(
    "apiserver/proxy-env",
    title="a proxy setting diverts the kubelet's requests",
    effect=Effect.DOWN,
    explains=SYMPTOMS,
    healthy="NO_PROXY in the kubelet's environment covers the API server, or no proxy is set.",
    see="*proxyconnect tcp* in all requests, or failures while a direct connection works.",
    why="HTTPS_PROXY in a drop-in or in DefaultEnvironment= applies to the kubelet's API traffic as well.",
    remedy=Remedy(
        "Add the API host and the node, pod and service ranges to NO_PROXY of the unit, then `systemctl daemon-reload"
        " && systemctl restart kubelet`."
    ),
    apart={
        "apiserver/unreachable-timeout": "there a direct connection fails as well",
        "kubeconfig/http-scheme": "there a direct connection gets plain HTTP as well",
    },
    sources=("Go net/http ProxyFromEnvironment",),
)
def proxy_env(node: Snapshot) -> Iterator[Hit]:
    """The kubelet names the proxy, or fails with one set while direct probes succeed."""
    talk = _api.conversation(node)
    if talk.works or talk.said is None:
        return
    proxy = _proxy(node)
    if talk.said_fault is not Fault.PROXY and not diverting_proxy(node, talk):
        return
    shown = (_quote.place(proxy[2], f"{proxy[0]}={proxy[1]}"),) if proxy else ()
    named = f" {proxy[0]} ({proxy[2]})" if proxy else ""
    yield Hit(f"the kubelet calls the API server through a proxy{named} that fails", (*talk.evidence, *shown))


def diverting_proxy(node: Snapshot, talk: Conversation) -> bool:
    """True when the kubelet fails with a proxy set that does not exempt the API host, and direct probes are fine."""
    direct_ok = not talk.probes and node.probes.tls.status == "ok"
    return talk.said is not None and direct_ok and talk.fault is not Fault.UNAUTHORIZED and _proxy(node) is not None


def _proxy(node: Snapshot) -> tuple[str, str, Place] | None:
    """(variable, value, place) of the proxy that applies to the API endpoint."""
    config, known = node.kubeconfig, {name.lower(): (name, *found) for name, found in node.environment.items()}
    if config.proxy_url is not None:
        return config.proxy_url.path, str(config.proxy_url.value), config.proxy_url.place
    exempt = [part.strip().lstrip(".*") for part in known.get("no_proxy", ("", "", None))[1].split(",")]
    if any(part and (config.host == part or config.host.endswith(f".{part}")) for part in exempt):
        return None
    return next((known[name] for name in _PROXIES if name in known and known[name][1]), None)
