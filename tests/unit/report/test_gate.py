# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a run fails: kubelet_fail_on, and runs in which no node could be judged."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.gate import failures


def node(host: str, verdict: str, *severities: str, group: str = "root_causes") -> dict[str, Any]:
    """A result with one finding of each severity in one group."""
    found = [{"id": f"layer/{severity}", "severity": severity} for severity in severities]
    empty: dict[str, Any] = {"root_causes": [], "consequences": [], "risks": [], "resolved": []}
    gaps = [{"part": "units", "status": "error", "reason": "no way in."}] if verdict == "unknown" else []
    return {"host": host, "verdict": verdict, "summary": "", "unknowns": gaps, **empty, group: found}


def test_findings_alone_never_fail_a_run() -> None:
    """The default lets a run with broken nodes succeed: they were judged."""
    assert failures([node("a", "down", "critical")], "never") == ""


@pytest.mark.parametrize(
    ("threshold", "fails"), [("info", True), ("warning", True), ("error", False), ("critical", False)]
)
def test_threshold_is_a_lower_bound(threshold: str, fails: bool) -> None:
    """A risk of severity warning fails at warning and below, not above."""
    assert bool(failures([node("a", "at_risk", "warning", group="risks")], threshold)) is fails


def test_sentence_names_hosts_and_causes() -> None:
    """Whoever reads only the failure knows where to look."""
    sentence = failures([node("worker-1", "healthy"), node("worker-2", "down", "critical")], "error")
    assert sentence == "kubelet_fail_on is error, reached by 1 node: worker-2 has layer/critical (critical)"


def test_resolved_findings_do_not_count() -> None:
    """What is over fails nothing."""
    assert failures([node("a", "healthy", "info", group="resolved")], "info") == ""


def test_node_that_was_not_looked_at_reaches_every_threshold() -> None:
    """A pipeline must not pass because a node could not be reached."""
    mixed = [node("a", "healthy"), node("b", "unknown")]
    assert (
        failures(mixed, "critical")
        == "kubelet_fail_on is critical, reached by 1 node: b could not be judged (no way in)"
    )
    assert failures(mixed, "never") == ""


def test_run_without_any_judgement_fails() -> None:
    """When no node at all could be judged, the run did not do its work."""
    assert failures([node("a", "unknown")], "never") == "a could not be judged (no way in)"


@pytest.mark.parametrize(("part", "told"), [("files:/etc/kubernetes", True), ("journal", True), ("host", False)])
def test_missing_root_is_told_with_its_remedy(part: str, told: bool) -> None:
    """A run without root is the commonest reason; what even root may not read is no reason to ask for it."""
    found = node("a", "unknown")
    found["unknowns"] += [{"part": part, "status": "denied", "reason": "permission denied."}]
    sentence = failures([found], "never")
    assert ("connect as root or add --become: permission denied" in sentence) is told
    assert ("no way in" in sentence) is not told
