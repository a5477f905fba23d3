# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime does not answer: stopped, hung, at another socket, or without its CRI service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.service import Unit
from .._model.snapshot import Snapshot
from . import _layout, _logs, _quote, _runtime
from ._quote import age

# What a missing runtime looks like from elsewhere. Faults that files show (a broken CNI configuration) are their own.
WITHOUT_RUNTIME = (
    "network/cni-config-missing",
    "network/cni-not-reloaded",
    "network/cni-pod-cannot-start",
    "runtime/pleg-unhealthy",
    "runtime/hung",
    "service/watchdog-kill",
)
SOURCES = ("kubernetes staging/src/k8s.io/cri-client", "kubernetes pkg/kubelet/runtime.go")
STARTING = timedelta(seconds=30)  # a runtime that starts has made its socket by then
REPEATED, BETWEEN = 3, timedelta(minutes=3)  # a call ends after two minutes
DOCKERSHIM = ("/var/run/dockershim.sock", "/run/dockershim.sock", "/run/cri-dockerd.sock")


@cause(
    "runtime/service-down",
    title="the container runtime is not running",
    effect=Effect.DOWN,
    gate=14,
    explains=WITHOUT_RUNTIME,
    compares=("service.runtime.*",),
    healthy="The runtime's unit is active and its socket answers.",
    see=(
        "A kubelet that starts exits with *validate service connection ... dial unix ...*; one that was running says"
        " *container runtime is down* and the node turns NotReady after 30 seconds."
    ),
    why="containerd or CRI-O stopped, failed to start, was not enabled for boot, or is being upgraded.",
    remedy=Remedy(
        "`systemctl enable --now` the runtime's unit; when it fails, read its own journal before touching the kubelet.",
        "start-runtime",
        "safe",
    ),
    apart={
        "runtime/endpoint-wrong": "there the runtime is active and its socket is another one",
        "runtime/hung": "there the socket accepts and never answers (DeadlineExceeded)",
        "service/startup-order-race": "one or two such lines in the first minute after boot, then success",
        "apiserver/connection-refused": "there it is *dial tcp*, the API server's address",
        "runtime/config-invalid": "one reason for it: the runtime's journal names its configuration",
        "runtime/dockershim-removed": "there the socket is Docker's, and no containerd or CRI-O is expected",
        "service/dependency-failed": "there systemd does not start the kubelet, whose unit requires the runtime's",
        "service/watchdog-kill": "what follows after five minutes: the kubelet reports itself unhealthy",
    },
    versions="'validate service connection' since 1.24",
    sources=SOURCES,
)
def service_down(node: Snapshot) -> Iterator[Hit]:
    """The unit behind the endpoint is not running and its socket does not answer."""
    unit, point = node.runtime, _runtime.endpoint(node)
    if unit is None and _layout.row(node).embeds_runtime:
        yield from _bundled_down(node, point)
    if unit is None or not unit.known or unit.load_state == "not-found" or not _runtime.serves(unit, point):
        return
    probe = node.probes.runtime_socket
    if unit.running or probe.status == "ok":
        return
    at = unit.inactive_enter_at or unit.state_change_at
    since = f" since {age((node.captured_at - at).total_seconds())}" if at else ""
    result = f", result {unit.result}" if unit.result not in ("", "success") else ""
    said = _runtime.dial_error(node)
    yield Hit(
        f"{unit.name} is {unit.active_state}{since}{result}: nothing serves {point.path or point.url}",
        (
            _quote.unit(unit, "ActiveState", "SubState", "Result", "UnitFileState"),
            *((_quote.probe(probe),) if probe.made else ()),
            *((_quote.log(said),) if said else ()),
        ),
        remedy=Remedy(
            f"`systemctl enable --now {unit.name}`; when it fails: `journalctl -u {unit.name} -n 50`.",
            "start-runtime",
            "safe",
        ),
    )


def _bundled_down(node: Snapshot, point: _runtime.Endpoint) -> Iterator[Hit]:
    """K3s and RKE2 run containerd below their own unit, which ends when containerd does."""
    probe, said = node.probes.runtime_socket, _runtime.dial_error(node) or _runtime.supervised_end(node)
    if probe.status not in ("absent", "refused") or said is None:
        return
    unit = node.kubelet.name
    yield Hit(
        f"the containerd that {unit} starts does not run: nothing serves {point.path or point.url}",
        (_quote.probe(probe), _quote.log(said), _quote.unit(node.kubelet, "ActiveState", "SubState", "Result")),
        remedy=Remedy(
            f"Read why it ends: containerd/containerd.log below the agent's directory, and `journalctl -u {unit}`; then"
            f" `systemctl restart {unit}`."
        ),
    )


@cause(
    "runtime/endpoint-wrong",
    title="the kubelet looks for the runtime at a socket that nobody serves",
    effect=Effect.DOWN,
    gate=14,
    explains=WITHOUT_RUNTIME,
    compares=("config.containerRuntimeEndpoint", "runtime.endpoint"),
    healthy="containerRuntimeEndpoint is the socket of the runtime that runs here.",
    see="*validate service connection ... dial unix <path>: no such file or directory*, with an active runtime.",
    why=(
        "A wrong path in kubeadm-flags.env, in the configuration file or in instance-config.yaml; or the runtime was"
        " exchanged for another."
    ),
    remedy=Remedy(
        "Set the endpoint to the socket that the runtime serves (`ls -l /run/containerd/containerd.sock"
        " /run/crio/crio.sock`), then `systemctl restart kubelet`.",
        "set-runtime-endpoint",
        "safe",
    ),
    apart={"runtime/service-down": "there the path is right and the runtime is not active"},
    sources=SOURCES,
)
def endpoint_wrong(node: Snapshot) -> Iterator[Hit]:
    """The socket is absent or refuses, while a runtime is active on this node."""
    unit, point, probe = node.runtime, _runtime.endpoint(node), node.probes.runtime_socket
    if unit is None or not unit.running or point.path in DOCKERSHIM:
        return
    said = _runtime.dial_error(node)
    dialled = said is not None and said.groups.get("socket", "").replace("/var/run/", "/run/") == point.path
    about = not probe.target or probe.target.endswith(point.path)
    if not (about and probe.status in ("absent", "refused")) and (probe.made or not dialled):
        return
    served = next((s for s, service in _runtime.SOCKETS.items() if unit.name.startswith(service)), "")
    broken = _logs.starting_fails(node) or said is not None
    effect = Effect.DOWN if broken else Effect.RISK
    if served == point.path:
        yield from _lost_socket(node, unit, point, effect)
    if served == point.path or not point.setting:
        return
    hint = f"; {unit.name} is active and serves {served}" if served else f"; {unit.name} is active"
    yield Hit(
        f"the runtime endpoint {point.url}{_runtime.place(point)} does not exist{hint}",
        (
            *_runtime.quoted(point),
            *((_quote.probe(probe),) if probe.made else ()),
            *((_quote.log(said),) if said else ()),
        ),
        effect,
    )


def _lost_socket(node: Snapshot, unit: Unit, point: _runtime.Endpoint, effect: Effect) -> Iterator[Hit]:
    """The path is the runtime's usual one and nobody is there, long after the runtime started: it serves another
    (``grpc.address`` of containerd), or somebody removed its socket."""
    started, probe = unit.main_start_at, node.probes.runtime_socket
    if started is None or node.captured_at - started < STARTING:
        return
    grpc = _runtime.containerd_config(node).get("grpc")
    address = grpc.get("address") if isinstance(grpc, dict) else None
    said = _runtime.dial_error(node)
    evidence = (*((_quote.probe(probe),) if probe.made else ()), *((_quote.log(said),) if said else ()))
    if isinstance(address, str) and address and address.replace("/var/run/", "/run/") != point.path:
        path = _runtime.config_path(node)
        text = f"{unit.name} serves {address} ({path}), and the kubelet calls {point.path}{_runtime.place(point)}"
        yield Hit(text, (Evidence("file", f"[grpc] address = {address!r}", path), *evidence), effect)
        return
    yield Hit(
        f"{unit.name} is active and its socket {point.path} is gone: it was removed under it",
        (_quote.unit(unit, "ActiveState", "SubState", "MainPID"), *evidence),
        effect,
        Remedy(f"`systemctl restart {unit.name}`: it makes its socket anew.", "restart-runtime", "needs-approval"),
    )


@cause(
    "runtime/dockershim-removed",
    title="the node still relies on Docker without cri-dockerd",
    effect=Effect.DOWN,
    gate=14,
    explains=WITHOUT_RUNTIME,
    healthy="The endpoint is that of containerd, CRI-O, or a running cri-dockerd.",
    see="*dial unix /var/run/dockershim.sock: connect: no such file or directory* after an upgrade past 1.23.",
    why="dockershim left the kubelet in 1.24; Docker needs the separate cri-dockerd service.",
    remedy=Remedy(
        "Install and enable cri-docker.service and use unix:///run/cri-dockerd.sock, or move the node to containerd."
    ),
    apart={"runtime/service-down": "there the socket is that of containerd or CRI-O"},
    versions="1.24 and newer",
    sources=("https://kubernetes.io/docs/tasks/administer-cluster/migrating-from-dockershim/",),
)
def dockershim_removed(node: Snapshot) -> Iterator[Hit]:
    """The kubelet dials dockershim's or cri-dockerd's socket and nobody is there."""
    said = _runtime.dial_error(node)
    point = _runtime.endpoint(node)
    path = said.groups["socket"] if said else point.path
    if path not in (*DOCKERSHIM, "/var/run/cri-dockerd.sock"):
        return
    if said is None and node.probes.runtime_socket.status not in ("absent", "refused"):
        return
    yield Hit(
        f"the kubelet looks for Docker at {path}{_runtime.place(point)}, where nothing answers",
        (*_runtime.quoted(point), *((_quote.log(said),) if said else (_quote.probe(node.probes.runtime_socket),))),
    )


def _answers_again(node: Snapshot) -> bool:
    """True when the running kubelet is content with its runtime; where nobody says so, when few calls were late."""
    ready = node.cluster.ready
    if _logs.starting_fails(node):
        return False
    if ready is not None and ready.status == "True":
        return True
    if ready is not None and any(words in ready.message for words in _RUNTIME_FAILS):
        return False
    late = [m.pattern for m in _logs.matches(node.log, "runtime-no-answer") if _logs.holds(node, m.pattern, None)]
    lasted = max(p.last_at for p in late) - min(p.first_at for p in late)
    calls = sum(p.count for p in late)
    return calls < REPEATED or not STARTING <= lasted <= calls * BETWEEN


_RUNTIME_FAILS = ("container runtime is down", "container runtime status check", "PLEG is not healthy")


@cause(
    "runtime/hung",
    title="the container runtime accepts connections and does not answer",
    effect=Effect.DOWN,
    gate=14,
    explains=tuple(name for name in WITHOUT_RUNTIME if name != "runtime/hung"),
    healthy="The runtime answers within a second.",
    see="*code = DeadlineExceeded* or *error reading server preface* on every call; `crictl ps` hangs.",
    why=(
        "The process is stopped, or waits inside: a deadlock, a stalled disk, thousands of leftover containers, a CNI"
        " plugin that never returns."
    ),
    remedy=Remedy(
        "Keep a stack dump for its authors (`pkill -USR1 containerd`), then restart the runtime's unit; reboot when"
        " shims stay in state D.",
        "restart-runtime",
        "needs-approval",
    ),
    apart={
        "runtime/service-down": "there the connection is refused or the socket is absent",
        "resource/cpu-io-starvation": "there everything on the host is slow",
        "resource/hung-storage": "there processes hang on a mount in state D",
        "runtime/grpc-message-too-large": "there the runtime answers, with ResourceExhausted",
        "runtime/pleg-unhealthy": "what follows after three minutes",
        "service/process-hung": "there the kubelet's own healthz does not answer, and the runtime does",
    },
    sources=SOURCES,
)
def hung(node: Snapshot) -> Iterator[Hit]:
    """The unit runs and its socket accepts, but calls end without an answer: all of them, as one that was late is no
    fault, and a kubelet whose runtime hangs reports itself not ready after 30 seconds."""
    unit, probe = node.runtime, node.probes.runtime_socket
    if unit is not None and unit.known and not unit.running:
        return
    said = _logs.current(node, "runtime-no-answer")
    if probe.status != "timeout" and (said is None or _answers_again(node)):
        return
    if probe.status in ("absent", "refused"):
        return
    name = unit.name if unit else "the runtime"
    point = _runtime.endpoint(node)
    yield Hit(
        f"{name} accepts connections on {point.path or point.url} and does not answer",
        (
            *((_quote.probe(probe),) if probe.made else ()),
            *((_quote.unit(unit, "ActiveState", "SubState", "MainPID"),) if unit else ()),
            *((_quote.log(said),) if said else ()),
        ),
    )
