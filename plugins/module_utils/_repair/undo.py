# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back: every path and unit of a record as it was found. Also what the next run does about a killed one.

It goes by comparison, not by memory: a path that is as before is left, one that is as after is put back, and one that
is neither was changed by somebody else since. So it can be interrupted and done again any number of times.
"""

from __future__ import annotations

import contextlib
import errno
import typing as t
from dataclasses import dataclass, field

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import attributes, kernel, paths, units
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import record as records_module
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError, StepError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.paths import PathState

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.attempts import Attempts
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.record import Record, Records
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

Entry = t.Mapping[str, t.Any]

# A kubelet writes these anew as soon as it starts without them: one that is there again is nobody's edit.
_REMADE = ("cpu_manager_state", "memory_manager_state")


@dataclass
class Undone:
    """What was put back. problems: sentences about what was not; again: whether another try may help."""

    restored: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    again: bool = False

    @property
    def state(self) -> str:
        """The state of the record after it."""
        if not self.problems:
            return records_module.ROLLED_BACK
        return records_module.ROLLING_BACK if self.again else records_module.FAILED


def conflicts(record: Record) -> list[str]:
    """Paths of a record that somebody else has changed since."""
    return [entry["path"] for entry in record.manifest["changes"] if _kind_of(entry) == "conflict"]


def undo(system: System, record: Record, reason: str, force: bool = False) -> Undone:
    """Puts back what a run has changed, as far as it came. The caller ends the record with `finish`.

    :param force: also put back files that somebody else has changed since; their bytes are kept in the record
    """
    done = Undone()
    record.manifest["forced"] = force
    with contextlib.suppress(OSError):  # the state before it leads to the same recovery
        record.enter(records_module.ROLLING_BACK, reason)
    for entry in reversed(record.manifest["changes"]):
        _put_back(system, record, entry, force, done)
    for act in reversed(record.manifest["acts"]):
        _put_back_act(system, act, done)
    _put_back_units(system, record, done)
    return done


def finish(record: Record, done: Undone, result: dict[str, t.Any]) -> None:
    """Ends a record that was undone, with the result for who asks later."""
    record.manifest["result"] = result
    with contextlib.suppress(OSError):  # the next run finds it unfinished, and compares again
        record.enter(done.state, " ".join(done.problems))


def recover(system: System, records: Records, attempts: Attempts, asked: str = "") -> list[str]:
    """Ends every run that was interrupted: back to the state before it, unless it was already verified.

    :param asked: run that somebody asks about; one that is held is his to decide
    :returns: a sentence for each
    :raises RefusedError: one of them could not be undone, which another repair must not build on
    """
    said = []
    for record in records.unfinished():
        state = record.state
        if state == records_module.HELD and record.run == asked:
            continue
        if state == records_module.VERIFIED:
            record.enter(records_module.COMMITTED, "interrupted after it was verified")
            said.append(f"Run {record.run} was interrupted after it was verified, and stands.")
            continue
        if state == records_module.PREPARED:
            records.discard(record)
            said.append(f"Run {record.run} was interrupted before it changed anything.")
            continue
        record.manifest["interrupted"] = True
        done = undo(system, record, f"interrupted in state {state}", bool(record.manifest.get("forced")))
        finish(record, done, {})
        attempts.failed(record.manifest.get("findings", []))
        if done.again:
            raise RefusedError(f"The interrupted run {record.run} cannot be rolled back: {' '.join(done.problems)}")
        said.append(" ".join([f"Run {record.run} was interrupted and is rolled back.", *done.problems]))
    return said


def _kind_of(entry: Entry) -> str:
    now = paths.look(entry["path"])[0]
    if now.same(PathState(**entry["before"])):
        return "before"
    if entry["kind"] == "move_aside" and now.type == paths.FILE and entry["path"].endswith(_REMADE):
        return "after"
    return "after" if now.same(PathState(**entry["after"])) else "conflict"


def _put_back(system: System, record: Record, entry: Entry, force: bool, done: Undone) -> None:
    try:
        _put_back_path(system, record, entry, force, done)
    except RefusedError as exc:
        done.problems.append(str(exc))
    except (OSError, StepError) as exc:
        done.problems.append(f"{entry['path']} could not be put back: {exc}.")
        done.again |= not isinstance(exc, (FileNotFoundError, NotADirectoryError))  # its directory is gone for good


def _put_back_path(system: System, record: Record, entry: Entry, force: bool, done: Undone) -> None:
    path, before = entry["path"], PathState(**entry["before"])
    paths.remove_leftover(path)
    kind = _kind_of(entry)
    if kind == "before":
        return
    now, data = paths.look(path)
    if kind == "conflict":
        if not force:
            raise RefusedError(f"{path} was changed by somebody else since, and is left as it is.")
        if now.type in (paths.DIRECTORY, paths.OTHER):
            raise RefusedError(f"{path} is a {now.type} now, and is left as it is.")
        if now.type == paths.FILE:
            record.back_up(f"forced-{now.sha256}", data)
    old_data = record.backup(entry["backup"], before.sha256) if before.type == paths.FILE else b""
    try:
        paths.put(path, now, before, old_data, system.mark)
    except OSError as exc:
        if now.type == paths.DIRECTORY and exc.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return  # something uses it by now, and an extra directory harms nobody
        raise
    done.restored.append(path)


def _put_back_act(system: System, act: Entry, done: Undone) -> None:
    try:
        if act["kind"] == "sysctl" and kernel.sysctl(system, act["name"]) == act["value"] != act["before"]:
            kernel.set_sysctl(system, act["name"], act["before"])
            done.restored.append(act["name"])
        elif act["kind"] == attributes.KIND and attributes.put_back(system, act):
            done.restored.append(act["path"])
        elif act["kind"] == "swapoff":
            kernel.swap_on(system, act["before"])
    except (OSError, StepError) as exc:
        done.problems.append(f"{exc}.")


def _put_back_units(system: System, record: Record, done: Undone) -> None:
    verbs: dict[str, set[str]] = {}
    for act in record.manifest["acts"]:
        if act["kind"] == "unit":
            verbs.setdefault(act["unit"], set()).add(act["verb"])
    unit = record.manifest["unit"]
    kubelet = verbs.pop(unit, set())
    verbs[unit] = {*kubelet, "restart"} if record.manifest["restart"] else kubelet  # last, it needs the others
    reload = any("daemon-reload" in asked for asked in verbs.values())
    if reload or any("/systemd/" in entry["path"] for entry in record.manifest["changes"]):
        try:
            units.ask(system, "daemon-reload", unit)
        except StepError as exc:
            done.problems.append(f"{exc}.")
            done.again = True
    for name, asked in verbs.items():
        problems = units.put_back(system, name, record.manifest["units"].get(name, {}), asked) if asked else []
        done.problems += problems
