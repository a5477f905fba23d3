# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the kernel's clock is kept in step with others.

Asked of the kernel itself: `timedatectl` would make systemd start its systemd-timedated on the node.
"""

from __future__ import annotations

try:
    import ctypes

    HAS_CTYPES = True
except ImportError:  # a Python that was built without it
    HAS_CTYPES = False

# Beyond this maximum error (microseconds) systemd and timedatectl call the clock not synchronized.
_MOST_ERROR = 16_000_000
_LONGS_IN_TIMEX = 32


def synchronized() -> bool | None:
    """Whether something synchronizes the clock; None where the kernel cannot be asked. See adjtimex(2)."""
    if not HAS_CTYPES:
        return None
    try:
        adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
    except (AttributeError, OSError):  # a C library without it
        return None
    # struct timex begins with `int modes; long offset, freq, maxerror;`, and modes 0 only reads.
    timex = (ctypes.c_long * _LONGS_IN_TIMEX)()
    if adjtimex(ctypes.byref(timex)) < 0:
        return None
    return timex[3] < _MOST_ERROR
