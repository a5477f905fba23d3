# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The host as the collectors see it: programs, files and directories, each access bounded in time and bytes.

Nothing here raises for what a broken host does; every result carries a status of `_schema`.
"""

from __future__ import annotations

import os
import queue
import stat as stat_module
import threading
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _process, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import status_of

T = t.TypeVar("T")

FILE_SECONDS = 2.0
_MAX_LINKS = 40


@dataclass(frozen=True)
class ReadResult:
    """The bytes of a regular file; truncated when it has more than were asked for."""

    status: str
    data: bytes = b""
    error: str = ""

    @property
    def text(self) -> str:
        """The bytes as text; what is not UTF-8 becomes a backslash escape."""
        return self.data.decode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class ListResult:
    """Names in a directory, sorted; truncated when it has more than were asked for."""

    status: str
    names: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class StatResult:
    """lstat of a path; type is one of file, directory, link, socket, other."""

    status: str
    type: str = ""
    mode: int = 0
    uid: int = 0
    gid: int = 0
    size: int = 0
    mtime: float = 0.0
    error: str = ""


class StalledError(TimeoutError):
    """A file system did not answer within its time limit."""


class Host:
    """A host, or a directory that stands for its root in tests.

    :param root: directory taken as the root of the file system
    :param seconds: time limit of everything together; what is asked after that has status timeout
    """

    def __init__(self, root: str = "/", seconds: float = 60.0, max_processes: int = _schema.MAX_PROCESSES) -> None:
        self.root = root.rstrip("/")
        self.processes = 0
        self._deadline = time.monotonic() + seconds
        self._max_processes = max_processes
        self._lock = threading.Lock()
        self._workers = threading.local()
        self._stalled: set[str] = set()
        self._mounts: list[str] | None = None

    def remaining(self) -> float:
        """Seconds until the limit of everything."""
        return max(0.0, self._deadline - time.monotonic())

    # Programs

    def run(
        self, argv: t.Sequence[str], timeout: float = 5.0, max_bytes: int = 1024 * 1024, data: bytes = b""
    ) -> _process.RunResult:
        """Runs a program with `data` as its input; kills it and its children at the time or byte limit."""
        with self._lock:
            if self.processes >= self._max_processes:
                return _process.RunResult(
                    _schema.ERROR, err=f"not run: the limit of {self._max_processes} processes is reached"
                )
            self.processes += 1
        return _process.run(argv, min(timeout, self.remaining()), max_bytes, data)

    # Files

    def read(self, path: str, max_bytes: int, timeout: float = FILE_SECONDS) -> ReadResult:
        """The first bytes of a regular file (links are followed)."""
        try:
            data = self.limited(path, lambda: _read_file(self.locate(path), max_bytes + 1), timeout)
        except OSError as exc:
            return ReadResult(status_of(exc), error=_describe(exc))
        if len(data) > max_bytes:
            return ReadResult(_schema.TRUNCATED, data[:max_bytes])
        return ReadResult(_schema.OK, data)

    def text(self, path: str, max_bytes: int = 64 * 1024) -> str:
        """The text of a small file such as those of /proc; empty when it cannot be read."""
        return self.read(path, max_bytes).text

    def stat(self, path: str, timeout: float = FILE_SECONDS) -> StatResult:
        """lstat of a path."""
        try:
            facts = self.limited(path, lambda: os.lstat(self.locate(path, follow=False)), timeout)
        except OSError as exc:
            return StatResult(status_of(exc), error=_describe(exc))
        return StatResult(
            _schema.OK,
            _type_of(facts.st_mode),
            stat_module.S_IMODE(facts.st_mode),
            facts.st_uid,
            facts.st_gid,
            facts.st_size,
            facts.st_mtime,
        )

    def listdir(self, path: str, limit: int = _schema.MAX_DIRECTORY_ENTRIES) -> ListResult:
        """Names in a directory."""
        try:
            names = self.limited(path, lambda: _list_names(self.locate(path), limit + 1), FILE_SECONDS)
        except OSError as exc:
            return ListResult(status_of(exc), error=_describe(exc))
        status = _schema.TRUNCATED if len(names) > limit else _schema.OK
        return ListResult(status, tuple(sorted(names[:limit])))

    def readlink(self, path: str) -> str | None:
        """The target of a symbolic link as it is written; None when it is none or cannot be read."""
        try:
            target = self.limited(path, lambda: Path(self.locate(path, follow=False)).readlink(), FILE_SECONDS)
        except OSError:
            return None
        return os.fsencode(target).decode("utf-8", "backslashreplace")

    def exists(self, path: str) -> bool | None:
        """Whether a path exists, links followed; None when that cannot be told."""
        try:
            self.limited(path, lambda: Path(self.locate(path)).stat(), FILE_SECONDS)
        except OSError as exc:
            return False if status_of(exc) == _schema.ABSENT else None
        return True

    def statvfs(self, path: str) -> os.statvfs_result | None:
        """The file system of a path; None when it is absent or does not answer."""
        try:
            return self.limited(path, lambda: os.statvfs(self.locate(path)), FILE_SECONDS)
        except OSError:
            return None

    # Time limits

    def limited(self, path: str, action: t.Callable[[], T], seconds: float) -> T:
        """The result of an action that may hang on a dead file system.

        The action runs in a thread of its own, for nothing else bounds a system call on a dead mount. A thread that
        hangs is left behind, and everything below the same mount point is refused from then on.

        :raises StalledError: it did not answer in time, or its mount point did not before
        :raises OSError: whatever else the action raised
        """
        seconds = min(seconds, self.remaining())
        if seconds <= 0 or any(path == mount or path.startswith(mount + "/") for mount in self._stalled):
            raise StalledError(f"no answer from the file system of {path}")
        worker = getattr(self._workers, "worker", None)
        if worker is None:
            worker = self._workers.worker = _Worker()
        try:
            return t.cast("T", worker.do(action, seconds))
        except queue.Empty:
            self._workers.worker = None
            self._stalled.add(self._mount_of(path))
            raise StalledError(f"no answer from the file system of {path} in {seconds:g} s") from None

    def _mount_of(self, path: str) -> str:
        """The mount point that a path is on; the path itself when that is the root or unknown."""
        if self._mounts is None:
            lines = _read_file(self.locate("/proc/self/mounts"), 1024 * 1024).decode("utf-8", "replace").splitlines()
            self._mounts = [line.split()[1] for line in lines if len(line.split()) > 1]
        below = [mount for mount in self._mounts if path == mount or path.startswith(mount + "/")]
        return max(below, key=len, default=path)

    def locate(self, path: str, follow: bool = True) -> str:
        """The real path of a path on this host; links are resolved inside the root."""
        if not self.root:
            return path
        done, pending, links = "", [part for part in path.split("/") if part], 0
        while pending:
            part = pending.pop(0)
            real = f"{self.root}{done}/{part}"
            if part == "..":
                done = done.rpartition("/")[0]
            elif (follow or pending) and links < _MAX_LINKS and stat_module.S_ISLNK(_mode_of(real)):
                links += 1
                target = str(Path(real).readlink())
                done = "" if target.startswith("/") else done
                pending = [piece for piece in target.split("/") if piece not in ("", ".")] + pending
            else:
                done += "" if part == "." else f"/{part}"
        return f"{self.root}{done or '/'}"


class _Worker:
    """A thread that does one thing at a time and is abandoned when that takes too long."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[t.Callable[[], object]] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[tuple[object, OSError | None]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def do(self, action: t.Callable[[], object], seconds: float) -> object:
        """The action's result. Raises queue.Empty when there is none in time, and the action's own OSError."""
        self._jobs.put(action)
        result, failure = self._results.get(timeout=seconds)
        if failure is not None:
            raise failure
        return result

    def _work(self) -> None:
        while True:
            action = self._jobs.get()
            try:
                self._results.put((action(), None))
            except OSError as exc:
                self._results.put((None, exc))
            except ValueError as exc:  # a path with a NUL byte
                self._results.put((None, FileNotFoundError(str(exc))))


def _read_file(path: str, limit: int) -> bytes:
    # A device or FIFO may react to being opened, so the type is looked at first, and again behind the open file.
    _require_regular(Path(path).stat().st_mode)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        _require_regular(os.fstat(descriptor).st_mode)
        data = bytearray()
        while len(data) < limit:
            chunk = os.read(descriptor, min(limit - len(data), 1024 * 1024))
            if not chunk:
                break
            data += chunk
        return bytes(data)
    finally:
        os.close(descriptor)


def _require_regular(mode: int) -> None:
    if not stat_module.S_ISREG(mode):
        raise OSError(f"is a {_type_of(mode)}, not a regular file")


def _list_names(path: str, limit: int) -> list[str]:
    names: list[str] = []
    with os.scandir(os.fsencode(path)) as entries:
        for entry in entries:
            names.append(entry.name.decode("utf-8", "backslashreplace"))
            if len(names) >= limit:
                break
    return names


def _mode_of(path: str) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0


def _type_of(mode: int) -> str:
    kinds = {
        stat_module.S_IFREG: "file",
        stat_module.S_IFDIR: "directory",
        stat_module.S_IFLNK: "link",
        stat_module.S_IFSOCK: "socket",
    }
    return kinds.get(stat_module.S_IFMT(mode), "other")


def _describe(exc: Exception) -> str:
    return getattr(exc, "strerror", None) or str(exc)
