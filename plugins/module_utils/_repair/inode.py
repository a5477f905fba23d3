# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel keeps of a file beside its bytes: extended attributes, flags, and whether it is a mount."""

from __future__ import annotations

import base64
import contextlib
import errno
import fcntl
import os
import re
import struct
import typing as t
from pathlib import Path

_GET_FLAGS = 0x80086601  # FS_IOC_GETFLAGS of linux/fs.h
_IMMUTABLE, _APPEND_ONLY = 0x10, 0x20
# The kernel computes these from the content, so a copy of the old ones would be wrong.
_COMPUTED = ("security.ima", "security.evm")
_ACL = "system.posix_acl_access"
_MOUNTS = "/proc/self/mountinfo"
_OCTAL = re.compile(rb"\\([0-7]{3})")  # how spaces and the like are written there


@contextlib.contextmanager
def opened(path: str) -> t.Iterator[int]:
    """A file or directory, open for reading; a link is not followed.

    :raises OSError: it cannot be opened
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def xattrs(descriptor: int) -> dict[str, str]:
    """Extended attributes of an open file, the SELinux label and ACLs among them, in base64.

    :raises OSError: they cannot be read
    """
    try:
        names = os.listxattr(descriptor)
    except OSError as exc:
        if exc.errno in (errno.ENOTSUP, errno.ENOSYS):
            return {}
        raise
    return {name: base64.b64encode(os.getxattr(descriptor, name)).decode() for name in names if name not in _COMPUTED}


def set_xattrs(descriptor: int, wanted: t.Mapping[str, str]) -> None:
    """Gives a new file extended attributes, and takes the ACL from it that its directory gives to new files.

    :raises OSError: the file system refuses
    """
    if _ACL not in wanted and _ACL in xattrs(descriptor):
        os.removexattr(descriptor, _ACL)
    for name, value in wanted.items():
        os.setxattr(descriptor, name, base64.b64decode(value))


def flag(path: str) -> str:
    """The flag of a file or directory that forbids to change it: i (immutable), a (append only), or none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    try:
        flags = struct.unpack("l", fcntl.ioctl(descriptor, _GET_FLAGS, struct.pack("l", 0)))[0]
    except OSError:  # a file system without flags
        return ""
    finally:
        os.close(descriptor)
    return "i" if flags & _IMMUTABLE else "a" if flags & _APPEND_ONLY else ""


def mounted(path: str) -> bool:
    """Whether something is mounted at a path, which may be a single file (mount --bind)."""
    try:
        lines = Path(_MOUNTS).read_bytes().splitlines()
    except FileNotFoundError:
        return False
    points = (fields[4] for fields in map(bytes.split, lines) if len(fields) > 4)  # proc_pid_mountinfo(5)
    real = os.fsencode(Path(path).parent.resolve() / Path(path).name)
    return any(_OCTAL.sub(lambda match: bytes([int(match.group(1), 8)]), point) == real for point in points)
