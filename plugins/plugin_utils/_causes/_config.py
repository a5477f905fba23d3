# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the causes of the configuration share: what the last start said, and the fields it is about."""

from __future__ import annotations

from .._model.finding import Effect, Evidence
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _logs, _quote

RESTART = "then `systemctl restart kubelet`."


def effect_at_start(node: Snapshot) -> Effect:
    """Down when the start fails; a risk when the process that runs read the file before it changed."""
    return Effect.DOWN if _logs.starting_fails(node) else Effect.RISK


def said_at_start(node: Snapshot, name: str) -> Match | None:
    """What the last start said, where the kubelet is not up."""
    return _logs.current(node, name, window=None) if _logs.starting_fails(node) else None


def fields(node: Snapshot, *paths: str) -> tuple[Evidence, ...]:
    """Those of the fields that the files set."""
    return tuple(_quote.field(found) for path in paths if (found := node.config.get(path)) is not None)


def where(node: Snapshot, *paths: str) -> str:
    """' (file:line)' of the first field that is set, else nothing."""
    found = next((field for path in paths if (field := node.config.get(path)) is not None), None)
    return f" ({found.place})" if found else ""
