# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of the audits on the controller: one audit at a time reads the runs of before and adds its own."""

from __future__ import annotations

import errno
import fcntl
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ._audit.compare import Known, Past, Run
from ._audit.history import BEGINNING, earlier, file_name, free, left_alone, moment, past, surplus, time_of, valid
from ._audit.metrics import metrics
from ._files import RESULT_MODE, os_error, write_atomically
from ._report.audit_html import page
from ._report.audit_markdown import text
from ._report.audit_view import ViewError, view

RUNS = "runs"
LATEST = "latest.json"
PAGE = "report.html"
DIGEST = "report.md"
METRICS = "metrics.prom"
METRICS_MODE = 0o644  # node_exporter reads it as a user of its own
PAST = 30  # earlier runs that are read again: for what flaps, and for the report
_LOCK = ".lock"
_WAIT = 60.0  # seconds for another audit; keeping a run of 5,000 nodes takes a few
_PAUSE = 0.2


@dataclass(frozen=True)
class Place:
    """Where audits are kept: at most ``keep`` runs (0: all), the metrics where the user wants them."""

    directory: Path
    metrics: Path
    keep: int


@dataclass(frozen=True)
class Kept:
    """A run, its file (None where it was not kept), and in one sentence each what could not be written."""

    run: Run
    known: Known
    file: Path | None = None
    problems: list[str] = field(default_factory=list)


def keep(place: Place, judge: Callable[[str, Known], Run], *, check: bool) -> Kept:
    """Make a run with ``judge`` (from its time and what is known before it), and keep it unless ``check``.

    Whatever becomes of the directory, the run is made: problems are told with it. Where what is known cannot be read,
    nothing is written, so that it is not lost.
    """
    problems = []
    if not check:
        try:
            with _alone(place.directory):
                at, known = _known(place)
                run = judge(at, known)
                return _write(place, run, known)
        except OSError as error:
            problems.append(f"the run was not kept: {_because(error, place.directory)}")
    try:
        at, known = _known(place)
    except OSError as error:
        at, known = moment(datetime.now(UTC)), Known()
        problems = [f"the runs of before cannot be read, and nothing was kept: {_because(error, place.directory)}"]
    return Kept(judge(at, known), known, problems=problems)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Keep other audits out; the system lets them in however this one ends."""
    directory.mkdir(parents=True, exist_ok=True)
    lock = directory / _LOCK
    with lock.open("a", encoding="utf-8") as handle:
        end = time.monotonic() + _WAIT
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise OSError(errno.EBUSY, "another audit has been at work for a minute", str(lock)) from None
                time.sleep(_PAUSE)
        yield


def _known(place: Place) -> tuple[str, Known]:
    """The time of the run that begins now, and what is known before it."""
    runs, latest = place.directory / RUNS, place.directory / LATEST
    names = [path.name for path in runs.iterdir()] if runs.is_dir() else []
    at = free(datetime.now(UTC), names)
    last, notes = _run(latest), []
    if last is None and latest.exists():
        notes = [f"{LATEST} was no run of an audit; the newest of {RUNS}/ counts"]
    strange = [name for name in names if not time_of(name) and not name.startswith(".")]
    before: list[Mapping[str, Any]] = []
    for name in earlier(names, at)[:PAST]:
        run = _run(runs / name)
        if run is None:
            strange.append(name)
            continue
        before.insert(0, past(run))
        last = run if last is None or last["at"] < run["at"] else last
    stay = sorted(filter(time_of, names))
    stay = stay[max(0, len(stay) - place.keep + 1) :] if place.keep else stay
    first = time_of(stay[0]) if stay else ""
    return at, Known(last, before, len(stay), first, [*notes, *left_alone(sorted(strange))])


def _run(path: Path) -> Run | None:
    """The run in a file; None where there is none, or something else."""
    try:
        found: Run = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError, RecursionError):
        return None
    return found if valid(found) else None


def _write(place: Place, run: Run, known: Known) -> Kept:
    """Write the run, and what is made of it. Unless the run itself can be kept, nothing else is touched."""
    data = json.dumps(run, ensure_ascii=False, separators=(",", ":")) + "\n"
    file = place.directory / RUNS / file_name(run["at"])
    problem = _written(file, data)
    if problem:
        return Kept(run, known, problems=[f"the run was not kept: {problem}"])
    made = (
        _written(place.directory / LATEST, data),
        *write_reports(place.directory, run, known.past),
        _written(place.metrics, metrics(run), METRICS_MODE),
        _pruned(place, run["at"]),
    )
    return Kept(run, known, file, [f"the run was kept, but {problem}" for problem in made if problem])


def write_reports(directory: Path, run: Run, history: Sequence[Past]) -> list[str]:
    """Write the reports of a run, with the runs before it in short; says why one could not be written."""
    try:
        shown = view(run, history)
    except ViewError as error:
        return [f"no report could be made: {error}"]
    made = {PAGE: page(shown), DIGEST: text(shown)}
    return [problem for name, said in made.items() if (problem := _written(directory / name, said))]


def newest(directory: Path) -> Known:
    """The newest run that is kept (None without one), and those before it. OSError as the system gives it."""
    _at, known = _known(Place(directory, directory / METRICS, 0))
    last_at = known.last["at"] if known.last else ""
    return replace(known, past=[each for each in known.past if each["at"] < last_at])


def _written(path: Path, text: str, mode: int = RESULT_MODE) -> str:
    """Why a file could not be written; empty when it was."""
    try:
        write_atomically(path, text, mode)
    except OSError as error:
        return f"cannot write {path}: {_because(error, '')}"
    return ""


def _because(error: OSError, place: Path | str) -> str:
    """What the system says; a directory that is something else is called so."""
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return f"{error.filename} is no directory"
    return os_error(error, place) if place else str(error.strerror or error)


def _pruned(place: Place, at: str) -> str:
    """Remove the oldest runs, but nothing that only has the name of one. Why that failed; empty when it did not."""
    runs = place.directory / RUNS
    try:
        for name in surplus([path.name for path in runs.iterdir()], place.keep, at):
            path = runs / name
            if path.is_file() and not path.is_symlink() and _begins(path):
                path.unlink()
    except OSError as error:
        return f"cannot remove old runs: {os_error(error)}"
    return ""


def _begins(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(BEGINNING)) == BEGINNING.encode()
