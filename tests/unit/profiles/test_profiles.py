# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each distribution's layout: told from the node, read where it lies, and broken in the ways that are common to all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.profiles._certificates import NODE
from unit.profiles._layout import Layout
from unit.profiles._layouts import LAYOUTS
from unit.profiles._world import World

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import node as collector

SetProbe = Callable[[Any], None]
each = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.profile)


@pytest.fixture
def set_probe(monkeypatch: pytest.MonkeyPatch) -> SetProbe:
    """Makes a function answer in the place of the network."""
    return lambda probe: monkeypatch.setattr(collector.probes, "collect", probe)


def roots(result: dict[str, Any]) -> list[str]:
    """Ids of the root causes."""
    return [finding["id"] for finding in result["root_causes"]]


def test_each_row_has_a_layout() -> None:
    """No distribution goes untested, and each can be chosen."""
    assert {layout.profile for layout in LAYOUTS} == {row.name for row in _profiles.TABLE}
    assert set(_profiles.CHOICES) == {_profiles.AUTO, *(row.name for row in _profiles.TABLE)}


@each
def test_healthy_node_is_understood(layout: Layout, tmp_path: Path, set_probe: SetProbe) -> None:
    """Units, files, runtime and certificates are found in their places, from what the node itself says."""
    seen = World(layout, tmp_path).snapshot(set_probe)
    assert (seen.profile, seen.kubelet.name) == (layout.profile, layout.unit)
    assert (seen.runtime.name if seen.runtime else "") == layout.runtime
    assert seen.kubeconfig.path == layout.kubeconfig
    assert seen.kubeconfig.problem is None
    assert seen.kubeconfig.server is not None
    assert seen.kubeconfig.server.value == layout.server
    assert seen.certificate("client-ca").path == layout.client_ca
    assert seen.certificate("client-ca").leaf is not None
    assert seen.certificate("server-ca").leaf is not None
    assert seen.certificate("client").path == layout.client.replace("@node@", NODE) or not layout.certificate_in_file
    has_client = layout.certificate_in_file or "certificate" in layout.user
    assert (seen.certificate("client").leaf is not None) == has_client
    assert seen.certificate("serving").leaf is not None
    assert seen.probes.runtime_socket.target == layout.socket
    assert seen.node_name == NODE


@each
def test_healthy_node_has_no_finding(layout: Layout, tmp_path: Path, set_probe: SetProbe) -> None:
    """A layout that is not kubeadm's is no fault."""
    result = World(layout, tmp_path).judged(set_probe)
    assert result["verdict"] == "healthy", result["summary"]
    found = [finding for part in ("root_causes", "consequences", "risks") for finding in result[part]]
    assert [f"{finding['id']}: {finding['summary']}" for finding in found if finding["severity"] != "info"] == []
