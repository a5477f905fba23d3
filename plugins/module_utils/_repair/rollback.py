# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Undoes a repair that stands, or keeps one that is held, when somebody asks for it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import lock, paths, splice, undo, units, verify
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import record as rec
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.attempts import Attempts
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError, StepError

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Verify
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

PLANNED, REFUSED, NOTHING = "planned", "refused", "nothing"
HOLD_SECONDS = 300.0  # the controller looks at the node up to three times before it decides
_POLL_SECONDS, _BUSY_SECONDS = 2.0, 30.0
_LOCK_NAME, _KEEP_NAME = "rollback", "keep"


@dataclass(frozen=True)
class Request:
    """What is undone. `run`: id of the run, None is the last one that stands; `force`: also put back files that were
    changed since; `failed`: the run did not help, so it counts as a failed attempt for what it answered."""

    run: str | None = None
    force: bool = False
    failed: bool = False


def roll_back(system: System, asked: Request, wanted: Verify) -> dict[str, t.Any]:
    """Puts everything back that a run has changed, and restarts what it had restarted.

    :param wanted: what to watch afterwards, if the kubelet ran before the repair
    :returns: run, state (rolled_back, failed, refused, or nothing: no run stands), changed, reason, record, restored,
        verify, recovered, diff
    :raises lock.BusyError: another repair is going on
    """
    with lock.hold(system.lock, f"{_LOCK_NAME} {asked.run or 'last'}", system.now()):
        try:
            records = rec.Records(system)
            recovered = undo.recover(system, records, Attempts(system), asked.run or "")
            if not asked.run and _none_stands(records):
                return _result(None, NOTHING, recovered=recovered)
            record = _record(records, asked.run, asked.force)
            if record.state == rec.ROLLED_BACK:
                return _result(record, rec.ROLLED_BACK, recovered=recovered)
            return _undo(system, record, asked, wanted, recovered)
        except (RefusedError, OSError) as exc:  # the undo itself raises neither
            return _result(None, REFUSED, str(exc), run=asked.run or "")


def give_up(system: System, run: str, wanted: Verify) -> dict[str, t.Any]:
    """Waits until somebody has decided about a run that is held, and rolls it back when nobody does.

    :returns: the result of `roll_back`; empty where somebody has decided
    """
    end = system.monotonic() + HOLD_SECONDS
    while True:
        record = rec.Records(system).find(run)
        if record is None or record.state != rec.HELD:
            return {}
        if system.monotonic() >= end:
            try:
                return roll_back(system, Request(run, failed=True), wanted)
            except lock.BusyError:  # whoever works here now rolls it back first, or has just decided
                end = system.monotonic() + _BUSY_SECONDS
        system.sleep(_POLL_SECONDS)


def check(system: System, asked: Request) -> dict[str, t.Any]:
    """What `roll_back` would do, without changing anything."""
    try:
        lock.require_free(system.lock)
        records = rec.Records(system)
        if not asked.run and _none_stands(records):
            return _result(None, NOTHING)
        record = _record(records, asked.run, asked.force)
        if record.state == rec.ROLLED_BACK:
            return _result(record, rec.ROLLED_BACK)
        result = _result(record, PLANNED, changed=True, diff=_differences(record))
        return {**result, "restored": [entry["path"] for entry in reversed(record.manifest["changes"])]}
    except (RefusedError, OSError) as exc:
        return _result(None, REFUSED, str(exc), run=asked.run or "")


def keep(system: System, run: str, check_mode: bool) -> dict[str, t.Any]:
    """Lets a run stand that is held.

    :returns: as `roll_back`, with state committed, or refused where the run is none that is held
    :raises lock.BusyError: another repair is going on
    """
    with lock.hold(system.lock, f"{_KEEP_NAME} {run}", system.now()):
        try:
            record = rec.require_run(rec.Records(system).find(run), run)
            if record.state not in (rec.HELD, rec.COMMITTED):
                raise RefusedError(f"Run {run} is {record.state}, so there is nothing to keep.")
            held = record.state == rec.HELD
            if held and not check_mode:
                record.enter(rec.COMMITTED, "kept although the kubelet does not stay up")
            return _result(record, rec.COMMITTED, changed=held)
        except (RefusedError, OSError) as exc:
            return _result(None, REFUSED, str(exc), run=run)


def _none_stands(records: rec.Records) -> bool:
    """:raises RefusedError: it cannot be told, for a record cannot be read"""
    if records.last_committed() is not None:
        return False
    known = {record.directory for record in records.all()}
    unread = [str(file) for file in Path(records.directory).glob("*/manifest.json") if str(file.parent) not in known]
    if unread:
        raise RefusedError(f"{unread[0]} cannot be read, so what there is to undo is not known.")
    return True


def _record(records: rec.Records, run: str | None, force: bool) -> rec.Record:
    record = rec.require_run(records.find(run) if run else records.last_committed(), run)
    changed = undo.conflicts(record) if record.state != rec.ROLLED_BACK else []
    if changed and not force:
        raise RefusedError(
            f"Run {record.run} is not undone, because these were changed since: {', '.join(changed)} "
            "(force puts them back all the same)."
        )
    return record


def _undo(system: System, record: rec.Record, asked: Request, wanted: Verify, recovered: list[str]) -> dict[str, t.Any]:
    diff = _differences(record)
    unit = record.manifest["unit"]
    earlier = _state(system, unit)
    why = "did not help" if asked.failed else "asked for"
    done = undo.undo(system, record, why + (", forced" if asked.force else ""), asked.force)
    if asked.failed:
        Attempts(system).failed(record.manifest.get("findings", []))
    state = rec.ROLLED_BACK if done.state == rec.ROLLED_BACK else rec.FAILED
    result = _result(record, state, " ".join(done.problems), changed=True, recovered=recovered, diff=diff)
    result["restored"] = done.restored
    undo.finish(record, done, {**result, "diff": []})
    restarted = earlier.get("InvocationID") != _state(system, unit).get("InvocationID")
    if restarted and units.running(record.manifest["units"].get(unit, {})):
        result["verify"] = verify.verify(system, unit, wanted)
    return result


def _state(system: System, unit: str) -> units.State:
    try:
        return units.state(system, unit)
    except StepError:  # said by the undo itself, which asks systemd for more
        return {}


def _differences(record: rec.Record) -> list[dict[str, str]]:
    found = []
    for entry in reversed(record.manifest["changes"]):
        now, data = paths.look(entry["path"])
        before = paths.PathState(**entry["before"])
        if not now.same(before):
            old = record.backup(entry["backup"], before.sha256) if before.type == paths.FILE else b""
            found.append(splice.difference(entry["path"], paths.shown(now, data), paths.shown(before, old)))
    return found


def _result(
    record: rec.Record | None,
    state: str,
    reason: str = "",
    changed: bool = False,
    run: str = "",
    recovered: t.Sequence[str] = (),
    diff: t.Sequence[t.Mapping[str, str]] = (),
) -> dict[str, t.Any]:
    return {
        "run": record.run if record else run,
        "state": state,
        "changed": changed,
        "reason": reason,
        "record": record.directory if record else "",
        "restored": [],
        "verify": None,
        "recovered": list(recovered),
        "diff": list(diff),
    }
