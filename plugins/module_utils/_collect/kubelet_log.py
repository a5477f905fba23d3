# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log files in the place of a journal: a kubelet's own (RKE2 gives it one) as lines of its unit's journal, and that of
a container runtime that K3s or RKE2 runs below their unit.
"""

from __future__ import annotations

import re
import time
import typing as t
from datetime import datetime

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _journal, _schema

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

Fields = t.Dict[str, t.Any]  # noqa: UP006 - evaluated at run time, also by Python 3.9

_LINES = 1000
_MAX_BYTES = 2 * 1024 * 1024
# `E1124 07:16:02.123456    4715 run.go:72] ...`; klog writes the host's local time and no year.
_HEADER = re.compile(r"[IWEF](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{6})\s+(\d+) ")
_DAY = 86400
# `time="2026-11-24T09:35:30.123456789+02:00" level=info msg="starting containerd" ...`
_LOGRUS = re.compile(r'time="(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)"')
_STARTS = 'msg="starting containerd"'
_RUNTIME_LINES = 300


def merged(host: Host, path: str, journal: list[Fields]) -> list[Fields]:
    """The journal's entries with those of the log file among them, oldest first. Each belongs to the invocation of the
    unit that had logged last before it."""
    result = host.run(["tail", "-n", str(_LINES), "--", path], timeout=3.0, max_bytes=_MAX_BYTES)
    entries = list(_entries(result.out.split("\n")))
    if not entries:
        return journal
    both = sorted([*journal, *entries], key=_at)
    invocation = next((name for name in map(_invocation, journal) if name), "")
    for fields in both:
        if "MESSAGE" in fields and "_SYSTEMD_INVOCATION_ID" not in fields and "UNIT" not in fields:
            fields["_SYSTEMD_INVOCATION_ID"] = invocation
        invocation = _invocation(fields) or invocation
    return both


def of_runtime(host: Host, path: str) -> list[Fields]:
    """The end of containerd's log file as entries, oldest first. What it writes before its log works, above all that it
    cannot read its configuration, has no time: the last such lines are as old as the file."""
    written = host.stat(path)
    result = host.run(["tail", "-n", str(_RUNTIME_LINES), "--", path], timeout=3.0, max_bytes=_MAX_BYTES)
    at, start, found = 0, 0, []
    lines = [line for line in result.out.split("\n") if line]
    last = max((number for number, line in enumerate(lines) if _LOGRUS.match(line)), default=-1)
    for number, line in enumerate(lines):
        header = _LOGRUS.match(line)
        at = _moment(header) if header else at
        start += _STARTS in line
        stamp = at if number <= last else max(at, int(written.mtime * 1_000_000))
        fields = {_journal.TIME_FIELD: str(stamp), "MESSAGE": line, "SYSLOG_IDENTIFIER": "containerd"}
        found.append({**fields, "_SYSTEMD_INVOCATION_ID": f"{start:032x}"})
    return found


def _moment(header: re.Match[str]) -> int:
    """Microseconds since the epoch."""
    zone = header.group(3).replace("Z", "+00:00")
    seconds = datetime.fromisoformat(header.group(1) + zone).timestamp()
    return int(seconds) * 1_000_000 + int((header.group(2) or "0").ljust(6, "0"))


def _entries(lines: t.Iterable[str]) -> t.Iterator[Fields]:
    """klog's lines; a line without its header goes on with the message before it."""
    now = time.time()
    entry: Fields = {}
    for line in lines:
        header = _HEADER.match(line)
        if header is None:
            if entry and line and len(entry["MESSAGE"]) < _schema.MAX_MESSAGE_CHARS:
                entry["MESSAGE"] += f"\n{line}"
            continue
        if entry:
            yield entry
        at = _microseconds(header, now)
        entry = {_journal.TIME_FIELD: str(at), "MESSAGE": line, "SYSLOG_IDENTIFIER": "kubelet", "_PID": header.group(7)}
    if entry:
        yield entry


def _microseconds(header: re.Match[str], now: float) -> int:
    """Microseconds since the epoch; a day that is still to come was last year's."""
    month, day, hour, minute, second, fraction = (int(header.group(n)) for n in range(1, 7))
    year = time.localtime(now).tm_year
    at = time.mktime((year, month, day, hour, minute, second, 0, 0, -1))
    if at > now + _DAY:
        at = time.mktime((year - 1, month, day, hour, minute, second, 0, 0, -1))
    return int(at) * 1_000_000 + fraction


def _at(fields: Fields) -> int:
    text = str(fields.get(_journal.TIME_FIELD, "0"))
    return int(text) if text.isdigit() else 0


def _invocation(fields: Fields) -> str:
    return str(fields.get("INVOCATION_ID" if "UNIT" in fields else "_SYSTEMD_INVOCATION_ID") or "")
