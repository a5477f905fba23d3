# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a rollback: the hosts are broken exactly as before."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from conftest import Kept

PROJECT = Path(os.environ["MOLECULE_PROJECT_DIRECTORY"])
SETTINGS = yaml.safe_load((Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "faults.yml").read_text())

testinfra_hosts = [f"ansible://{host}" for host in SETTINGS["faults"]]


@pytest.fixture(scope="session", autouse=True)
def undone(request: pytest.FixtureRequest) -> None:
    """The rollback of all rounds of all hosts, once."""
    inventory = request.config.getoption("--ansible-inventory")
    command = ["ansible-playbook", "-i", inventory, str(PROJECT / "molecule/shared/repair/rollback.yml")]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stdout


def test_rollback_is_byte_for_byte(kept: Kept) -> None:
    """Content, owner, mode and times of all files are as they were found, and so are the units."""
    assert kept.differences("broken", "undone") == set()
    assert kept.units("undone") == kept.units("broken")
