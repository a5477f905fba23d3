# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interferes with a repair on its node between any two things that it does.

This is the sitecustomize of a lab host's Python, so the module under test is the real one. Python tells its audit hook
of each change of a file and each program before it is done; those of the process that does the repair are numbered from
1, and written to /run/inject.log. /run/inject says where to interfere, once: "WHERE WORD". WHERE is a part of a line in
the log, such as "#17:" or "os.rename:/etc/"; WORD is kill (this process), kill-all (also the module that waits for it),
full (the disk is full, until /run/inject is gone) or a shell command.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from contextlib import suppress

ORDER, LOG = "/run/inject", "/run/inject.log"
WORKER = "ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.detach"
CHANGES = {
    *("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.setxattr"),
    *("os.symlink", "os.truncate", "os.utime", "subprocess.Popen"),
}
module, session = os.getpid(), os.getsid(0)
count, busy = 0, False


def hook(event: str, arguments: tuple[object, ...]) -> None:
    """Called by Python before an event; what it raises is raised there."""
    global count, busy  # noqa: PLW0603 - a hook has no other memory
    if busy or os.getsid(0) == session or WORKER not in sys.modules or not changes(event, arguments):
        return
    busy = True
    try:
        count += 1
        line = f"#{count}:{event}:{arguments[0]}"
        with open(LOG, "a") as log:  # noqa: PTH123 - nothing more than must be is imported here
            log.write(f"{line}\n")
        interfere(line)
    finally:
        busy = False


def changes(event: str, arguments: tuple[object, ...]) -> bool:
    """True for what changes a file outside of /dev, and for programs."""
    if event != "open":
        return event in CHANGES
    flags = arguments[2]
    writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR) != 0
    return writes and not str(arguments[0]).startswith("/dev/")


def interfere(line: str) -> None:
    """Do what the order says, if it is for now."""
    try:
        with open(ORDER) as order:  # noqa: PTH123
            where, word = order.read().strip().split(" ", 1)
    except (OSError, ValueError):
        return
    if where not in line:
        return
    if word == "full":
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.unlink(ORDER)  # noqa: PTH108
    if word == "kill-all":
        with suppress(ProcessLookupError):
            os.kill(module, signal.SIGKILL)
    if word in ("kill", "kill-all"):
        os.kill(os.getpid(), signal.SIGKILL)
    subprocess.run(["/bin/sh", "-c", word], check=True)


sys.addaudithook(hook)
