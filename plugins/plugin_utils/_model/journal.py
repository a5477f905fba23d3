# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log evidence: patterns of messages with count and age, and the starts they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property


@dataclass(frozen=True)
class LogPattern:
    """Repetitions of one message.

    ``source`` is kubelet, systemd or another identifier. ``newest``: logged by the unit's newest invocation.
    ``severity`` is I, W, E, F (klog) or empty. ``text`` is the last full message without its klog header, inner quotes
    unescaped; text and JSON logs read alike: ``"msg" err="..."``. ``sample`` is the raw last line, ``origin`` the
    ``file.go:123`` of the line. ``seq`` orders patterns by last occurrence.
    """

    source: str
    newest: bool
    severity: str
    origin: str
    text: str
    sample: str
    count: int
    first_at: datetime
    last_at: datetime
    seq: int = 0


@dataclass(frozen=True)
class Start:
    """One invocation of the unit. ``exit_code``/``exit_status`` as systemd logged them ('exited', '1/FAILURE')."""

    invocation: str
    first_at: datetime
    last_at: datetime
    lines: int
    exit_code: str = ""
    exit_status: str = ""
    exit_at: datetime | None = None

    @property
    def failed(self) -> bool:
        """True when the process ended by itself or was killed; of one that was stopped no exit is logged."""
        return self.exit_code != ""

    @property
    def lived(self) -> timedelta | None:
        """How long its process ran; None while it runs, or when somebody stopped it."""
        return None if self.exit_at is None else max(self.exit_at - self.first_at, timedelta())


@dataclass(frozen=True)
class Match:
    """A pattern that a regular expression matched, with its named groups."""

    pattern: LogPattern
    groups: dict[str, str]


@dataclass(frozen=True)
class Journal:
    """Journal of one unit, reduced. ``read`` is False when it could not be read at all."""

    unit: str = ""
    read: bool = False
    patterns: tuple[LogPattern, ...] = ()
    starts: tuple[Start, ...] = ()
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    truncated: bool = False

    @cached_property
    def recent_first(self) -> tuple[LogPattern, ...]:
        """Patterns by last occurrence, newest first."""
        return tuple(sorted(self.patterns, key=lambda p: p.seq, reverse=True))

    @cached_property
    def matched(self) -> dict[str, tuple[Match, ...]]:
        """What signatures were found to match, by their names: many causes ask for the same ones."""
        return {}
