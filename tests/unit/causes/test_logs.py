# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines of the log still say something about now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.causes._make import healthy, said, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import _logs
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import Host
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.journal import Journal, LogPattern, Start
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import Unit
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

NAME = "cni-plugin-not-found"  # goes on for as long as it holds
ONCE = "flag-refused"  # said once per start


def told(node: Snapshot, name: str = NAME, *, ago: float = 5, newest: bool = True) -> Snapshot:
    """The node with nothing in its log but one line."""
    pattern = said(node, name).log.patterns[-1]
    at = node.captured_at - timedelta(seconds=ago)
    return replace(node, log=replace(node.log, patterns=(replace(pattern, last_at=at, first_at=at, newest=newest),)))


def holds(node: Snapshot, name: str = NAME, *, once: bool = False) -> bool:
    """Whether the line counts."""
    return _logs.current(node, name, **({"window": None} if once else {})) is not None


def started(node: Snapshot, *ago: tuple[float, float | None]) -> Snapshot:
    """The node with starts that began and ended (None: still run) so many seconds before the capture."""
    at = node.captured_at

    def start(begun: float, ended: float | None) -> Start:
        end = None if ended is None else at - timedelta(seconds=ended)
        code = ("exited", "1/FAILURE") if end else ("", "")
        return Start(str(begun), at - timedelta(seconds=begun), end or at, 9, *code, end)

    return replace(node, log=replace(node.log, starts=tuple(start(*each) for each in ago)))


def test_running_and_recent() -> None:
    """A running kubelet that said it a moment ago."""
    assert holds(told(healthy()))


def test_running_and_old() -> None:
    """A line that does not come again is over; one that is said once per start stays true for that start."""
    assert not holds(told(healthy(), ago=3600))
    assert holds(told(healthy(), ONCE, ago=3600), ONCE, once=True)


def test_running_and_of_an_earlier_start() -> None:
    """What an earlier start said does not concern a kubelet that runs, however fresh."""
    assert not holds(told(healthy(), newest=False))
    assert _logs.past(told(healthy(), newest=False), NAME) is not None


def test_captured_a_second_after_boot() -> None:
    """The first start of a boot, one second old, does not loop; lines of before the boot are over."""
    node = unit(healthy(), started_ago=1, NRestarts="0")
    assert not node.crash_looping
    assert not holds(told(node, ONCE, ago=40, newest=False), ONCE, once=True)


def test_stopped_in_good_order() -> None:
    """What a kubelet said before somebody stopped it says nothing about now."""
    node = unit(healthy(), ActiveState="inactive", SubState="dead", Result="success", MainPID="0")
    assert not holds(told(node))
    assert not holds(told(node, ONCE), ONCE, once=True)


def test_being_stopped() -> None:
    """The same while systemd stops it: nothing failed."""
    node = unit(healthy(), ActiveState="deactivating", SubState="stop-sigterm")
    assert not _logs.starting_fails(node)
    assert not holds(told(node))


def test_failed_long_ago() -> None:
    """The last words of a kubelet that failed yesterday still say why it is down."""
    node = unit(healthy(), ActiveState="failed", SubState="failed", Result="exit-code", MainPID="0")
    node = started(node, (86400, 86390))
    assert holds(told(node, ago=86391))
    assert not holds(told(node, ago=87400)), "ten minutes before its end is not its end"


@pytest.mark.parametrize("sub", ["auto-restart", "auto-restart-queued"])
def test_waits_for_its_restart(sub: str) -> None:
    """With a long RestartSec= the last start may have ended long before the capture."""
    node = unit(healthy(), ActiveState="activating", SubState=sub, NRestarts="3", MainPID="0")
    node = started(node, (1300, 1299), (700, 699))
    assert node.crash_looping
    assert holds(told(node, ONCE, ago=700), ONCE, once=True)
    assert not holds(told(node, ONCE, ago=1299, newest=False), ONCE, once=True), "the start before failed otherwise"


def test_loop_with_a_start_in_progress() -> None:
    """While a start has not come to its end, the one before it says what is wrong; those before that do not."""
    node = started(unit(healthy(), started_ago=1, NRestarts="9"), (40, 39.8), (20, 19.8), (1, None))
    assert node.crash_looping
    assert holds(told(node, ONCE, ago=19.9, newest=False), ONCE, once=True)
    assert not holds(told(node, ONCE, ago=39.9, newest=False), ONCE, once=True)


def test_recovered_after_many_restarts() -> None:
    """50 restarts in the past and three minutes of life now: over."""
    node = started(unit(healthy(), started_ago=180, NRestarts="50"), (210, 209.8), (195, 194.8), (180, None))
    assert not node.crash_looping
    assert not holds(told(node, ONCE, ago=195, newest=False), ONCE, once=True)


def test_loop_of_five_minutes() -> None:
    """Each start lives five minutes (a watchdog, a leak): after three minutes it is still the loop."""
    node = started(unit(healthy(), started_ago=180, NRestarts="50"), (800, 500), (490, 190), (180, None))
    assert node.crash_looping


def test_clock_was_set_back() -> None:
    """A line stamped an hour after the capture was written before the clock was set right."""
    assert not holds(told(healthy(), ago=-3600))


def test_clocks_differ_a_little() -> None:
    """A line a few seconds after the capture is the newest there is."""
    assert holds(told(healthy(), ago=-3))


@pytest.mark.parametrize(("active", "sub"), [("reloading", "reload"), ("activating", "start"), ("active", "running")])
def test_process_lives(active: str, sub: str) -> None:
    """A reload, or a Type=notify unit that is not ready yet, has a process that works."""
    node = unit(healthy(), ActiveState=active, SubState=sub, MainPID="4750")
    assert node.kubelet.running
    assert not _logs.starting_fails(node)


@pytest.mark.parametrize(("active", "sub", "pid"), [("active", "exited", "0"), ("activating", "start-pre", "0")])
def test_process_does_not_live(active: str, sub: str, pid: str) -> None:
    """A one-shot that is done, or a step before the start, is no kubelet."""
    assert not unit(healthy(), ActiveState=active, SubState=sub, MainPID=pid).kubelet.running


def blind(node: Snapshot, pid: int | None = 4750, *, host: bool = True) -> Snapshot:
    """The node where systemd could not be asked; ``pid`` of the kubelet in the process list, if that was read."""
    seen = replace(node.host, kubelet_pid=pid) if host else Host()
    return replace(node, kubelet=Unit("kubelet.service"), host=seen)


def test_units_unknown_but_the_process_is_there() -> None:
    """Without systemd's word a kubelet in the process list runs."""
    node = blind(healthy())
    assert not _logs.starting_fails(node)
    assert holds(told(node))
    assert not holds(told(node, newest=False))


def test_units_unknown_and_no_process() -> None:
    """No kubelet in the process list: it is not up."""
    assert _logs.starting_fails(blind(healthy(), pid=None))


def test_units_and_host_unknown() -> None:
    """Then the journal decides: an end that no start followed."""
    assert not _logs.starting_fails(blind(healthy(), host=False))
    assert _logs.starting_fails(started(blind(healthy(), host=False), (20, 19)))


def test_journal_unknown() -> None:
    """Units without a journal: nothing was said, and the state still counts."""
    node = replace(stopped(healthy()), log=Journal("kubelet.service"))
    assert _logs.starting_fails(node)
    assert not holds(node)


def test_recovered_within_the_same_start() -> None:
    """A later line that all is well ends what was said before it, and nothing else does."""
    patterns: list[LogPattern] = []
    for number, name in enumerate((NAME, "node-registered")):
        patterns.append(replace(said(healthy(), name).log.patterns[-1], seq=10**6 + number))
    node = replace(healthy(), log=replace(healthy().log, patterns=tuple(patterns)))
    assert _logs.current(node, NAME) is not None
    assert _logs.current(node, NAME, recovered="node-registered") is None
