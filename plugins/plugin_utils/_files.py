# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's disk: results and bundles are written whole or not at all.

Every function raises OSError as the system gives it; the action plugins make a sentence of it.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

RESULT_MODE = 0o640
BUNDLE_FILE_MODE = 0o640
BUNDLE_DIRECTORY_MODE = 0o750
MAX_BUNDLE_FILE_BYTES = 64 * 1024 * 1024
_NAME_LIMIT = 200


def os_error(error: OSError, place: Path | str = "a file") -> str:
    """What went wrong with which file, in one sentence."""
    return f"cannot use {error.filename or place}: {error.strerror}" if error.strerror else str(error)


def safe_file_name(name: str) -> str:
    """A host's name as one harmless path component; different names stay different.

    Names that are fine already (all usual ones) are returned unchanged. Others are percent-encoded where they would
    leave the directory, hide the file or upset a terminal, and cut with a digest where they are too long. A leading
    underscore is encoded too: such names are the collection's own.
    """
    encoded = "".join(char if _harmless(char) else _percent(char) for char in name)
    if encoded.startswith((".", "-", "_")) or not encoded:
        encoded = _percent(encoded[:1]) + encoded[1:] if encoded else "%"
    if len(encoded.encode()) > _NAME_LIMIT:
        digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        encoded = f"{encoded.encode()[: _NAME_LIMIT - 17].decode(errors='ignore')}-{digest}"
    return encoded


def _harmless(char: str) -> bool:
    return char.isprintable() and char not in '/\\%"'


def _percent(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def write_atomically(path: Path, text: str, mode: int = RESULT_MODE) -> None:
    """Write a file so that a reader sees the old or the new content, never a part; its directory is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            os.fchmod(stream.fileno(), mode)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(path)
    except BaseException:  # also when interrupted: no half-written file is left behind
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def write_result(directory: Path, result: Mapping[str, Any]) -> Path:
    """Write a result as ``<directory>/<host>.json`` and return that path."""
    path = directory / f"{safe_file_name(result['host'])}.json"
    write_json(path, result)
    return path


def read_result(path: Path, default: Mapping[str, Any]) -> dict[str, Any]:
    """A result that was written before, with what the comparison of the nodes added since; ``default`` without one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return dict(default)
    return found if isinstance(found, dict) and found.get("host") == default.get("host") else dict(default)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write a JSON file as a whole."""
    write_atomically(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def read_text(path: Path) -> str | None:
    """The text of a file, None where there is none. What is not UTF-8 in it is replaced."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def occupied(place: Path) -> bool:
    """True when something other than an empty directory is at this path."""
    return place.is_symlink() or (place.exists() and not (place.is_dir() and not any(place.iterdir())))


def write_tree(directory: Path, files: Mapping[str, str], *, overwrite: bool = False) -> None:
    """Write a directory of text files (keys are relative paths) beside its place, then move it there.

    Raises FileExistsError when the place is occupied and ``overwrite`` is False.
    """
    if occupied(directory) and not overwrite:
        raise FileExistsError(f"{directory} exists and is not empty")
    directory.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name[:100]}."))
    try:
        for name, text in files.items():
            _write_below(new, name, text)
        new.chmod(BUNDLE_DIRECTORY_MODE)
        _swap(new, directory)
    finally:
        shutil.rmtree(new, ignore_errors=True)  # the new tree after a failure, or the old one after the swap


def _write_below(root: Path, name: str, text: str) -> None:
    """One file of a tree; a name that leads out of the tree is a programming error."""
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()) or path == root:
        raise ValueError(f"{name} leads out of the directory")
    path.parent.mkdir(mode=BUNDLE_DIRECTORY_MODE, parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    path.chmod(BUNDLE_FILE_MODE)


def _swap(new: Path, place: Path) -> None:
    """Put ``new`` at ``place``; what was there is removed once the new one stands."""
    if not place.exists():
        new.rename(place)
        return
    old = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name[:100]}.old."))
    place.rename(old)
    try:
        new.rename(place)
    except OSError:
        old.rename(place)
        raise
    shutil.rmtree(old)


def read_tree(directory: Path) -> dict[str, bytes]:
    """All regular files below a directory, by relative path with ``/``; links are not followed.

    Raises OSError with errno EFBIG for a file of more than MAX_BUNDLE_FILE_BYTES.
    """
    files: dict[str, bytes] = {}
    for path in sorted(directory.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        if path.stat().st_size > MAX_BUNDLE_FILE_BYTES:
            raise OSError(27, f"larger than {MAX_BUNDLE_FILE_BYTES // 1024 // 1024} MiB", str(path))
        files[path.relative_to(directory).as_posix()] = path.read_bytes()
    return files
