# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DER (ITU-T X.690), as far as keys, certificates and certificate requests need it."""

from __future__ import annotations

INTEGER, BIT_STRING, OCTET_STRING, OID, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x06, 0x30, 0x31


class NotDerError(ValueError):
    """The bytes are not the structure that they should be."""


def only(der: bytes, expected: int) -> bytes:
    """The content of the first element, which must have the tag that is expected.

    :raises NotDerError: it has another one, or is cut short
    """
    tag, start, end = _element(der, 0)
    if tag != expected:
        raise NotDerError
    return der[start:end]


def content(der: bytes) -> bytes:
    """The content of the first element, whatever it is.

    :raises NotDerError: it is cut short
    """
    dummy, start, end = _element(der, 0)
    return der[start:end]


def children(der: bytes) -> list[tuple[int, bytes]]:
    """Tag and whole encoding of each element in a row.

    :raises NotDerError: one is cut short
    """
    elements, start = [], 0
    while start < len(der):
        tag, dummy, end = _element(der, start)
        elements.append((tag, der[start:end]))
        start = end
    return elements


def wrap(tag: int, inside: bytes) -> bytes:
    """The encoding of an element."""
    length = len(inside)
    if length < 0x80:
        return bytes([tag, length]) + inside
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + inside


def _element(der: bytes, start: int) -> tuple[int, int, int]:
    """Tag, start of the content and end of the element at a position."""
    if start + 2 > len(der):
        raise NotDerError
    length, begin = der[start + 1], start + 2
    if length & 0x80:
        size = length & 0x7F
        length, begin = int.from_bytes(der[begin : begin + size], "big"), begin + size
        if not 1 <= size <= 4:
            raise NotDerError
    if begin + length > len(der):
        raise NotDerError
    return der[start], begin, begin + length
