# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kubelet said when its newest start ended: beside the state of files, or where nobody saw them."""

from __future__ import annotations

from .._model.finding import Evidence
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._api import alive


def said(node: Snapshot, *names: str) -> tuple[Evidence, ...]:
    """The kubelet's lines of these signatures that still hold; what it says once per start has no age limit."""
    found = (_logs.current(node, name, window=None) for name in names)
    return tuple(_quote.log(match) for match in found if match is not None)


def ended_on(node: Snapshot, name: str) -> Match | None:
    """The line on which the newest start ended, for what the files could not say; None while a kubelet runs."""
    return None if alive(node) else _logs.current(node, name, window=None)
