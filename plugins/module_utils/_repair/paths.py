# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One path of the node: what is there, and how it is turned into something else so that a kill leaves old or new.

A file is replaced by a rename of a finished neighbour. That neighbour is private to root until the moment before the
rename, when it gets the owner and mode of the file that it replaces.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import fcntl
import hashlib
import os
import stat as stat_module
import struct
import typing as t
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError, StepError

ABSENT, FILE, LINK, DIRECTORY, OTHER = "absent", "file", "link", "directory", "other"
MAX_BYTES = 4 * 1024 * 1024
_TEMP = ".nodeclinic-"
_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS of linux/fs.h
_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20
# The kernel computes these from the content, so a copy of the old ones would be wrong.
_COMPUTED = ("security.ima", "security.evm")


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
    mode, uid, gid = stat_module.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid
    if stat_module.S_ISDIR(facts.st_mode):
        return PathState(DIRECTORY, mode=mode, uid=uid, gid=gid), b""
    if not stat_module.S_ISREG(facts.st_mode):
        return PathState(OTHER), b""
    if facts.st_size > MAX_BYTES:
        raise RefusedError(f"{path} has {facts.st_size} bytes, more than the {MAX_BYTES} that a repair handles.")
    data = _read(path)
    state = PathState(FILE, sha256(data), len(data), mode, uid, gid, facts.st_mtime_ns, xattrs=_xattrs(path))
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

    :raises RefusedError: hard links, the immutable attribute, a read-only or full file system
    """
    with contextlib.suppress(FileNotFoundError):
        facts = os.lstat(path)
        if stat_module.S_ISREG(facts.st_mode):
            if facts.st_nlink > 1:
                raise RefusedError(f"{path} has {facts.st_nlink} hard links, which replacing it would tear apart.")
            _refuse_attributes(path)
    parent = str(Path(path).parent)
    _refuse_attributes(parent)
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
        os.chown(temp, new.uid, new.gid)
        Path(temp).chmod(new.mode)
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
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        Path(path).unlink()
        raise


def _put_file(path: str, old: PathState, new: PathState, data: bytes, mark: t.Callable[[str], None]) -> None:
    temp = _cleared_temp(path)
    write_private(temp, data)
    mark(f"temporary file for {path}")
    try:
        os.chown(temp, new.uid, new.gid)
        for name, value in new.xattrs.items():
            os.setxattr(temp, name, base64.b64decode(value))
        if new.mtime_ns:
            os.utime(temp, ns=(new.mtime_ns, new.mtime_ns))
        _require(path, old)
        Path(temp).chmod(new.mode)
        sync(temp)
        if old.type == ABSENT:
            os.link(temp, path)  # unlike a rename, this never replaces what somebody else has just put there
            mark(f"link of the temporary file to {path}")
            Path(temp).unlink()
        else:
            Path(temp).replace(path)
    except (OSError, StepError):
        remove_leftover(path)
        raise


def _require(path: str, expected: PathState) -> None:
    if not look(path)[0].same(expected):
        raise StepError(f"{path} was changed by somebody else in the meantime.")


def _cleared_temp(path: str) -> str:
    remove_leftover(path)
    return temp_of(path)


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _xattrs(path: str) -> dict[str, str]:
    """Extended attributes, the SELinux label and ACLs among them, in base64."""
    try:
        names = os.listxattr(path)
    except OSError as exc:
        if exc.errno in (errno.ENOTSUP, errno.ENOSYS):
            return {}
        raise
    return {name: base64.b64encode(os.getxattr(path, name)).decode() for name in names if name not in _COMPUTED}


def _refuse_attributes(path: str) -> None:
    """Refuses a path with the immutable or append-only attribute (chattr +i, +a)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        flags = struct.unpack("l", fcntl.ioctl(descriptor, _GET_FLAGS, struct.pack("l", 0)))[0]
    except OSError:  # a file system without such attributes
        return
    finally:
        os.close(descriptor)
    if flags & (_IMMUTABLE | _APPEND_ONLY):
        letter = "i" if flags & _IMMUTABLE else "a"
        raise RefusedError(f"{path} has the attribute {letter} (lsattr), so it cannot be changed.")
