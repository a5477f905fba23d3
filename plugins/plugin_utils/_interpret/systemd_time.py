# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times that ``systemctl show`` prints, in UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

# "Mon 2026-11-23 21:34:51 UTC", with microseconds under --timestamp=us; zones without a name print as +03 or +0530.
WALL_CLOCK = re.compile(
    r"(?:[A-Z][a-z]{2} )?(?P<when>\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})(?:\.(?P<us>\d{1,6}))?(?: (?P<zone>\S+))?"
)
EPOCH = re.compile(r"@(?P<seconds>\d{1,12})(?:\.(?P<us>\d{1,6}))?")
OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?")


@dataclass(frozen=True)
class Clock:
    """Reads time properties.

    A local zone's abbreviation names no offset that can be relied on (CST, IST are several zones). Such a time is
    computed from its ...Monotonic twin and the node's uptime; it is None when the uptime is unknown.
    """

    properties: Mapping[str, str]
    captured_at: datetime
    uptime_seconds: float | None = None

    def at(self, key: str) -> datetime | None:
        """Time of a property in UTC, None when it is empty, ``n/a``, or cannot be placed."""
        text = self.properties.get(key, "").strip()
        if text in ("", "n/a", "0"):
            return None
        return _absolute(text) or self._from_monotonic(key)

    def _from_monotonic(self, key: str) -> datetime | None:
        microseconds = self.properties.get(key + "Monotonic", "")
        if self.uptime_seconds is None or not microseconds.isdigit() or int(microseconds) == 0:
            return None
        age = timedelta(seconds=self.uptime_seconds) - timedelta(microseconds=int(microseconds))
        return self.captured_at - max(age, timedelta(0))


def _absolute(text: str) -> datetime | None:
    epoch = EPOCH.fullmatch(text)
    if epoch:
        return datetime.fromtimestamp(int(epoch["seconds"]), UTC) + _fraction(epoch["us"])
    wall = WALL_CLOCK.fullmatch(text)
    zone = _zone(wall["zone"]) if wall else None
    if wall is None or zone is None:
        return None
    try:
        local = datetime.strptime(wall["when"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
        return local.astimezone(UTC) + _fraction(wall["us"])
    except (ValueError, OverflowError):
        return None


def _fraction(digits: str | None) -> timedelta:
    return timedelta(microseconds=int((digits or "0").ljust(6, "0")))


def _zone(name: str | None) -> timezone | None:
    if name in ("UTC", "GMT", "Z"):
        return UTC
    offset = OFFSET.fullmatch(name or "")
    if offset is None:
        return None
    delta = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
    return timezone(-delta if offset["sign"] == "-" else delta) if delta < timedelta(hours=24) else None
