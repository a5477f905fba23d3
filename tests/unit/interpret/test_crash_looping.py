# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a kubelet that runs at this moment is one that fails again and again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot

NOW = datetime(2026, 11, 23, 21, 34, 56, tzinfo=UTC)


def moment(ago: float) -> str:
    """A time so many seconds before the capture, as the journal has it."""
    return (NOW - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def looping(*, runs_since: float, restarts: int, lived: list[float], ended: float | None = None) -> bool:
    """Whether a running kubelet counts as looping whose earlier starts lived so many seconds each."""
    starts, began = [], runs_since
    for seconds in reversed(lived):
        ended_at, began = began + 10, began + 10 + seconds
        failed = {"code": "exited", "status": "1/FAILURE", "at": moment(ended_at)}
        starts.insert(
            0, {"invocation": str(began), "first_at": moment(began), "last_at": moment(ended_at), "exit": failed}
        )
    end = None if ended is None else {"code": "exited", "status": "1/FAILURE", "at": moment(ended)}
    starts.append({"invocation": "now", "first_at": moment(runs_since), "last_at": moment(0), "exit": end})
    show = {
        "LoadState": "loaded",
        "ActiveState": "active",
        "SubState": "running",
        "NRestarts": str(restarts),
        "ExecMainStartTimestamp": (NOW - timedelta(seconds=runs_since)).strftime("%a %Y-%m-%d %H:%M:%S UTC"),
    }
    evidence = {
        "format": "node-bundle/1",
        "node": "worker-2",
        "captured_at": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "kubelet_unit": "kubelet.service",
        "parts": {},
        "units": {"kubelet.service": {"show": show, "cat": "", "enabled": "enabled", "active": "active"}},
        "journal": {"kubelet.service": {"lines": 9, "truncated": False, "starts": starts, "patterns": []}},
    }
    return snapshot(evidence, host_name="worker-2").crash_looping


@pytest.mark.parametrize("restarts", [1, 2, 30])
def test_caught_between_start_and_end(restarts: int) -> None:
    """A kubelet read in the second before it fails again is looping, after the first restart already."""
    assert looping(runs_since=1, restarts=restarts, lived=[0.2] * min(restarts, 5))


def test_slow_failure() -> None:
    """A start that takes half a minute to fail is given twice that time."""
    assert looping(runs_since=40, restarts=3, lived=[25, 25, 25])


def test_lives_longer_than_before() -> None:
    """A kubelet that lives well beyond its earlier ends has recovered."""
    assert not looping(runs_since=20, restarts=5, lived=[0.2] * 5)


def test_ended_once_after_long() -> None:
    """One end after a long life (out of memory, say) makes no loop."""
    assert not looping(runs_since=3, restarts=1, lived=[3600])


def test_restarted_by_hand() -> None:
    """A kubelet that somebody started does not loop, whatever was before."""
    assert not looping(runs_since=1, restarts=0, lived=[0.2, 0.2])


def test_ended_while_it_was_read() -> None:
    """The journal, read after the state of the unit, may know its end."""
    assert looping(runs_since=30, restarts=1, lived=[], ended=0.5)
