# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files described as data, and the tar archive that puts them on a host.

Files are described as absolute path -> (mode, content). A path that ends in a slash is a directory; text ``-> target``
makes a symbolic link.
"""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Content = Union[str, bytes]
_LINK = "-> "


def from_directory(source: Path, target: str) -> dict[str, tuple[int, Content]]:
    """Describe a tree of source files as files below ``target``, compiled Python left out."""
    return {
        f"{target}/{path.relative_to(source)}": (0o644, path.read_bytes())
        for path in sorted(source.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def pack(files: Mapping[str, tuple[int, Content]], mtime: int) -> bytes:
    """Return a tar archive of the files, all owned by root and of one modification time (seconds since the epoch)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, (mode, content) in sorted(files.items()):
            entry = tarfile.TarInfo(path.strip("/"))
            entry.mode, entry.mtime = mode, mtime
            if path.endswith("/"):
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            elif isinstance(content, str) and content.startswith(_LINK):
                entry.type, entry.linkname = tarfile.SYMTYPE, content[len(_LINK) :].strip()
                tar.addfile(entry)
            else:
                data = content.encode() if isinstance(content, str) else content
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
