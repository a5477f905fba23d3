# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab that the tests of a run share: worker-1 on Debian 13, worker-2 on 12, worker-3 on 11 (Python 3.9)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from lab.lifecycle import Lab
from lab.settings import Settings
from live._lab import LiveLab


@pytest.fixture(scope="session")
def nodes() -> Iterator[LiveLab]:
    """A lab named live (or LAB_NAME), brought up for this session and removed after it."""
    lab = Lab(
        Settings(name=os.environ.get("LAB_NAME") or "live", workers=3, releases=(13, 12, 11)), say=lambda _line: None
    )
    lab.up()
    try:
        yield LiveLab(lab)
    finally:
        lab.down()


@pytest.fixture
def broken(nodes: LiveLab) -> Iterator[LiveLab]:
    """The same lab, whose worker-2 names a CA file that does not exist; healed afterwards."""
    nodes.lab.break_host("ca-path-wrong", "worker-2")
    yield nodes
    nodes.lab.heal("worker-2")


@pytest.fixture(scope="module")
def stays_broken(nodes: LiveLab) -> Iterator[LiveLab]:
    """The same, broken once for all tests of a file, which only look at it.

    In such a file no test takes nodes, so that none depends on the order of tests.
    """
    nodes.lab.break_host("ca-path-wrong", "worker-2")
    yield nodes
    nodes.lab.heal("worker-2")
