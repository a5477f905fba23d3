# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One path of the node: what is there, and how it is turned into something else so that a kill leaves old or new.

A file is replaced by a rename of a finished neighbour. That neighbour is private to root until the moment before the
rename, when it gets the owner and mode of the file that it replaces.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat as stat_module
import typing as t
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import inode
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError, StepError

ABSENT, FILE, LINK, DIRECTORY, OTHER = "absent", "file", "link", "directory", "other"
MAX_BYTES = 4 * 1024 * 1024
_TEMP = ".nodeclinic-"


@dataclass(frozen=True)
class PathState:
    """What is at a path. Mode and owner are of a file or directory, sha256 of a file's bytes, target of a link."""

    type: str
    sha256: str = ""
    size: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0
    mtime_ns: int = 0
    target: str = ""
    xattrs: t.Mapping[str, str] = field(default_factory=dict)

    def same(self, other: PathState) -> bool:
        """Whether both have the same content; owner, mode and times may differ."""
        return (self.type, self.sha256, self.target) == (other.type, other.sha256, other.target)

    @property
    def shown_target(self) -> str:
        """The target of a link as it can be printed; its bytes need not be UTF-8."""
        return self.target.encode("utf-8", "backslashreplace").decode()

    def to_dict(self) -> dict[str, t.Any]:
        """For the record."""
        return asdict(self)


def look(path: str) -> tuple[PathState, bytes]:
    """What is at a path, and its bytes if it is a file.

    :raises RefusedError: it is a file that is too large to be a configuration file
    :raises OSError: it cannot be read
    """
    try:
        facts = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return PathState(ABSENT), b""
    if stat_module.S_ISLNK(facts.st_mode):
        return PathState(LINK, target=os.fspath(Path(path).readlink())), b""
    if stat_module.S_ISDIR(facts.st_mode):
        return PathState(DIRECTORY, "", 0, stat_module.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid), b""
    if not stat_module.S_ISREG(facts.st_mode):
        return PathState(OTHER), b""
    with inode.opened(path) as descriptor, os.fdopen(descriptor, "rb", closefd=False) as stream:
        facts, data = os.fstat(descriptor), stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise RefusedError(f"{path} has {facts.st_size} bytes, more than the {MAX_BYTES} that a repair handles.")
        mode, xattrs = stat_module.S_IMODE(facts.st_mode), inode.xattrs(descriptor)
    state = PathState(FILE, sha256(data), len(data), mode, facts.st_uid, facts.st_gid, facts.st_mtime_ns, xattrs=xattrs)
    return state, data


def sha256(data: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def shown(state: PathState, data: bytes) -> bytes | None:
    """What a path holds, for a diff; None if it is absent."""
    if state.type == ABSENT:
        return None
    return data if state.type == FILE else f"{state.type} {state.shown_target}".strip().encode() + b"\n"


def require_changeable(path: str, new_bytes: int) -> None:
    """Makes sure that a path can be replaced or removed, as far as that can be told beforehand.

    :raises RefusedError: hard links, a mount, the immutable attribute, a read-only or full file system
    """
    with contextlib.suppress(FileNotFoundError):
        facts = os.lstat(path)
        if stat_module.S_ISREG(facts.st_mode):
            if facts.st_nlink > 1:
                raise RefusedError(f"{path} has {facts.st_nlink} hard links, which replacing it would tear apart.")
            if inode.mounted(path):
                raise RefusedError(f"{path} is a mount of its own, so it cannot be replaced.")
            _refuse_flags(path)
    parent = str(Path(path).parent)
    _refuse_flags(parent)
    require_space(parent, new_bytes)


def require_space(directory: str, new_bytes: int) -> None:
    """Makes sure that a file system takes so many new bytes (with some to spare) and a few new files.

    :param directory: need not exist, its nearest parent is asked then
    :raises RefusedError: it is read-only or full
    """
    while not Path(directory).exists() and directory != "/":
        directory = str(Path(directory).parent)
    facts = os.statvfs(directory)
    if facts.f_flag & os.ST_RDONLY:
        raise RefusedError(f"The file system of {directory} is read-only.")
    free, wanted = facts.f_bfree * facts.f_frsize, new_bytes + 256 * 1024
    if free < wanted:
        raise RefusedError(f"The file system of {directory} has {free} bytes free, but {wanted} are needed.")
    if facts.f_files and facts.f_ffree < 16:
        raise RefusedError(f"The file system of {directory} has no free inodes.")


def require_own(directory: str) -> None:
    """Makes sure that what is in a directory, if there is one, was put there by root (or by who runs this).

    :raises RefusedError: somebody else may write there
    """
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        facts = Path(directory).stat()
        if facts.st_uid not in (0, os.geteuid()) or facts.st_mode & (stat_module.S_IWGRP | stat_module.S_IWOTH):
            found = f"owner {facts.st_uid}, mode {stat_module.S_IMODE(facts.st_mode):04o}"
            raise RefusedError(
                f"{directory} is not root's alone to write to ({found}), so what is in it is not trusted."
            )


def put(path: str, old: PathState, new: PathState, data: bytes, mark: t.Callable[[str], None]) -> None:
    """Turns a path from the old state into the new one. A kill at any moment leaves one of them.

    :param data: the bytes, if the new state is a file
    :param mark: called after each thing that was done
    :raises StepError: the path is not in the old state any more
    :raises OSError: the file system refuses
    """
    if new.type == FILE:
        _put_file(path, old, new, data, mark)
    elif new.type == LINK:
        temp = _cleared_temp(path)
        Path(temp).symlink_to(new.target)
        mark(f"temporary link for {path}")
        _require(path, old)
        Path(temp).replace(path)
    elif new.type == DIRECTORY:
        temp = _cleared_temp(path)
        Path(temp).mkdir(mode=0o700)
        with inode.opened(temp) as descriptor:
            os.fchown(descriptor, new.uid, new.gid)
            os.fchmod(descriptor, new.mode)
        sync(temp)
        mark(f"temporary directory for {path}")
        _require(path, old)
        Path(temp).rename(path)
    else:
        _require(path, old)
        if old.type == DIRECTORY:
            Path(path).rmdir()
        else:
            Path(path).unlink()
    sync(str(Path(path).parent))
    mark(f"{new.type} {path}")


def sync(path: str) -> None:
    """Makes a file, or the names in a directory, durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as exc:
        if exc.errno != errno.EINVAL:  # a file system that does not know it for directories (FUSE, CIFS)
            exc.filename = path  # for people: the descriptor has no name
            raise
    finally:
        os.close(descriptor)


def remove_leftover(path: str) -> None:
    """Removes what a killed run may have left beside a path."""
    temp = Path(temp_of(path))
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if temp.is_dir() and not temp.is_symlink():
            temp.rmdir()
        else:
            temp.unlink()


def temp_of(path: str) -> str:
    """The neighbour that becomes the path: hidden, so that kubelet, systemd and CNI ignore it, and always the same, so
    that the next run finds it."""
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return str(Path(path).parent / f"{_TEMP}{name}.tmp")


def is_temp(name: str) -> bool:
    """Whether a file's name is one that `temp_of` gives."""
    return name.startswith(_TEMP)


def write_private(path: str, data: bytes) -> None:
    """Writes a new file that only root can read, durably.

    :raises OSError: it exists, or the file system refuses; the unfinished file is removed then
    """
    with _private(path, data):
        pass


@contextlib.contextmanager
def _private(path: str, data: bytes) -> t.Iterator[int]:
    """A new file as `write_private` leaves it, still open: whatever else it gets is synced to disk too."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            yield descriptor
            os.fsync(descriptor)
    except (OSError, StepError, RefusedError) as exc:
        Path(path).unlink(missing_ok=True)
        if isinstance(exc, OSError):
            exc.filename = path
        raise


def _put_file(path: str, old: PathState, new: PathState, data: bytes, mark: t.Callable[[str], None]) -> None:
    temp = _cleared_temp(path)
    with _private(temp, data) as descriptor:
        mark(f"temporary file for {path}")
        _dress(descriptor, new)
        _require(path, old)
        os.fchmod(descriptor, new.mode)
    try:
        if old.type == ABSENT:
            os.link(temp, path)  # unlike a rename, this never replaces what somebody else has just put there
            mark(f"link of the temporary file to {path}")
            Path(temp).unlink()
        else:
            Path(temp).replace(path)
    except OSError:
        remove_leftover(path)
        raise


def _dress(descriptor: int, new: PathState) -> None:
    """Gives a new file everything but its mode, by its descriptor: who may write in the directory may have put a link
    to another file in its place by now."""
    os.fchown(descriptor, new.uid, new.gid)
    inode.set_xattrs(descriptor, new.xattrs)
    if new.mtime_ns:
        os.utime(descriptor, ns=(new.mtime_ns, new.mtime_ns))


def _require(path: str, expected: PathState) -> None:
    if not look(path)[0].same(expected):
        raise StepError(f"{path} was changed by somebody else in the meantime.")


def _cleared_temp(path: str) -> str:
    remove_leftover(path)
    return temp_of(path)


def _refuse_flags(path: str) -> None:
    flag = inode.flag(path)
    if flag:
        raise RefusedError(f"{path} has the attribute {flag} (lsattr), so it cannot be changed.")
