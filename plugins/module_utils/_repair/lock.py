# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One repair at a time on a node: a lock that ends with the process that holds it, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import paths
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class BusyError(RefusedError):
    """Another repair is going on; `run` is its id, empty where it could not be read."""

    def __init__(self, holder: t.Mapping[str, t.Any]) -> None:
        self.run = str(holder.get("run", ""))
        since = f", pid {holder['pid']}, since {holder['since']}" if {"pid", "since"} <= set(holder) else ""
        super().__init__(f"Another repair of this node is going on (run {self.run or 'unknown'}{since}).")


@contextlib.contextmanager
def hold(path: str, run: str, now: str) -> t.Iterator[None]:
    """Holds the lock.

    :raises BusyError: another process does
    :raises RefusedError: its file cannot be made
    """
    try:
        Path(path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths.require_own(str(Path(path).parent))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as exc:
        raise RefusedError(f"The lock {path} cannot be made: {exc.strerror}.") from exc
    try:
        _take(descriptor, fcntl.LOCK_EX)
        boot = Path(_BOOT_ID).read_text(encoding="ascii").strip() if Path(_BOOT_ID).exists() else ""
        _write(path, descriptor, {"run": run, "pid": os.getpid(), "boot": boot, "since": now})
        yield
    finally:
        os.close(descriptor)


def require_free(path: str) -> None:
    """Makes sure that nobody holds the lock, without taking it or making its file.

    :raises BusyError: somebody does
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        _take(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _take(descriptor: int, kind: int) -> None:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(_holder(descriptor)) from None


def _write(path: str, descriptor: int, holder: t.Mapping[str, t.Any]) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(holder).encode(), 0)
    except OSError as exc:
        raise RefusedError(f"The lock {path} cannot be written: {exc.strerror}.") from exc


def _holder(descriptor: int) -> dict[str, t.Any]:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:  # the holder has not written it yet
        return {}
    return holder if isinstance(holder, dict) else {}
