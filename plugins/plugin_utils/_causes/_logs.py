# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which log evidence still holds: the rule 'current, not historic' in one place.

* No live process (failed, stopped, waiting for its restart): the newest start is what is wrong now.
* Live and stable: only what the newest start logged, within ``window`` of the capture.
* Live but started again moments ago in a crash loop: the newest start may not have reached its end yet, so what
  earlier starts logged within the last minutes counts as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from .._model.journal import Journal, LogPattern, Match
from .._model.snapshot import Snapshot
from .._signatures._load import signature

CONVERSATION_WINDOW = timedelta(minutes=5)
CRASH_WINDOW = timedelta(minutes=5)
PROCESS_END = re.compile(r"^(?:Stopped |Stopping |Main process exited)")


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
            return _over_all_starts(snapshot, match)
    return None


def _over_all_starts(node: Snapshot, match: Match) -> Match:
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
    return next(matches(snapshot.log, name), None)


def starting_fails(node: Snapshot) -> bool:
    """True when the kubelet is not up: only then is what its last start said why it is down."""
    return node.crash_looping or not node.kubelet.running


def matches(journal: Journal, name: str) -> Iterator[Match]:
    """All matches of a signature in a journal, last occurrence first; cheap when its needle is not there."""
    wanted = signature(name)
    for pattern in journal.recent_first:
        if wanted.needle in pattern.text and wanted.accepts(pattern.source):
            found = wanted.regex.search(pattern.text)
            if found:
                yield Match(pattern, {k: v for k, v in found.groupdict().items() if v is not None})


def holds(snapshot: Snapshot, pattern: LogPattern, window: timedelta | None) -> bool:
    """True when a pattern's last occurrence still says something about now (rules in the module's text)."""
    old = snapshot.captured_at - pattern.last_at
    unit = snapshot.kubelet
    if not unit.known:
        return old <= (window or CRASH_WINDOW)
    if snapshot.crash_looping:
        return pattern.newest or old <= CRASH_WINDOW
    if not unit.running:
        return pattern.newest
    return pattern.newest and (window is None or old <= window)


def _recovered(snapshot: Snapshot, match: Match, name: str | None) -> bool:
    """True when signature ``name`` occurred in the newest start after the match did."""
    if name is None:
        return False
    return any(m.pattern.newest and m.pattern.seq > match.pattern.seq for m in matches(snapshot.log, name))
