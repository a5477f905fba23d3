# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of a kubelet inside another program, which no unit shows.

MicroK8s reads it from a file of arguments. K3s and RKE2 compose it and log it once at each start (``Running kubelet
--config-dir=... ...``). Where neither is known, the flags that the distribution always gives name its files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ...module_utils import _profiles
from .._model.common import FileFact, Place
from .._model.journal import Journal
from .._model.service import CommandLine, Unit
from .flags import Argument, flags
from .words import split_words

PROGRAM = "kubelet"
# An item of the list, or the only one behind the colon: `- max-pods=200`.
_KUBELET_ARG = re.compile(r"^(?:[ \t]*-|kubelet-arg\+?:)[ \t]*[\"']?(?:--)?([a-z][\w-]*=[^\"'\s]*)[\"']?[ \t]*$")
ENDED = "Kubelet exited: "


def command_line(
    row: _profiles.Profile, unit: Unit, running: CommandLine | None, log: Journal, files: Mapping[str, FileFact]
) -> CommandLine:
    """What the kubelet of ``unit`` was, or would be, started with, as far as the evidence tells."""
    written = _written(row, files)
    if written:
        return _line(written)
    if running is not None and running.flags:
        return _as_given(row, files, _below(unit, running) if row.kubelet_is_child else running)
    return _as_given(row, files, _line(_logged(row, unit, log) or _usual(row, files)))


def _as_given(row: _profiles.Profile, files: Mapping[str, FileFact], line: CommandLine) -> CommandLine:
    """The command line with the places of those flags that the user gave (K3s and RKE2: ``kubelet-arg``)."""
    given = {
        match[1]: Place(path, number)
        for path in sorted(files)
        if path in row.texts or (row.text_directories and path.startswith(row.text_directories))
        for number, text in enumerate((files[path].content or "").splitlines(), 1)
        if (match := _KUBELET_ARG.match(text)) is not None
    }
    places = [given.get(f"{flag.name}={flag.value}", flag.place) for flag in line.flags]
    return replace(
        line, flags=tuple(replace(flag, place=place) for flag, place in zip(line.flags, places, strict=True))
    )


def _below(unit: Unit, running: CommandLine) -> CommandLine:
    """The process is not the unit's main one, whose number the evidence has."""
    place = Place(f"the kubelet's process below {unit.name}")
    return replace(running, flags=tuple(replace(flag, place=place) for flag in running.flags), place=place)


def child_ended_at(row: _profiles.Profile, log: Journal) -> datetime | None:
    """When the program around the kubelet last logged that its kubelet ended; None where it starts none as a child."""
    ends = (p.last_at for p in log.patterns if p.newest and row.kubelet_is_child and ENDED in p.text)
    return max(ends, default=None)


def _line(arguments: list[Argument]) -> CommandLine:
    if not arguments:
        return CommandLine()
    first = arguments[0]
    words = [Argument(PROGRAM, first.place, first.origin), *arguments]
    return CommandLine(PROGRAM, flags(words), first.place, tuple(word.text for word in words))


def _written(row: _profiles.Profile, files: Mapping[str, FileFact]) -> list[Argument]:
    """The words of the files of arguments; a line that begins with ``#`` is a comment."""
    found: list[Argument] = []
    for path in row.arguments:
        content = files[path].content if path in files else None
        for number, line in enumerate((content or "").splitlines(), 1):
            if not line.lstrip().startswith("#"):
                words = split_words(_substituted(line), c_escapes=False)
                found += [Argument(word.text, Place(path, number), "arguments-file") for word in words]
    return found


def _substituted(line: str) -> str:
    for variable, path in _profiles.SNAP_VARIABLES.items():
        line = line.replace(variable, path)
    return line


def _logged(row: _profiles.Profile, unit: Unit, log: Journal) -> list[Argument]:
    """The words of the newest line that announces the kubelet."""
    if not row.announces:
        return []
    for pattern in log.recent_first:
        before, announced, after = pattern.text.partition(row.announces)
        if announced and after.startswith("-"):
            text = after.removesuffix('"') if before.endswith('"') else after
            place = Place(f"the log of {unit.name}")
            return [Argument(word.text, place, "log") for word in split_words(text, c_escapes=False)]
    return []


def _usual(row: _profiles.Profile, files: Mapping[str, FileFact]) -> list[Argument]:
    """The flags that the distribution always gives, for files that exist: of others nobody said that they should."""
    given = [(flag, flag.partition("=")[2]) for flag in row.flags]
    place = Place(f"the layout of {row.name}")
    return [Argument(flag, place, "profile") for flag, path in given if path in files and files[path].exists]
