# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening ports from the kernel's tables."""

from __future__ import annotations

import os
import socket

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import sockets
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
REST = "00000000:00000000 00:00000000 00000000     0        0"


def test_addresses_are_written_as_ss_does() -> None:
    """IPv4, a socket for both protocols, one for IPv6 only, and no connections."""
    tcp = (
        f"{HEADER}   0: 0100007F:2808 00000000:0000 0A {REST} 11 1\n"
        f"   1: 00000000:0016 00000000:0000 0A {REST} 12 1\n   2: 0C00F00A:CF32 0A00F00A:192B 01 {REST} 13 1\n"
    )
    any6 = "0" * 32
    tcp6 = f"{HEADER}   0: {any6}:280A {any6}:0000 0A {REST} 14 1\n   1: {any6}:0016 {any6}:0000 0A {REST} 15 1\n"
    tcp6 += f"   2: 00000000000000000000000001000000:1F90 {any6}:0000 0A {REST} 16 1\n"
    found = [(item.address, item.port, item.inode) for item in sockets.parse(tcp, tcp6)]
    assert found == [
        ("0.0.0.0", 22, "12"),  # noqa: S104 - expected text
        ("[::]", 22, "15"),
        ("[::1]", 8080, "16"),
        ("127.0.0.1", 10248, "11"),
        ("*", 10250, "14"),
    ]


def test_own_socket_is_found_with_its_process() -> None:
    """A port that this process listens on is listed with its pid."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = [item for item in sockets.listening(Host()) if item["port"] == port]
    assert [(item["address"], item["pid"]) for item in found] == [("127.0.0.1", os.getpid())]
    assert found[0]["process"]
