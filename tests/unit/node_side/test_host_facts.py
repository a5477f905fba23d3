# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel says of the machine is read where it says it."""

from __future__ import annotations

import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import node as collector

if t.TYPE_CHECKING:
    from .conftest import Node

BOOT_ID = "9bb856c0-7eb3-442f-9b4b-13e13a055b93"
PRESSURE = "{} avg10=1.50 avg60={} avg300=4.00 total=123456\n"


def _host(node: Node, *sysctls: str) -> dict[str, t.Any]:
    options = collector.Options(parts=frozenset({"host"}), sysctls=sysctls)
    return t.cast("dict[str, t.Any]", collector.collect(node.host(), options)["host"])


def test_pressure_is_read_where_the_kernel_measures_it(node: Node) -> None:
    """The shares of the last minute, by resource; a kernel without PSI gives none."""
    assert _host(node)["pressure"] == {}
    node.write("/proc/pressure/memory", PRESSURE.format("some", "31.25") + PRESSURE.format("full", "22.50"))
    node.write("/proc/pressure/cpu", PRESSURE.format("some", "31.25"))
    assert _host(node)["pressure"] == {
        "memory": {"some_avg60": 31.25, "full_avg60": 22.5},
        "cpu": {"some_avg60": 31.25},
    }


def test_boot_is_identified(node: Node) -> None:
    """The same identifier as in the Node object tells whether this machine reported it."""
    node.write("/proc/sys/kernel/random/boot_id", f"{BOOT_ID}\n")
    assert _host(node)["boot_id"] == BOOT_ID


def test_kernel_settings_that_were_asked_for_are_read_beside_the_usual_ones(node: Node) -> None:
    """One that is not there is left out; one that holds a secret is never read."""
    for name, value in (("vm/max_map_count", "262144\n"), ("net/ipv4/tcp_fastopen_key", "0123-4567\n")):
        node.write(f"/proc/sys/{name}", value)
    read = _host(node, "vm.max_map_count", "net.ipv4.tcp_fastopen_key", "vm.no_such")["sysctl"]
    assert read["vm.max_map_count"] == "262144"
    assert not {"net.ipv4.tcp_fastopen_key", "vm.no_such"} & set(read)
