# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that show what another cause is known by, and do not have it: the words of the one, the truth of the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from accuracy._bundles import Bundle, edit_json, load, put
from apart import config as settings
from apart import machine, network, runtime, service
from apart._nodes import NET, Made, condition, host, networkless, no_cni, not_ready, says
from apart.apiserver import LEASE
from redteam._nodes import CURRENT, DEFAULTS, UMBRELLA, ends_on, fact, failed, show
from redteam._pki import Authority
from redteam.cases_network import _proxied, answered, rekeyed
from redteam.cases_units import _full, _with_runtime_of, local

URL = "https://controlplane:6443/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker-7?timeout=10s"
_NO_SPACE = (
    "containerd: failed to create temporary directory: mkdir /var/lib/containerd/tmpmounts: no space left on device"
)
_PLEG = "PLEG is not healthy: pleg was last seen active 5m1s ago; threshold is 3m0s"
_PAUSE = 'failed to get sandbox image \\"registry.k8s.io/pause:3.10\\": failed to pull image'


@dataclass(frozen=True)
class Lookalike:
    """A node with root cause ``cause``, that looks as if it had ``other``."""

    cause: str
    other: str
    make: Made


def lease_fails(error: str, method: str = "Put") -> str:
    """The kubelet's line on a lease that it cannot renew."""
    return LEASE.format(f'{method} \\"{URL}\\": {error}')


def _expired_with_its_ca() -> Bundle:
    end = datetime(2026, 11, 23, 21, tzinfo=UTC)
    return rekeyed("api-cert-expired", Authority(until=end), until=end)


def _removed_addon() -> Bundle:
    bundle = put(load("healthy"), f"{NET}/05-calico.conflist", network.conflist("k8s-pod-network", "calico"))
    return says(bundle, network.SANDBOX.format("calico", 'failed to find plugin \\"calico\\" in path [/opt/cni/bin]'))


def _empty_certificate() -> Bundle:
    """A rotation met the full disk."""
    dated = "/var/lib/kubelet/pki/kubelet-client-2026-11-23-21-30-00.pem"
    bundle = put(_full(load("cert-missing-dangling"), available_bytes=0), dated, "")
    return fact(bundle, CURRENT, type="link", target=dated, resolves=True)


def _dead_mount() -> Bundle:
    stuck = {"path": "/mnt/nfs", "status": "timeout"}
    return edit_json(
        service.watchdog(),
        "host.json",
        lambda h: {**h, "filesystems": [*h["filesystems"], stuck], "blocked_processes": 4},
    )


def _runtime_ends(line: str, **facts: object) -> Bundle:
    """containerd ends at each start with a line, on a file system with these facts."""
    return machine.filesystems(runtime.failing(line), "/var/lib/containerd", **facts)


def _not_readable(*lines: str) -> Bundle:
    return local(ends_on(*lines, at="kubeconfig"), "User=kubelet")


def _lost_name() -> Bundle:
    """`export` in /etc/default/kubelet: systemd drops the line, and with it --hostname-override."""
    bundle = edit_json(load("cert-wrong-node-name"), "cluster.json", lambda _v: {"error": 'nodes "worker-3" not found'})
    return put(bundle, DEFAULTS, "export KUBELET_EXTRA_ARGS=--hostname-override=worker-99\n")


CASES = (
    Lookalike(
        "apiserver/overloaded",
        "apiserver/unreachable-timeout",
        lambda: says(
            answered("the server has received too many requests and has asked us to try again later", 429),
            lease_fails("context deadline exceeded"),
        ),
    ),
    Lookalike(
        "apiserver/proxy-env",
        "kubeconfig/http-scheme",
        lambda: _proxied("http: server gave HTTP response to HTTPS client"),
    ),
    Lookalike("certificate/cluster-ca-expired", "certificate/client-expired", _expired_with_its_ca),
    Lookalike("network/leftover-cni-config", "network/cni-binary-missing", _removed_addon),
    Lookalike(
        "runtime/sandbox-image-unpullable",
        "network/cni-config-missing",
        lambda: says(no_cni(networkless()), runtime.POD.format("Unknown", _PAUSE)),
    ),
    Lookalike(
        "runtime/config-keys-wrong-version",
        "runtime/sandbox-image-unpullable",
        lambda: says(runtime.unread_tables(), runtime.POD.format("Unknown", _PAUSE)),
    ),
    Lookalike(
        "runtime/cgroup-driver-mismatch",
        "network/cni-config-missing",
        lambda: says(no_cni(networkless()), runtime.POD.format("Unknown", runtime.DRIVER)),
    ),
    Lookalike(
        "service/not-root",
        "kubeconfig/unreadable",
        lambda: _not_readable(
            'bootstrap.go:267] "Unhandled Error" err="error reading existing bootstrap kubeconfig: open'
            ' /etc/kubernetes/kubelet.conf: permission denied" logger="UnhandledError"',
            UMBRELLA,
        ),
    ),
    Lookalike(
        "service/not-root",
        "certificate/serving-pair-incomplete",
        lambda: _not_readable(
            failed(
                "failed to construct kubelet dependencies: error reading /var/lib/kubelet/pki/kubelet.key,"
                " certificate and"
                " key must be supplied as a pair"
            )
        ),
    ),
    Lookalike(
        "resource/disk-full",
        "resource/disk-pressure",
        lambda: condition(
            _full(load("healthy"), available_bytes=0), "DiskPressure", "True", "KubeletHasDiskPressure", "disk pressure"
        ),
    ),
    Lookalike("resource/disk-full", "config/kubelet-config-empty", lambda: _full(settings.empty(), available_bytes=0)),
    Lookalike("resource/disk-full", "certificate/pem-corrupt", _empty_certificate),
    Lookalike(
        "resource/disk-full",
        "runtime/state-corrupt",
        lambda: _runtime_ends(f"panic: freepages: {_NO_SPACE}", available_bytes=0),
    ),
    Lookalike(
        "resource/memory-starvation",
        "apiserver/unreachable-timeout",
        lambda: says(machine.starved(), lease_fails("net/http: TLS handshake timeout"), times=3, ago=30),
    ),
    Lookalike(
        "resource/memory-starvation",
        "resource/pid-exhaustion",
        lambda: says(machine.starved(), machine.POD.format("fork/exec /opt/cni/bin/bridge: cannot allocate memory")),
    ),
    Lookalike(
        "runtime/grpc-message-too-large",
        "runtime/pleg-unhealthy",
        lambda: says(
            runtime.large(),
            'kubelet.go:2661] "Skipping pod synchronization" err="PLEG is not healthy: pleg was last seen active'
            " 3m5s ago;"
            ' threshold is 3m0s"',
        ),
    ),
    Lookalike(
        "runtime/service-down",
        "service/watchdog-kill",
        lambda: _with_runtime_of("containerd-stopped", service.watchdog()),
    ),
    Lookalike(
        "resource/pid-exhaustion",
        "system/kubelet-panic",
        lambda: host(
            ends_on(
                "runtime: failed to create new OS thread (have 12 already; errno=11)",
                "runtime: may need to increase max user processes (ulimit -u)",
                "fatal error: newosproc",
                "goroutine 1 [running]:",
                status="2/INVALIDARGUMENT",
            ),
            pids={"current": 32766, "max": 32768},
        ),
    ),
)
# The same of causes that nobody takes for each other: one is what the other has broken.
FOLLOWS = (
    Lookalike("resource/hung-storage", "service/watchdog-kill", _dead_mount),
    Lookalike("resource/disk-full", "runtime/service-down", lambda: _runtime_ends(_NO_SPACE, available_bytes=0)),
    Lookalike(
        "resource/inodes-exhausted", "runtime/service-down", lambda: _runtime_ends(_NO_SPACE, inodes_available=0)
    ),
    Lookalike(
        "resource/readonly-filesystem",
        "runtime/service-down",
        lambda: _runtime_ends("containerd: mkdir /var/lib/containerd/io: read-only file system", read_only=True),
    ),
    Lookalike("service/environment-file-syntax", "identity/hostname-changed", _lost_name),
    Lookalike(
        "resource/disk-full",
        "runtime/sandbox-image-unpullable",
        lambda: says(
            machine.filesystems(no_cni(networkless()), "/var/lib/containerd", available_bytes=0),
            runtime.POD.format("Unknown", f"{_PAUSE}: write /var/lib/containerd/io: no space left on device"),
        ),
    ),
    Lookalike(
        "resource/memory-starvation",
        "runtime/pleg-unhealthy",
        lambda: not_ready(
            "PLEG is not healthy: pleg was last seen active 5m1s ago; threshold is 3m0s", machine.starved()
        ),
    ),
    Lookalike(
        "resource/cpu-io-starvation",
        "runtime/pleg-unhealthy",
        lambda: not_ready(_PLEG, machine.busy()),
    ),
    Lookalike(
        "resource/memory-starvation",
        "resource/oom-kill-kubelet",
        lambda: machine.starved(show(load("kill9-loop"), Result="oom-kill")),
    ),
    Lookalike(
        "runtime/runc-or-shim-missing",
        "network/cni-config-missing",
        lambda: says(
            no_cni(networkless()),
            runtime.POD.format("Unknown", 'failed to start shim: exec: \\"runc\\": executable file not found in $PATH'),
        ),
    ),
)
