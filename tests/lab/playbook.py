# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a playbook of the project against one host of a lab. Needs the project's .venv."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lab.shell import LabError

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 300


def play(inventory: Path | str, playbook: str, host: str, *arguments: str) -> tuple[int, str]:
    """Exit status, and what it printed. Raises LabError when it takes longer than SECONDS."""
    try:
        done = subprocess.run(
            ["ansible-playbook", "-i", str(inventory), f"playbooks/{playbook}.yml", "-l", host, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{playbook}.yml took more than {SECONDS} s on {host}") from error
    return done.returncode, done.stdout
