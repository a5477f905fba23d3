# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be judged or run is said in a sentence: too few privileges, variables that cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from live._lab import LiveLab, roots


def test_without_privilege(nodes: LiveLab, tmp_path: Path) -> None:
    """A user who may read little is told what could not be read, and no node is called healthy."""
    done = nodes.play("diagnose", "-e", "ansible_user=nopriv", results=tmp_path)
    assert done.status != 0  # nothing could be judged
    assert "may not read the system's journal" in done.output
    for host, result in done.results.items():
        assert result["verdict"] == "unknown", host
        assert roots(result) == [], host
        assert "denied" in {unknown["status"] for unknown in result["unknowns"]}, host


@pytest.mark.parametrize(
    ("playbook", "variables", "words"),
    [
        ("diagnose", ["kubelet_journal_lines=many"], "journal_lines"),
        ("diagnose", ["kubelet_gather_subset=everything"], "everything"),
        ("diagnose", ["kubelet_fail_on=always"], "fail_on"),
        ("diagnose", ["kubelet_unit=no/unit"], "no/unit"),
        ("capture", [], "bundle_dir"),
        ("replay", [], "bundle_dir"),
        ("replay", ["kubelet_bundle_dir=/nowhere"], "/nowhere"),
        ("replay", ["kubelet_bundle_dir=playbooks"], "playbooks"),
    ],
)
def test_wrong_input(nodes: LiveLab, tmp_path: Path, playbook: str, variables: list[str], words: str) -> None:
    """A variable that cannot be used fails the run with a sentence that names it, without a traceback."""
    extra = [word for variable in variables for word in ("-e", variable)]
    limit = ["-l", "worker-1"] if playbook != "replay" else []
    done = nodes.play(playbook, *limit, *extra, results=tmp_path)
    assert done.status != 0
    assert words in done.output
    assert "Traceback" not in done.output
