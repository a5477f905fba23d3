# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What healthy kubelets write is never taken for a fault: no finding above info."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from unit.causes._make import findings, healthy, logged

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import ClusterView
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

NOISE: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "noise.yml").read_text(encoding="utf-8"))
OF_THIS_START = [entry for entry in NOISE if not entry.get("ended")]
OF_EARLIER_STARTS = [entry for entry in NOISE if entry.get("ended")]


def alarms(node: Snapshot) -> dict[str, str]:
    """Findings above info, with their summaries."""
    return {name: found.summary for name, found in findings(node).items() if found.effect > Effect.INFO}


@pytest.mark.parametrize("entry", OF_THIS_START, ids=lambda entry: entry["id"])
def test_alone(entry: dict[str, Any]) -> None:
    """Each message by itself, written seconds ago by the running kubelet."""
    assert alarms(logged(healthy(), *entry["lines"])) == {}


def test_all_together() -> None:
    """All of them within the last seconds."""
    assert alarms(logged(healthy(), *(line for entry in OF_THIS_START for line in entry["lines"]))) == {}


@pytest.mark.parametrize("entry", OF_THIS_START, ids=lambda entry: entry["id"])
def test_alone_without_the_control_plane(entry: dict[str, Any]) -> None:
    """Each line where no control plane was asked: the node's own evidence does not make a fault of it either."""
    node = replace(healthy(), cluster=ClusterView())
    assert [alarms(logged(node, line)) for line in entry["lines"]] == [{} for _line in entry["lines"]]


@pytest.mark.parametrize("entry", OF_EARLIER_STARTS, ids=lambda entry: entry["id"])
def test_last_words_of_an_earlier_start(entry: dict[str, Any]) -> None:
    """Why an earlier start failed says nothing about the one that runs."""
    assert alarms(logged(healthy(), *entry["lines"], ago=100, newest=False)) == {}


def test_every_entry_has_lines_and_a_condition() -> None:
    """Each entry shows at least one line and says when it would mean something."""
    assert all(entry["lines"] and entry["means"] for entry in NOISE)
    assert len({entry["id"] for entry in NOISE}) == len(NOISE)


def test_cordoned_node_is_healthy() -> None:
    """A node that somebody cordoned has no fault."""
    node = healthy()
    taint = "node.kubernetes.io/unschedulable:NoSchedule"
    assert alarms(replace(node, cluster=replace(node.cluster, unschedulable=True, taints=(taint,)))) == {}
