# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab for tests, and playbooks run against it as a user runs them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import ssh, topology
from lab.lifecycle import Lab

ROOT = Path(__file__).resolve().parents[2]
PATH = f"{ROOT}/.venv/bin:{os.environ['PATH']}"
LIMIT_SECONDS = 900
"""For what takes one minute, on a busy machine."""


@dataclass(frozen=True)
class Run:
    """One run of a command: exit status, everything that it printed, and the results that it wrote, by host."""

    status: int
    output: str
    results: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class LiveLab:
    """A lab that is up."""

    lab: Lab

    @property
    def inventory(self) -> Path:
        """The lab's inventory."""
        return self.lab.settings.inventory

    def address(self, host: str) -> str:
        """IP address of a host."""
        planned = topology.load(self.lab.settings.state_dir)
        assert planned is not None
        return planned.host(host).address

    def play(self, name: str, *arguments: str, results: Path, environment: dict[str, str] | None = None) -> Run:
        """Run a playbook of the project; its results go to a directory."""
        argv = ["ansible-playbook", "-i", str(self.inventory), f"playbooks/{name}.yml", *arguments]
        argv += ["-e", f"kubelet_results_dir={results}"]
        return run(argv, results, environment)

    def on(self, host: str, script: str) -> str:
        """Run shell lines as root on a host, past SSH."""
        return self.lab.podman(
            "exec", "-i", f"{self.lab.settings.name}-{host}", "/bin/sh", "-eu", stdin=script.encode()
        )

    def login(self, host: str, *command: str) -> list[str]:
        """The ssh command that runs something as root on a host."""
        key = ssh.user_key(self.lab.settings.state_dir)
        return ["ssh", *ssh.HOST_KEY_OPTIONS, "-i", str(key), f"root@{self.address(host)}", shlex.join(command)]


def run(argv: list[str], results: Path, environment: dict[str, str] | None = None) -> Run:
    """Run a command in the project's directory and collect what it wrote."""
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env={**os.environ, "PATH": PATH, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=LIMIT_SECONDS,
        check=False,
    )
    written = {path.stem: json.loads(path.read_text()) for path in sorted(results.glob("*.json"))}
    return Run(done.returncode, done.stdout, {host: kept for host, kept in written.items() if "verdict" in kept})


def roots(result: dict[str, Any]) -> list[str]:
    """Ids of the root causes of a result."""
    return [finding["id"] for finding in result["root_causes"]]
