# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that were broken and are not any more: an older journal of failures before the start of a healthy node."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from accuracy._bundles import Bundle, Entry, edit_json, journal, kubelet_unit, properties, with_journal, with_properties

_GAP = 20_000_000  # microseconds between the last failure and the good start


def recovered(broken: Bundle, healthy: Bundle) -> Bundle:
    """The healthy node with the broken one's journal before its own newest start, and as many restarts."""
    good = journal(healthy)
    start = _newest_start(good)
    kept = good[start:]
    old = journal(broken)
    shift = int(kept[0]["__REALTIME_TIMESTAMP"]) - _GAP - max((int(e["__REALTIME_TIMESTAMP"]) for e in old), default=0)
    moved = [{**e, "__REALTIME_TIMESTAMP": str(int(e["__REALTIME_TIMESTAMP"]) + shift)} for e in old]
    return with_properties(
        with_journal(healthy, [*moved, *kept]),
        "kubelet.service",
        NRestarts=properties(broken, kubelet_unit(broken)).get("NRestarts", "0"),
    )


def freshly_recovered(broken: Bundle, healthy: Bundle, seconds: int = 30) -> Bundle:
    """The same, captured when the good start was ``seconds`` old: longer than any failing start lived."""
    whole = recovered(broken, healthy)
    entries = journal(whole)
    begun = int(journal(healthy)[_newest_start(journal(healthy))]["__REALTIME_TIMESTAMP"])
    until = begun + seconds * 1_000_000

    def earlier(manifest: dict[str, Any]) -> dict[str, Any]:
        at = datetime.fromtimestamp(until / 1e6, UTC)
        return {**manifest, "captured_at": f"{at:%Y-%m-%dT%H:%M:%SZ}"}

    kept: list[Entry] = [e for e in entries if int(e["__REALTIME_TIMESTAMP"]) <= until]
    changed = edit_json(with_journal(whole, kept), "bundle.json", earlier)
    passed = json.loads(healthy["host.json"])["uptime_seconds"]
    age = (datetime.fromisoformat(json.loads(healthy["bundle.json"])["captured_at"]).timestamp() * 1e6 - until) / 1e6
    return edit_json(changed, "host.json", lambda host: {**host, "uptime_seconds": passed - age})


def _newest_start(entries: list[Entry]) -> int:
    """Index of the first line of the newest invocation."""
    newest = entries[-1].get("_SYSTEMD_INVOCATION_ID")
    own = [n for n, e in enumerate(entries) if newest in (e.get("_SYSTEMD_INVOCATION_ID"), e.get("INVOCATION_ID"))]
    return own[0]
