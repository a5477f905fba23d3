# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that goes on when the connection to the node breaks: it runs in a session and a control group of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
import traceback
import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _process
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError

_MAX_DESCRIPTORS = 4096
_CONTROL_GROUP = "/proc/self/cgroup"
# https://www.freedesktop.org/wiki/Software/systemd/ControlGroupInterface: what systemd-run --scope asks for.
_NEW_SCOPE = (
    "busctl", "--quiet", "--no-pager", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))",
)  # fmt: skip
_SCOPE_SECONDS = 5.0

Work = t.Callable[[], t.Dict[str, t.Any]]  # noqa: UP006 - evaluated at run time, also by Python 3.9


class KilledError(RuntimeError):
    """The process of the work ended without a result."""


def run(work: Work, seconds: float) -> dict[str, t.Any]:
    """The result of work that outlives this process.

    :param work: must need no module that is not imported yet, for those of Ansible are gone with this process
    :param seconds: how long to wait for it; it is not ended then
    :raises RefusedError: the work was refused
    :raises TimeoutError: it has not ended in time
    :raises KilledError: its process was killed
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _leave(work, writing)
    os.close(writing)
    os.waitpid(child, 0)
    try:
        text = _read(reading, time.monotonic() + seconds)
    finally:
        os.close(reading)
    try:
        answer = json.loads(text)
    except ValueError:
        raise KilledError from None
    if "refused" in answer:
        raise RefusedError(answer["refused"])
    if "error" in answer:
        raise RuntimeError(f"The process that does the repair failed: {answer['error']}")
    return t.cast("dict[str, t.Any]", answer["result"])


def start(work: Work) -> None:
    """Has work done by a process of its own, and does not wait for it.

    :param work: as for `run`; nobody learns how it ends
    """
    child = os.fork()
    if child == 0:
        os.closerange(3, _MAX_DESCRIPTORS)  # whoever waits for this process reads from one of them until it is closed
        _leave(work, os.open(os.devnull, os.O_WRONLY))
    os.waitpid(child, 0)


def _leave(work: Work, writing: int) -> t.NoReturn:
    """Becomes a process that nobody waits for and that has no terminal, does the work, and ends."""
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    try:
        _leave_control_group()
        answer: dict[str, t.Any] = {"result": work()}
    except RefusedError as exc:
        answer = {"refused": str(exc)}
    except Exception:  # noqa: BLE001 - nobody else could tell of it
        answer = {"error": traceback.format_exc()[-4000:]}
    try:
        _write(writing, json.dumps(answer).encode())
    finally:
        os._exit(0)


def _leave_control_group() -> None:
    """Moves this process to a scope of its own, where there is systemd. In the one that it was started in it would be
    killed with the login session (logind with KillUserProcesses=yes) or with the unit of its sshd."""
    if os.geteuid() != 0:
        return
    before, pid = _control_group(), str(os.getpid())
    properties = ("Description", "s", "Repair by nodeclinic.kubelet", "CollectMode", "s", "inactive-or-failed")
    argv = (*_NEW_SCOPE, f"nodeclinic-{pid}.scope", "fail", "3", *properties, "PIDs", "au", "1", pid, "0")
    asked = _process.run(argv, _SCOPE_SECONDS, 4096, b"")
    end = time.monotonic() + _SCOPE_SECONDS
    while asked.exit_code == 0 and _control_group() == before and time.monotonic() < end:
        time.sleep(0.01)  # systemd answers before it has done it


def _control_group() -> str:
    return Path(_CONTROL_GROUP).read_text(encoding="ascii", errors="replace") if Path(_CONTROL_GROUP).exists() else ""


def _write(descriptor: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # whoever asked is gone; the record has the result
        while data:
            data = data[os.write(descriptor, data) :]


def _read(descriptor: int, deadline: float) -> bytes:
    data = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise TimeoutError
        chunk = os.read(descriptor, 64 * 1024)
        if not chunk:
            return data
        data += chunk
