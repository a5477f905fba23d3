# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel says of its clock."""

from __future__ import annotations

import ctypes

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import clock


@pytest.mark.parametrize(
    ("returned", "max_error", "expected"), [(0, 15_000_000, True), (5, 16_000_000, False), (-1, 0, None)]
)
def test_maximum_error_decides(
    monkeypatch: pytest.MonkeyPatch, returned: int, max_error: int, expected: bool | None
) -> None:
    """A clock is synchronized while its maximum error is below systemd's limit; a refused call says nothing."""

    class Library:
        """A C library whose adjtimex fills in the fourth field."""

        def __init__(self, *_arguments: object, **_options: object) -> None:
            pass

        @staticmethod
        def adjtimex(buffer: object) -> int:
            buffer._obj[3] = max_error  # type: ignore[attr-defined]
            return returned

    monkeypatch.setattr(ctypes, "CDLL", Library)
    assert clock.synchronized() is expected


def test_kernel_answers() -> None:
    """On a Linux machine the call itself works and changes nothing."""
    assert clock.synchronized() in (True, False)


def test_python_without_ctypes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without ctypes leaves it unknown."""
    monkeypatch.setattr(clock, "HAS_CTYPES", False)
    assert clock.synchronized() is None
