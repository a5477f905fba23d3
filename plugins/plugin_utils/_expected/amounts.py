# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers, versions, durations and quantities as kubelets write them, so that they can be compared.

Durations: Go's time.ParseDuration. Quantities: k8s.io/apimachinery pkg/api/resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

_INTEGER = re.compile(r"-?\d{1,30}\Z", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?\Z", re.ASCII)
_VERSION = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,5})(?:[-+~_ ].*)?\Z", re.ASCII)
_PIECE = re.compile(r"(\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(ns|us|µs|ms|s|m|h)", re.ASCII)
_QUANTITY = re.compile(r"(-?\d{1,20}(?:\.\d{1,15})?)(Ki|Mi|Gi|Ti|Pi|Ei|m|k|M|G|T|P|E)\Z", re.ASCII)
_SECONDS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}
_UNITS = {
    **{f"{name}i": Decimal(1024) ** power for power, name in enumerate("KMGTPE", 1)},
    **{name: Decimal(1000) ** power for power, name in enumerate("kMGTPE", 1)},
    "m": Decimal("0.001"),
}
_LONGEST = 200

Version = tuple[int, ...]


def number(value: Any) -> Decimal | None:
    """A number, or the text of one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    return Decimal(value) if isinstance(value, str) and _NUMBER.match(value) else None


def integer(value: Any) -> bool:
    """True for a whole number and for the text of one."""
    return isinstance(value, int) or (isinstance(value, str) and bool(_INTEGER.match(value)))


@lru_cache(maxsize=4096)
def duration(text: str) -> Decimal | None:
    """Seconds of ``1m30s``; None when it is no duration. ``0`` is one only with a unit."""
    if len(text) > _LONGEST or not text or _PIECE.sub("", text.removeprefix("-")):
        return None
    seconds = sum((Decimal(amount) * _SECONDS[unit] for amount, unit in _PIECE.findall(text)), Decimal(0))
    return -seconds if text.startswith("-") else seconds


@lru_cache(maxsize=4096)
def quantity(text: str) -> Decimal | None:
    """Amount of ``100Mi``; None when it has no suffix that makes it a quantity."""
    found = _QUANTITY.match(text)
    return Decimal(found.group(1)) * _UNITS[found.group(2)] if found else None


def version(value: Any) -> Version | None:
    """(1, 36, 2) of ``v1.36.2-rc.1``."""
    found = _VERSION.match(value) if isinstance(value, str) and len(value) <= _LONGEST else None
    return tuple(int(piece) for piece in found.group(1).split(".")) if found else None


def in_order(value: Any, bound: Any) -> tuple[Any, Any] | None:
    """``value`` and ``bound`` as what can be ordered: both numbers, versions, durations or quantities; None otherwise.

    Of a version as many pieces count as the bound has: 1.36.2 is neither less nor more than 1.36.
    """
    if isinstance(value, str) and not _INTEGER.match(value):
        one, other = version(value), version(str(bound))
        if one is not None and other is not None:
            return (one + (0,) * len(other))[: len(other)], other
    for read in (number, _of_text(duration), _amount):
        first, second = read(value), read(bound)
        if first is not None and second is not None:
            return first, second
    return None


def _of_text(read: Callable[[str], Decimal | None]) -> Callable[[Any], Decimal | None]:
    return lambda value: read(value) if isinstance(value, str) else None


def _amount(value: Any) -> Decimal | None:
    found = quantity(value) if isinstance(value, str) else None
    return number(value) if found is None else found


def readable(values: Iterable[Any]) -> bool:
    """True when every value is a number, a version, a duration or a quantity."""
    return all(
        version(value) or _amount(value) is not None or _of_text(duration)(value) is not None for value in values
    )
