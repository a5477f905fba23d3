# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine as a repair sees it: programs, clocks and HTTP, each bounded in time. Tests put another in its place."""

from __future__ import annotations

import datetime
import time
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _process, _redact, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import http
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import detach

_MAX_OUTPUT_BYTES = 64 * 1024
# A kubelet may take its whole TimeoutStopSec (90 s by default) to stop.
SYSTEMCTL_SECONDS = 120.0


class System:
    """:param records: directory of the records; lock: file that one repair at a time holds
    :param root: directory in whose etc and proc the kernel's and fstab's files are, for tests
    """

    def __init__(self, records: str = _schema.REPAIR_RECORDS, lock: str = _schema.REPAIR_LOCK, root: str = "") -> None:
        self.records = records
        self.lock = lock
        self.root = root

    def run(self, argv: t.Sequence[str], timeout: float) -> _process.RunResult:
        """Runs a program; kills it and its children at the time limit (seconds)."""
        return _process.run(argv, timeout, _MAX_OUTPUT_BYTES, b"")

    def get(self, host: str, port: int, path: str, timeout: float) -> tuple[int, str]:
        """Status code and start of the body of a plain HTTP GET.

        :raises OSError: there is no answer
        """
        answer = http.get([host], port, path, None, timeout)
        return answer["code"], answer["body"]

    def now(self) -> str:
        """UTC time as in all records."""
        return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def monotonic(self) -> float:
        """Seconds of a clock that only goes forward."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def later(self, work: t.Callable[[], dict[str, t.Any]]) -> None:
        """Has work done that goes on without this process."""
        detach.start(work)

    def mark(self, point: str) -> None:
        """Called after everything durable that a repair does, with the name of what was done. Does nothing."""
        del point


def failure(result: _process.RunResult) -> str:
    """Why a program did not do what it was asked, masked and on one line; empty when it did."""
    if result.status == _schema.OK and result.exit_code == 0:
        return ""
    if result.status == _schema.TIMEOUT:
        return "it did not end (timeout)"
    said = _redact.redact(" ".join(result.err.split()))[:500]
    if result.status != _schema.OK:
        return f"{result.status} {said}".strip()
    return said or f"exit code {result.exit_code}"
