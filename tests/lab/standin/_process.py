# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a stand-in needs to pass for the real program: its name, its command line, its readiness message."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Callable

PR_SET_NAME = 15
PR_SET_MM = 35
PR_SET_MM_MAP = 14
NO_FD = 0xFFFFFFFF


class _MemoryMap(ctypes.Structure):
    """struct prctl_mm_map of linux/prctl.h."""

    _fields_ = [
        *[
            (name, ctypes.c_uint64)
            for name in (
                "start_code", "end_code", "start_data", "end_data", "start_brk", "brk",
                "start_stack", "arg_start", "arg_end", "env_start", "env_end", "auxv",
            )
        ],
        ("auxv_size", ctypes.c_uint32),
        ("exe_fd", ctypes.c_uint32),
    ]  # fmt: skip


def impersonate(path: str, arguments: list[str], name: str = "") -> None:
    """Make /proc/PID/comm (the program's name unless another is given) and /proc/PID/cmdline those of
    `path arguments...` instead of the interpreter's.

    The argument area is overwritten in place, padded with NUL, and its end moved so that no empty
    arguments trail. Where the kernel refuses to move the end, the padding stays.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.sbrk.restype = ctypes.c_void_p
    libc.prctl(PR_SET_NAME, (name or Path(path).name).encode(), 0, 0, 0)
    with Path("/proc/self/stat").open("rb") as stat:
        fields = stat.read().rsplit(b")", 1)[1].split()

    def field(number: int) -> int:  # numbered as in proc(5); the list starts at field 3
        return int(fields[number - 3])

    start, end = field(48), field(49)
    data = b"\0".join(os.fsencode(word) for word in [path, *arguments]) + b"\0"
    if len(data) > end - start:
        return
    ctypes.memmove(start, data.ljust(end - start, b"\0"), end - start)
    layout = _MemoryMap(
        field(26), field(27), field(45), field(46), field(47), libc.sbrk(0),
        field(28), start, start + len(data), field(50), field(51), 0, 0, NO_FD,
    )  # fmt: skip
    libc.prctl(PR_SET_MM, PR_SET_MM_MAP, ctypes.byref(layout), ctypes.c_ulong(ctypes.sizeof(layout)), 0)


def notify_ready() -> None:
    """Send READY=1 to systemd when the unit is of Type=notify; do nothing otherwise."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"READY=1", "\0" + address[1:] if address.startswith("@") else address)


def exit_on_sigterm(cleanup: Callable[[], None] = lambda: None) -> None:
    """Leave with status 0 on SIGTERM at once, as these programs do when systemd stops them."""

    def leave(_number: int, _frame: object) -> None:
        cleanup()
        sys.stdout.flush()
        os._exit(0)  # threads blocked in a socket must not delay the stop

    signal.signal(signal.SIGTERM, leave)
