# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make repair-live` covers."""

from __future__ import annotations

from corpus._load import NAMES
from lab import cases
from lab.repair_score import HEALED, NOT_MADE


def test_every_recorded_node_is_made_anew() -> None:
    """Each node of tests/corpus has a case of the lab, or a reason why it cannot have one."""
    assert set(NAMES) - set(cases.names()) == set(NOT_MADE)
    assert all(NOT_MADE.values())


def test_healed_cases_exist() -> None:
    """What the score expects to be healed is a case."""
    assert set(HEALED) <= set(cases.names())
