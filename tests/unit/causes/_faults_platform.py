# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node for each cause of the runtime, network and resource layers: the healthy one, broken in just that way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from unit.causes._make import evidence, healthy, node_of, put, said, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import (
    Condition,
    Filesystem,
    Listener,
    Probe,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

CONTAINERD = "/etc/containerd/config.toml"
NET, CONFLIST = "/etc/cni/net.d", "/etc/cni/net.d/10-lab.conflist"


def runtime(node: Snapshot, active: str = "inactive", sub: str = "dead", status: str = "absent") -> Snapshot:
    """The node with another state of its runtime."""
    assert node.runtime is not None
    shown = {**node.runtime.properties, "ActiveState": active, "SubState": sub}
    changed = replace(node, runtime=replace(node.runtime, properties=shown, active=active))
    return probe(changed, status)


def probe(node: Snapshot, status: str) -> Snapshot:
    """The node with another answer of the runtime's socket."""
    return replace(node, probes=replace(node.probes, runtime_socket=replace(node.probes.runtime_socket, status=status)))


def runtime_says(node: Snapshot, name: str) -> Snapshot:
    """The node with a line in the runtime's journal."""
    return replace(node, runtime_log=replace(said(node, name).log, unit="containerd.service"))


def with_containerd(text: str) -> Snapshot:
    """A crash-looping node with another configuration of containerd."""
    changed = evidence()
    changed["files"][CONTAINERD].update(content=text, size=len(text))
    return stopped(node_of(changed))


def endpoint(url: str) -> Snapshot:
    """A crash-looping node with another runtime endpoint."""
    changed = evidence()
    flags = f'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint={url}"\n'
    changed["files"]["/var/lib/kubelet/kubeadm-flags.env"].update(content=flags)
    changed["probes"][-1].update(status="absent", path=url.removeprefix("unix://"))
    return stopped(node_of(changed))


def networkless(change: Callable[[dict[str, Any]], None], **options: Any) -> Snapshot:
    """A node whose network is not ready, with changed evidence."""
    changed = evidence()
    change(changed)
    node = unit(node_of(changed, **options), started_ago=300)
    message = (
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin"
    )
    ready = replace(
        node.cluster.conditions["Ready"],
        status="False",
        reason="KubeletNotReady",
        message=f"{message} returns error: cni plugin not initialized",
    )
    return replace(node, cluster=replace(node.cluster, conditions={**node.cluster.conditions, "Ready": ready}))


def no_cni(changed: dict[str, Any]) -> None:
    """No configuration of the network."""
    changed["files"][NET]["entries"] = []
    put(changed, CONFLIST, None)


def elsewhere(changed: dict[str, Any]) -> None:
    """The configuration lies where the runtime does not look."""
    no_cni(changed)
    directory = "/var/lib/rancher/k3s/agent/etc/cni/net.d"
    changed["files"][directory] = {"type": "directory", "entries": ["10-flannel.conflist"]}
    put(changed, f"{directory}/10-flannel.conflist", json.dumps({"name": "x", "plugins": [{"type": "flannel"}]}))


def flannel(changed: dict[str, Any]) -> None:
    """Flannel is the network, and the node has no podCIDR."""
    put(changed, CONFLIST, json.dumps({"name": "cbr0", "plugins": [{"type": "flannel"}]}))
    changed["cluster"]["node"]["spec"] = {}


def two_networks() -> Snapshot:
    """The configuration of a removed network comes first."""
    changed = evidence()
    put(changed, f"{NET}/05-calico.conflist", json.dumps({"name": "k8s", "plugins": [{"type": "calico"}]}))
    return said(node_of(changed), "calico-nodename-missing")


def pressed(kind: str) -> Snapshot:
    """A pressure condition that is True."""
    node = healthy()
    condition = Condition(kind, "True", f"KubeletHas{kind}", f"kubelet has {kind}")
    return replace(node, cluster=replace(node.cluster, conditions={**node.cluster.conditions, kind: condition}))


def measured(*entries: Filesystem) -> Snapshot:
    """Other measures of file systems."""
    node = healthy()
    paths = {entry.path for entry in entries}
    kept = tuple(entry for entry in node.host.filesystems if entry.path not in paths)
    return replace(node, host=replace(node.host, filesystems=(*kept, *entries)))


def raw(node: Snapshot, **facts: Any) -> Snapshot:
    """Other facts of the host."""
    return replace(node, host=replace(node.host, raw={**node.host.raw, **facts}))


def not_mounted() -> Snapshot:
    """/var/lib/kubelet should be a mount, and is a plain directory without files."""
    changed = evidence()
    put(changed, "/etc/fstab", "/dev/vdb1 /var/lib/kubelet ext4 defaults,nofail 0 2\n")
    put(changed, "/var/lib/kubelet/config.yaml", None)
    node = stopped(node_of(changed))
    return raw(node, filesystems=[{"path": "/var/lib/kubelet", "mount_point": "/"}])


def listening(port: int) -> Snapshot:
    """A stranger listens on a port."""
    node = healthy()
    kept = tuple(entry for entry in node.host.listeners or () if entry.port != port)
    return replace(node, host=replace(node.host, listeners=(*kept, Listener("0.0.0.0", port, "python3", 99))))  # noqa: S104


def blocked() -> Snapshot:
    """A mount that does not answer, and a kubelet that waits for it."""
    node = raw(healthy(), filesystems=[{"path": "/mnt/nfs", "status": "timeout"}], blocked_processes=3)
    return replace(node, probes=replace(node.probes, healthz=Probe("http", "timeout", "healthz", "timed out")))


def mismatch() -> Snapshot:
    """containerd 1.5, which speaks no CRI v1."""
    node = said(stopped(healthy()), "cri-unimplemented")
    return replace(node, host=replace(node.host, runtime_version="containerd containerd.io 1.5.11 abc"))


GIB = 1024**3
RUNTIME = {
    "runtime/service-down": lambda: runtime(healthy()),
    "runtime/endpoint-wrong": lambda: endpoint("unix:///run/crio/crio.sock"),
    "runtime/dockershim-removed": lambda: endpoint("unix:///var/run/dockershim.sock"),
    "runtime/hung": lambda: said(probe(stopped(healthy()), "timeout"), "runtime-no-answer"),
    "runtime/cri-plugin-disabled": lambda: said(with_containerd('disabled_plugins = ["cri"]\n'), "cri-unimplemented"),
    "runtime/cri-plugin-load-failed": lambda: said(
        runtime_says(stopped(healthy()), "cri-plugin-load-failed"), "cri-unimplemented"
    ),
    "runtime/cri-v1alpha2-only": mismatch,
    "runtime/version-too-old": lambda: said(stopped(healthy()), "runtime-config-required"),
    "runtime/config-invalid": lambda: runtime_says(runtime(healthy(), "failed", "failed"), "runtime-toml-invalid"),
    "runtime/state-corrupt": lambda: runtime_says(runtime(healthy(), "failed", "failed"), "runtime-state-corrupt"),
    "runtime/cgroup-driver-mismatch": lambda: said(healthy(), "cgroup-driver-mismatch"),
    "runtime/sandbox-image-unpullable": lambda: said(healthy(), "sandbox-image-unpullable"),
    "runtime/runc-or-shim-missing": lambda: said(healthy(), "oci-runtime-missing"),
    "runtime/nvidia-default-runtime": lambda: said(healthy(), "nvidia-runtime-broken"),
    "runtime/grpc-message-too-large": lambda: said(healthy(), "grpc-message-too-large"),
    "runtime/pleg-unhealthy": lambda: said(healthy(), "pleg-unhealthy"),
}
NETWORK = {
    "network/cni-config-missing": lambda: networkless(no_cni),
    "network/cni-pod-cannot-start": lambda: said(networkless(no_cni), "cni-pod-failing"),
    "network/cni-config-invalid": lambda: networkless(lambda e: put(e, CONFLIST, '{"name": "x", ')),
    "network/cni-not-reloaded": lambda: networkless(lambda dummy: None),
    "network/cni-dir-mismatch": lambda: networkless(elsewhere, profile="kubeadm"),
    "network/cni-binary-missing": lambda: said(healthy(), "cni-plugin-not-found"),
    "network/leftover-cni-config": two_networks,
    "network/flannel-subnet-env-missing": lambda: said(healthy(), "flannel-subnet-missing"),
    "network/eks-vpc-cni-not-ready": lambda: networkless(no_cni, profile="eks"),
    "network/port-10248-in-use": lambda: listening(10248),
    "network/port-10250-in-use": lambda: said(
        stopped(listening(10250)),
        "port-in-use",
        swap={"127.0.0.1:10248": "0.0.0.0:10250", "start healthz server": "listen and serve"},
    ),
    "network/no-default-route": lambda: said(healthy(), "no-node-address"),
}
RESOURCE = {
    "resource/disk-full": lambda: measured(Filesystem("/var/log", 20 * GIB, 0, 1000, 900, False)),
    "resource/inodes-exhausted": lambda: measured(Filesystem("/var/log", 20 * GIB, 9 * GIB, 100000, 3, False)),
    "resource/disk-pressure": lambda: pressed("DiskPressure"),
    "resource/readonly-filesystem": lambda: measured(Filesystem("/var/lib/containerd", GIB, GIB, 1000, 900, True)),
    "resource/var-lib-kubelet-not-mounted": not_mounted,
    "resource/rootfs-info-unavailable": lambda: said(stopped(healthy()), "rootfs-info"),
    "resource/memory-pressure": lambda: pressed("MemoryPressure"),
    "resource/memory-starvation": lambda: raw(healthy(), pressure={"memory": {"full_avg60": 40.0}}),
    "resource/cpu-io-starvation": lambda: said(
        raw(healthy(), pressure={"io": {"full_avg60": 80.0}}), "housekeeping-slow"
    ),
    "resource/oom-kill-kubelet": lambda: said(
        unit(stopped(healthy()), Result="oom-kill"), "oom-killed-unit", source="systemd"
    ),
    "resource/pid-exhaustion": lambda: said(healthy(), "no-more-threads"),
    "resource/inotify-exhausted": lambda: said(healthy(), "inotify-exhausted"),
    "resource/fd-exhaustion": lambda: said(healthy(), "too-many-files"),
    "resource/cgroup-leak": lambda: said(healthy(), "cgroup-creation-failed"),
    "resource/hung-storage": blocked,
}
