# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a lab and what is remembered about them between two commands."""

from __future__ import annotations

import contextlib
import fcntl
import ipaddress
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Literal

from lab.rootfs import CONTROL_PLANE_RELEASE
from lab.shell import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Role = Literal["controlplane", "worker"]
CONTROL_PLANE = "controlplane"
NOT_UP = "this lab is not up; `make lab` brings it up"
_FIRST_ADDRESS = 10


@dataclass(frozen=True)
class Host:
    """One test host."""

    name: str
    role: Role
    address: str
    release: int
    """Debian release: 11, 12 or 13."""


@dataclass
class Topology:
    """The hosts of one lab, its network, and which case each host is broken with."""

    subnet: str
    created: int
    """Seconds since the epoch; the modification time of all files laid out on the hosts."""
    hosts: list[Host]
    broken: dict[str, list[str]] = field(default_factory=dict)
    """Host name -> ids of the cases that were applied to it since it was last pristine."""

    @property
    def control_plane(self) -> Host:
        return self.hosts[0]

    @property
    def workers(self) -> list[Host]:
        return [host for host in self.hosts if host.role == "worker"]

    def addresses(self) -> dict[str, str]:
        return {host.name: host.address for host in self.hosts}

    def host(self, name: str) -> Host:
        """Return the host of this name. Raises LabError that lists the names there are."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(f"no host {name!r} in this lab; it has {', '.join(host.name for host in self.hosts)}")


def plan(subnet: str, workers: int, releases: Sequence[int], created: int) -> Topology:
    """Return a control plane and workers with fixed addresses: .10, then .11 for worker-1 and so on."""
    network = ipaddress.ip_network(subnet)
    hosts = [Host(CONTROL_PLANE, "controlplane", str(network[_FIRST_ADDRESS]), CONTROL_PLANE_RELEASE)]
    hosts += [
        Host(
            f"worker-{number}", "worker", str(network[_FIRST_ADDRESS + number]), releases[(number - 1) % len(releases)]
        )
        for number in range(1, workers + 1)
    ]
    return Topology(subnet=subnet, created=created, hosts=hosts)


def load(state_dir: Path) -> Topology | None:
    """Return what is remembered of this lab, or None when there is no such lab."""
    try:
        kept = json.loads((state_dir / "topology.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Topology(**{**kept, "hosts": [Host(**host) for host in kept["hosts"]]})


@contextlib.contextmanager
def changing(state_dir: Path) -> Iterator[Topology]:
    """Load what is remembered, and save it after the change; others wait. Raises LabError when there is no such lab."""
    if not state_dir.exists():
        raise LabError(NOT_UP)
    with (state_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        topology = load(state_dir)
        if topology is None:
            raise LabError(NOT_UP)
        yield topology
        save(state_dir, topology)


def save(state_dir: Path, topology: Topology) -> None:
    """Remember this lab."""
    path = state_dir / "topology.json"
    new = path.with_suffix(".new")
    new.write_text(json.dumps(asdict(topology), indent=1) + "\n", encoding="utf-8")
    new.replace(path)
