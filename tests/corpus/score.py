# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what the engine says of recorded nodes against the truth: ``python tests/corpus/score.py [CASE...]``."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / ".collections")]

from _load import load_snapshot  # noqa: E402 - the path above makes it importable
from _score import compare, expected_of  # noqa: E402

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose  # noqa: E402


def main(names: list[str]) -> int:
    """Print one row per case and the score; exit status 1 when a case is wrong."""
    cases = [HERE / name for name in names] or sorted(p.parent for p in HERE.glob("*/expected.yml"))
    outcomes = []
    for case in cases:
        result = diagnose(load_snapshot(case)).to_dict()
        outcomes.append(compare(case.name, expected_of(case), result))
        print(outcomes[-1].row())
        if names:
            for part in ("root_causes", "consequences", "risks", "resolved"):
                for finding in result[part]:
                    by = f"  <- {', '.join(finding['explained_by'])}" if "explained_by" in finding else ""
                    print(f"     {part:13} {finding['severity']:8} {finding['id']}: {finding['summary']}{by}")
            print(f"     summary       {result['summary']}\n     hidden        {result.get('hidden', '')}")
            print(f"     unknowns      {result['unknowns']}")
    right = sum(outcome.right for outcome in outcomes)
    print(f"{right} of {len(outcomes)} cases right")
    return 0 if right == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
