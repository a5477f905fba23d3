# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cause of the service, config, runtime, network and resource layers is named alone when it alone holds."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest
from unit.causes._faults_platform import NETWORK, RESOURCE, RUNTIME
from unit.causes._faults_service import CONFIG_LAYER, SERVICE
from unit.causes._make import findings, healthy, roots

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

FAULTS: dict[str, Callable[[], Snapshot]] = {**SERVICE, **CONFIG_LAYER, **RUNTIME, **NETWORK, **RESOURCE}
LAYERS = {name.partition("/")[0] for name in FAULTS}
# Tested with the API server's causes, below, and with the kubelet's last words.
ELSEWHERE = {"network/no-route", "network/pod-cidr-missing"}
PAIRS = [
    (cause.id, other)
    for cause in CATALOGUE
    for pattern in cause.apart
    for other in FAULTS
    if cause.id in FAULTS and other != cause.id and fnmatchcase(other, pattern)
]


@pytest.mark.parametrize("name", FAULTS)
def test_named_alone(name: str) -> None:
    """A node broken in one way has that cause as its only root."""
    assert roots(FAULTS[name]()) == {name}


@pytest.mark.parametrize(("name", "other"), PAIRS, ids=str)
def test_told_apart_in_both_directions(name: str, other: str) -> None:
    """Neighbours that are easily confused: on a node with the one, the other is no root, and the other way round."""
    assert other not in roots(FAULTS[name]())
    assert name not in roots(FAULTS[other]())


def test_healthy_node_has_none() -> None:
    """Nothing of these layers holds on the healthy node."""
    assert not [found for found in findings(healthy()).values() if found.effect > Effect.INFO]


def test_every_root_cause_of_these_layers_has_a_node() -> None:
    """Causes that can only be risks or notes are tested by their own."""
    able = {cause.id for cause in CATALOGUE if cause.layer in LAYERS and cause.effect >= Effect.DEGRADED}
    assert able - set(FAULTS) <= ELSEWHERE
