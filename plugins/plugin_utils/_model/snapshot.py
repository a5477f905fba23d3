# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshot: everything known of one node at one moment, typed and frozen. Causes are functions of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .certificate import CertificateUse
from .common import Field, FileFact, PartState, Place
from .configuration import Kubeconfig, KubeletConfiguration
from .host import ClusterView, Host, Probes
from .journal import Journal
from .service import CommandLine, EnvironmentFile, Unit

_NOT_YET = timedelta(seconds=5)  # on a slow machine a start takes this long to come to its end
_SETTLED = timedelta(seconds=60)  # who has lived this long has not failed at its start
_CHILD_LIVES = timedelta(seconds=15)  # RKE2 starts its kubelet again after 5 s
_LONG_LOOP = timedelta(minutes=10)  # a watchdog or a leak ends every start after a while; rarer ends are no loop


@dataclass(frozen=True)
class Snapshot:
    """One node at ``captured_at`` (UTC), the only clock of a diagnosis.

    Three command lines: ``command_line`` is what systemd starts next (its loaded definition, variables expanded),
    ``command_line_on_disk`` what it would start after a daemon-reload, ``running`` the arguments of the live process
    (None when there is none or nobody could look). ``parts`` holds the state of each part of the evidence.
    ``kernel_log`` holds the kernel's messages of this boot that tell of a fault, whichever program they are about.
    ``unit_load_states``: LoadState of every unit that the evidence holds. ``child_ended_at`` is when the kubelet last
    ended that its unit starts as a child, and starts again by itself (RKE2). ``profile`` is the distribution's layout:
    kubeadm, manual, k3s, rke2, microk8s, eks, crio, kubespray.
    """

    host_name: str
    captured_at: datetime
    node_name: str | None = None
    profile: str = "kubeadm"
    parts: Mapping[str, PartState] = field(default_factory=dict)
    kubelet: Unit = field(default_factory=lambda: Unit("kubelet.service"))
    runtime: Unit | None = None
    command_line: CommandLine = field(default_factory=CommandLine)
    command_line_on_disk: CommandLine = field(default_factory=CommandLine)
    running: CommandLine | None = None
    environment_files: tuple[EnvironmentFile, ...] = ()
    environment: Mapping[str, tuple[str, Place]] = field(default_factory=dict)
    config: KubeletConfiguration = field(default_factory=KubeletConfiguration)
    kubeconfig: Kubeconfig = field(default_factory=Kubeconfig)
    bootstrap_kubeconfig: Kubeconfig = field(default_factory=Kubeconfig)
    certificates: Mapping[str, CertificateUse] = field(default_factory=dict)
    log: Journal = field(default_factory=Journal)
    runtime_log: Journal = field(default_factory=Journal)
    kernel_log: Journal = field(default_factory=Journal)
    host: Host = field(default_factory=Host)
    probes: Probes = field(default_factory=Probes)
    cluster: ClusterView = field(default_factory=ClusterView)
    files: Mapping[str, FileFact] = field(default_factory=dict)
    unit_load_states: Mapping[str, str] = field(default_factory=dict)
    child_ended_at: datetime | None = None

    def file(self, path: str) -> FileFact:
        """What is known of a path; type "unknown" when nobody looked."""
        return self.files.get(path) or FileFact(path)

    def part(self, name: str) -> PartState:
        """State of a part of the evidence; not_collected when it is not there."""
        return self.parts.get(name) or PartState("not_collected", "not part of this evidence")

    def certificate(self, role: str) -> CertificateUse:
        """The certificate in a role (see CertificateUse); empty when the configuration names none."""
        return self.certificates.get(role) or CertificateUse(role)

    def setting(self, path: str, flag: str = "") -> Field | None:
        """Effective setting: the flag (which wins) or the KubeletConfiguration field; None leaves the default."""
        given = self.command_line.flag(flag) if flag else None
        if given is not None:
            return Field(f"--{flag}", given.value, given.place)
        return self.config.get(path)

    def value(self, path: str, default: Any = None, flag: str = "") -> Any:
        """Value of :meth:`setting`, or ``default``."""
        found = self.setting(path, flag)
        return default if found is None else found.value

    @property
    def kubelet_root(self) -> str:
        """The kubelet's directory: --root-dir, or its default /var/lib/kubelet."""
        flag = self.command_line.flag("root-dir")
        return (flag.value or "").rstrip("/") if flag and flag.value else "/var/lib/kubelet"

    @property
    def kubelet_version(self) -> tuple[int, int] | None:
        """(major, minor) of the kubelet binary, else of what the log or the cluster said, or None."""
        for text in (self.host.kubelet_version, self.cluster.kubelet_version):
            digits = text.lower().replace("kubernetes", "").strip().lstrip("v").split(".")
            if len(digits) >= 2 and digits[0].isdigit() and digits[1].isdigit():
                return int(digits[0]), int(digits[1])
        return None

    @property
    def crash_looping(self) -> bool:
        """True when the kubelet ends again and again: it waits for its restart, or systemd has restarted it and it has
        not yet lived longer than the starts before it, so that it may just not have come to its end."""
        unit, starts = self.kubelet, self.log.starts[-4:]
        if unit.waits_for_restart:
            return True
        if self.child_ended_at is not None and unit.running:
            return self.captured_at - self.child_ended_at < _CHILD_LIVES
        if not unit.running or unit.restarts < 1 or unit.main_start_at is None:
            return False
        if starts and starts[-1].exit_at and starts[-1].exit_at > unit.main_start_at:
            return True  # it ended after the state of the unit was read
        age = self.captured_at - unit.main_start_at
        lived = [start.lived for start in starts if start.lived is not None]
        if not lived:
            return unit.restarts > 1 and age < _SETTLED
        short = [each for each in lived if each < _SETTLED]
        if short:
            return age < min(_SETTLED, max(_NOT_YET, 2 * max(short)))
        return len([each for each in lived if each < _LONG_LOOP]) > 1 and age < min(_LONG_LOOP, 2 * min(lived))
