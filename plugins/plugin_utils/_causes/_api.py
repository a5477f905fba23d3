# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversation with the API server: which single thing is wrong with it, and whether that harms now.

Probes made from the node say what the endpoint of the kubeconfig does; certificates are recomputed here, as the probes
do not verify them; the kubelet's own log speaks where no probe was made, and where the process still uses what it read
at its start. A probe that fails while the kubelet renews its lease is at most a risk (a proxy, a file changed later).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from .._model.finding import Effect, Evidence
from .._model.host import Probe
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _layout, _logs, _quote
from ._trust import server_certificate_fault
from ._view import missed

RECENT = timedelta(minutes=2)  # a failing lease is retried every 7 s, a failing watch within about a minute
FRESH = timedelta(seconds=45)  # the same for the lease alone, whose requests may take 10 s each
RENEWED = timedelta(seconds=20)  # a lease is renewed every 10 s
HEARD = timedelta(seconds=60)  # the control plane may have been asked a while before the node
CLOCK_STEP = timedelta(seconds=1)  # systemd gives whole seconds: the process before may have renewed in the same one
SETTLED = timedelta(seconds=60)  # a start has made its first requests by then

SYMPTOMS = (
    "symptom/ready-unknown",
    "symptom/lease-failures",
    "symptom/reflector-list-failures",
    "symptom/node-registration-failures",
    "symptom/node-status-update-failures",
    "symptom/node-not-found-local",
    "symptom/eviction-summary-failure",
    "symptom/event-write-failures",
    "symptom/csinode-pending",
    "apiserver/csinode-not-initialized",
)
REJECTED = (*SYMPTOMS, "symptom/unauthorized", "symptom/anonymous-forbidden", "certificate/no-usable-client-cert")
START = ("symptom/*", "service/start-limit-hit")


class Fault(Enum):
    """What is wrong with the conversation, in words for a sentence; NONE also stands for "nothing known"."""

    NONE = "none"
    DNS = "its host does not resolve"
    REFUSED = "connection refused"
    TIMEOUT = "no answer"
    NO_ROUTE = "no route"
    PROXY = "proxy fails"
    NOT_TLS = "plain HTTP"
    TLS = "certificate refused"
    SILENT = "accepts and never answers"
    UNAVAILABLE = "unavailable"
    OVERLOADED = "overloaded"
    WEBHOOK = "webhook"
    PLUGIN = "credential plugin"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    PATH = "nothing is served under its path"


# Signature of the kubelet's log -> what it says of the conversation.
_SAID = {
    "api-dns": Fault.DNS,
    "api-refused": Fault.REFUSED,
    "api-no-route": Fault.NO_ROUTE,
    "api-connect-timeout": Fault.TIMEOUT,
    "api-proxy": Fault.PROXY,
    "api-not-tls": Fault.NOT_TLS,
    "api-x509": Fault.TLS,
    "api-answer-timeout": Fault.SILENT,
    "api-unavailable": Fault.UNAVAILABLE,
    "api-gateway-timeout": Fault.UNAVAILABLE,
    "api-throttled": Fault.OVERLOADED,
    "api-webhook": Fault.WEBHOOK,
    "exec-plugin-failed": Fault.PLUGIN,
    "api-unauthorized": Fault.UNAUTHORIZED,
    "api-anonymous": Fault.FORBIDDEN,
    "api-forbidden": Fault.FORBIDDEN,
    "api-other-node": Fault.FORBIDDEN,
    "api-path-forbidden": Fault.PATH,
}
_ROUTE_ERROR = re.compile(r"no route|unreachable|host is down|invalid arg|permission|errno (?:13|22|101|113)\b")
_PLAIN_HTTP_ERRORS = ("wrong_version_number", "wrong version number", "http_request", "record layer failure")


@dataclass(frozen=True)
class Conversation:
    """The one thing that is wrong, the probes that show it, and the kubelet's newest complaint (which may be of
    another kind: the process uses what it read at its start)."""

    fault: Fault
    works: bool
    probes: tuple[Probe, ...] = ()
    said_fault: Fault = Fault.NONE
    said: Match | None = None

    @property
    def effect(self) -> Effect:
        """DOWN, or RISK while the running kubelet still talks to the API server."""
        return Effect.RISK if self.works else Effect.DOWN

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The decisive probes, then the kubelet's own line."""
        lines = () if self.said is None else (_quote.log(self.said),)
        return (*(_quote.probe(probe) for probe in self.probes), *lines)


def conversation(node: Snapshot) -> Conversation:
    """Judge the conversation of this node with its API server."""
    said_fault, said = complaint(node)
    fault, shown = _probed(node)
    going = works(node)
    if fault is Fault.NONE and said is not None and not going:
        fault = said_fault
    return Conversation(fault, going, shown, said_fault, said)


def alive(node: Snapshot) -> bool:
    """True when a kubelet process runs and is past its start."""
    unit = node.kubelet
    return (unit.running and not node.crash_looping) if unit.known else node.host.kubelet_pid is not None


def start_effect(node: Snapshot) -> Effect:
    """Effect of a fault that stops the next start: DOWN, or RISK while a kubelet runs that started without it."""
    return Effect.RISK if alive(node) else Effect.DOWN


def works(node: Snapshot) -> bool:
    """True when the running kubelet evidently talks to the API server: its lease was renewed just now, or it is past
    its first requests and complains about none."""
    if not alive(node):
        return False
    said = complaint(node)[1]
    if _renews(node, said):
        return True
    logs = node.log.read and any(p.newest and p.source != "systemd" for p in node.log.patterns)
    return not missed(node) and _settled(node) and logs and said is None


def _settled(node: Snapshot) -> bool:
    """True when the process is past its first requests."""
    started = node.kubelet.main_start_at
    return started is not None and node.captured_at - started >= SETTLED


def _renews(node: Snapshot, said: Match | None) -> bool:
    """True when this process renewed its lease moments ago; an older renewal counts while nothing speaks against it."""
    started, renewed, ready = node.kubelet.main_start_at, node.cluster.lease_renewed_at, node.cluster.ready
    if renewed is None or (started is not None and renewed <= started + CLOCK_STEP):
        return False
    if ready is not None and ready.status == "Unknown" and ready.transition_at and ready.transition_at > renewed:
        return False
    age = abs(node.captured_at - renewed)
    if age <= RENEWED:
        return True
    own = node.probes.node_object
    complained = said is not None and said.pattern.last_at > renewed
    return age <= HEARD and not complained and (own.code == 200 or not own.made)


def window(node: Snapshot) -> timedelta:
    """How old a complaint may be: a lease that still fails is younger than where a probe shows the server well."""
    return FRESH if node.probes.node_object.code == 200 else RECENT


def complaint(node: Snapshot) -> tuple[Fault, Match | None]:
    """The kubelet's newest line on a failed request to the API server that still holds."""
    found = [
        (match.pattern.seq, fault, match)
        for name, fault in _SAID.items()
        if (match := _logs.current(node, name, window=window(node), recovered="node-registered")) is not None
    ]
    if not found or (_complaints(node) == 1 and _answered_now(node)):
        return Fault.NONE, None
    return max(found, key=lambda item: item[0])[1:]


def _complaints(node: Snapshot) -> int:
    """How many lines of the newest start complain of the API server (a line may fit more than one signature)."""
    lines = {match.pattern for name in _SAID for match in _logs.matches(node.log, name) if match.pattern.newest}
    return sum(pattern.count for pattern in lines)


def _answered_now(node: Snapshot) -> bool:
    """True when the API server answers this node, whose kubelet is past its start and not missed by the control plane:
    as what fails is tried again within seconds, a single line was a hiccup."""
    return node.probes.node_object.code == 200 and alive(node) and _settled(node) and not missed(node)


def first_complaint(node: Snapshot) -> datetime | None:
    """When the journal first shows a failed request to the API server, in any start; None when it shows none."""
    return min((match.pattern.first_at for name in _SAID for match in _logs.matches(node.log, name)), default=None)


def endpoint(node: Snapshot) -> str:
    """host:port of the kubeconfig's server; empty when it names none."""
    config = node.kubeconfig
    if not config.host:
        return ""
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"{host}:{config.port or (80 if config.scheme == 'http' else 443)}"


def address(node: Snapshot) -> str:
    """The endpoint to stand behind "the API server" in a sentence, also where the kubeconfig was not read."""
    said = complaint(node)[1]
    return endpoint(node) or (said.groups.get("endpoint", "") if said else "") or "of its kubeconfig"


def _probed(node: Snapshot) -> tuple[Fault, tuple[Probe, ...]]:
    """What the probes of the endpoint say, with those that say it."""
    probes = node.probes
    if probes.connect.status == "refused" and _layout.generated_endpoint(node) and not alive(node):
        return Fault.NONE, ()  # it listens there itself while it runs
    if probes.connect.status == "ok" and probes.tls.status != "ok" and _layout.refused_behind(node):
        return Fault.REFUSED, (probes.tls,)
    if probes.resolve.status in ("unresolved", "timeout", "error"):
        return Fault.DNS, (probes.resolve,)
    for probe in (probes.connect, probes.tls):
        fault = _unreached(probe, connected=probes.connect.status == "ok")
        if fault is not Fault.NONE:
            return fault, (probe,)
    if server_certificate_fault(node):
        return Fault.TLS, (probes.tls,)
    return _answered(probes.readyz, probes.node_object)


def _unreached(probe: Probe, *, connected: bool) -> Fault:  # ip-route(8): blackhole is EINVAL, prohibit EACCES
    text = probe.error.lower()
    if probe.status == "refused":
        return Fault.REFUSED
    if probe.status == "timeout":
        return Fault.SILENT if connected and probe.kind == "tls" else Fault.TIMEOUT
    if probe.status in ("error", "denied"):
        if _ROUTE_ERROR.search(text):
            return Fault.NO_ROUTE
        if any(word in text for word in _PLAIN_HTTP_ERRORS):
            return Fault.NOT_TLS
        if connected and ("reset" in text or "eof" in text):
            return Fault.SILENT
    return Fault.NONE


def _answered(readyz: Probe, own: Probe) -> tuple[Fault, tuple[Probe, ...]]:
    """What the HTTP answers say: the request for the own Node object counts, as made with the client certificate."""
    if own.status == "timeout":
        return (Fault.UNAVAILABLE if readyz.code else Fault.SILENT), (readyz, own)
    code = own.code if own.code is not None else readyz.code
    shown = (own,) if own.code is not None else (readyz,)
    if code is None:
        return (Fault.SILENT, (readyz,)) if readyz.status == "timeout" else (Fault.NONE, ())
    if code == 429:
        return Fault.OVERLOADED, shown
    if code >= 500:
        return Fault.UNAVAILABLE, shown
    if own.client_certificate and code in (401, 403):
        return (Fault.UNAUTHORIZED if code == 401 else Fault.FORBIDDEN), shown
    return Fault.NONE, ()
