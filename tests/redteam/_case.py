# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case: a node that nobody recorded, and what is true of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accuracy._bundles import Bundle


@dataclass(frozen=True)
class Case:
    """``make`` gives the bundle. ``roots``: one entry per root cause, ids of which one must be named joined by "|".
    ``verdicts``: those that are right, separated by blanks."""

    name: str
    make: Callable[[], Bundle]
    roots: tuple[str, ...]
    verdicts: str = "down"


WELL = "healthy at_risk"
