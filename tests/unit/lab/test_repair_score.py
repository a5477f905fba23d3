# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make repair-live` covers."""

from __future__ import annotations

import re
from pathlib import Path

from corpus._load import NAMES
from lab import cases, proofs
from lab.repair_score import HEALED, NOT_MADE

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import OFFERED


def test_every_recorded_node_is_made_anew() -> None:
    """Each node of tests/corpus has a case of the lab, or a reason why it cannot have one."""
    assert set(NAMES) - set(cases.names()) == set(NOT_MADE)
    assert all(NOT_MADE.values())


def test_healed_cases_exist() -> None:
    """What the score expects to be healed is a case."""
    assert set(HEALED) <= set(cases.names())


def test_every_action_is_proven_on_a_real_host() -> None:
    """Each action that a plan can offer has a case that is healed by it, or a live test."""
    made_by_others = {"create-static-pod-path"}  # set-expected-file makes it where the directory is lost
    assert set(proofs.ACTIONS) - made_by_others | (set(proofs.LIVE) & OFFERED) == OFFERED
    assert set(proofs.ACTIONS.values()) <= set(HEALED)


def test_what_is_proven_by_a_live_test_is_in_it() -> None:
    """The file is there and speaks of the action or the module."""
    root = Path(__file__).parents[3]
    for name, path in proofs.LIVE.items():
        assert name in (root / path).read_text(), name


def test_what_a_case_approves_exists() -> None:
    """Each action that has to be allowed for a case is one that is proven."""
    approved = {action for names in HEALED.values() for action in names}
    assert approved <= set(proofs.ACTIONS)


def test_the_manual_lists_all_actions() -> None:
    """docs/repair.md has a row for each action, and none for another."""
    text = (Path(__file__).parents[3] / "docs/repair.md").read_text()
    table = text.partition("| Action |")[2].partition("\n\n")[0]
    rows = {name for line in table.splitlines()[1:] for name in re.findall(r"`([a-z-]+)`", line.split("|")[1])}
    assert rows == set(proofs.ACTIONS) | (set(proofs.LIVE) & OFFERED)
