# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of a run seen together, and on disk: results that the comparison changed, and what they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from ._engine.fleet import Result, fleet
from ._files import write_json

AUTO = "auto"
OFF = "off"
FLEET_FILE = "_fleet.json"  # no host's name: see safe_file_name


def compare(
    results: Sequence[Mapping[str, Any]], files: Sequence[Path], *, wanted: bool, within: timedelta | None = None
) -> tuple[Result | None, list[Result]]:
    """What the nodes share (None where nothing), and their results with it, as written to ``files`` (in their order).

    Beside them ``_fleet.json`` holds what they share; one of an earlier run is removed. Unless ``wanted``, each result
    stays as it is. OSError as the system gives it.
    """
    if wanted:
        seen = fleet(results, within)
        overview, adjusted = seen.overview, seen.results
    else:
        overview, adjusted = None, [dict(result) for result in results]
    for before, after, file in zip(results, adjusted, files, strict=True):
        if after != before:
            write_json(file, after)
    for place in {file.parent / FLEET_FILE for file in files}:
        if overview is None:
            place.unlink(missing_ok=True)
        else:
            write_json(place, overview)
    return overview, adjusted
