# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults that any worker can have, in the words of its kubelet and of the program around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from unit.profiles._certificates import NODE
from unit.profiles._world import World

LEASE = "apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


def client_certificate_expired(world: World) -> None:
    """The client certificate ran out three days ago."""
    world.client_ends = timedelta(days=-3)
    lay = world.layout
    if any(word.startswith("--bootstrap-kubeconfig") for word in lay.arguments):
        what = f"part of the existing bootstrap client certificate in {lay.kubeconfig} is expired: 2026-01-01 00:00:00"
        stat = "stat /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory"
        why = f"unable to load bootstrap kubeconfig: {stat}"
        world.crash_loop(
            ("E", "bootstrap.go:267", f'"Unhandled Error" err="{what} +0000 UTC" logger="UnhandledError"'),
            ("E", "run.go:72", f'"command failed" err="failed to run Kubelet: {why}"'),
        )
        return
    world.ready, world.answers["code"] = "Unknown", 401
    _fails(world, "Unauthorized")


def credential_plugin_fails(world: World) -> None:
    """The program that the kubeconfig asks for a token does not give one."""
    world.ready = "Unknown"
    _fails(world, "getting credentials: exec: executable aws failed with exit code 255", request=True)


def server_refuses(world: World) -> None:
    """Nobody listens at the API endpoint, or behind the load balancer that stands for it on this node."""
    world.ready = "Unknown"
    if world.rancher:
        world.answers["tls"] = "EOF occurred in violation of protocol (_ssl.c:1000)"
        _fails(world, "EOF", request=True)
        for ago in (61.0, 31.0, 6.0):
            text = world.logrus("error", "Remotedialer proxy error; reconnecting...", ago)
            error = "dial tcp 10.0.0.10:9345: connect: connection refused"
            world.others.append(
                (ago, world.layout.identifier, f'{text} error="{error}" url="wss://10.0.0.10:9345/v1/connect"')
            )
        return
    world.answers["server"] = "refused"
    host = world.layout.server.partition("://")[2]
    address = f"127.0.0.1:{host.rpartition(':')[2]}" if "localhost" in host else "10.0.0.1:6443"
    _fails(world, f"dial tcp {address}: connect: connection refused", request=True)


def runtime_down(world: World) -> None:
    """The runtime's process is gone, and its socket with it."""
    world.ready, world.answers["runtime"] = "False", "absent"
    path = world.layout.socket
    dial = f"transport: Error while dialing: dial unix {path}: connect: no such file or directory"
    code = f'rpc error: code = Unavailable desc = connection error: desc = \\"{dial}\\"'
    if world.rancher:
        point = f'validate CRI v1 runtime API for endpoint \\"unix://{path}\\"'
        failed = f'"command failed" err="failed to run Kubelet: validate service connection: {point}: {code}"'
        world.crash_loop(("E", "run.go:72", failed), said="containerd exited: exit status 1")
        return
    ended = {"ActiveState": "failed", "SubState": "failed", "Result": "exit-code", "MainPID": "0"}
    world.runtime_show.update(ended, InactiveEnterTimestamp=world.stamp(120), StateChangeTimestamp=world.stamp(120))
    for ago in (90.0, 45.0, 3.0):
        world.lines.append((ago, "E", "remote_runtime.go:192", f'"Version from runtime service failed" err="{code}"'))
        world.lines.append(
            (ago, "E", "kubelet.go:2661", '"Skipping pod synchronization" err="container runtime is down"')
        )


def client_ca_missing(world: World) -> None:
    """The file of clientCAFile was removed."""
    path = world.layout.client_ca
    world.missing.add(path)
    failed = f"failed to run Kubelet: open {path}: no such file or directory"
    if path in world.layout.ca_setting:  # the kubeconfig is read before
        failed = f"failed to run Kubelet: unable to load root certificates: unable to load {path}"
    world.crash_loop(("E", "run.go:72", f'"command failed" err="{failed}"'))


def unknown_flag(world: World) -> None:
    """A flag that this kubelet does not have, given through the supervisor's own configuration."""
    lay = world.layout = replace(world.layout, arguments=(*world.layout.arguments, "--frobnicate=1"))
    said = "failed to parse kubelet flag: unknown flag: --frobnicate"
    if not lay.child:
        world.crash_loop(("E", "run.go:72", f'"command failed" err="{said}"'), said=f"kubelet exited: {said}")
        return
    world.ready, world.answers["healthz"] = "Unknown", "refused"
    world.lines = []
    for ago in (17.0, 12.0, 7.0, 2.0):  # the supervisor starts it again after 5 s, and stays active itself
        world.lines.append((ago, "E", "run.go:72", f'"command failed" err="{said}"'))
        world.others.append((ago - 0.1, lay.identifier, world.logrus("error", "Kubelet exited: exit status 1", ago)))


def _fails(world: World, why: str, *, request: bool = False) -> None:
    """Requests of a running kubelet to the API server fail, for minutes and until now."""
    server = world.layout.server
    url = f'Get \\"{server}/{LEASE}/{NODE}?timeout=10s\\": {why}' if request else why
    status = f'Get \\"{server}/api/v1/nodes/{NODE}?timeout=10s\\": {why}' if request else why
    for ago in range(248, 0, -7):
        text = f'"Failed to ensure lease exists, will retry" err="{url}" interval="7s"'
        world.lines.append((float(ago), "E", "controller.go:201", text))
    for ago in (200.0, 100.0, 9.0):
        text = f'"Error updating node status, will retry" err="error getting node \\"{NODE}\\": {status}"'
        world.lines.append((ago, "E", "kubelet_node_status.go:600", text))
