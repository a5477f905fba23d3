# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which log evidence still holds: the rule 'current, not historic' in one place.

* Live and stable: only what the newest start logged, within ``window`` of the capture.
* Ended (failed, waiting for its restart): what the newest start logged within ``window`` of its end.
* In a crash loop, with a newest start that has not reached its end yet: the start before it counts as well.
* Stopped in good order, or being stopped: nothing that the process logged says anything about now.

Ages are those of the last line. A line that is stamped after the capture was written before the clock was set back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from .._model.journal import Journal, LogPattern, Match
from .._model.service import Unit
from .._model.snapshot import Snapshot
from .._signatures._load import Signature, signature

CONVERSATION_WINDOW = timedelta(minutes=5)
UNKNOWN_WINDOW = timedelta(minutes=5)
POD_WINDOW = timedelta(seconds=150)  # a pod whose sandbox fails is tried again every 10 to 15 seconds
KERNEL_WINDOW = timedelta(minutes=15)
SKEW = timedelta(minutes=2)


def current(
    snapshot: Snapshot,
    name: str,
    *,
    window: timedelta | None = CONVERSATION_WINDOW,
    recovered: str | None = None,
) -> Match | None:
    """Newest match of signature ``name`` in the kubelet unit's journal that still holds, or None.

    ``window``: how old the last occurrence may be while the kubelet runs (None: any age within the newest start,
    for messages that are logged once per start). ``recovered``: name of a signature whose later occurrence in the
    same start means that the trouble is over.
    """
    for match in matches(snapshot.log, name):
        if holds(snapshot, match.pattern, window) and not _recovered(snapshot, match, recovered):
            return over_all_starts(snapshot, match)
    return None


def over_all_starts(node: Snapshot, match: Match) -> Match:
    """A start that fails again and again says the same each time: then the count is that of all starts."""
    if not starting_fails(node):
        return match
    shown = match.pattern
    same = [p for p in node.log.patterns if (p.source, p.text) == (shown.source, shown.text)]
    total = sum(p.count for p in same)
    return Match(replace(shown, count=total, first_at=min(p.first_at for p in same)), match.groups)


def past(snapshot: Snapshot, name: str, *, window: timedelta | None = CONVERSATION_WINDOW) -> Match | None:
    """Newest match of a signature when none of its matches holds any more: an event that is over."""
    found = list(matches(snapshot.log, name))
    if not found or any(holds(snapshot, match.pattern, window) for match in found):
        return None
    return found[0]


def past_or_current(snapshot: Snapshot, name: str) -> Match | None:
    """Newest match of a signature whatever its age: to quote what a state found elsewhere was said about."""
    return next(iter(matches(snapshot.log, name)), None)


def of_kernel(node: Snapshot, name: str) -> Match | None:
    """Newest match of a signature in the kernel's messages, when it is from the last minutes.

    Nodes in containers see the messages of the machine, so they say something of this node only where they name what
    is this node's: a process, a device.
    """
    found = next(iter(matches(node.kernel_log, name)), None)
    return found if found and _within(node.captured_at, found.pattern, KERNEL_WINDOW) else None


def starting_fails(node: Snapshot) -> bool:
    """True when the kubelet is not up: only then is what its last start said why it is down.

    Without systemd's word the process list decides, and without that the journal: an end that no start followed.
    """
    unit = node.kubelet
    if unit.known:
        return node.crash_looping or not (unit.running or unit.active_state == "deactivating")
    if node.host.read and node.host.kubelet_pid is None:
        return True
    return not node.host.read and bool(node.log.starts) and node.log.starts[-1].failed


def matches(journal: Journal, name: str) -> tuple[Match, ...]:
    """All matches of a signature in a journal, last occurrence first; cheap when its needle is not there."""
    if name not in journal.matched:
        journal.matched[name] = tuple(_search(journal, signature(name)))
    return journal.matched[name]


def _search(journal: Journal, wanted: Signature) -> Iterator[Match]:
    for pattern in journal.recent_first:
        if wanted.needle in pattern.text and wanted.accepts(pattern.source):
            found = wanted.regex.search(pattern.text)
            if found:
                yield Match(pattern, {k: v for k, v in found.groupdict().items() if v is not None})


def holds(snapshot: Snapshot, pattern: LogPattern, window: timedelta | None) -> bool:
    """True when a pattern's last occurrence still says something about now (rules in the module's text)."""
    unit = snapshot.kubelet
    if not starting_fails(snapshot):
        if unit.known and not unit.running:
            return False
        limit = window if unit.known else window or UNKNOWN_WINDOW
        return pattern.newest and _within(snapshot.captured_at, pattern, limit)
    if _stopped_in_good_order(unit):
        return pattern.newest and pattern.source == "systemd"
    if not pattern.newest and not _in_start_before(snapshot, pattern):
        return False
    return _within(_end(snapshot), pattern, window)


def _within(moment: datetime, pattern: LogPattern, window: timedelta | None) -> bool:
    return window is None or -SKEW <= moment - pattern.last_at <= window


def _stopped_in_good_order(unit: Unit) -> bool:
    return unit.active_state == "inactive" and unit.result in ("success", "")


def _end(snapshot: Snapshot) -> datetime:
    """When the last process ended; the capture where one lives or nobody knows."""
    unit, starts = snapshot.kubelet, snapshot.log.starts
    if unit.running:
        return snapshot.captured_at
    return (starts[-1].exit_at if starts else None) or unit.main_exit_at or snapshot.captured_at


def _in_start_before(snapshot: Snapshot, pattern: LogPattern) -> bool:
    """True when the newest start has not ended and the pattern is of the one before it."""
    starts = snapshot.log.starts
    return len(starts) > 1 and not starts[-1].failed and pattern.last_at >= starts[-2].first_at


def _recovered(snapshot: Snapshot, match: Match, name: str | None) -> bool:
    """True when signature ``name`` occurred in the newest start after the match did."""
    if name is None:
        return False
    return any(m.pattern.newest and m.pattern.seq > match.pattern.seq for m in matches(snapshot.log, name))
