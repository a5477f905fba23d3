# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a unit: read newest first and bounded, masked, reduced to patterns."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _journal, _redact, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import kubelet_log

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult

_SECONDS = 10.0
_DIRECTORIES = ("/var/log/journal", "/run/log/journal")
_DENIED_REASON = "this user may not read the system's journal"
_DENIED_WORDS = ("insufficient permissions", "not seeing messages", "permission denied")
# A message is masked before it is cut, so that no cut secret escapes; what is beyond this is cut off before.
_MASKED_CHARS = 4 * _schema.MAX_MESSAGE_CHARS
# Of the kernel's messages only those that say why something on the node fails; a firewall's log may be most of them.
_OF_KERNEL = re.compile(
    r"I/O error|critical \w+ error|[Oo]ut of memory: |blocked for more than|nfs: server |[Rr]emounting filesystem"
    r"|(?:EXT4|XFS|BTRFS).*(?:error|shut|corrupt)"
)


class UnitJournal(t.NamedTuple):
    """The reduced journal of a unit, its masked lines as JSON, and how reading went."""

    reduced: dict[str, t.Any] | None
    raw: str
    status: str
    reason: str


def collect(host: Host, unit: str, lines: int, since: str | None = None, log: str = "") -> UnitJournal:
    """The last lines of a unit's journal, or those of the kernel (``unit`` is ``_schema.KERNEL``) that tell of a fault.

    :param lines: how many lines are read at most
    :param since: begin of the window as journalctl understands it, in UTC
    :param log: file into which the kubelet of this unit logs, whose lines are put among the journal's
    """
    # --all: without it a field of more than 4096 bytes is null. One line more than wanted tells whether there are more.
    of_kernel = unit == _schema.KERNEL
    whose = "--dmesg" if of_kernel else f"--unit={unit}"
    argv = ["journalctl", whose, "--output=json", "--reverse", f"--lines={lines + 1}", "--all", "--no-pager"]
    argv += [f"--output-fields={','.join(_journal.FIELDS)}"] + ([f"--since={since}"] if since else [])
    result = host.run(argv, timeout=_SECONDS, max_bytes=_schema.MAX_JOURNAL_READ_BYTES)
    newest_first = [entry for entry in map(_fields, result.out.split("\n")) if entry]
    status, reason = _status(result, len(newest_first), lines)
    if not newest_first and status == _schema.OK and _is_closed(host):
        status, reason = _schema.DENIED, _DENIED_REASON
    if not newest_first and status != _schema.OK:
        return UnitJournal(None, "", status, reason)
    oldest_first = [entry for entry in newest_first[:lines][::-1] if not of_kernel or _tells(entry)]
    kept = _masked(kubelet_log.merged(host, log, oldest_first) if log else oldest_first)
    reduced = _journal.reduce_entries([_journal.entry_of(fields) for fields in kept], status == _schema.TRUNCATED)
    raw = "".join(f"{json.dumps(fields, separators=(',', ':'))}\n" for fields in kept)
    return UnitJournal(reduced, raw, status, reason)


def of_runtime(host: Host, path: str) -> UnitJournal:
    """The log file of a runtime that has no journal of its own, in the form of a journal."""
    kept = _masked(kubelet_log.of_runtime(host, path))
    reduced = _journal.reduce_entries([_journal.entry_of(fields) for fields in kept], False)
    raw = "".join(f"{json.dumps(fields, separators=(',', ':'))}\n" for fields in kept)
    return UnitJournal(reduced if kept else None, raw, _schema.OK, "")


def _fields(line: str) -> dict[str, t.Any]:
    """The fields in use of one line; none when it is no entry (cut off, or a remark of journalctl)."""
    if not line.startswith("{"):
        return {}
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    used = (_journal.TIME_FIELD, *_journal.FIELDS)
    return {name: _journal.decode(fields[name]) for name in used if fields.get(name) is not None}


def _tells(fields: dict[str, t.Any]) -> bool:
    return bool(_OF_KERNEL.search(fields.get("MESSAGE", "")[:_MASKED_CHARS]))


def _masked(entries: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    """The entries, oldest first, with masked and bounded messages."""
    redactor = _redact.LogRedactor()
    for fields in entries:
        message = redactor.redact(fields.get("MESSAGE", "")[:_MASKED_CHARS], fields.get("_PID", ""))
        fields["MESSAGE"] = message[: _schema.MAX_MESSAGE_CHARS]
    return entries


def _is_closed(host: Host) -> bool:
    """Whether the system's journal is there but not for this user: journalctl then silently shows the user's own."""
    paths = [f"{base}/{name}/system.journal" for base in _DIRECTORIES for name in host.listdir(base).names]
    return any(host.read(path, 1).status == _schema.DENIED for path in paths)


def _status(result: RunResult, found: int, wanted: int) -> tuple[str, str]:
    if result.status == _schema.ABSENT:
        return _schema.ABSENT, "there is no journalctl on this host"
    if not found and any(words in result.err.lower() for words in _DENIED_WORDS):
        return _schema.DENIED, _DENIED_REASON
    if not found and "no journal files were found" in result.err.lower():
        return _schema.ABSENT, "this host keeps no journal"
    if result.status == _schema.TIMEOUT:
        return _schema.TIMEOUT, f"journalctl did not end in {_SECONDS:.0f} s; {found} lines were read"
    if result.status == _schema.TRUNCATED or found > wanted:
        return _schema.TRUNCATED, f"older lines than the last {min(found, wanted)} were not read"
    if result.status != _schema.OK or (result.exit_code and not found):
        return _schema.ERROR, _redact.redact(result.err.strip().partition("\n")[0]) or "journalctl failed"
    return _schema.OK, ""
