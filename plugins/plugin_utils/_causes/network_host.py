# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node's own network: ports that the kubelet needs, and its address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ...module_utils import _schema
from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.host import Listener
from .._model.snapshot import Snapshot
from . import _api, _layout, _logs, _quote

SOURCES = ("kubernetes cmd/kubelet/app/server.go", "kubernetes pkg/kubelet/server/server.go")
RETRIED = timedelta(seconds=30)  # the kubelet tries to listen for healthz every 5 s


def _port(node: Snapshot, path: str, flag: str, default: int) -> int:
    value = node.value(path, default, flag)
    return int(value) if str(value).isdigit() else default


def _stranger(node: Snapshot, port: int) -> Listener | None:
    """Who holds a port without being this kubelet, where the process is known."""
    found = node.host.listener(port)
    if found is None or not found.pid:
        return None
    if _layout.row(node).kubelet_is_child and found.process == "kubelet":
        return None  # the unit's process is the program that starts it
    main = node.kubelet.number("MainPID") or node.host.kubelet_pid
    return None if found.pid == main or (not main and "kubelet" in found.process) else found


@cause(
    "network/port-10250-in-use",
    title="another process holds the kubelet's port",
    effect=Effect.DOWN,
    gate=19,
    healthy="The kubelet itself listens on its port (10250).",
    see="*Failed to listen and serve ... listen tcp 0.0.0.0:10250: bind: address already in use*, and an exit.",
    why="A second kubelet owns the port: k3s, a snap, one started by hand, or an orphan of an earlier service.",
    remedy=Remedy("Stop the other owner (`ss -ltnp sport = :10250`), then `systemctl restart kubelet`."),
    apart={
        "identity/node-ip-not-local": "'cannot assign requested address': the configured address is not on this host",
        "network/port-10248-in-use": "that port is for healthz only: the kubelet goes on without it",
    },
    sources=SOURCES,
)
def serving_port_in_use(node: Snapshot) -> Iterator[Hit]:
    """The kubelet said so of its own port, and cannot start."""
    port = _port(node, "port", "port", _schema.SERVING_PORT)
    said = _logs.current(node, "port-in-use", window=None)
    if said is None or said.groups["port"] != str(port) or not said.groups["what"].endswith("serve"):
        return
    owner = _stranger(node, port)
    who = f" by {owner.process} (pid {owner.pid})" if owner else ""
    if said.groups["errno"] == "cannot assign requested address":
        found = node.setting("address", "address")
        where = f" ({found.place})" if found else ""
        text = f"the kubelet cannot listen on {said.groups['address']}{where}: the address is not on this host"
    else:
        text = f"port {port} is held{who}: the kubelet cannot listen"
    listener = (
        (_quote.host(f"{owner.address}:{owner.port} {owner.process} pid {owner.pid}", "listening"),) if owner else ()
    )
    yield Hit(text, (*listener, _quote.log(said)))


@cause(
    "network/port-10248-in-use",
    title="another process holds the kubelet's health port",
    effect=Effect.DEGRADED,
    healthy="The kubelet itself answers on its healthz port (10248).",
    see="The node is Ready, and http://127.0.0.1:10248/healthz answers with somebody else's 404.",
    why="A process took the port before the kubelet; the kubelet goes on trying and works without it.",
    remedy=Remedy("Stop the other process (`ss -ltnp sport = :10248`); the kubelet takes the port within seconds."),
    apart={"network/port-10250-in-use": "that port is needed: the kubelet exits"},
    sources=SOURCES,
)
def healthz_port_in_use(node: Snapshot) -> Iterator[Hit]:
    """A known stranger listens there, or the kubelet says so and healthz is not its own."""
    port = _port(node, "healthzPort", "healthz-port", _schema.HEALTHZ_PORT)
    if port == 0:
        return
    owner = _stranger(node, port)
    said = _logs.current(node, "port-in-use", window=RETRIED)
    about = said if said and said.groups["port"] == str(port) and "healthz" in said.groups["what"] else None
    probe = node.probes.healthz
    foreign = probe.made and probe.code is not None and probe.code != 200 and "ok" not in probe.body[:4]
    blind = not probe.made and node.host.listeners is None
    unknown_path = probe.code == 404 and probe.target.partition("/healthz")[0].endswith(f":{port}")
    if not owner and not unknown_path and not (about and (foreign or blind)):
        return
    who = f"{owner.process} (pid {owner.pid})" if owner else "another process"
    listener = (
        (_quote.host(f"{owner.address}:{owner.port} {owner.process} pid {owner.pid}", "listening"),) if owner else ()
    )
    answer = (_quote.probe(probe),) if probe.made else ()
    yield Hit(
        f"{who} holds port {port}: healthz is not answered by the kubelet",
        (*listener, *answer, *((_quote.log(about),) if about else ())),
    )


@cause(
    "network/no-default-route",
    title="the kubelet cannot find an address for the node",
    effect=Effect.DOWN,
    explains=("network/no-route", "apiserver/unreachable-timeout", "apiserver/dns-failure", "symptom/*"),
    healthy="The host has a default route, or the kubelet is given --node-ip.",
    see="*can't get ip address of node ... error: no default routes found*.",
    why="The network has no default route, it was lost after a change, or the host name resolves to loopback only.",
    remedy=Remedy("Restore the default route, or set --node-ip, then `systemctl restart kubelet`."),
    apart={
        "identity/node-ip-not-local": "there the text is 'failed to validate nodeIP'",
        "apiserver/unreachable-timeout": "there the kubelet knows its address, and packets to the API server are lost",
    },
    sources=("kubernetes pkg/kubelet/nodestatus/setters.go",),
)
def no_default_route(node: Snapshot) -> Iterator[Hit]:
    """The kubelet says so now. A node that is registered keeps its old addresses; one that is not cannot register."""
    said = _logs.current(node, "no-node-address")
    if said:
        text = f"the kubelet finds no address for this node: {said.groups['why'][:150]}"
        yield Hit(text, (_quote.log(said),), Effect.DEGRADED if _api.works(node) else Effect.DOWN)
