# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Node and Lease objects that a kubelet posts."""

from __future__ import annotations

import os
import platform
import re
import socket
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

GOOD = {
    "MemoryPressure": ("KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("KubeletHasSufficientPID", "kubelet has sufficient PID available"),
}
BAD = {
    "MemoryPressure": ("KubeletHasInsufficientMemory", "kubelet has insufficient memory available"),
    "DiskPressure": ("KubeletHasDiskPressure", "kubelet has disk pressure"),
}


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def registration(name: str, status: dict[str, Any]) -> dict[str, Any]:
    """The Node object of a first registration."""
    labels = {"kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux"}
    labels.update({"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux"})
    metadata = {
        "name": name,
        "labels": dict(sorted(labels.items())),
        "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
    }
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}, "status": status}


def lease(name: str, uid: str) -> dict[str, Any]:
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": uid}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": "kube-node-lease", "ownerReferences": [owner]},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": micro_now()},
    }


def status(
    name: str, version: str, runtime_version: str, not_ready: str, pressure: set[str], since: dict[str, tuple[str, str]]
) -> dict[str, Any]:
    """The status of the node. `not_ready` is "" or the message of Ready=False.

    `since` remembers, from call to call, each condition's value and when it took it.
    """
    conditions = []
    for kind, good in GOOD.items():
        reason, message = BAD[kind] if kind in pressure else good
        conditions.append(_condition(kind, "True" if kind in pressure else "False", reason, message, since))
    ready = (
        ("False", "KubeletNotReady", not_ready)
        if not_ready
        else ("True", "KubeletReady", "kubelet is posting ready status")
    )
    conditions.append(_condition("Ready", *ready, since))
    total = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1))  # type: ignore[union-attr]
    disk = os.statvfs("/")
    capacity = {
        "cpu": str(os.cpu_count()),
        "ephemeral-storage": f"{disk.f_blocks * disk.f_frsize // 1024}Ki",
        "memory": f"{total}Ki",
        "pods": "110",
    }
    return {
        "addresses": [{"type": "InternalIP", "address": _address()}, {"type": "Hostname", "address": name}],
        "allocatable": {**capacity, "memory": f"{total - 102400}Ki"},
        "capacity": capacity,
        "conditions": conditions,
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": _line("/proc/sys/kernel/random/boot_id"),
            "containerRuntimeVersion": f"containerd://{runtime_version}",
            "kernelVersion": platform.release(),
            "kubeProxyVersion": "",
            "kubeletVersion": version,
            "machineID": _line("/etc/machine-id"),
            "operatingSystem": "linux",
            "osImage": _os_image(),
            "systemUUID": _line("/etc/machine-id"),
        },
    }


def _condition(kind: str, value: str, reason: str, message: str, since: dict[str, tuple[str, str]]) -> dict[str, str]:
    if since.get(kind, ("", ""))[0] != value:
        since[kind] = (value, now())
    return {
        "type": kind, "status": value, "reason": reason, "message": message,
        "lastHeartbeatTime": now(), "lastTransitionTime": since[kind][1],
    }  # fmt: skip


def _line(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _os_image() -> str:
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', _line("/etc/os-release"), re.MULTILINE)
    return found.group(1) if found else "Debian GNU/Linux"


def _address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))  # sends nothing; only asks for the source address
        except OSError:
            return "127.0.0.1"
        return str(sock.getsockname()[0])
