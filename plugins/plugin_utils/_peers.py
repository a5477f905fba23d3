# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peers of a run and of earlier runs: what groups share, kept beside the results for runs over single nodes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ._expected import saved_peers
from ._expected.defaults import FLAGS
from ._expected.peer_table import table
from ._expected.peers import LEAST, Peer, PeerGroup, PeerTable, expectations
from ._expected.say import label
from ._files import os_error, write_json
from ._model.expected import Expectation, Observed
from ._report.words import plural

PEERS_FILE = "_peers.json"  # no host's name: see safe_file_name
FILE_LIMIT = 256 * 1024 * 1024
SPLITS_TOLD = 5
SECONDS_OF_A_DAY = 24 * 60 * 60
Result = dict[str, Any]
# The result of an entry of `diagnose`, compared again with what its peers expect too.
Again = Callable[[Mapping[str, Any], Sequence[Expectation]], Result]


@dataclass(frozen=True)
class Known:
    """What is known of peers: those of this run where it had enough of them, else those of an earlier run.

    ``now`` are the names of the groups of this run. ``notes`` are sentences for the user.
    """

    table: PeerTable
    now: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """Results of a run after its nodes were compared as peers; ``split`` lists what they do not agree on:
    ``{"group", "path", "values": [[value, number of nodes], ...]}``."""

    results: list[Result]
    notes: tuple[str, ...] = ()
    split: tuple[Result, ...] = ()


def compare_peers(entries: Sequence[Mapping[str, Any]], files: Sequence[Path], max_age: int, again: Again) -> Compared:
    """Compare the nodes of a run with their peers, and write again what changes: results, and what is known of peers.

    ``entries`` are registered results of `diagnose`, ``files`` those to which their results were written; ``max_age``
    is in days. OSError as the system gives it.
    """
    known = known_peers(entries, files[0].parent, max_age) if files else Known(PeerTable())
    results = [_compared(entry, known, again) for entry in entries]
    for entry, result, file in zip(entries, results, files, strict=True):
        if result != entry["diagnosis"]:
            write_json(file, result)
    if known.now:
        for directory in {file.parent for file in files}:
            write_json(directory / PEERS_FILE, saved_peers.to_dict(known.table))
    split = tuple(_split(known))
    return Compared(results, (*known.notes, *_told(split)), split)


def saved_expectations(
    directory: Path, groups: Sequence[str], host: str, observed: Observed, *, at: str, max_age: int
) -> tuple[Expectation, ...]:
    """What the peers of an earlier run expect of one node that was read at ``at``; nothing where there are none."""
    found, _problem = read(directory)
    return expectations(_recent(found, at, max_age)[0], groups, host, observed)


def read(directory: Path) -> tuple[PeerTable, str]:
    """The peers that an earlier run left in a directory of results, and in one sentence why its file is of no use."""
    file = directory / PEERS_FILE
    try:
        if file.stat().st_size > FILE_LIMIT:
            raise ValueError(f"it is larger than {FILE_LIMIT // 1024 // 1024} MiB")
        return saved_peers.from_dict(json.loads(file.read_text(encoding="utf-8"))), ""
    except FileNotFoundError:
        return PeerTable(), ""
    except OSError as error:
        reason = os_error(error, file)
    except RecursionError:
        reason = f"{file} holds no table of peers: it is nested too deep"
    except ValueError as error:  # no UTF-8, no JSON, or JSON that is something else
        reason = f"{file} holds no table of peers: {error}"
    return (
        PeerTable(),
        f"{reason}. Nothing is expected by peers of earlier runs; the next run over a group replaces it.",
    )


def known_peers(entries: Sequence[Mapping[str, Any]], directory: Path, max_age: int) -> Known:
    """Of each group the peers of this run, unless there are too few of them, or an earlier run had many more.

    ``directory`` holds the results, ``entries`` are registered ones. OSError as the system gives it.
    """
    now = table(_peers(entries))
    before, problem = read(directory)
    kept, expired = _recent(before, max((group.at for group in now.groups.values()), default=""), max_age)
    used = {
        name: group
        for name, group in now.groups.items()
        if (group.values or group.split)
        and len(group.hosts) > LEAST
        and (name not in kept.groups or 2 * len(group.hosts) >= len(kept.groups[name].hosts))
    }
    notes = [problem] if problem else []
    notes += [
        f"Peers of {group.name} were last read on {group.at[:10]}, more than {max_age} days ago, and are not used:"
        " diagnose the group to renew them (kubelet_peers_max_age)."
        for name, group in expired.items()
        if name in now.groups and name not in used and not group.by_size
    ]
    return Known(PeerTable({**kept.groups, **used}), frozenset(used), tuple(notes))


def _peers(entries: Iterable[Mapping[str, Any]]) -> Iterator[Peer]:
    for entry in entries:
        comparison = entry.get("comparison")
        if comparison:
            first, second = comparison["groups"]
            diagnosis = entry["diagnosis"]
            observed = Observed.from_dict(comparison["observed"])
            yield Peer(str(diagnosis["host"]), (first, second), str(diagnosis["captured_at"]), observed)


def _recent(found: PeerTable, at: str, max_age: int) -> tuple[PeerTable, Mapping[str, PeerGroup]]:
    """The groups that were read not longer before ``at`` than the days given, and the others."""
    if not at:
        return found, {}
    now = datetime.fromisoformat(at)
    expired = {
        name: group
        for name, group in found.groups.items()
        if (now - datetime.fromisoformat(group.at)).total_seconds() > max_age * SECONDS_OF_A_DAY
    }
    return PeerTable({name: group for name, group in found.groups.items() if name not in expired}), expired


def _compared(entry: Mapping[str, Any], known: Known, again: Again) -> Result:
    """The result of a node; only one that differs, from its peers or from anything else, is compared again."""
    result, comparison = dict(entry["diagnosis"]), entry.get("comparison")
    if not comparison:
        return result
    host, groups = str(result["host"]), comparison["groups"]
    of_host = [*known.table.of(groups, host)]
    paths = None
    if all(group.name in known.now for group in of_host):
        paths = {path for group in of_host for path in group.outliers.get(host, ())}
        if not paths and not result.get("differences"):
            return result
        paths |= {wanted["path"] for wanted in comparison["expectations"]}
    wanted = expectations(known.table, groups, host, Observed.from_dict(comparison["observed"]), paths)
    return again(entry, wanted)


def _split(known: Known) -> Iterator[Result]:
    """What groups of this run do not agree on; a flag that sets a field is the field."""
    for name in sorted(known.now):
        even = known.table.groups[name].even()
        fields = {f"flags.{FLAGS.get(path.removeprefix('config.'))}" for path in even}
        for path, counts in even.items():
            if path not in fields:
                yield {"group": name, "path": path, "values": [list(count) for count in counts]}


def _told(split: Sequence[Result]) -> Iterator[str]:
    """``Peers are split, so they expect nothing of clusterDNS: 10.96.0.10 on 3 nodes, 10.96.0.99 on 3 nodes (...).``"""
    for each in split[:SPLITS_TOLD]:
        said = ", ".join(f"{value} on {plural(count, 'node')}" for value, count in each["values"])
        yield f"Peers are split, so they expect nothing of {label(each['path'])}: {said} ({each['group']})."
    if len(split) > SPLITS_TOLD:
        yield f"Peers are split on {len(split) - SPLITS_TOLD} more values."
