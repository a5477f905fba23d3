# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks of the collection, run with the real ansible-playbook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 600  # on a busy machine; otherwise it is a few


def play(name: str, *arguments: str | Path, **variables: Any) -> subprocess.CompletedProcess[str]:
    """Run a playbook of the collection from its own directory, to its end."""
    command = [Path(sys.executable).parent / "ansible-playbook", ROOT / "playbooks" / f"{name}.yml", *arguments]
    return subprocess.run(
        [*map(str, command), "-e", json.dumps(variables, default=str)],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_FORCE_COLOR": "0", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
