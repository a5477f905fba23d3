# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words of an audit's report: text made harmless, times, spans, hosts in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from .._causes._quote import age
from .text import rank
from .words import shorten, visible

TEXT_LIMIT = 2000  # characters of one text; more is nothing that anybody reads


def printable(value: Any) -> Any:
    """A copy of a JSON value in which every text is harmless on a screen and bounded, whoever wrote the file.

    Line ends stay, which remedies have.
    """
    if isinstance(value, str):
        return "\n".join(visible(line) for line in shorten(value, TEXT_LIMIT).split("\n"))
    if isinstance(value, Mapping):
        return {printable(key): printable(item) for key, item in value.items()}
    return [printable(item) for item in value] if isinstance(value, list) else value


def moment(at: str) -> str:
    """``2026-11-24T03:00:00Z`` as ``2026-11-24 03:00 UTC``."""
    return f"{at[:10]} {at[11:16]} UTC"


def since(first: str, at: str) -> str:
    """When something was first seen, and how long that is at the run ``at``."""
    if first == at:
        return "this run"
    return f"{moment(first)} ({age(_seconds(first, at))})"


def left(end: str, at: str) -> str:
    """How long a certificate is still valid at the run ``at``: ``9 days left``, ``expired 6 h ago``."""
    seconds = _seconds(at, end)
    return f"{age(seconds)} left" if seconds > 0 else f"expired {age(seconds)} ago"


def _seconds(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def in_order(hosts: Iterable[str]) -> tuple[str, ...]:
    """Hosts by name, each once, with numbers in their order."""
    return tuple(sorted(set(hosts), key=lambda host: rank({"host": host, "verdict": "healthy"})))
