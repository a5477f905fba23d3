# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repair of ours that was interrupted is not missed, and one at work is no alarm."""

from __future__ import annotations

from typing import Any

import pytest
from unit.causes._make import evidence, findings, healthy, node_of, risks, roots

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

ID = "repair/unfinished"
RECORD = {
    "run": "20261123T213000Z-ab12cd",
    "state": "restarted",
    "created_at": "2026-11-23T20:30:00Z",
    "findings": ["certificate/client-ca-file-missing"],
    "running": False,
}


def node(*records: Any) -> Snapshot:
    """The healthy node with these unfinished records."""
    changed = evidence()
    changed["host"]["unfinished_repairs"] = list(records)
    return node_of(changed)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("restarted", "may be half changed"),
        ("rolling_back", "may be half changed"),
        ("prepared", "nothing was changed yet"),
        ("held", "nobody decided"),
        ("verified", "stands"),
    ],
)
def test_interrupted_repair_is_a_risk(state: str, words: str) -> None:
    """It names the run, what it was for and how far it came; the node itself is healthy."""
    seen = node({**RECORD, "state": state})
    assert (roots(seen), risks(seen)) == (set(), {ID})
    found = findings(seen)[ID]
    for text in (RECORD["run"], "certificate/client-ca-file-missing", state, words):
        assert str(text) in found.summary
    assert found.evidence[0].locator.endswith(f"{RECORD['run']}/manifest.json")


def test_repair_at_work_is_only_said() -> None:
    """While its process lives nobody has to do anything."""
    assert findings(node({**RECORD, "running": True}))[ID].effect == Effect.INFO


@pytest.mark.parametrize("records", [[], ["x"], [None]])
def test_no_record_is_no_finding(records: list[Any]) -> None:
    """Nothing unfinished, or nothing that can be understood."""
    assert ID not in findings(node(*records))


def test_old_evidence_knows_nothing_of_it() -> None:
    """A bundle from before says neither yes nor no."""
    assert ID not in findings(healthy())
