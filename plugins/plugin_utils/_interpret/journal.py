# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reduced journal of a unit as a Journal, with messages in the form in which signatures match them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...module_utils import _klog
from .._model.journal import Journal, LogPattern, Start
from . import _values

# Terminal control sequences (ECMA-48 CSI and OSC, then any other escape), and what else must not reach a terminal:
# control characters, bidirectional overrides.
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?|\x9b[0-?]*[ -/]*[@-~]")
_SPACES = re.compile(r"[\t\r\n\v\f]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# JSON spells characters beyond the basic plane as surrogate pairs; lone ones cannot be written anywhere.
_SURROGATE = re.compile(r"[\ud800-\udfff]")

# Go's strconv.Quote and JSON escape these alike inside a quoted value.
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_EPOCH = datetime.fromtimestamp(0, UTC)


def journal(unit: str, reduced: object) -> Journal:
    """Journal of ``unit`` from its reduced form (see module_utils/_journal.py); ``read`` is False without one."""
    if not isinstance(reduced, Mapping):
        return Journal(unit)
    starts = (_start(entry) for entry in _values.items(reduced.get("starts")))
    return Journal(
        unit=unit,
        read=True,
        patterns=tuple(_pattern(entry) for entry in _values.items(reduced.get("patterns"))),
        starts=tuple(starts),
        oldest_at=_values.moment(reduced.get("oldest_at")),
        newest_at=_values.moment(reduced.get("newest_at")),
        truncated=reduced.get("truncated") is True,
    )


def harmless(text: str) -> str:
    """The text on one line, without terminal control sequences and control characters."""
    if text.isascii() and text.isprintable():
        return text
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROL.sub("", _SPACES.sub(" ", _TERMINAL.sub("", text)))


def _start(entry: Mapping[str, Any]) -> Start:
    ended = _values.mapping(entry.get("exit"))
    return Start(
        invocation=_values.text(entry.get("invocation")),
        first_at=_values.moment(entry.get("first_at")) or _EPOCH,
        last_at=_values.moment(entry.get("last_at")) or _EPOCH,
        lines=_values.integer(entry.get("lines")) or 0,
        exit_code=_values.text(ended.get("code")),
        exit_status=_values.text(ended.get("status")),
        exit_at=_values.moment(ended.get("at")),
    )


def _pattern(entry: Mapping[str, Any]) -> LogPattern:
    sample = _values.text(entry.get("sample"))
    severity, origin, text = _message(sample)
    return LogPattern(
        source=_values.text(entry.get("source")),
        newest=entry.get("newest") is True,
        severity=severity,
        origin=origin,
        text=text,
        sample=harmless(sample),
        count=_values.integer(entry.get("count")) or 0,
        first_at=_values.moment(entry.get("first_at")) or _EPOCH,
        last_at=_values.moment(entry.get("last_at")) or _EPOCH,
        seq=_values.integer(entry.get("seq")) or 0,
    )


def _message(sample: str) -> tuple[str, str, str]:
    """(severity, origin, text) of a message; a message of no known log format is its own text.

    klog's structured messages are quoted in its text format, others (``klog.Infof``) are not; JSON has only one form.
    logrus lines (containerd, ``time="..." level=error msg="..."``) keep their head; their quotes are unescaped too.
    """
    line = _klog.parse_message(sample)
    if line is None:
        return "", "", harmless(_unescape(sample) if sample.startswith('time="') else sample).strip()
    structured = sample.startswith("{") or sample.partition("] ")[2].startswith('"')
    text = f'"{line.message}" {_unescape(line.rest)}' if structured else line.message
    return line.severity, line.location, harmless(text).strip()


def _unescape(text: str) -> str:
    return _ESCAPED.sub(_plain, text) if "\\" in text else text


def _plain(match: re.Match[str]) -> str:
    code = match.group(1)
    return chr(int(code[1:], 16)) if len(code) > 1 else _ESCAPES.get(code, code)
