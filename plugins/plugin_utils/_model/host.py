# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine, probes made from it, and what the control plane says of its node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .certificate import Certificate


@dataclass(frozen=True)
class Filesystem:
    """One mount as statvfs saw it. Sizes in bytes; None where unknown."""

    path: str
    size: int | None = None
    available: int | None = None
    inodes: int | None = None
    inodes_available: int | None = None
    read_only: bool | None = None


@dataclass(frozen=True)
class Listener:
    """A listening TCP socket and its process, where known."""

    address: str
    port: int
    process: str = ""
    pid: int | None = None


@dataclass(frozen=True)
class UnfinishedRepair:
    """A repair of ours whose record has not come to an end; ``state`` as in docs/repair-record.md. ``running``: a
    process is at work on it now."""

    run: str
    state: str
    created_at: datetime | None = None
    findings: tuple[str, ...] = ()
    running: bool = False


@dataclass(frozen=True)
class Host:
    """Facts of the machine. ``raw`` is the whole host part for what has no field of its own."""

    read: bool = False
    hostname: str = ""
    os_name: str = ""
    kernel: str = ""
    machine: str = ""
    uptime_seconds: float | None = None
    load: tuple[float, ...] = ()
    cpus: int | None = None
    cgroup: str = ""
    memory_total: int | None = None
    memory_available: int | None = None
    swaps: tuple[str, ...] = ()
    pids_current: int | None = None
    pids_max: int | None = None
    filesystems: tuple[Filesystem, ...] = ()
    listeners: tuple[Listener, ...] | None = None
    ntp_synchronized: bool | None = None
    sysctl: Mapping[str, str] = field(default_factory=dict)
    kubelet_version: str = ""
    kubelet_pid: int | None = None
    runtime_version: str = ""
    addresses: tuple[str, ...] | None = None
    unfinished_repairs: tuple[UnfinishedRepair, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)

    def listener(self, port: int) -> Listener | None:
        """Who listens on a TCP port, or None."""
        return next((entry for entry in self.listeners or () if entry.port == port), None)


@dataclass(frozen=True)
class Probe:
    """One probe made from the node. ``status`` is ok, refused, timeout, unresolved, absent, error or not_collected."""

    kind: str
    status: str = "not_collected"
    target: str = ""
    error: str = ""
    seconds: float | None = None
    code: int | None = None
    body: str = ""
    date: datetime | None = None
    addresses: tuple[str, ...] = ()
    client_certificate: str | None = None
    certificates: tuple[Certificate, ...] = ()

    @property
    def made(self) -> bool:
        """True when the probe was made."""
        return self.status != "not_collected"


@dataclass(frozen=True)
class Probes:
    """The probes that causes ask for; each is status not_collected where it was not made."""

    resolve: Probe = Probe("resolve")
    connect: Probe = Probe("connect")
    tls: Probe = Probe("tls")
    readyz: Probe = Probe("http")
    node_object: Probe = Probe("http")
    healthz: Probe = Probe("http")
    runtime_socket: Probe = Probe("unix")
    all: tuple[Probe, ...] = ()


@dataclass(frozen=True)
class Condition:
    """A condition of the Node object. ``status`` is True, False or Unknown."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    heartbeat_at: datetime | None = None
    transition_at: datetime | None = None


@dataclass(frozen=True)
class ClusterView:
    """What the control plane says. ``asked`` is False without access; ``node_found`` None means unknown.

    ``published`` is what it expects of all nodes, as cluster_info returns it; ``unread`` says what could not be read of
    that, and why.
    """

    asked: bool = False
    error: str = ""
    node_found: bool | None = None
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    unschedulable: bool = False
    taints: tuple[str, ...] = ()
    kubelet_version: str = ""
    api_version: str = ""
    lease_renewed_at: datetime | None = None
    pod_cidr: str = ""
    addresses: tuple[str, ...] = ()
    csrs: tuple[Mapping[str, Any], ...] = ()
    raw_node: Mapping[str, Any] = field(default_factory=dict)
    published: Mapping[str, Any] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def ready(self) -> Condition | None:
        """The Ready condition, or None."""
        return self.conditions.get("Ready")
