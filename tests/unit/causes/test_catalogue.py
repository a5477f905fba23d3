# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No known fault is forgotten: each is judged, or it is written down why it is not."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE

HERE = Path(__file__).resolve().parent
DROPPED = HERE.parents[2] / "docs" / "dropped-causes.md"


def known_ids() -> set[str]:
    """Ids of known_ids.txt."""
    lines = (HERE / "known_ids.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def dropped_ids() -> set[str]:
    """Ids that docs/dropped-causes.md gives a reason for."""
    return set(re.findall(r"^- `([a-z]+/[a-z0-9-]+)`: \S", DROPPED.read_text(encoding="utf-8"), re.MULTILINE))


def test_every_known_fault_is_judged_or_dropped_with_a_reason() -> None:
    """The catalogue and the list of dropped faults together hold all known ones."""
    assert known_ids() - {cause.id for cause in CATALOGUE} == dropped_ids()


def test_ids_are_used_once() -> None:
    """Two causes with one id would overwrite each other."""
    ids = [cause.id for cause in CATALOGUE]
    assert sorted(set(ids)) == sorted(ids)


def test_neighbours_exist() -> None:
    """A cause tells itself apart from causes that exist; so does what it explains, without patterns."""
    ids = {cause.id for cause in CATALOGUE} | dropped_ids()
    named = {other for cause in CATALOGUE for other in (*cause.apart, *cause.explains) if "*" not in other}
    assert named - ids == set()
