# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions, kernel settings, swap, container runtime and CNI of a node."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .._causes import _cni, _runtime
from .._model.expected import Seen
from .._model.snapshot import Snapshot

Found = tuple[str, Seen]
_VERSION = re.compile(r"\bv?(\d+\.\d+(?:\.\d+)?(?:[-+~.][0-9A-Za-z.+~-]+)?)")
_OPTION_TABLES = ("io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri")
_COUNTERS = ("net.netfilter.nf_conntrack_count",)


def machine(node: Snapshot) -> Iterator[Found]:
    """Everything that is not the kubelet's own."""
    yield from _versions(node)
    if node.host.read:
        yield from (
            (f"kernel.{name}", Seen(value, "sysctl"))
            for name, value in node.host.sysctl.items()
            if name not in _COUNTERS
        )
        yield "swap.active", Seen(bool(node.host.swaps), ", ".join(node.host.swaps) or "/proc/swaps")
    fstab = node.file("/etc/fstab")
    if fstab.content is not None:
        lines = [number for number, line in enumerate(fstab.content.split("\n"), 1) if _is_swap(line)]
        yield "swap.fstab", Seen(bool(lines), f"/etc/fstab:{lines[0]}" if lines else "/etc/fstab")
    yield from _container_runtime(node)
    directory = _cni.conf_dir(node)
    if _cni.listed(node, directory):
        names = [fact.path.rpartition("/")[2] for fact in _cni.configurations(node, directory)]
        yield "cni.files", Seen(names, directory)


def _is_swap(line: str) -> bool:
    fields = line.split()
    return len(fields) > 2 and not fields[0].startswith("#") and fields[2] == "swap"


def _versions(node: Snapshot) -> Iterator[Found]:
    host = node.host
    said = {
        "kubelet": _version(host.kubelet_version or node.cluster.kubelet_version),
        "runtime": _version(host.runtime_version),
        "kernel": host.kernel,
        "os": host.os_name,
    }
    yield from ((f"versions.{name}", Seen(value, name)) for name, value in said.items() if value)
    own, server = _minor(said["kubelet"]), _minor(_version(node.cluster.api_version))
    if own is not None and server is not None:
        yield "versions.skew", Seen(server - own, f"API server {node.cluster.api_version}")


def _version(text: str) -> str:
    """1.36.2 of ``Kubernetes v1.36.2``."""
    found = _VERSION.search(text)
    return found.group(1) if found else ""


def _minor(version: str) -> int | None:
    pieces = version.split(".")
    return int(pieces[1]) if len(pieces) > 1 and pieces[0] == "1" and pieces[1].isdigit() else None


def _container_runtime(node: Snapshot) -> Iterator[Found]:
    if node.runtime is not None:
        yield "runtime.name", Seen(node.runtime.name.removesuffix(".service"), node.runtime.name)
    point = _runtime.endpoint(node)
    if node.config.file.content is not None or point.setting is not None:
        yield "runtime.endpoint", Seen(point.url, str(point.setting.place) if point.setting else "default")
    driver, place = _cgroup_driver(node)
    if driver:
        yield "runtime.cgroup_driver", Seen(driver, place)


def _cgroup_driver(node: Snapshot) -> tuple[str, str]:
    """The cgroup driver of the runtime (systemd, cgroupfs) where its configuration says it, and where."""
    manager = _runtime.crio_config(node).get("runtime", {}).get("cgroup_manager")
    if isinstance(manager, str):
        return manager, "/etc/crio"
    for name in _OPTION_TABLES:
        table: Any = _runtime.containerd_config(node)
        for key in ("plugins", name, "containerd", "runtimes", "runc", "options"):
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, dict) and isinstance(table.get("SystemdCgroup"), bool):
            return "systemd" if table["SystemdCgroup"] else "cgroupfs", _runtime.config_path(node)
    return "", ""
