# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on each distribution: the same fault has the same name wherever the files lie, and no other name beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from unit.profiles import _faults
from unit.profiles._layout import Layout
from unit.profiles._layouts import LAYOUTS
from unit.profiles._world import World

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import node as collector

Fault = Callable[[World], None]


def cases() -> Iterator[Any]:
    """(layout, fault, root cause) of everything that can happen to a layout."""
    for layout in LAYOUTS:
        credential = (_faults.client_certificate_expired, "certificate/client-expired")
        if "exec" in layout.user:
            credential = (_faults.credential_plugin_fails, "kubeconfig/exec-plugin-failed")
        start = (_faults.client_ca_missing, "certificate/client-ca-file-missing")
        if layout.client_ca in layout.ca_setting:
            start = (_faults.client_ca_missing, "kubeconfig/ca-file-missing")  # one file for both
        # K3s and RKE2 fetch their CA files anew at each start; what a user gives wrongly is a flag.
        if layout.announced:
            start = (_faults.unknown_flag, "config/unknown-flag")
        for fault, root in (
            credential,
            (_faults.server_refuses, "apiserver/connection-refused"),
            (_faults.runtime_down, "runtime/service-down"),
            start,
        ):
            yield pytest.param(layout, fault, root, id=f"{layout.profile}-{fault.__name__}")


@pytest.mark.parametrize(("layout", "fault", "root"), list(cases()))
def test_fault_has_one_root(
    layout: Layout, fault: Fault, root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The root cause is named, alone, and the node is down."""
    world = World(layout, tmp_path)
    fault(world)
    result = world.judged(lambda probe: monkeypatch.setattr(collector.probes, "collect", probe))
    found = [f"{finding['id']}: {finding['summary']}" for finding in result["root_causes"]]
    assert [finding["id"] for finding in result["root_causes"]] == [root], found
    assert result["verdict"] == "down"
