# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's name server."""

from __future__ import annotations

import struct

from lab import nameserver

ADDRESSES = nameserver.known_addresses("127.0.0.1 localhost\n::1 localhost\n10.240.0.10 ControlPlane cp # note\n\n")


def query(name: str, kind: int = 1) -> bytes:
    """Return a DNS query for one name."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return b"\x12\x34\x01\x00\x00\x01" + b"\x00" * 6 + labels + b"\x00" + struct.pack("!HH", kind, 1)


def test_known_name_is_answered_with_its_address() -> None:
    """Names are found whatever their case."""
    response = nameserver.answer(query("CONTROLPLANE"), ADDRESSES)
    assert response is not None
    assert response[:2] == b"\x12\x34"
    assert response[3] & 0x0F == 0
    assert response.endswith(bytes([0, 4, 10, 240, 0, 10]))


def test_unknown_name_does_not_exist() -> None:
    """NXDOMAIN, not silence: a mistyped server name must fail at once."""
    response = nameserver.answer(query("controlplan"), ADDRESSES)
    assert response is not None
    assert response[3] & 0x0F == 3


def test_known_name_has_no_ipv6_address_but_exists() -> None:
    """An empty answer, so that the resolver goes on with the IPv4 one."""
    response = nameserver.answer(query("cp", kind=28), ADDRESSES)
    assert response is not None
    assert response[3] & 0x0F == 0
    assert struct.unpack_from("!H", response, 6) == (0,)


def test_rubbish_is_not_answered() -> None:
    """Cut-off queries are dropped."""
    assert nameserver.answer(b"\x00" * 5, ADDRESSES) is None
    assert nameserver.answer(query("controlplane")[:-3], ADDRESSES) is None
