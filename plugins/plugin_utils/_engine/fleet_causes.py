# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes that only several nodes together show: the API server or what is in front of it fails for all of them.

Each has a page like the causes of a node; its judgement is in ``fleet.py``, over results instead of a snapshot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .._causes._api import Fault
from .._model.cause import Cause, cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot

SOURCE = ("Comparison of the nodes of one run, see docs/fleet.md",)
SEEN = "Most or all nodes of a run show *{}* for the same endpoint at once."

# How far a node got in its conversation with the API server: one that got further than another's fault is a witness
# against it. What says nothing about the endpoint (a proxy, a credential plugin) is not here.
LEVELS = {
    Fault.DNS.name.lower(): 0,
    Fault.NO_ROUTE.name.lower(): 1,
    Fault.TIMEOUT.name.lower(): 1,
    Fault.REFUSED.name.lower(): 1,
    Fault.SILENT.name.lower(): 2,
    Fault.NOT_TLS.name.lower(): 2,
    Fault.TLS.name.lower(): 3,
    Fault.UNAVAILABLE.name.lower(): 4,
    Fault.OVERLOADED.name.lower(): 4,
    Fault.WEBHOOK.name.lower(): 4,
    Fault.UNAUTHORIZED.name.lower(): 5,
    Fault.FORBIDDEN.name.lower(): 5,
    "ok": 6,
}
_ISSUER = re.compile(r"issuer ([^;]*);")
REACHED = 2  # from this level on the endpoint accepts connections


def _anything(_finding: Mapping[str, Any]) -> object:
    """The endpoint is all that has to be the same."""
    return ""


@dataclass(frozen=True)
class Shared:
    """A root cause of nodes that means something else when nodes share it.

    ``level`` as in LEVELS, ``sentence`` says it of {endpoint}, ``others`` what the nodes do that it does not hit.
    ``alike`` gives the part of a finding that must be the same on all nodes, None where it is its node's own.
    """

    fleet: Cause
    level: int
    sentence: str
    others: str
    alike: Callable[[Mapping[str, Any]], object] = _anything


def _certificates(finding: Mapping[str, Any]) -> object:
    """The certificates that the finding quotes; None where only the process holds an old one."""
    if finding["remedy"].get("repair") == "restart-kubelet":
        return None
    return sorted(item["excerpt"] for item in finding["evidence"] if item["source"] == "certificate")


def _presented(finding: Mapping[str, Any]) -> object:
    """The certificate of the API endpoint that the finding quotes."""
    return [item["excerpt"] for item in finding["evidence"] if "presented by the API endpoint" in item["excerpt"]]


def _issuers(finding: Mapping[str, Any]) -> object:
    """Issuers of the certificates that the finding quotes."""
    return [_ISSUER.findall(item["excerpt"]) for item in finding["evidence"] if item["source"] == "certificate"]


def _direction(finding: Mapping[str, Any]) -> object:
    """Whether the node's clock is ahead of the API server's or behind."""
    return "ahead of" in finding["summary"]


def _over_results(_node: Snapshot) -> Iterator[Hit]:
    """Never holds on one node alone."""
    return iter(())


ENDPOINT_DOWN = cause(
    "fleet/api-endpoint-down",
    title="no node of this run reaches the API endpoint",
    effect=Effect.DOWN,
    healthy="The API endpoint accepts connections from every node.",
    see=SEEN.format("connection refused, no route to host, or a timeout"),
    why="kube-apiserver, its host, the load balancer in front of it, or the network that leads there is down.",
    remedy=Remedy(
        "Nothing on these nodes: repair kube-apiserver (`crictl ps -a --name kube-apiserver` and the kubelet's journal"
        " on the control plane) or the load balancer in front of it. The nodes recover by themselves."
    ),
    apart={
        "fleet/api-partly-unreachable": "there other nodes of the run reach it",
        "apiserver/connection-refused": "a single node only",
    },
    sources=SOURCE,
)(_over_results)

PARTLY_UNREACHABLE = cause(
    "fleet/api-partly-unreachable",
    title="most nodes of this run cannot reach the API endpoint, and some can",
    effect=Effect.DOWN,
    healthy="The API endpoint accepts connections from every node.",
    see=SEEN.format("connection refused or a timeout") + " Other nodes work.",
    why="A member of the load balancer is down, or a firewall, route or switch cuts off a part of the network.",
    remedy=Remedy(
        "Compare what the nodes that fail have in common (subnet, zone, load balancer address): check the load"
        " balancer's members, then firewall rules and routes between."
    ),
    apart={"fleet/api-endpoint-down": "there no node reaches it"},
    sources=SOURCE,
)(_over_results)

NAME_UNRESOLVED = cause(
    "fleet/api-name-unresolved",
    title="no node of this run resolves the API server's name",
    effect=Effect.DOWN,
    healthy="The name in the kubeconfigs resolves on every node.",
    see=SEEN.format("lookup NAME: no such host"),
    why="The name server that the nodes share is down, or the record was removed.",
    remedy=Remedy("Repair the name server or the record; the nodes recover by themselves."),
    apart={"apiserver/dns-failure": "a single node only: its own resolver"},
    sources=SOURCE,
)(_over_results)

ANSWERS_ERRORS = cause(
    "fleet/api-unavailable",
    title="the API server answers the nodes of this run with errors",
    effect=Effect.DOWN,
    healthy="The API server answers requests with 2xx.",
    see=SEEN.format("HTTP 5xx or 429, or requests that time out"),
    why="etcd is down or slow, the API server is overloaded or starting, or the load balancer has no healthy member.",
    remedy=Remedy("Nothing on these nodes: look at kube-apiserver and etcd on the control plane."),
    apart={"fleet/api-endpoint-down": "there nobody answers at all"},
    sources=SOURCE,
)(_over_results)

CERTIFICATE_EXPIRED = cause(
    "fleet/api-certificate-expired",
    title="a certificate of the control plane has expired for all nodes of this run",
    effect=Effect.DOWN,
    healthy="The API server's certificate and the cluster's CA are within their validity.",
    see=SEEN.format("x509: certificate has expired"),
    why="kubeadm's control-plane certificates live one year, its CA ten, and nobody renewed them.",
    remedy=Remedy(
        "On every control-plane node `kubeadm certs check-expiration` and `kubeadm certs renew all`, then restart its"
        " static pods. The nodes recover by themselves, unless it is the CA that expired."
    ),
    apart={"certificate/apiserver-cert-expired": "a single node only"},
    sources=SOURCE,
)(_over_results)

CERTIFICATE_NAME = cause(
    "fleet/api-certificate-name-mismatch",
    title="the API server's certificate does not cover the address that the nodes use",
    effect=Effect.DOWN,
    healthy="The host in the kubeconfigs is a subject alternative name of the API server's certificate.",
    see=SEEN.format("x509: certificate is valid for A, not B"),
    why="The certificate was issued anew without the load balancer's name, or the nodes were given a new address.",
    remedy=Remedy("On the control plane: add the name to certSANs, then `kubeadm init phase certs apiserver`."),
    apart={"certificate/apiserver-san-mismatch": "a single node only: look at its kubeconfig first"},
    sources=SOURCE,
)(_over_results)

CA_REPLACED = cause(
    "fleet/cluster-ca-replaced",
    title="the control plane and the nodes of this run do not trust each other's CA",
    effect=Effect.DOWN,
    healthy="One CA signed the API server's certificate and the kubelets' client certificates.",
    see=SEEN.format("x509: certificate signed by unknown authority, or Unauthorized"),
    why="The control plane was rebuilt, restored, or given another CA, and the nodes still have the old one.",
    remedy=Remedy(
        "Restore the control plane's former CA (/etc/kubernetes/pki/ca.crt, ca.key) where that was no intention;"
        " otherwise give every node the new CA and a new client certificate, or join them again."
    ),
    apart={
        "certificate/ca-not-trusted-by-node": "a single node only: its kubeconfig has another CA",
        "certificate/client-wrong-issuer": "a single node only: it has an old certificate",
    },
    sources=SOURCE,
)(_over_results)

REFUSES_NODES = cause(
    "fleet/api-refuses-nodes",
    title="the API server refuses the requests of the nodes of this run",
    effect=Effect.DOWN,
    healthy="The Node authorizer and the admission webhooks let nodes write their own objects.",
    see=SEEN.format("forbidden, or failed calling webhook"),
    why="--authorization-mode lacks Node, default roles were deleted, or an admission webhook covers nodes and leases.",
    remedy=Remedy(
        "On the control plane: `--authorization-mode=Node,RBAC` and the default roles; exempt nodes and leases from"
        " webhooks. Nothing is wrong with the nodes."
    ),
    apart={"apiserver/rbac-missing": "a single node only"},
    sources=SOURCE,
)(_over_results)

CLOCK = cause(
    "fleet/control-plane-clock",
    title="the clock of the control plane differs from those of the nodes of this run",
    effect=Effect.DOWN,
    healthy="All clocks of the cluster agree to the second.",
    see=SEEN.format("certificate has expired or is not yet valid") + " All clocks differ in the same direction.",
    why="The control plane's clock was stepped or is not synchronised, or the time source of all nodes is wrong.",
    remedy=Remedy("Compare `date -u` on the control plane with a trusted clock first; repair the one that is wrong."),
    apart={"system/clock-skew": "a single node only: its own clock"},
    sources=SOURCE,
)(_over_results)

_REFUSED = "the API server {endpoint} refuses connections"
_REACH = "reach it"
SHARED = {
    "apiserver/connection-refused": Shared(ENDPOINT_DOWN, 1, _REFUSED, _REACH),
    "apiserver/unreachable-timeout": Shared(ENDPOINT_DOWN, 1, "nothing comes back from {endpoint}", _REACH),
    "network/no-route": Shared(ENDPOINT_DOWN, 1, "there is no route to {endpoint}", _REACH),
    "apiserver/not-answering": Shared(ENDPOINT_DOWN, 2, "{endpoint} accepts connections and never answers", _REACH),
    "apiserver/dns-failure": Shared(NAME_UNRESOLVED, 0, "the name in {endpoint} does not resolve", "resolve it"),
    "apiserver/unavailable": Shared(ANSWERS_ERRORS, 4, "the API server {endpoint} answers with errors", "are served"),
    "apiserver/overloaded": Shared(ANSWERS_ERRORS, 4, "the API server {endpoint} turns requests away", "are served"),
    "apiserver/rbac-missing": Shared(REFUSES_NODES, 5, "the API server {endpoint} gives nodes no rights", "have them"),
    "apiserver/webhook-blocks-node-writes": Shared(
        REFUSES_NODES, 4, "an admission webhook of {endpoint} blocks the nodes' requests", "are served"
    ),
    "certificate/apiserver-cert-expired": Shared(
        CERTIFICATE_EXPIRED,
        3,
        "the certificate of the API server {endpoint} is not valid now",
        "accept its certificate",
        _presented,
    ),
    "certificate/cluster-ca-expired": Shared(
        CERTIFICATE_EXPIRED, 3, "the CA of the cluster behind {endpoint} has expired", "accept its certificate"
    ),
    "certificate/apiserver-san-mismatch": Shared(
        CERTIFICATE_NAME,
        3,
        "the API server's certificate does not cover {endpoint}",
        "accept its certificate",
        _presented,
    ),
    "certificate/ca-not-trusted-by-node": Shared(
        CA_REPLACED,
        3,
        "the nodes' CA did not sign the certificate of {endpoint}",
        "accept its certificate",
        _certificates,
    ),
    "certificate/client-wrong-issuer": Shared(
        CA_REPLACED,
        5,
        "the API server {endpoint} does not trust the issuer of the nodes' certificates",
        "are accepted",
        _issuers,
    ),
    "system/clock-skew": Shared(
        CLOCK, 5, "the clocks of the nodes and of the API server {endpoint} differ", "agree with it", _direction
    ),
}

FLEET: tuple[Cause, ...] = tuple(
    sorted(
        {PARTLY_UNREACHABLE.id: PARTLY_UNREACHABLE, **{s.fleet.id: s.fleet for s in SHARED.values()}}.values(),
        key=lambda found: found.id,
    )
)
