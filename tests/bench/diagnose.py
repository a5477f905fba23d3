# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wall time of playbooks/diagnose.yml against a one-task ping playbook, on lab nodes over SSH.

Both run in turn, so that what else the machine does falls on both alike. The nodes run on this machine too: what they
compute, which real nodes do at the same time and for themselves, is part of the wall time here. So the processor time
of ansible-playbook alone is shown as well. Run by `make bench`.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

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


class Seconds(NamedTuple):
    """What one run took: wall time, and processor time of ansible-playbook with its workers."""

    wall: float
    processor: float


def measure(rounds: int, results: str) -> tuple[list[Seconds], list[Seconds]]:
    """What each ping run and the diagnosis that followed it took, after one pair that warms up."""
    ping, diagnosis = [], []
    for _round in range(rounds + 1):
        ping.append(seconds("tests/bench/ping.yml"))
        diagnosis.append(seconds("playbooks/diagnose.yml", "-e", f"kubelet_results_dir={results}"))
    return ping[1:], diagnosis[1:]


def seconds(playbook: str, *arguments: str) -> Seconds:
    """Run a playbook on the workers; raises CalledProcessError when it fails."""
    command = ["ansible-playbook", "-i", str(INVENTORY), "-l", "kubelet_workers", playbook, *arguments]
    started, before = perf_counter(), _processor()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return Seconds(perf_counter() - started, _processor() - before)


def _processor() -> float:
    """Processor seconds of all programs that were started here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def report(ping: list[Seconds], diagnosis: list[Seconds], workers: int) -> None:
    """Print the pairs and the medians of their ratios."""
    pairs = list(zip(ping, diagnosis, strict=True))
    lines = [f"{workers} nodes over SSH, seconds", "         wall time           processor time of ansible-playbook"]
    lines += ["   ping  diagnose  ratio      ping  diagnose  ratio"]
    lines += [
        f"{fast.wall:7.2f} {slow.wall:9.2f} {slow.wall / fast.wall:6.2f}   "
        f"{fast.processor:7.2f} {slow.processor:9.2f} {slow.processor / fast.processor:6.2f}"
        for fast, slow in pairs
    ]
    wall = statistics.median(slow.wall / fast.wall for fast, slow in pairs)
    processor = statistics.median(slow.processor / fast.processor for fast, slow in pairs)
    lines += [f"median ratio {wall:.2f} of wall time (aim: {GOAL} or less), {processor:.2f} of processor time"]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
