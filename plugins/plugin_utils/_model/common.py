# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small records that the other models share: places in files, file facts, part states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where a value stands: an absolute path on the node and a line (1-based), where one is known."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Problem:
    """Why a text could not be understood, in one sentence, and where. ``field`` is the dotted path of the value, where
    it is one that does not fit."""

    message: str
    place: Place
    field: str = ""


@dataclass(frozen=True)
class Field:
    """One value of a structured file: dotted path (list items as ``name[0]``), value, and where it was written."""

    path: str
    value: Any
    place: Place


@dataclass(frozen=True)
class FileFact:
    """What the node said of one path.

    ``type`` is one of file, directory, link, socket, other, absent, denied, error, unknown; "unknown" means that
    nobody looked, which is never the same as absent. For a link, ``resolves`` is the final target or None when it
    dangles. ``content`` is the masked text where it was read. Times are UTC, ``size`` is in bytes.
    """

    path: str
    type: str = "unknown"
    mode: str | None = None
    uid: int | None = None
    gid: int | None = None
    size: int | None = None
    mtime: datetime | None = None
    sha256: str | None = None
    target: str | None = None
    resolves: str | None = None
    entries: tuple[str, ...] | None = None
    public_key_sha256: tuple[str, ...] = ()
    content: str | None = None
    truncated: bool = False
    error: str | None = None
    extra: Mapping[str, Any] | None = None

    @property
    def looked_at(self) -> bool:
        """True when the node answered about this path at all (exists or not)."""
        return self.type not in ("unknown", "denied", "error")

    @property
    def absent(self) -> bool:
        """True when the node said that nothing is there, or that the link there leads nowhere."""
        return self.type == "absent" or self.dangling

    @property
    def exists(self) -> bool:
        """True when the node said that something is there (for a link: that its target is there)."""
        return self.looked_at and not self.absent

    @property
    def dangling(self) -> bool:
        """True for a symbolic link whose target does not exist."""
        return self.type == "link" and self.resolves is None


@dataclass(frozen=True)
class PartState:
    """Status of one part of the evidence, as in the evidence contract."""

    status: str
    reason: str = ""

    @property
    def ok(self) -> bool:
        """True when the part was read whole."""
        return self.status == "ok"
