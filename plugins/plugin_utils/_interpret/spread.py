# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places of texts that are written over several lines, so that each flag in them is found on its own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from .._model.common import Place


@dataclass(frozen=True)
class SpreadPlace(Place):
    """Place of the first line of a text; ``breaks`` holds (offset in the text, line) of each further line."""

    breaks: tuple[tuple[int, int], ...] = ()


def place_at(place: Place, offset: int) -> Place:
    """Where the character at ``offset`` of the text at ``place`` stands."""
    if not isinstance(place, SpreadPlace):
        return place
    index = bisect_right(place.breaks, offset, key=lambda found: found[0])
    return Place(place.path, place.breaks[index - 1][1] if index else place.line)


def spread(path: str, first: int, lines: Sequence[int]) -> Place:
    """Place of a text that begins in line ``first`` and whose characters stand on ``lines``."""
    breaks = [
        (offset, line)
        for offset, (before, line) in enumerate(zip([first, *lines], lines, strict=False))
        if line != before
    ]
    return SpreadPlace(path, first, tuple(breaks)) if breaks else Place(path, first)
