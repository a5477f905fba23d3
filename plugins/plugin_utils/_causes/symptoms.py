# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a broken node shows whatever the cause: never a root cause, always explained by one or left open."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote, _view
from ._quote import age


@cause(
    "symptom/ready-unknown",
    title="the control plane hears nothing from this kubelet",
    effect=Effect.DOWN,
    symptom=True,
    healthy="The Node's Ready condition is True and its lease is renewed every 10 seconds.",
    see="`kubectl get nodes` shows NotReady, the conditions are Unknown with *Kubelet stopped posting node status*.",
    why="The node lifecycle controller sets Unknown when neither status nor lease came for 40 to 50 s.",
    remedy=Remedy("Repair what stops the kubelet from reporting; the condition follows within seconds."),
    sources=("kubernetes pkg/controller/nodelifecycle",),
)
def ready_unknown(node: Snapshot) -> Iterator[Hit]:
    """Holds when the control plane says Ready=Unknown; of no weight where that was before the kubelet came back."""
    ready = node.cluster.ready
    if ready is None or ready.status != "Unknown":
        return
    since = f" for {age((node.captured_at - ready.transition_at).total_seconds())}" if ready.transition_at else ""
    over = _view.outdated(node) and _api.complaint(node)[1] is None
    text = f"node Ready=Unknown{since}: {ready.message}" + (" That was before this kubelet registered." if over else "")
    yield Hit(text, (_quote.condition(ready),), Effect.INFO if over else None)


@cause(
    "symptom/ready-false",
    title="the kubelet reports itself not ready",
    effect=Effect.DOWN,
    symptom=True,
    healthy="The Node's Ready condition is True.",
    see="`kubectl get nodes` shows NotReady, Ready is False with reason KubeletNotReady and a list of reasons.",
    why="The kubelet is alive and talks to the API server, and names what it waits for in the message.",
    remedy=Remedy("Read the message: it names the runtime, the network or storage."),
    sources=("kubernetes pkg/kubelet/nodestatus/setters.go",),
)
def ready_false(node: Snapshot) -> Iterator[Hit]:
    """Holds when the control plane says Ready=False."""
    ready = node.cluster.ready
    if ready is None or ready.status != "False":
        return
    yield Hit(f"node Ready=False, {ready.reason}: {ready.message}"[:250], (_quote.condition(ready),))


@cause(
    "symptom/last-error",
    title="the kubelet ends each start on an error",
    effect=Effect.DOWN,
    symptom=True,
    healthy="The kubelet starts without an error that ends it.",
    see="*command failed*, *Failed to start ContainerManager* or *Failed to listen and serve*, then an exit.",
    why="The start has many steps; the message is of one whose trouble is rare, or of a release that words it anew.",
    remedy=Remedy(
        "Start from the message: it is the last thing that the kubelet says, and the lines just before it often say"
        " more (`journalctl -u kubelet -n 40`)."
    ),
    sources=("kubernetes cmd/kubelet/app/server.go", "kubernetes staging/src/k8s.io/component-base/cli/run.go"),
)
def start_error(node: Snapshot) -> Iterator[Hit]:
    """The newest start ended by itself, on an error that the kubelet logged."""
    unit = node.kubelet
    said = _logs.current(node, "symptom-last-error", window=None) if _logs.starting_fails(node) else None
    if said is None or not unit.known or unit.exit_code not in ("", "exited"):
        return
    yield Hit(
        f"the kubelet ends each start on: {said.groups['why'][:200]}",
        (_quote.log(said), _quote.unit(unit, "ExecMainStatus", "Result", "NRestarts")),
    )
