# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a diagnosis costs a node. Things are counted, not timed, so that a busy machine changes nothing."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from live._lab import ROOT, LiveLab, run

MOST_PROGRAMS = 25
MOST_BYTES = 256 * 1024
# The shell and the Python in which every module of Ansible runs.
LAUNCHERS = {"bash", "dash", "sh", "python3.9", "python3.11", "python3.13"}


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file into which each task's result is written as a JSON line."""
    file = tmp_path / "events"
    monkeypatch.setenv("LIVE_EVENTS", str(file))
    monkeypatch.setenv("ANSIBLE_CALLBACK_PLUGINS", str(ROOT / "tests/live/callbacks"))
    monkeypatch.setenv("ANSIBLE_CALLBACKS_ENABLED", "live_events")
    monkeypatch.setenv("ANSIBLE_LOAD_CALLBACK_PLUGINS", "1")  # for ansible(1)
    return file


def read(events: Path) -> list[dict[str, Any]]:
    """The results of all tasks."""
    return [json.loads(line) for line in events.read_text().splitlines()]


@contextmanager
def programs(nodes: LiveLab, host: str) -> Iterator[list[str]]:
    """Names of the programs that logins start on a host meanwhile; the list is filled at the end."""
    watcher = nodes.login(host, "python3", "-c", (ROOT / "tests/live/_execs.py").read_text())
    started: list[str] = []
    with subprocess.Popen(watcher, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield started
        process.stdin.close()
        started += [Path(line).name for line in process.stdout.read().splitlines()]


def test_one_task_and_one_round_trip_for_each_host(stays_broken: LiveLab, events: Path, tmp_path: Path) -> None:
    """Beside what runs once for the whole run, a host has one task, and that one connects to it once."""
    done = stays_broken.play("diagnose", "-vvv", results=tmp_path / "results")
    assert done.status == 0, done.output
    tasks = Counter(event["host"] for event in read(events) if not event["run_once"])
    assert tasks == {"worker-1": 1, "worker-2": 1, "worker-3": 1}
    trips = Counter(re.findall(r"^<([\d.]+)> SSH: EXEC ", done.output, re.MULTILINE))
    assert trips == {stays_broken.address(host): 1 for host in ("controlplane", "worker-1", "worker-2", "worker-3")}


@pytest.mark.parametrize("host", ["worker-1", "worker-2", "worker-3"])
def test_programs_on_the_node(stays_broken: LiveLab, tmp_path: Path, host: str) -> None:
    """A diagnosis of a healthy and of a broken node starts few programs, as the kernel counts them."""
    connect = ["ansible", "-i", str(stays_broken.inventory), host, "-m", "ansible.builtin.ping"]
    assert run(connect, tmp_path).status == 0  # the diagnosis uses its connection
    with programs(stays_broken, host) as started:
        done = stays_broken.play("diagnose", "-l", host, results=tmp_path / "results")
    assert done.status == 0, done.output
    assert "journalctl" in started
    assert len([name for name in started if name not in LAUNCHERS]) <= MOST_PROGRAMS, started


@pytest.mark.parametrize("host", ["worker-1", "worker-2", "worker-3"])
def test_bytes_from_the_node(stays_broken: LiveLab, events: Path, tmp_path: Path, host: str) -> None:
    """With a journal full of long, different lines, what comes back is bounded nevertheless."""
    stays_broken.on(
        host,
        r"""awk 'BEGIN { for (i = 0; i < 6000; i++) { s = "line " i " of /path/" i; """
        r"""while (length(s) < 900) s = s " word" i length(s); print s } }' | systemd-cat -t kubelet""",
    )
    done = run(["ansible", "-i", str(stays_broken.inventory), host, "-m", "nodeclinic.kubelet.node_info"], tmp_path)
    assert done.status == 0, done.output[:2000]
    (event,) = read(events)
    result = event["result"]
    assert len(json.dumps(result["evidence"])) <= MOST_BYTES
    assert 0 < result["cost"]["processes"] <= MOST_PROGRAMS
