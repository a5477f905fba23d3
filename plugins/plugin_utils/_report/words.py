# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for a terminal: hostile characters made visible, log lines shortened, counts and ages in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...module_utils._journal import parse_message
from .._causes._quote import age

LOG_LIMIT = 320


def visible(text: str) -> str:
    """The text on one line, with everything that a terminal would obey written as an escape instead.

    That covers control characters, terminal escapes, bidirectional and zero-width characters and lone surrogates
    (Unicode categories Cc, Cf, Cs, Co, Cn); other white space becomes a space.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    if char.isspace() and char not in "\x1c\x1d\x1e\x1f":
        return " "
    return char.encode("unicode_escape").decode("ascii")


def shorten(text: str, limit: int = LOG_LIMIT) -> str:
    """At most ``limit`` characters; the middle goes first, because log lines end with the error that counts."""
    if len(text) <= limit:
        return text
    head = (limit - 5) // 2
    return f"{text[:head]} ... {text[len(text) - (limit - 5 - head) :]}"


def log_line(evidence: Mapping[str, Any], captured_at: str) -> str:
    """A quoted log line without its header, with its place in the source, count and age."""
    parsed = parse_message(evidence["excerpt"])
    if parsed is not None:
        message = f'"{parsed.message}" {parsed.rest}' if parsed.rest else parsed.message
        text = f"{parsed.location} {message}"
    else:
        source = str(evidence.get("locator", "")).partition(" ")[0]
        text = evidence["excerpt"] if source in ("", "kubelet") else f"{source}: {evidence['excerpt']}"
    often = frequency(evidence, captured_at)
    return shorten(visible(text)) + (f"   {often}" if often else "")


def frequency(evidence: Mapping[str, Any], captured_at: str) -> str:
    """How often and how long ago, as far as known: ``29 times, last 12 s ago``."""
    number, last = evidence.get("count"), evidence.get("last_at")
    ago = f"{age((_time(captured_at) - _time(last)).total_seconds())} ago" if last else ""
    if number is None or number < 1:
        return ago
    if number == 1:
        return f"once, {ago}" if ago else "once"
    return f"{number} times, last {ago}" if ago else f"{number} times"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def plural(number: int, noun: str) -> str:
    """``1 node``, ``2 nodes``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
