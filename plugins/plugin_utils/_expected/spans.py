# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of numbers, kept as first and last of each unbroken row: nearly all nodes of a group, or nearly none."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

Spans = tuple[tuple[int, int], ...]
_TEXT = re.compile(r"(?:\d{1,9}(?:-\d{1,9})?(?:,(?!\Z)|\Z))*\Z", re.ASCII)


def spans(numbers: Iterable[int]) -> Spans:
    """Of numbers that rise."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return tuple(found)


def size(found: Spans) -> int:
    """How many numbers there are."""
    return sum(last - first + 1 for first, last in found)


def inside(found: Spans, number: int) -> bool:
    """True when the number is one of them."""
    at = bisect_right(found, (number, number)) - 1
    if at + 1 < len(found) and found[at + 1][0] == number:
        return True
    return at >= 0 and found[at][0] <= number <= found[at][1]


def numbers(found: Spans) -> Iterable[int]:
    """All of them, rising."""
    return (number for first, last in found for number in range(first, last + 1))


def text(found: Spans) -> str:
    """``0-3,5``."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def parse(written: str, count: int) -> Spans:
    """What :func:`text` wrote of numbers below ``count``. ValueError where it did not."""
    if not _TEXT.match(written):
        raise ValueError(f"{written[:40]!r} is no list of numbers")
    pairs = [piece.partition("-") for piece in written.split(",") if piece]
    found = tuple((int(first), int(last or first)) for first, _dash, last in pairs)
    flat = [number for pair in found for number in pair]
    if flat != sorted(flat) or (flat and flat[-1] >= count):
        raise ValueError(f"{written[:40]!r} does not rise to less than {count}")
    return found
