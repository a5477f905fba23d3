# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wall time of playbooks/diagnose.yml against a one-task ping playbook, on lab nodes over SSH.

Both run in turn, so that what else the machine does falls on both alike. Run by `make bench`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[2]
LAB = "bench"
INVENTORY = ROOT / "tests/lab/.state/labs" / LAB / "inventory.yml"
GOAL = 1.25


def main() -> int:
    """Bring the lab up, measure, take it down; return 0, or 1 when a playbook failed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--workers", type=int, default=10, help="number of nodes")
    options.add_argument("--rounds", type=int, default=5, help="pairs of runs")
    arguments = options.parse_args()
    environment = {**os.environ, "LAB_NAME": LAB, "WORKERS": str(arguments.workers)}
    try:
        subprocess.run(["make", "--silent", "lab"], cwd=ROOT, env=environment, check=True)
        with tempfile.TemporaryDirectory() as results:
            report(*measure(arguments.rounds, results), arguments.workers)
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"bench: {' '.join(error.cmd)} failed\n{error.stdout or ''}{error.stderr or ''}")
        return 1
    finally:
        subprocess.run(["make", "--silent", "lab-down"], cwd=ROOT, env=environment, check=False)
    return 0


def measure(rounds: int, results: str) -> tuple[list[float], list[float]]:
    """Seconds of each ping run and of the diagnosis that followed it, after one pair that warms up."""
    ping, diagnosis = [], []
    for _round in range(rounds + 1):
        ping.append(seconds("tests/bench/ping.yml"))
        diagnosis.append(seconds("playbooks/diagnose.yml", "-e", f"kubelet_results_dir={results}"))
    return ping[1:], diagnosis[1:]


def seconds(playbook: str, *arguments: str) -> float:
    """Run a playbook on the workers; raises CalledProcessError when it fails."""
    command = ["ansible-playbook", "-i", str(INVENTORY), "-l", "kubelet_workers", playbook, *arguments]
    started = perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return perf_counter() - started


def report(ping: list[float], diagnosis: list[float], workers: int) -> None:
    """Print the pairs and the median of their ratios."""
    ratios = [slow / fast for fast, slow in zip(ping, diagnosis, strict=True)]
    lines = [f"{workers} nodes over SSH, seconds of wall time", "   ping  diagnose  ratio"]
    lines += [
        f"{fast:7.2f} {slow:9.2f} {ratio:6.2f}" for fast, slow, ratio in zip(ping, diagnosis, ratios, strict=True)
    ]
    lines += [f"median ratio {statistics.median(ratios):.2f} (aim: {GOAL} or less)"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
