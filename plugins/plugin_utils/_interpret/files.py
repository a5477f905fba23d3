# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence part ``files`` -> FileFact, and finding a path through symbolic links."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from .._model.common import FileFact

KNOWN_TYPES = ("file", "directory", "link", "socket", "other", "absent", "denied", "error")
# Directories that are symbolic links on every distribution with a merged /usr and with /run (all supported ones).
# A unit or a flag may spell a path either way, while the node reports only one of them.
TWINS = (
    ("/lib/", "/usr/lib/"),
    ("/bin/", "/usr/bin/"),
    ("/sbin/", "/usr/sbin/"),
    ("/var/run/", "/run/"),
)
MAX_LINKS = 16


def files(evidence_files: Mapping[str, Any]) -> dict[str, FileFact]:
    """Facts by absolute path. Entries that are not mappings are left out: nobody looked, as far as we can tell."""
    facts = {
        path: _fact(path, entry, evidence_files) for path, entry in evidence_files.items() if isinstance(entry, Mapping)
    }
    for path in list(facts):
        for short, long in TWINS:
            for one, other in ((short, long), (long, short)):
                if path.startswith(one):
                    facts.setdefault(other + path[len(one) :], facts[path])
    return facts


def file_at(facts: Mapping[str, FileFact], path: str) -> FileFact:
    """What is known of ``path``; type "unknown" when nobody looked."""
    return facts.get(path) or facts.get(posixpath.normpath(path)) or FileFact(path)


def follow(facts: Mapping[str, FileFact], path: str) -> FileFact:
    """What is known of the final target of ``path``; the link itself when it dangles or its target is unknown."""
    fact = file_at(facts, path)
    for _hop in range(MAX_LINKS):
        if fact.type != "link" or fact.resolves is None or fact.content is not None:
            break
        target = facts.get(_absolute(fact.path, fact.target or fact.resolves)) or facts.get(fact.resolves)
        if target is None or target is fact:
            break
        fact = target
    return fact


def binary(fact: FileFact) -> bool:
    """True when the node found NUL bytes in the file, as a crash can leave them behind: it is no text at all."""
    return fact.extra is not None and fact.extra.get("binary") is True


def _absolute(link: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(link), target))


def _fact(path: str, entry: Mapping[str, Any], evidence_files: Mapping[str, Any]) -> FileFact:
    entries = entry.get("entries")
    keys = entry.get("public_key_sha256")
    return FileFact(
        path=path,
        type=_type(entry),
        mode=_text(entry.get("mode")),
        uid=_number(entry.get("uid")),
        gid=_number(entry.get("gid")),
        size=_number(entry.get("size")),
        mtime=moment(entry.get("mtime")),
        sha256=_text(entry.get("sha256")),
        target=_text(entry.get("target")),
        resolves=_resolves(path, entry, evidence_files),
        entries=tuple(str(name) for name in entries) if isinstance(entries, (list, tuple)) else None,
        public_key_sha256=_keys(keys),
        content=_text(entry.get("content")),
        truncated=entry.get("truncated") is True,
        error=_text(entry.get("error")),
        extra=_extra(entry),
    )


FIELDS = frozenset(FileFact.__dataclass_fields__) | {"status"}


def _extra(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    more = {str(key): value for key, value in entry.items() if key not in FIELDS}
    return more or None


def _type(entry: Mapping[str, Any]) -> str:
    """``type`` says what was found, ``status`` how looking went. What was found stays so although its content could
    not be read."""
    status, kind = entry.get("status"), entry.get("type")
    if kind in KNOWN_TYPES and kind != "error":
        return str(kind)
    if status == "denied" or "permission denied" in str(entry.get("error", "")).lower():
        return "denied"
    return "error" if kind == "error" or status in ("timeout", "error") else "unknown"


def _resolves(path: str, entry: Mapping[str, Any], evidence_files: Mapping[str, Any]) -> str | None:
    """Final target, None for a link that leads nowhere. Bundles may say only *that* a link resolves (true), or say
    nothing; then the links that we know are followed."""
    given = entry.get("resolves", True)
    if entry.get("type") != "link" or not given:
        return None
    if isinstance(given, str):
        return given
    for _hop in range(MAX_LINKS):
        target = entry.get("target")
        if not isinstance(target, str) or not target:
            break
        path = _absolute(path, target)
        following = evidence_files.get(path)
        if not isinstance(following, Mapping):
            break
        entry = following
    return path


def _keys(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(str(key) for key in value) if isinstance(value, (list, tuple)) else ()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: Any) -> datetime | None:
    """ISO 8601 text as an aware UTC time, None when it is not one. A time without a zone is taken as UTC."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):  # no time, or one outside of the calendar once it is in UTC
        return None
