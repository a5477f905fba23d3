# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kubelet's log shows whenever the conversation with the API server fails, whatever the cause.

All of them need a conversation that fails now: single lines of this kind stand in the log of every healthy start.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import Cause, cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote

FOLLOW = Remedy("Repair the cause; these lines end by themselves within a minute.")
KUBELET = ("kubernetes pkg/kubelet",)


def _symptom(name: str, title: str, effect: Effect, see: str, why: str, healthy: str) -> Cause:
    """A symptom that is the signature ``symptom-<name>`` while the conversation fails."""

    def judge(node: Snapshot) -> Iterator[Hit]:
        match = _logs.current(node, f"symptom-{name}", window=_api.window(node), recovered="node-registered")
        if match is not None and _api.alive(node) and not _api.works(node):
            yield Hit(f"{title} ({_quote.times(match.pattern.count)})", (_quote.log(match),))

    make = cause(
        f"symptom/{name}",
        title=title,
        effect=effect,
        symptom=True,
        healthy=healthy,
        see=see,
        why=why,
        remedy=FOLLOW,
        sources=KUBELET,
    )
    return make(judge)


lease_failures = _symptom(
    "lease-failures",
    "the kubelet cannot renew its lease",
    Effect.DEGRADED,
    "*Failed to ensure lease exists, will retry* every 7 seconds.",
    "The lease in kube-node-lease is the node's heartbeat, renewed every 10 seconds.",
    "The lease is renewed every 10 seconds.",
)
registration_failures = _symptom(
    "node-registration-failures",
    "the kubelet cannot register its node",
    Effect.DEGRADED,
    "*Unable to register node with API server*.",
    "At its start the kubelet creates or reads its Node object before anything else.",
    "*Successfully registered node* follows within a second of the start.",
)
status_failures = _symptom(
    "node-status-update-failures",
    "the kubelet cannot update its node's status",
    Effect.DEGRADED,
    "*Error updating node status, will retry*, five times in a row.",
    "The status is posted at least every five minutes, and at each change.",
    "The Node's status is written without errors.",
)
reflector_failures = _symptom(
    "reflector-list-failures",
    "the kubelet cannot list or watch objects",
    Effect.DEGRADED,
    "*Failed to watch* or *failed to list* for Node, Service, CSIDriver and others.",
    "The kubelet learns of pods, services and its own Node from watches.",
    "Watches are kept open.",
)
unauthorized = _symptom(
    "unauthorized",
    "the API server answers Unauthorized",
    Effect.DEGRADED,
    "A bare *Unauthorized* in every request.",
    "Code 401: the API server does not accept the credential and does not say why.",
    "No request is answered with 401.",
)
anonymous_forbidden = _symptom(
    "anonymous-forbidden",
    "requests go out without a client certificate",
    Effect.DEGRADED,
    "*User system:anonymous cannot ...*.",
    "Without a usable certificate the kubelet offers none, and the API server takes it for an anonymous user.",
    "The API server knows the kubelet as system:node:NAME.",
)
unknown_authority = _symptom(
    "x509-unknown-authority",
    "the API server's certificate is not trusted",
    Effect.DEGRADED,
    "*x509: certificate signed by unknown authority*.",
    "x509 text in the kubelet's log is always about the server's certificate, never about the kubelet's own.",
    "The CA of the kubeconfig signed the API server's certificate.",
)
node_not_found_local = _symptom(
    "node-not-found-local",
    "the kubelet has no Node object in its cache",
    Effect.INFO,
    "*node ... not found*, often several times a second.",
    "The Node is learned from a watch; until it works, everything that looks it up complains.",
    "The line stands in the log for a second after a start at most.",
)
eviction_summary_failure = _symptom(
    "eviction-summary-failure",
    "the eviction manager cannot read the node",
    Effect.INFO,
    "*Eviction manager: failed to get summary stats*, every 10 seconds.",
    "It needs the Node object, which the kubelet could not fetch.",
    "The eviction manager logs nothing.",
)
event_write_failures = _symptom(
    "event-write-failures",
    "events are lost",
    Effect.INFO,
    "*Unable to write event* or *Server rejected event*.",
    "Events are sent to the API server like everything else.",
    "Events reach the API server.",
)
csinode_pending = _symptom(
    "csinode-pending",
    "the CSINode object waits for the API server",
    Effect.INFO,
    "*CSINode is not yet initialized* among the reasons for not being ready.",
    "The kubelet writes it before it reports itself ready.",
    "The CSINode object is written in the first second.",
)


@cause(
    "symptom/bootstrap-umbrella",
    title="the kubelet falls back to a bootstrap kubeconfig that is not there",
    effect=Effect.DEGRADED,
    symptom=True,
    healthy="The kubeconfig and its certificate are usable, so nobody looks for the bootstrap kubeconfig.",
    see="*unable to load bootstrap kubeconfig: stat ...: no such file or directory* as the last line of each start.",
    why="Whatever is wrong with kubelet.conf or its certificate ends in this line; the one before it names the reason.",
    remedy=Remedy("Repair kubelet.conf or its certificate; the file that the line names is not needed."),
    sources=("kubernetes pkg/kubelet/certificate/bootstrap/bootstrap.go",),
)
def bootstrap_umbrella(node: Snapshot) -> Iterator[Hit]:
    """The newest start ended on it."""
    match = _logs.current(node, "bootstrap-umbrella", window=None)
    if match is not None and not _api.alive(node):
        path = match.groups["path"]
        yield Hit(f"the start ends in a missing {path}; what is wrong lies before that", (_quote.log(match),))
