# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints each program that is started by logins over SSH on this host, until standard input ends.

Runs on a node with the standard library alone. The kernel asks before each start (fanotify, FAN_OPEN_EXEC_PERM), so
none is missed, however short it lives.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import sys
from pathlib import Path

CLASS_CONTENT, OPEN_EXEC_PERM, MARK_ADD_MOUNT, ALLOW = 0x4, 0x40000, 0x1 | 0x10, 0x1
EVENT = struct.Struct("=IBBHqii")  # struct fanotify_event_metadata
LOADER = "/ld-"  # the kernel opens the dynamic loader as a program as well


def watch() -> None:
    """Print the path of each program that starts; the word ready first."""
    libc = ctypes.CDLL(None, use_errno=True)
    watcher = libc.fanotify_init(CLASS_CONTENT, os.O_RDONLY)
    mark = (ctypes.c_int(watcher), ctypes.c_uint(MARK_ADD_MOUNT), ctypes.c_uint64(OPEN_EXEC_PERM))
    if watcher < 0 or libc.fanotify_mark(*mark, ctypes.c_int(-100), b"/") != 0:
        raise OSError(ctypes.get_errno(), "fanotify")
    sys.stdout.write("ready\n")
    while True:
        sys.stdout.flush()
        readable, _writable, _failed = select.select([watcher, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        events = os.read(watcher, 4096)
        for start in range(0, len(events), EVENT.size):
            _length, _version, _reserved, _header, _mask, file, pid = EVENT.unpack_from(events, start)
            program, by_login = str(Path(f"/proc/self/fd/{file}").readlink()), is_login(pid)
            os.write(watcher, struct.pack("=iI", file, ALLOW))
            os.close(file)
            if by_login and LOADER not in program:
                sys.stdout.write(program + "\n")


def is_login(pid: int) -> bool:
    """True for processes of a login over SSH."""
    group = Path(f"/proc/{pid}/cgroup").read_text()
    return "ssh.service" in group or "/session-" in group


watch()
