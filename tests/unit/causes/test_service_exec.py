# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that cannot be executed is told from its file where journald lost the line that says so."""

from __future__ import annotations

import pytest
from unit.causes._make import files, healthy, roots, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact

FAILED = {"Result": "exit-code", "ActiveState": "failed", "ExecMainCode": "1"}


@pytest.mark.parametrize(
    ("mode", "status", "found"),
    [("0644", "203", {"service/binary-not-executable"}), ("0755", "203", set()), ("0644", "1", set())],
)
def test_binary_without_execute_permission(mode: str, status: str, found: set[str]) -> None:
    """Mode and exit status together say it; neither alone does."""
    node = unit(stopped(healthy()), ExecMainStatus=status, **FAILED)
    binary = FileFact("/usr/bin/kubelet", type="file", mode=mode, uid=0, gid=0, size=100)
    assert roots(files(node, binary)) & {"service/binary-not-executable"} == found
