# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a finding says of this case: the stage at which the start stops, and a remedy with the node's own name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from corpus._load import load_snapshot
from unit.engine._rules import SEEN, rule

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.judge import judge
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.remedies import adapted
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Hit, Remedy
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

NODE = Snapshot("w2.example", datetime(2026, 11, 24, tzinfo=UTC), node_name="worker-2")


def test_a_case_may_stop_the_start_at_another_stage_than_its_cause() -> None:
    """The stage of the hit counts before that of the cause."""
    early, late = (
        rule("a/early", lambda dummy: [Hit("x", SEEN)], gate=2),
        rule("a/late", lambda dummy: [Hit("x", SEEN, gate=6)], gate=2),
    )
    assert [finding.gate for finding in judge(NODE, (early, late))[0]] == [2, 6]


@pytest.mark.parametrize(
    ("case", "stage"),
    [
        ("removed-feature-gate-flag", "stage 2 of 20 (feature gates given as flags)"),
        ("unknown-feature-gate", "stage 6 of 20 (feature gates of the configuration file)"),
        ("ca-file-corrupt", "stage 13 of 20 (client CA file)"),
    ],
)
def test_the_stage_is_that_of_the_file_at_fault(case: str, stage: str) -> None:
    """A gate of the configuration file is not called one of the flags, a damaged client CA not the kubeconfig's."""
    assert stage in diagnose(load_snapshot(case)).hidden


def test_a_remedy_is_typed_with_the_name_of_the_node() -> None:
    """Commands name the node where it is known, and say NAME where it is not."""
    remedy = Remedy("`kubeadm kubeconfig user --client-name system:node:NAME`, then `kubectl delete node NAME`.")
    assert adapted(remedy, NODE).text == (
        "`kubeadm kubeconfig user --client-name system:node:worker-2`, then `kubectl delete node worker-2`."
    )
    assert adapted(remedy, replace(NODE, node_name=None)).text == remedy.text
