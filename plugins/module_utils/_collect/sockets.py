# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listening TCP ports with their processes, from /proc (see proc_net_tcp in the kernel's documentation)."""

from __future__ import annotations

import ipaddress
import os
import sys
import time
import typing as t

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

_LISTEN = "0A"
_MAX_LISTENERS = 200
_MAX_TABLE_BYTES = 4 * 1024 * 1024
_MAX_LINKS = 50_000
_SCAN_SECONDS = 1.0


class Socket(t.NamedTuple):
    """A listening socket: address as `ss` prints it, port, and inode."""

    address: str
    port: int
    inode: str


def listening(host: Host) -> list[dict[str, t.Any]]:
    """Listening ports with process name and pid; these two are null where this user may not see them."""
    tables = {name: host.text(f"/proc/net/{name}", _MAX_TABLE_BYTES) for name in ("tcp", "tcp6")}
    sockets = parse(tables["tcp"], tables["tcp6"])[:_MAX_LISTENERS]
    try:
        owners = host.limited(
            "/proc", lambda: _owners(host.locate("/proc"), {item.inode for item in sockets}), 2 * _SCAN_SECONDS
        )
    except OSError:
        owners = {}
    found = []
    for item in sockets:
        pid = owners.get(item.inode)
        name = host.text(f"/proc/{pid}/comm", 64).strip() if pid else None
        found.append({"address": item.address, "port": item.port, "process": name or None, "pid": pid})
    return found


def parse(tcp: str, tcp6: str) -> list[Socket]:
    """The listening sockets of the two tables. A socket on :: also serves IPv4 unless 0.0.0.0 is taken besides it."""
    ipv4 = [Socket(_address(address), port, inode) for address, port, inode in _rows(tcp)]
    any_ipv4 = {item.port for item in ipv4 if item.address == "0.0.0.0"}  # noqa: S104 - compared, not bound
    found = list(ipv4)
    for address, port, inode in _rows(tcp6):
        text = _address(address)
        if text == "::" and port not in any_ipv4:
            text = "*"
        found.append(Socket(text if text == "*" or "." in text else f"[{text}]", port, inode))
    return sorted(found, key=lambda item: (item.port, item.address))


def _rows(table: str) -> t.Iterator[tuple[str, int, str]]:
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == _LISTEN:
            address, dummy, port = fields[1].partition(":")
            yield address, int(port, 16), fields[9]


def _address(encoded: str) -> str:
    """An address of the table: hexadecimal 32-bit words in the byte order of the machine."""
    words = [int(encoded[start : start + 8], 16).to_bytes(4, sys.byteorder) for start in range(0, len(encoded), 8)]
    address = ipaddress.ip_address(b"".join(words))
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _owners(proc: str, inodes: set[str]) -> dict[str, int]:
    """The process that holds each socket, by inode; bounded in time and number of descriptors looked at."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    owners: dict[str, int] = {}
    deadline, looked = time.monotonic() + _SCAN_SECONDS, 0
    for pid in sorted(int(name) for name in os.listdir(proc) if name.isdigit()):  # noqa: PTH208 - names only
        for descriptor in _descriptors(f"{proc}/{pid}/fd"):
            looked += 1
            target = _target(f"{proc}/{pid}/fd/{descriptor}")
            if target in wanted:
                owners.setdefault(wanted[target], pid)
        if len(owners) == len(wanted) or looked > _MAX_LINKS or time.monotonic() > deadline:
            break
    return owners


def _descriptors(path: str) -> list[str]:
    """Descriptors of a process; none when it has ended or belongs to somebody else."""
    try:
        return os.listdir(path)  # noqa: PTH208 - names only
    except OSError:
        return []


def _target(path: str) -> str:
    """Where a descriptor points; empty when it has been closed meanwhile."""
    try:
        return os.readlink(path)  # noqa: PTH115 - "socket:[1]" is no path
    except OSError:
        return ""
