# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recorded node gets exactly its root causes; healthy ones get none."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from _load import load_snapshot
from _score import compare, expected_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose

HERE = Path(__file__).resolve().parent
CASES = sorted(path.parent for path in HERE.glob("*/expected.yml"))
SCHEMA = json.loads((HERE.parent.parent / "docs" / "result.schema.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_diagnosis_is_right(case: Path) -> None:
    """Verdict and root causes are those of expected.yml, and the result follows its schema."""
    result = diagnose(load_snapshot(case)).to_dict()
    jsonschema.validate(result, SCHEMA, format_checker=jsonschema.FormatChecker())
    outcome = compare(case.name, expected_of(case), result)
    print(outcome.row())
    assert outcome.right, outcome.row()


def test_score_table(capsys: pytest.CaptureFixture[str]) -> None:
    """All cases in one table with a score, shown whatever the outcome."""
    outcomes = [compare(c.name, expected_of(c), diagnose(load_snapshot(c)).to_dict()) for c in CASES]
    right = sum(outcome.right for outcome in outcomes)
    with capsys.disabled():
        print("\n" + "\n".join(outcome.row() for outcome in outcomes))
        print(f"score: {right} of {len(outcomes)} recorded nodes judged right")
    assert right == len(outcomes)
