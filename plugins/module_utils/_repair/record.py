# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of a run on its node: a manifest that says how far it came, and byte copies of what it replaced.

docs/repair-record.md describes the format. Every change of the manifest is durable before what it announces is done.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import paths
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

FORMAT = "node-repair-record/1"
PREPARED, BACKED_UP, APPLIED, RESTARTED = "prepared", "backed_up", "applied", "restarted"
HELD, VERIFIED, COMMITTED = "held", "verified", "committed"
ROLLING_BACK, ROLLED_BACK, FAILED = "rolling_back", "rolled_back", "failed"
FINAL = _schema.REPAIR_ENDED

KEPT_RUNS = 20
KEPT_BYTES = 64 * 1024 * 1024
_MAX_HISTORY = 50


class Record:
    """One run's directory. `manifest` is what its manifest.json holds."""

    def __init__(self, system: System, directory: str, manifest: dict[str, t.Any]) -> None:
        self.directory = directory
        self.manifest = manifest
        self._system = system

    @property
    def run(self) -> str:
        """The run's id, which is the name of its directory."""
        return Path(self.directory).name

    @property
    def state(self) -> str:
        """How far the run came."""
        return str(self.manifest["state"])

    @property
    def interrupted(self) -> bool:
        """Whether the run was ended by something from outside, so that it may be tried again."""
        return bool(self.manifest.get("interrupted"))

    def enter(self, state: str, note: str = "") -> None:
        """Makes a new state durable.

        :raises OSError: it cannot be written
        """
        self.manifest["state"] = state
        history = self.manifest.setdefault("history", [])
        history.append({"state": state, "at": self._system.now(), "note": note})
        del history[1:-_MAX_HISTORY]
        self.save()
        self._system.mark(f"state {state}")

    def save(self) -> None:
        """Rewrites the manifest durably."""
        target = f"{self.directory}/manifest.json"
        paths.remove_leftover(target)
        temp = paths.temp_of(target)
        paths.write_private(temp, json.dumps(self.manifest, indent=1).encode("utf-8", "surrogateescape"))
        Path(temp).replace(target)
        paths.sync(self.directory)

    def back_up(self, name: str, data: bytes) -> None:
        """Keeps a byte copy below backup/, readable to root alone.

        :raises OSError: it cannot be written
        """
        folder = Path(self.directory) / "backup"
        folder.mkdir(mode=0o700, exist_ok=True)
        paths.sync(self.directory)  # the first backup may be that of a forced rollback, long after the last state
        (folder / name).unlink(missing_ok=True)  # the unfinished one of a rollback that was killed
        paths.write_private(str(folder / name), data)
        paths.sync(str(folder))
        self._system.mark(f"backup {name}")

    def backup(self, name: str, expected: str) -> bytes:
        """A byte copy.

        :param expected: its SHA-256
        :raises RefusedError: it is gone or damaged
        """
        file = Path(self.directory) / "backup" / name
        data = file.read_bytes() if file.is_file() else b""
        if paths.sha256(data) != expected:
            raise RefusedError(f"The backup {file} is damaged, so the file that it is of is left as it is.")
        return data


class Records:
    """All records of this node."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.directory = system.records

    def create(self, run: str, manifest: dict[str, t.Any]) -> Record:
        """A new record in state prepared.

        :raises OSError: it exists, or cannot be written; nothing of it is left then
        """
        Path(self.directory).mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = Path(self.directory) / run
        folder.mkdir(mode=0o700)
        for parent in list(folder.parents)[:3]:  # the first run has made some of them
            paths.sync(str(parent))
        number = max((_number(record) for record in self.all()), default=0) + 1
        record = Record(self._system, str(folder), {"format": FORMAT, "run": run, "number": number, **manifest})
        try:
            record.enter(PREPARED)
        except OSError:
            self.discard(record)
            raise
        return record

    def all(self) -> list[Record]:
        """Records that can be read, oldest first; by their number, for a clock may go back.

        :raises RefusedError: others than root may write here, and so have root write any file by a rollback
        """
        for folder in (self.directory, str(Path(self.directory).parent)):
            paths.require_own(folder)
        found = []
        for file in Path(self.directory).glob("*/manifest.json"):
            manifest = _load(file)
            if manifest is not None:
                found.append(Record(self._system, str(file.parent), manifest))
        return sorted(found, key=lambda record: (_number(record), record.run))

    def find(self, run: str) -> Record | None:
        """The record of a run."""
        return next((record for record in self.all() if record.run == run), None)

    def last_committed(self) -> Record | None:
        """The newest repair that stands."""
        return next((record for record in reversed(self.all()) if record.state == COMMITTED), None)

    def unfinished(self) -> list[Record]:
        """Runs that did not come to an end, newest first."""
        return [record for record in reversed(self.all()) if record.state not in FINAL]

    def made(self, path: str, before: str, edits: str) -> str:
        """The SHA-256 that a committed run has given a file by the same edits of the same bytes; empty if none has."""
        for record in reversed(self.all()):
            for entry in record.manifest.get("changes", []) if record.state == COMMITTED else []:
                if (entry["path"], entry["before"].get("sha256"), entry.get("edits")) == (path, before, edits):
                    return str(entry["after"].get("sha256"))
        return ""

    def set_apart(self, run: str) -> None:
        """Gives the record of an interrupted run another name, so that the run can be tried again."""
        record, number = self.find(run), 1
        if record is None:
            return
        while (Path(self.directory) / f"{record.run}.{number}").exists():
            number += 1
        Path(record.directory).rename(Path(self.directory) / f"{record.run}.{number}")
        paths.sync(self.directory)

    def discard(self, record: Record) -> None:
        """Removes a record. The manifest goes last, for what has none is not known to be a record."""
        shutil.rmtree(f"{record.directory}/backup", ignore_errors=True)
        shutil.rmtree(record.directory)

    def prune(self) -> None:
        """Removes the oldest finished records beyond the limits, and what killed runs left beside them."""
        if not Path(self.directory).is_dir():
            return
        records = self.all()
        for entry in Path(self.directory).iterdir():
            if paths.is_temp(entry.name):  # of attempts.json
                entry.unlink()
            elif entry.is_dir() and not entry.is_symlink() and not (entry / "manifest.json").exists():
                paths.remove_leftover(f"{entry}/manifest.json")
                with contextlib.suppress(OSError):  # it holds something else: not ours to delete
                    entry.rmdir()
        size = 0
        for position, record in enumerate(reversed(records)):
            size += sum(file.lstat().st_size for file in Path(record.directory).rglob("*"))
            if position and record.state in FINAL and (position >= KEPT_RUNS or size > KEPT_BYTES):
                self.discard(record)


def _number(record: Record) -> int:
    number = record.manifest.get("number")
    return number if isinstance(number, int) else 0


def _load(file: Path) -> dict[str, t.Any] | None:
    try:
        manifest = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    known = isinstance(manifest, dict) and manifest.get("format") == FORMAT
    return manifest if known else None


def require_run(record: Record | None, run: str | None) -> Record:
    """The record, if there is one.

    :raises RefusedError: there is none
    """
    if record is None:
        raise RefusedError(f"There is no record of run {run}." if run else "There is no committed repair to undo.")
    return record
