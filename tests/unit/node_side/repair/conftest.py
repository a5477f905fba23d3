# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory in memory, for a repair waits for the disk after everything that it does."""

from __future__ import annotations

import os
import tempfile
import typing as t
from pathlib import Path

import pytest
from unit.node_side.repair._node import Node, broken_node


@pytest.fixture
def tmp_path() -> t.Iterator[Path]:
    """A directory for one test."""
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node with a broken kubelet."""
    return broken_node(tmp_path / "node")
