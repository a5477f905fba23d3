# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bridge network of a lab: its own fixed addresses, reached from this machine; names are the lab's own matter."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING

from lab.shell import LabError, output, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lab.podman import Podman

_PODMANS_OWN = "podman"
_CANDIDATES = tuple(ipaddress.ip_network(f"10.240.{third}.0/24") for third in range(256))


def taken(podman: Podman) -> list[str]:
    """Return where this machine's routes lead, and the lab networks that have no bridge (and so no route) yet."""
    routes = json.loads(output(["ip", "-json", "-4", "route", "show", "table", "all"]) or "[]")
    networks = json.loads(podman("network", "inspect", *names(podman))) if names(podman) else []
    subnets = [subnet["subnet"] for network in networks for subnet in network.get("subnets") or []]
    return [route["dst"] for route in routes] + subnets


def choose_subnet(taken: Iterable[str]) -> str:
    """Return the first candidate that overlaps none of these route destinations (a default route counts for none)."""
    networks = [ipaddress.ip_network(text, strict=False) for text in taken if text != "default"]
    for candidate in _CANDIDATES:
        if not any(network.prefixlen > 0 and candidate.overlaps(network) for network in networks):
            return str(candidate)
    raise LabError("no free network in 10.240.0.0/16 for the lab")


def names(podman: Podman) -> list[str]:
    """Return the networks of all labs: a lab has one from the first moment of ``up`` to the end of ``down``."""
    return [name for name in podman("network", "ls", "--quiet").split() if name != _PODMANS_OWN]


def exists(podman: Podman, name: str) -> bool:
    return podman.holds("network", "exists", name)


def ensure(podman: Podman, name: str, subnet: str) -> None:
    """Make the network.

    Not ``--internal``: without podman's firewall rules, a machine whose FORWARD policy is DROP would keep the hosts
    from each other. That nothing leaves the lab is seen to by the hosts' routes (hostfiles.py).
    """
    if not exists(podman, name):
        podman("network", "create", "--disable-dns", "--subnet", subnet, name)


def remove(podman: Podman, name: str) -> None:
    """Remove the network if it is there, and its bridge, which a host that failed to start leaves behind."""
    if not exists(podman, name):
        return
    bridge = json.loads(podman("network", "inspect", name))[0]["network_interface"]
    podman("network", "rm", "--force", name)
    if run(["ip", "link", "show", bridge]).returncode == 0:
        output(["ip", "link", "delete", bridge])
