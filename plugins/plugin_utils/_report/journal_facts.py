# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What journal_info returns: log messages as patterns, and the starts of the service."""

from __future__ import annotations

from typing import Any

from ...module_utils._journal import parse_message
from .._causes._quote import iso
from .._model.journal import Journal, LogPattern, Start
from .._model.snapshot import Snapshot

_SEVERITIES = {"I": "info", "W": "warning", "E": "error", "F": "fatal"}


def journal_facts(node: Snapshot) -> dict[str, Any]:
    """``{"kubelet": {...}, "runtime": {...} or None}``, JSON-ready; a journal that could not be read is None."""
    return {
        "kubelet": _journal(node.log) if node.log.read else None,
        "runtime": _journal(node.runtime_log) if node.runtime_log.read else None,
    }


def _journal(journal: Journal) -> dict[str, Any]:
    return {
        "unit": journal.unit,
        "truncated": journal.truncated,
        "oldest": iso(journal.oldest_at),
        "newest": iso(journal.newest_at),
        "starts": [_start(start) for start in journal.starts],
        "patterns": [_pattern(pattern) for pattern in sorted(journal.patterns, key=lambda p: p.seq, reverse=True)],
    }


def _start(start: Start) -> dict[str, Any]:
    return {
        "invocation": start.invocation,
        "first": iso(start.first_at),
        "last": iso(start.last_at),
        "lines": start.lines,
        "exit_code": start.exit_code or None,
        "exit_status": start.exit_status or None,
    }


def _pattern(pattern: LogPattern) -> dict[str, Any]:
    """One message with its repetitions; ``message`` and ``err`` are apart where the kubelet logs them so."""
    parsed = parse_message(pattern.sample)
    return {
        "from": pattern.source,
        "newest_start": pattern.newest,
        "severity": _SEVERITIES.get(pattern.severity),
        "location": pattern.origin or None,
        "message": parsed.message if parsed else pattern.text,
        "err": parsed.err or None if parsed else None,
        "repeats": pattern.count,
        "first": iso(pattern.first_at),
        "last": iso(pattern.last_at),
        "sample": pattern.sample,
    }
