# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's own log signatures: from what an inventory or file holds to causes beside the catalogue. Pure.

Their patterns are searched elsewhere (``_patterns.py``), in a process that can be stopped; here is only what was found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from ...module_utils import _journal
from .._causes import CATALOGUE, _logs, _quote
from .._engine.fleet_causes import FLEET
from .._interpret.journal import journal
from .._model.cause import Cause
from .._model.finding import Effect, Hit, Remedy
from .._model.journal import LogPattern, Match
from .._model.snapshot import Snapshot

SEVERITIES = {
    "critical": Effect.DOWN,
    "error": Effect.DEGRADED,
    "warning": Effect.RISK,
    "info": Effect.INFO,
}
SOURCES = ("kubelet", "systemd", "runtime", "any")
TEXTS = {"id": 80, "pattern": 1000, "severity": 20, "title": 200, "remedy": 2000, "source": 20}  # longest values
LISTS = ("explains", "match", "nomatch")
REQUIRED = ("id", "pattern", "severity", "title", "remedy", "match")
KEYS = (*TEXTS, *LISTS, "once_per_start")
MAX_SIGNATURES = 200
MAX_LINES = 50
MAX_LINE = 4000
TOLD = 10
_ID = re.compile(r"[a-z]+/[a-z0-9]+(?:-[a-z0-9]+)*")
_RESERVED = ("fleet", "symptom")
# "Nov 23 21:39:09 worker-3 kubelet[7335]: " of journalctl and syslog, before the message.
_PREFIX = re.compile(r"^[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \S+ [^\s:\[]+(?:\[\d+\])?: ")


class SignatureError(ValueError):
    """What is wrong with a user's signatures, in one sentence that names entries and keys."""


@dataclass(frozen=True)
class Extra:
    """One signature of the user's; ``match`` and ``nomatch`` are texts in the form in which patterns see them."""

    place: str
    id: str
    pattern: str
    effect: Effect
    title: str
    remedy: str
    source: str = "kubelet"
    once_per_start: bool = False
    explains: tuple[str, ...] = ()
    match: tuple[str, ...] = ()
    nomatch: tuple[str, ...] = ()


def parse(entries: Sequence[tuple[str, Any]]) -> tuple[Extra, ...]:
    """Signatures from plain values, each with the words that name its place. SignatureError with all that is wrong."""
    if len(entries) > MAX_SIGNATURES:
        raise SignatureError(f"{len(entries)} signatures are given; at most {MAX_SIGNATURES} are allowed")
    problems: list[str] = []
    found: list[Extra] = []
    places: dict[str, str] = {}
    for place, entry in entries:
        wrong = list(_problems(entry))
        name = entry.get("id") if isinstance(entry, dict) else None
        named = f"{place} ({name})" if isinstance(name, str) and name else place
        if not wrong and name in places:
            wrong = [f"id is that of {places[str(name)]} too"]
        problems += [f"{named}: {words}" for words in wrong]
        if not wrong:
            found.append(_extra(named, entry))
            places[str(name)] = place
    refuse(problems)
    return tuple(found)


def refuse(problems: Sequence[str]) -> None:
    """SignatureError when there are problems."""
    if problems:
        more = f"; and {len(problems) - TOLD} more" if len(problems) > TOLD else ""
        raise SignatureError("; ".join(problems[:TOLD]) + more)


def _problems(entry: Any) -> Iterator[str]:
    """What is wrong with one entry, each in a few words."""
    if not isinstance(entry, dict):
        yield f"must be a mapping, not {_kind(entry)}"
        return
    for key in entry:
        if key not in KEYS:
            close = get_close_matches(str(key), KEYS, 1)
            yield f"unknown key {str(key)[:40]!r}" + (f" (did you mean {close[0]}?)" if close else "")
    yield from (f"{key} is missing" for key in REQUIRED if key not in entry)
    wrong = [*_wrong_texts(entry), *_wrong_lists(entry)]
    yield from wrong
    if not isinstance(entry.get("once_per_start", False), bool):
        yield f"once_per_start must be true or false, not {_kind(entry['once_per_start'])}"
    if not wrong:
        yield from _wrong_values(entry)


def _wrong_texts(entry: Mapping[str, Any]) -> Iterator[str]:
    for key, limit in TEXTS.items():
        value = entry.get(key, "x")
        if not isinstance(value, str):
            yield f"{key} must be a string, not {_kind(value)}"
        elif not value.strip():
            yield f"{key} must not be empty"
        elif len(value) > limit:
            yield f"{key} is longer than {limit} characters"


def _wrong_lists(entry: Mapping[str, Any]) -> Iterator[str]:
    for key in LISTS:
        value = entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
            yield f"{key} must be a list of strings"
        elif len(value) > MAX_LINES or any(len(line) > MAX_LINE for line in value):
            yield f"{key} may have at most {MAX_LINES} lines of {MAX_LINE} characters"
        elif not all(line.strip() for line in value):
            yield f"{key} has an empty line"
    if entry.get("match") == []:
        yield "match must have at least one line"


def _wrong_values(entry: Mapping[str, Any]) -> Iterator[str]:
    """Values of the right type that mean nothing, or clash with the catalogue."""
    name, severity, source = entry.get("id"), entry.get("severity", "info"), entry.get("source", "any")
    if name is not None and not _ID.fullmatch(name):
        yield "id must have the form layer/name in lower case, such as storage/iscsi-session-lost"
    elif name in _taken():
        yield "id is one of the catalogue's"
    elif name is not None and name.startswith(tuple(f"{layer}/" for layer in _RESERVED)):
        yield f"the layers {' and '.join(_RESERVED)} are the catalogue's"
    if severity not in SEVERITIES:
        yield f"severity must be one of {', '.join(SEVERITIES)}, not {severity!r}"
    if source not in SOURCES:
        yield f"source must be one of {', '.join(SOURCES)}, not {source!r}"
    try:
        re.compile(entry.get("pattern", "x"))
    except (re.error, OverflowError, RecursionError) as error:
        yield f"pattern is no regular expression: {error}"


def _taken() -> set[str]:
    return {cause.id for cause in (*CATALOGUE, *FLEET)}


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a string", bool: "a boolean", type(None): "nothing"}
    return names.get(type(value), "a number")


def _extra(place: str, entry: Mapping[str, Any]) -> Extra:
    source = entry.get("source", "kubelet")
    return Extra(
        place=place,
        id=entry["id"],
        pattern=entry["pattern"],
        effect=SEVERITIES[entry["severity"]],
        title=entry["title"].strip(),
        remedy=entry["remedy"].strip(),
        source=source,
        once_per_start=entry.get("once_per_start", False),
        explains=tuple(entry.get("explains", ())),
        match=tuple(as_seen(line, source) for line in entry["match"]),
        nomatch=tuple(as_seen(line, source) for line in entry.get("nomatch", ())),
    )


def as_seen(line: str, source: str) -> str:
    """A journal line in the form in which patterns see it, by the same steps as a node's."""
    sender = "systemd" if source == "systemd" else "kubelet"
    message = {
        "MESSAGE": _PREFIX.sub("", line),
        "SYSLOG_IDENTIFIER": sender,
        "__REALTIME_TIMESTAMP": "1795469629339275",
    }
    patterns = journal("", _journal.reduce_lines([json.dumps(message)])).patterns
    return patterns[0].text if patterns else ""


def example_problems(extra: Extra, hits: Iterable[int], error: str) -> Iterator[str]:
    """What is wrong with a pattern by its examples. ``hits`` are indexes into ``match`` followed by ``nomatch``."""
    if error:
        yield f"{extra.place}: {error}"
        return
    matched = set(hits)
    for index, text in enumerate((*extra.match, *extra.nomatch)):
        wanted = index < len(extra.match)
        number = index + 1 if wanted else index - len(extra.match) + 1
        if wanted and index not in matched:
            yield f"{extra.place}: pattern does not match line {number} of match, seen as {text[:160]!r}"
        elif not wanted and index in matched:
            yield f"{extra.place}: pattern matches line {number} of nomatch, seen as {text[:160]!r}"


def log_patterns(node: Snapshot) -> tuple[LogPattern, ...]:
    """All patterns of the node's logs: the kubelet's unit first, then the runtime's; newest first in each."""
    return (*node.log.recent_first, *node.runtime_log.recent_first)


def searched(extra: Extra, node: Snapshot) -> list[int]:
    """Indexes of the log patterns of this node that may be evidence for the signature now."""
    own = len(node.log.patterns)
    window = None if extra.once_per_start else _logs.CONVERSATION_WINDOW

    def counts(index: int, pattern: LogPattern) -> bool:
        if index >= own:
            fresh = extra.once_per_start or node.captured_at - pattern.last_at <= _logs.CONVERSATION_WINDOW
            return extra.source in ("runtime", "any") and pattern.newest and fresh
        sender = "systemd" if pattern.source == "systemd" else "kubelet"
        return extra.source in (sender, "any") and _logs.holds(node, pattern, window)

    return [index for index, pattern in enumerate(log_patterns(node)) if counts(index, pattern)]


def cause_of(extra: Extra, hits: Sequence[int], error: str) -> Cause:
    """The signature as a cause over the node in which these log patterns match. An error becomes the cause's."""

    def judge(node: Snapshot) -> Iterator[Hit]:
        if error:
            raise SignatureError(error)
        if hits:
            found = Match(log_patterns(node)[min(hits)], {})
            own = min(hits) < len(node.log.patterns)
            yield Hit(extra.title, (_quote.log(_logs.over_all_starts(node, found) if own else found),))

    return Cause(
        id=extra.id,
        title=extra.title,
        effect=extra.effect,
        healthy="",
        see="",
        why="",
        remedy=Remedy(extra.remedy),
        judge=judge,
        explains=extra.explains,
        own=True,
    )


def unexplained(extra: Extra, others: Iterable[str]) -> list[str]:
    """Entries of ``explains`` that no cause of the catalogue and none of ``others`` has as its id."""
    known = _taken() | set(others)
    return [glob for glob in extra.explains if not any(fnmatchcase(name, glob) for name in known)]
