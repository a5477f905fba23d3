# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine's facts, from the evidence part ``host``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._model.host import Filesystem, Host, Listener, UnfinishedRepair
from . import _values

_SUPERVISOR_VERSION = re.compile(r"(?:k3s|rke2) version (v\d\S*)")


def host(evidence_host: object) -> Host:
    """Typed facts of the part ``host``; what is missing or of another type keeps its default."""
    if not isinstance(evidence_host, Mapping) or not evidence_host:
        return Host()
    raw: Mapping[str, Any] = evidence_host
    memory = _values.mapping(raw.get("memory"))
    pids = _values.mapping(raw.get("pids"))
    kubelet = _values.mapping(raw.get("kubelet"))
    return Host(
        read=True,
        hostname=_values.text(raw.get("hostname")),
        os_name=_values.text(_values.mapping(raw.get("os_release")).get("PRETTY_NAME")),
        kernel=_values.text(raw.get("kernel")),
        machine=_values.text(raw.get("machine")),
        uptime_seconds=_values.number(raw.get("uptime_seconds")),
        load=_load(raw.get("load")),
        cpus=_values.integer(raw.get("cpus")),
        cgroup=_values.text(raw.get("cgroup")),
        memory_total=_values.integer(memory.get("total_bytes")),
        memory_available=_values.integer(memory.get("available_bytes")),
        swaps=_swaps(raw.get("swaps")),
        pids_current=_values.integer(pids.get("current")),
        pids_max=_values.integer(pids.get("max")),
        filesystems=tuple(_filesystem(entry) for entry in _values.items(raw.get("filesystems"))),
        listeners=_listeners(raw.get("listening")),
        ntp_synchronized=_values.boolean(_values.mapping(raw.get("clock")).get("ntp_synchronized")),
        sysctl={str(k): _values.text(v) for k, v in _values.mapping(raw.get("sysctl")).items()},
        kubelet_version=_kubelet_version(_values.text(kubelet.get("version"))),
        kubelet_pid=_values.integer(kubelet.get("pid")) or None,
        runtime_version=_values.text(_values.mapping(raw.get("runtime")).get("version")),
        addresses=_values.texts(raw["addresses"]) if isinstance(raw.get("addresses"), list) else None,
        unfinished_repairs=tuple(_repair(entry) for entry in _values.items(raw.get("unfinished_repairs"))),
        raw=raw,
    )


def _kubelet_version(said: str) -> str:
    """The version in what the program said of itself: ``k3s version v1.31.4+k3s1 (a562d090)`` is K3s' and the
    kubelet's."""
    found = _SUPERVISOR_VERSION.match(said)
    return found.group(1) if found else said


def _load(value: object) -> tuple[float, ...]:
    averages = (_values.number(entry) for entry in value) if isinstance(value, list) else ()
    return tuple(entry for entry in averages if entry is not None)


def _swaps(value: object) -> tuple[str, ...]:
    """Devices or files in use as swap: names, or mappings with a name (or path)."""
    entries = value if isinstance(value, list) else []
    named = (entry.get("name") or entry.get("path") if isinstance(entry, Mapping) else entry for entry in entries)
    return tuple(name for name in map(_values.text, named) if name)


def _repair(entry: Mapping[str, Any]) -> UnfinishedRepair:
    return UnfinishedRepair(
        run=_values.text(entry.get("run")),
        state=_values.text(entry.get("state")),
        created_at=_values.moment(entry.get("created_at")),
        findings=_values.texts(entry.get("findings")),
        running=bool(_values.boolean(entry.get("running"))),
    )


def _filesystem(entry: Mapping[str, Any]) -> Filesystem:
    return Filesystem(
        path=_values.text(entry.get("path")),
        size=_values.integer(entry.get("size_bytes")),
        available=_values.integer(entry.get("available_bytes")),
        inodes=_values.integer(entry.get("inodes")),
        inodes_available=_values.integer(entry.get("inodes_available")),
        read_only=_values.boolean(entry.get("read_only")),
    )


def _listeners(value: object) -> tuple[Listener, ...] | None:
    if not isinstance(value, list):
        return None
    found = []
    for entry in _values.items(value):
        port = _values.integer(entry.get("port"))
        if port is not None:
            address, process = _values.text(entry.get("address")), _values.text(entry.get("process"))
            found.append(Listener(address, port, process, _values.integer(entry.get("pid"))))
    return tuple(found)
