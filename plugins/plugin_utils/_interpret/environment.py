# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment of a unit: Environment= lines and EnvironmentFile= files, each variable with its place."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping

from .._model.common import FileFact, Place
from .._model.service import Directive, EnvironmentFile, Unit
from .environment_file import assignments
from .files import follow
from .spread import place_at, spread
from .words import Word, split_words

Environment = dict[str, tuple[str, Place]]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Real units have a handful; a hostile one shall not keep us busy.
MAX_FILES = 64
SHOWN_FILE = re.compile(r"(?P<path>/.*?) \(ignore_errors=(?P<optional>yes|no)\)")


def effective(directives: Iterable[Directive], key: str) -> list[Directive]:
    """Assignments of a list-like [Service] directive that count: an empty one clears all before it."""
    found: list[Directive] = []
    for directive in directives:
        if directive.section == "Service" and directive.key == key:
            if directive.value:
                found.append(directive)
            else:
                found.clear()
    return found


def environment_files(unit: Unit, files: Mapping[str, FileFact]) -> tuple[EnvironmentFile, ...]:
    """EnvironmentFile= lines of the files on disk with what they hold; those that systemd reports when no unit
    file could be read."""
    named = [(d.value, d.place) for d in effective(unit.directives, "EnvironmentFile")][:MAX_FILES]
    if not unit.directives:
        return loaded_environment_files(unit, files)
    return tuple(
        _environment_file(path, value.startswith("-"), place, files)
        for value, place in named
        for path in _matching(value.removeprefix("-"), files)
    )


def loaded_environment_files(unit: Unit, files: Mapping[str, FileFact]) -> tuple[EnvironmentFile, ...]:
    """EnvironmentFile= as systemd has it in memory. The files themselves are read at each start."""
    places = {d.value.removeprefix("-"): d.place for d in effective(unit.directives, "EnvironmentFile")}
    return tuple(
        _environment_file(path, found["optional"] == "yes", places.get(path, Place(unit.fragment_path)), files)
        for found in map(SHOWN_FILE.fullmatch, unit.get("EnvironmentFiles").split("\n")[:MAX_FILES])
        if found
        for path in _matching(found["path"], files)
    )


def environment(unit: Unit, files: Iterable[EnvironmentFile]) -> Environment:
    """Variables that the kubelet would be started with after a daemon-reload. Files win over Environment= lines,
    later files over earlier ones (systemd.exec(5))."""
    return _merged(_assigned(effective(unit.directives, "Environment")), files)


def loaded_environment(unit: Unit, files: Mapping[str, FileFact]) -> Environment:
    """Variables that systemd would start the kubelet with now: its own Environment=, and the files of today."""
    return _merged(_shown(unit), loaded_environment_files(unit, files))


def _merged(assigned: Environment, files: Iterable[EnvironmentFile]) -> Environment:
    for file in files:
        assigned.update(file.variables)
    return assigned


def _environment_file(path: str, optional: bool, place: Place, files: Mapping[str, FileFact]) -> EnvironmentFile:
    variables, ignored = assignments(follow(files, path).content or "", path)
    return EnvironmentFile(path, optional, place, variables, ignored)


def _matching(path: str, files: Mapping[str, FileFact]) -> list[str]:
    """Paths that a pattern stands for; a path without a match stays as written."""
    if not any(character in path for character in "*?["):
        return [path]
    found = sorted(p for p, fact in files.items() if fact.exists and fnmatch.fnmatchcase(p, path))
    return [p for p in found if p.count("/") == path.count("/")] or [path]


def _assigned(directives: Iterable[Directive]) -> Environment:
    found: Environment = {}
    for directive in directives:
        for word in split_words(directive.value):
            name, separator, value = word.text.partition("=")
            if separator and NAME.fullmatch(name):
                found[name] = (value.replace("%%", "%"), _place(directive.place, word, len(name) + 1))
    return found


def _place(place: Place, word: Word, start: int) -> Place:
    """Place of the part of a word that begins at ``start``."""
    first = place_at(place, word.offset).line
    lines = [place_at(place, source).line or 0 for source in word.sources[start:]]
    return spread(place.path, first, lines) if first is not None else place


def _shown(unit: Unit) -> Environment:
    """systemd's own Environment=. A value that the files no longer hold has a file at best, no line."""
    on_disk = _assigned(effective(unit.directives, "Environment"))
    found: Environment = {}
    for name, value in _pairs(unit.get("Environment")):
        known = on_disk.get(name)
        if known is None:
            found[name] = (value, Place(unit.fragment_path))
        else:
            found[name] = (value, known[1] if known[0] == value else Place(known[1].path))
    return found


def _pairs(shown: str) -> Iterator[tuple[str, str]]:
    for word in split_words(shown):
        name, separator, value = word.text.partition("=")
        if separator and NAME.fullmatch(name):
            yield name, value
