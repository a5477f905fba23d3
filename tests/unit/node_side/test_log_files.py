# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log file of a runtime that has no journal (K3s, RKE2)."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from unit.node_side.conftest import Node

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import journal

LOG = "/var/lib/rancher/k3s/agent/containerd/containerd.log"
STARTED = 'time="2026-11-24T09:00:00.123456789+02:00" level=info msg="starting containerd" revision=x version=2.1.9'
FAILED = "containerd: failed to load TOML from /etc/config.toml: line 2"
WRITTEN = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def read(folder: Path, lines: list[str]) -> dict[str, dict[str, object]]:
    """Patterns by their samples, of a log that was written at 08:00 UTC."""
    text = "".join(f"{line}\n" for line in lines)
    node = Node(folder, {f"tail -n 300 -- {LOG}": text})
    node.write(LOG, text)
    os.utime(folder / LOG.lstrip("/"), (WRITTEN.timestamp(), WRITTEN.timestamp()))
    reduced = journal.of_runtime(node.host(), LOG).reduced
    assert reduced is not None
    return {str(pattern["sample"]): pattern for pattern in reduced["patterns"]}


def test_times_have_their_zone(tmp_path: Path) -> None:
    """containerd writes the host's local time with its offset."""
    assert read(tmp_path, [STARTED])[STARTED]["last_at"].startswith("2026-11-24T07:00:00.123456")


def test_lines_without_a_time(tmp_path: Path) -> None:
    """The last ones are as old as the file; one between two that have a time is as old as the one before it."""
    assert read(tmp_path / "1", [STARTED, FAILED])[FAILED]["last_at"] == "2026-11-24T08:00:00.000000Z"
    later = STARTED.replace("09:00:00", "09:30:00").replace("starting containerd", "serving...")
    assert read(tmp_path / "2", [STARTED, FAILED, later])[FAILED]["last_at"].startswith("2026-11-24T07:00:00.123456")


def test_only_what_the_newest_start_said_is_new(tmp_path: Path) -> None:
    """A failure before the last start is not of it; one after it is."""
    again = STARTED.replace("09:00:00", "09:10:00")
    assert read(tmp_path / "1", [STARTED, FAILED, again])[FAILED]["newest"] is False
    assert read(tmp_path / "2", [STARTED, again, FAILED])[FAILED]["newest"] is True


def test_no_log_is_no_journal(tmp_path: Path) -> None:
    """A node that never started its runtime has none."""
    assert journal.of_runtime(Node(tmp_path, {"tail -n": ""}).host(), LOG).reduced is None
