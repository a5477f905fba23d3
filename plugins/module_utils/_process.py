# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a program, bounded in time and in bytes.

`AnsibleModule.run_command` has no time limit and keeps all output, so a hung program or an endless line would take the
module with it. asyncio's subprocesses give both limits and kill what the program has started.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _schema

_MAX_ERROR_BYTES = 4096
# English, UTF-8, UTC, and neither pager nor colours, whatever the user's environment is.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "TZ": "UTC", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0", "SYSTEMD_URLIFY": "0"}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class RunResult:
    """What a program did: status ok (it ended by itself, whatever its exit code), absent, denied, timeout, truncated
    (it was stopped at the byte limit) or error; the output that came until then; seconds of wall time."""

    status: str
    exit_code: int | None = None
    out: str = ""
    err: str = ""
    seconds: float = 0.0


def run(argv: t.Sequence[str], timeout: float, max_bytes: int, data: bytes) -> RunResult:
    """Runs a program with `data` as its input; kills it and its children at the time (seconds) or byte limit."""
    started = time.monotonic()
    try:
        status, exit_code, out, err = asyncio.run(_execute(argv, timeout, max_bytes, data))
    except OSError as exc:
        return RunResult(status_of(exc), err=str(exc), seconds=time.monotonic() - started)
    return RunResult(
        status,
        exit_code,
        out.decode("utf-8", "backslashreplace"),
        err.decode("utf-8", "backslashreplace"),
        time.monotonic() - started,
    )


def status_of(exc: OSError) -> str:
    """The status that stands for an operating system's refusal."""
    if isinstance(exc, TimeoutError):
        return _schema.TIMEOUT
    if isinstance(exc, (FileNotFoundError, NotADirectoryError)):
        return _schema.ABSENT
    return _schema.DENIED if isinstance(exc, PermissionError) else _schema.ERROR


async def _execute(
    argv: t.Sequence[str], timeout: float, max_bytes: int, data: bytes
) -> tuple[str, int | None, bytes, bytes]:
    environment = {**os.environ, **_ENVIRONMENT, "PATH": f"{os.environ.get('PATH', '')}:{_PATH}".lstrip(":")}
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE if data else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    out, err = bytearray(), bytearray()
    collect = asyncio.ensure_future(_collect(process, out, max_bytes))
    work = [collect, asyncio.ensure_future(_drain(process.stderr, err)), asyncio.ensure_future(_feed(process, data))]
    dummy, pending = await asyncio.wait(work, timeout=timeout)
    status = _schema.OK if collect.done() and collect.result() else _schema.TRUNCATED
    if not pending and status == _schema.OK:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), timeout)
    if pending or process.returncode is None:
        status = _schema.TRUNCATED if collect.done() and not collect.result() else _schema.TIMEOUT
        _kill(process)
        await asyncio.wait([*work, asyncio.ensure_future(process.wait())], timeout=1.0)
    return status, process.returncode if status == _schema.OK else None, bytes(out[:max_bytes]), bytes(err)


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kills a program and its children: it was started as the leader of a session of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


async def _collect(process: asyncio.subprocess.Process, into: bytearray, limit: int) -> bool:
    """Reads the output to its end; kills the program when there is more than the limit. Whether all was within it."""
    while process.stdout is not None:
        chunk = await process.stdout.read(64 * 1024)
        if not chunk:
            break
        if len(into) <= limit and len(into) + len(chunk) > limit:
            _kill(process)
        into += chunk[: max(0, limit + 1 - len(into))]
    return len(into) <= limit


async def _drain(stream: asyncio.StreamReader | None, into: bytearray) -> None:
    """Reads to the end and keeps the first bytes, so that the writer never blocks."""
    while stream is not None:
        chunk = await stream.read(64 * 1024)
        if not chunk:
            return
        into += chunk[: max(0, _MAX_ERROR_BYTES - len(into))]


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> None:
    if process.stdin is None:
        return
    with contextlib.suppress(ConnectionError):
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()
    with contextlib.suppress(ConnectionError):
        await process.stdin.wait_closed()
