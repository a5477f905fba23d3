# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Ansible inventory of a lab."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from lab.ssh import HOST_KEY_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lab.topology import Host, Topology

_HEADER = """\
---
# Written by `make lab`. Host keys are not checked: these hosts live for one test run.
"""


def render(topology: Topology, key: Path) -> str:
    """Return the inventory as YAML text, groups named as the collection expects them.

    Strings are quoted the JSON way, which YAML reads as well.
    """
    variables = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(key),
        "ansible_ssh_common_args": " ".join(HOST_KEY_OPTIONS),
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    lines = ["all:", "  vars:"]
    lines += [f"    {name}: {json.dumps(value)}" for name, value in variables.items()]
    lines += ["  children:"]
    lines += _group("kubelet_control_plane", [topology.control_plane])
    lines += _group("kubelet_workers", topology.workers)
    return _HEADER + "\n".join(lines) + "\n"


def _group(name: str, hosts: Sequence[Host]) -> list[str]:
    lines = [f"    {name}:", "      hosts:"]
    for host in hosts:
        lines += [f"        {host.name}:", f"          ansible_host: {host.address}"]
    return lines
