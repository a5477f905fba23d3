# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node sets and its model leaves out: there the default is expected, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .._model.expected import Matcher, Observed
from .defaults import effective
from .portable import portable_path


def further(observed: Observed, group: str, left_out: Callable[[str], bool]) -> Iterator[tuple[str, Matcher]]:
    """Each path of a group that the node sets to more than its default and for which ``left_out`` is true, and what is
    expected of it. What belongs to one node is none of it."""
    for path, seen in observed.values.items():
        if not path.startswith(f"{group}.") or effective(path, seen.value) is None:
            continue
        if left_out(path) and portable_path(path, observed.names):
            default = effective(path, None)
            yield path, Matcher("absent") if default is None else Matcher("exact", default)
