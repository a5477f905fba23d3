# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts about single files: what they are, a hash of their bytes, and their masked text within the limits."""

from __future__ import annotations

import hashlib
import json
import posixpath
import typing as t
from datetime import datetime, timezone

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _keys, _redact, _schema

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host, StatResult

# How a file is looked at: with its text; its text when it is PEM; as a program (only its first bytes); or not inside.
TEXT, CERTIFICATE, PROGRAM, STAT = "text", "certificate", "program", "stat"

_MAX_HASHED_BYTES = 1024 * 1024
_MAX_LINKS = 20
_PROGRAM_HEAD = 64
# e_machine of the ELF header (System V ABI), in the words of `uname -m`.
_ELF_MACHINES = {3: "i686", 21: "ppc64", 22: "s390x", 40: "armv7l", 62: "x86_64", 183: "aarch64", 243: "riscv64"}


class FileFacts:
    """Facts about files, gathered in the order of importance, for the limits end the later ones.

    entries: path -> facts, as the evidence has them; texts: path -> unmasked text, which never leaves the node;
    statuses: path -> (status, reason) of what could not be looked at in full.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self.entries: dict[str, dict[str, t.Any]] = {}
        self.texts: dict[str, str] = {}
        self.statuses: dict[str, tuple[str, str]] = {}
        self.complete = True
        self._absent = 0
        self._masked: dict[str, str] = {}

    def look(self, path: str, kind: str = TEXT) -> str:
        """Records the facts of a path, and of the file behind it where it is a link. The unmasked text, if any."""
        path = posixpath.normpath(path)
        if path not in self.entries and not self._full():
            stat = self.host.stat(path)
            self.entries[path] = self._facts(path, kind, stat)
            self._absent += stat.status == _schema.ABSENT
        target = self.entries.get(path, {}).get("resolves")
        return self.look(target, kind) if target and target != path else self.texts.get(path, "")

    def list(self, path: str) -> tuple[str, ...]:
        """Records the facts of a directory with its entries; paths of the entries that are not hidden."""
        self.look(path, STAT)
        entry = self.entries.get(posixpath.normpath(path))
        if entry is None or entry["type"] not in ("directory", "link"):
            return ()
        listed = self.host.listdir(path)
        if listed.status in (_schema.OK, _schema.TRUNCATED):
            entry["entries"] = list(listed.names)
        if listed.status not in (_schema.OK, _schema.ABSENT):
            self.statuses[path] = (listed.status, listed.error or "it has more entries than are listed")
        return tuple(posixpath.join(path, name) for name in listed.names if not name.startswith("."))

    def keep_texts(self, first: t.Iterable[str] = ()) -> None:
        """Puts the masked texts into the facts, within the limits: of the files given first, then of the others."""
        followed = [self.entries.get(path, {}).get("resolves") or path for path in map(posixpath.normpath, first)]
        left = _schema.MAX_FILES_BYTES
        for path in dict.fromkeys([*followed, *self._masked]):
            if path in self._masked:
                left -= self._keep(path, self._masked[path].encode("utf-8"), left)

    def _keep(self, path: str, data: bytes, left: int) -> int:
        """Puts as much of a text into its facts as is left; what that takes of the result, in bytes of JSON."""
        facts = self.entries[path]
        kept = data[: _schema.MAX_FILE_BYTES].decode("utf-8", "ignore")
        size = len(json.dumps(kept))
        if size > left:
            kept = kept[: len(kept) * left // size]
        facts["content"] = kept
        if len(kept.encode("utf-8")) < len(data) or facts["size"] > _MAX_HASHED_BYTES:
            facts["truncated"] = True
            self.statuses[path] = (_schema.TRUNCATED, f"only the first {len(kept)} characters were kept")
        return min(size, left)

    def _full(self) -> bool:
        if len(self.entries) - self._absent < _schema.MAX_FILES and self._absent < _schema.MAX_ABSENT_FILES:
            return False
        self.complete = False
        return True

    def _facts(self, path: str, kind: str, stat: StatResult) -> dict[str, t.Any]:
        if stat.status == _schema.ABSENT:
            return {"type": "absent"}
        if stat.status != _schema.OK:
            return self._failed({"type": "error"}, path, stat.status, stat.error)
        facts: dict[str, t.Any] = {
            "type": stat.type,
            "mode": format(stat.mode, "04o"),
            "uid": stat.uid,
            "gid": stat.gid,
            "size": stat.size,
            "mtime": _moment(stat.mtime),
        }
        if stat.type == "link":
            facts["target"] = self.host.readlink(path)
            facts["resolves"] = self._final(path)
        elif stat.type == "file" and kind == PROGRAM:
            facts.update(self._program(path))
        elif stat.type == "file" and kind != STAT:
            self._read(path, kind, facts)
        return facts

    def _final(self, path: str) -> str | None:
        """The path behind a link; None when it dangles."""
        for dummy in range(_MAX_LINKS):
            target = self.host.readlink(path)
            if target is None:
                return None if self.host.stat(path).status == _schema.ABSENT else path
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        return None

    def _program(self, path: str) -> dict[str, t.Any]:
        head = self.host.read(path, _PROGRAM_HEAD)
        if head.status not in (_schema.OK, _schema.TRUNCATED):
            return {}
        if head.data[:4] != b"\x7fELF" or len(head.data) < 20:
            return {"elf_machine": None, "head": _redact.redact(head.text)}
        order: t.Literal["big", "little"] = "big" if head.data[5] == 2 else "little"
        machine = int.from_bytes(head.data[18:20], order)
        return {"elf_machine": _ELF_MACHINES.get(machine, str(machine))}

    def _read(self, path: str, kind: str, facts: dict[str, t.Any]) -> None:
        result = self.host.read(path, _MAX_HASHED_BYTES)
        if result.status not in (_schema.OK, _schema.TRUNCATED):
            self._failed(facts, path, result.status, result.error)
            return
        if result.status == _schema.OK:
            facts["sha256"] = hashlib.sha256(result.data).hexdigest()
        if b"\0" in result.data:
            facts["binary"] = True
            return
        text = self.texts[path] = result.text
        keys = _keys.public_key_hashes(text, self.host)
        if keys:
            facts["public_key_sha256"] = keys
        # A certificate setting may name any file of the host: what is not PEM there is nobody's business.
        masked = (
            _masked(text) if kind == TEXT or "-----BEGIN" in text else _redact.stars(text[: _schema.MAX_FILE_BYTES])
        )
        self._masked[path] = masked

    def _failed(self, facts: dict[str, t.Any], path: str, status: str, reason: str) -> dict[str, t.Any]:
        facts["status"], facts["error"] = status, reason
        self.statuses[path] = (status, reason)
        return facts


def _masked(text: str) -> str:
    """The masked text; beyond twice the limit nothing is looked at, for it is cut off anyway."""
    return _redact.redact(text[: 2 * _schema.MAX_FILE_BYTES])


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
