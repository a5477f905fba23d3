# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From `journalctl -o json` lines to the reduced journal of one unit. Pure; runs on nodes and on the controller."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._klog import LogLine, mask, parse_message, priority

__all__ = (
    "FIELDS",
    "TIME_FIELD",
    "Entry",
    "LogLine",
    "decode",
    "entry_of",
    "mask",
    "parse_line",
    "parse_message",
    "reduce_entries",
    "reduce_lines",
    "timestamp",
)

# The journal fields that are read, see systemd.journal-fields(7). The time is always part of the JSON output.
FIELDS = (
    "MESSAGE",
    "PRIORITY",
    "SYSLOG_IDENTIFIER",
    "_COMM",
    "_PID",
    "UNIT",
    "INVOCATION_ID",
    "_SYSTEMD_INVOCATION_ID",
)
TIME_FIELD = "__REALTIME_TIMESTAMP"

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_PRIORITY_INFO = 6

_EXIT = re.compile(r"Main process exited, code=(\w+), status=(\S+)")
_RESULT = re.compile(r"Failed with result '([\w-]+)'")


@dataclass(frozen=True)
class Entry:
    """One line of the journal; `at` is microseconds since the epoch, 0 where the line has no time."""

    at: int
    source: str
    pid: str
    invocation: str
    priority: int
    message: str


def decode(value: object) -> str:
    """Text of a journal field: a string, a list of bytes (not UTF-8), a list of values (repeated field) or null."""
    if isinstance(value, str):
        return _valid(value)
    if isinstance(value, list):
        if all(isinstance(item, int) and 0 <= item <= 255 for item in value):
            return bytes(value).decode("utf-8", "backslashreplace")
        return "\n".join(decode(item) for item in value)
    return ""


def _valid(text: str) -> str:
    """The text without lone surrogates: JSON can spell them, UTF-8 (and Ansible's module results) cannot."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def parse_line(line: str) -> Entry | None:
    """One object of `journalctl -o json`; None for what is not one (cut lines, `-- No entries --`)."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    return entry_of(fields)


def entry_of(fields: dict[str, t.Any]) -> Entry:
    """The entry of the fields of one journal line; any field may be missing."""
    message = decode(fields.get("MESSAGE"))[: _schema.MAX_MESSAGE_CHARS]
    # systemd logs about a unit under its own cgroup: UNIT and INVOCATION_ID then name the unit's invocation.
    own = decode(fields.get("_SYSTEMD_INVOCATION_ID"))
    invocation = decode(fields.get("INVOCATION_ID")) if "UNIT" in fields else own
    source = decode(fields.get("SYSLOG_IDENTIFIER")) or decode(fields.get("_COMM")) or "unknown"
    return Entry(
        at=_integer(fields.get(TIME_FIELD), 0),
        source=source,
        pid=decode(fields.get("_PID")),
        invocation=invocation,
        priority=priority(message, _integer(fields.get("PRIORITY"), _PRIORITY_INFO)),
        message=message,
    )


def _integer(value: object, default: int) -> int:
    try:
        return int(value) if isinstance(value, (str, int)) else default
    except ValueError:
        return default


@dataclass
class _Start:
    invocation: str
    first: int
    last: int
    lines: int = 0
    exit: dict[str, str] | None = None
    result: str | None = None


@dataclass
class _Pattern:
    source: str
    newest: bool
    priority: int
    first: int
    last: int = 0
    count: int = 0
    sample: str = ""
    seq: int = 0


@dataclass
class _Reduction:
    starts: dict[str, _Start] = field(default_factory=dict)
    patterns: dict[tuple[str, bool, int, str], _Pattern] = field(default_factory=dict)


def reduce_lines(lines: t.Iterable[str], truncated: bool = False) -> dict[str, t.Any]:
    """The reduced journal of `journalctl -o json` lines in the order of time; what is not JSON is left out."""
    return reduce_entries([entry for entry in map(parse_line, lines) if entry is not None], truncated)


def reduce_entries(entries: t.Sequence[Entry], truncated: bool = False) -> dict[str, t.Any]:
    """The reduced journal of a unit (`Journal` of the evidence contract).

    :param entries: in the order of time, oldest first
    :param truncated: whether older lines exist that were not read
    """
    reduction = _Reduction()
    for entry in entries:
        _count_start(reduction, entry)
    newest = next(reversed(reduction.starts), None) if reduction.starts else None
    masked: dict[str, str] = {}
    current = ""
    for seq, entry in enumerate(entries):
        # systemd writes some lines about a unit (a refused unit file) without an invocation: they belong to their time.
        current = entry.invocation or current
        if entry.message not in masked:
            masked[entry.message] = mask(entry.message)
        _count_pattern(reduction, entry, masked[entry.message], newest in (None, current), seq)
    kept = _bounded(list(reduction.patterns.values()))
    times = [entry.at for entry in entries if entry.at]
    return {
        "lines": len(entries),
        "truncated": truncated or len(kept) < len(reduction.patterns),
        "oldest_at": timestamp(min(times)) if times else None,
        "newest_at": timestamp(max(times)) if times else None,
        "starts": [_start_dict(start) for start in list(reduction.starts.values())[-_schema.MAX_STARTS :]],
        "patterns": [_pattern_dict(pattern) for pattern in kept],
    }


def _count_start(reduction: _Reduction, entry: Entry) -> None:
    if not entry.invocation:
        return
    start = reduction.starts.get(entry.invocation)
    if start is None:
        start = reduction.starts[entry.invocation] = _Start(entry.invocation, entry.at, entry.at)
    start.last = entry.at
    start.lines += 1
    if entry.source != "systemd":
        return
    exit_line = _EXIT.search(entry.message)
    if exit_line:
        start.exit = {"code": exit_line.group(1), "status": exit_line.group(2), "at": timestamp(entry.at)}
    failure = _RESULT.search(entry.message)
    if failure:
        start.result = failure.group(1)
    elif entry.message.endswith("Deactivated successfully."):
        start.result = "success"


def _count_pattern(reduction: _Reduction, entry: Entry, masked: str, newest: bool, seq: int) -> None:
    key = (entry.source, newest, entry.priority, masked)
    pattern = reduction.patterns.get(key)
    if pattern is None:
        pattern = reduction.patterns[key] = _Pattern(entry.source, newest, entry.priority, entry.at)
    pattern.last = entry.at
    pattern.count += 1
    pattern.sample = entry.message
    pattern.seq = seq


def _bounded(patterns: list[_Pattern]) -> list[_Pattern]:
    """The patterns that fit the limits, in the order of their last line; the newest and the gravest stay longest."""
    by_weight = sorted(
        patterns, key=lambda item: (item.newest, item.source == "systemd", item.priority <= 4, item.seq), reverse=True
    )
    kept: list[_Pattern] = []
    size = 0
    for pattern in by_weight[: _schema.MAX_PATTERNS]:
        size += 200 + len(json.dumps(pattern.sample))
        if size > _schema.MAX_PATTERN_BYTES:
            break
        kept.append(pattern)
    return sorted(kept, key=lambda item: item.seq)


def _start_dict(start: _Start) -> dict[str, t.Any]:
    return {
        "invocation": start.invocation,
        "first_at": timestamp(start.first),
        "last_at": timestamp(start.last),
        "lines": start.lines,
        "exit": start.exit,
        "result": start.result,
    }


def _pattern_dict(pattern: _Pattern) -> dict[str, t.Any]:
    return {
        "source": pattern.source,
        "newest": pattern.newest,
        "priority": pattern.priority,
        "count": pattern.count,
        "first_at": timestamp(pattern.first),
        "last_at": timestamp(pattern.last),
        "sample": pattern.sample,
        "seq": pattern.seq,
    }


def timestamp(microseconds: int) -> str:
    """RFC 3339 in UTC with microseconds; times beyond the calendar (hostile input) become the epoch."""
    try:
        moment = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        moment = _EPOCH
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
