# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Less evidence of the same nodes: short, rotated and missing journals, parts that were not or could not be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from accuracy._bundles import Bundle, Entry, edit_json, journal, journal_path, with_journal, without

_SHORT, _SHORTER = 50, 10


def last_lines(bundle: Bundle, count: int) -> Bundle:
    """The bundle with only the last lines of its journal; as it is when it has no more."""
    entries = journal(bundle)
    return bundle if len(entries) <= count else with_journal(bundle, entries[-count:] if count else [])


def _last(count: int) -> Callable[[Bundle], Bundle]:
    return lambda bundle: last_lines(bundle, count)


last_50_lines = _last(_SHORT)
last_10_lines = _last(_SHORTER)
no_lines = _last(0)


def _invocation(entry: Entry) -> str:
    return str(entry.get("INVOCATION_ID") or entry.get("_SYSTEMD_INVOCATION_ID") or "")


def only_old_lines(bundle: Bundle) -> Bundle:
    """A journal that ends before the newest start: journald was stopped, or its newest file is damaged."""
    entries = journal(bundle)
    newest = next((i for e in reversed(entries) if (i := _invocation(e))), "")
    first = next((n for n, e in enumerate(entries) if newest and _invocation(e) == newest), 0)
    return with_journal(bundle, entries[:first])


def _missing(part: str, *paths: str, status: str = "denied") -> Callable[[Bundle], Bundle]:
    """A part that could not be read, as the collector says it."""

    def mutate(bundle: Bundle) -> Bundle:
        def state(manifest: dict[str, Any]) -> dict[str, Any]:
            manifest["parts"] = {**manifest.get("parts", {}), part: {"status": status, "reason": f"{part} not read"}}
            return manifest

        return edit_json(without(bundle, *paths), "bundle.json", state)

    return mutate


no_journal = _missing("journal", "journal/")
no_probes = _missing("probes", "probes.json", status="not_collected")
no_cluster = _missing("cluster", "cluster.json", status="not_collected")
no_host = _missing("host", "host.json", status="timeout")
no_units = _missing("units", "systemd/")
no_files = _missing("files", "files/", "files.json")
only_units = _missing("journal", "journal/", "files/", "files.json", "host.json", "probes.json", "cluster.json")


def without_probes_and_cluster(bundle: Bundle) -> Bundle:
    """Nothing but the node's own files and words."""
    return no_cluster(no_probes(bundle))


def without_journal_and_cluster(bundle: Bundle) -> Bundle:
    """Nobody says anything."""
    return no_cluster(no_journal(bundle))


def without_files_and_cluster(bundle: Bundle) -> Bundle:
    """States and words without the files that they are about."""
    return no_cluster(no_files(bundle))


def without_units_and_host(bundle: Bundle) -> Bundle:
    """Nobody says whether the kubelet runs."""
    return no_host(no_units(bundle))


def unreadable_files(bundle: Bundle) -> Bundle:
    """Files that exist and could not be read: no privilege."""

    def deny(listed: dict[str, Any]) -> dict[str, Any]:
        return {
            path: fact if fact["type"] in ("absent", "directory", "link", "socket") else {"type": "denied"}
            for path, fact in listed.items()
        }

    return edit_json(without(bundle, "files/"), "files.json", deny)


def unlooked_files(bundle: Bundle) -> Bundle:
    """Only the contents that were read, no other facts of files."""
    return without(bundle, "files.json")


def broken_json(bundle: Bundle) -> Bundle:
    """probes.json and host.json cut in the middle."""
    return {
        path: text[: len(text) // 2] if path in ("probes.json", "host.json") else text for path, text in bundle.items()
    }


def cut_lines(bundle: Bundle) -> Bundle:
    """A journal of which every tenth line is damaged."""
    lines = bundle.get(journal_path(bundle), "").split("\n")
    kept = [line[: len(line) // 2] if number % 10 == 3 else line for number, line in enumerate(lines)]
    return {**bundle, journal_path(bundle): "\n".join(kept)}


def parts_lost(bundle: Bundle) -> set[str]:
    """Parts that a bundle does not hold."""
    held = {path.split("/")[0].removesuffix(".json") for path in bundle}
    declared = json.loads(bundle["bundle.json"]).get("parts", {})
    lost = {part for part in ("journal", "probes", "cluster", "host") if part not in held}
    return lost | {part for part, state in declared.items() if state["status"] != "ok"}
