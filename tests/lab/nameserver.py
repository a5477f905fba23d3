# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's name server: answers for the names in /etc/hosts, and says of every other name that it does not exist.

It runs on the control plane host with that host's own Python. A real cluster's resolver says NXDOMAIN at once for a
mistyped API server name; so must this one, whatever the machine below can resolve.
"""

from __future__ import annotations

import socket
import struct
from pathlib import Path

_TYPE_A = 1
_NXDOMAIN = 3
_RESPONSE = 0x8400  # an authoritative answer
_RECURSION = 0x0180  # desired and available, so that resolvers do not look for another server
_TTL_SECONDS = 5


def known_addresses(hosts: str) -> dict[str, str]:
    """Return name -> IPv4 address from the text of an /etc/hosts file."""
    found: dict[str, str] = {}
    for line in hosts.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if "." in address:
            found.update(dict.fromkeys((name.lower() for name in names), address))
    return found


def answer(query: bytes, addresses: dict[str, str]) -> bytes | None:
    """Return the response to a DNS query (RFC 1035), or None when the query cannot be read."""
    name, end = _read_name(query)
    if name is None or len(query) < end + 4:
        return None
    (kind,) = struct.unpack_from("!H", query, end)
    address = addresses.get(name)
    records = b""
    if address and kind == _TYPE_A:
        # 0xC00C points back to the name in the question.
        records = struct.pack("!HHHIH", 0xC00C, _TYPE_A, 1, _TTL_SECONDS, 4) + socket.inet_aton(address)
    flags = _RESPONSE | _RECURSION | (0 if address else _NXDOMAIN)
    header = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if records else 0, 0, 0)
    return header + query[12 : end + 4] + records


def _read_name(query: bytes) -> tuple[str | None, int]:
    labels, position = [], 12
    while position < len(query) and query[position]:
        length = query[position]
        labels.append(query[position + 1 : position + 1 + length].decode("ascii", errors="replace"))
        position += 1 + length
    if position >= len(query):
        return None, position
    return ".".join(labels).lower(), position + 1


def serve() -> None:
    """Answer on UDP port 53 until the process ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("0.0.0.0", 53))  # noqa: S104
        while True:
            query, client = server.recvfrom(4096)
            response = answer(query, known_addresses(Path("/etc/hosts").read_text(encoding="utf-8")))
            if response:
                server.sendto(response, client)


if __name__ == "__main__":
    serve()
