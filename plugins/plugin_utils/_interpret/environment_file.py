# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The syntax of files that EnvironmentFile= names (systemd.exec(5)). It is not the shell's: nothing is expanded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .._model.common import Place
from .spread import spread

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
BLANKS = " \t\r"
# Characters that a backslash takes their meaning from inside of double quotes; before others it stays.
ESCAPABLE = '"\\`$'

Variables = dict[str, tuple[str, Place]]


def assignments(text: str, path: str) -> tuple[Variables, tuple[Place, ...]]:
    """Variables with their places, and places of lines that systemd ignores: no '=', or a name that is none."""
    return _Reader(text, path).read()


@dataclass
class _Reader:
    text: str
    path: str
    position: int = 0
    line: int = 1
    variables: Variables = field(default_factory=dict)
    ignored: list[Place] = field(default_factory=list)

    def read(self) -> tuple[Variables, tuple[Place, ...]]:
        while self.position < len(self.text):
            end = self._end_of_line()
            line = self.text[self.position : end]
            stripped = line.strip(BLANKS)
            name, separator, _rest = line.partition("=")
            if not stripped or stripped[0] in "#;":
                self._skip_to(end)
            elif not separator:
                self.ignored.append(Place(self.path, self.line))
                self._skip_to(end)
            else:
                self.position += len(name) + 1
                self._assign(name.strip(BLANKS), *self._value(self.line))
        return self.variables, tuple(self.ignored)

    def _assign(self, name: str, value: str, place: Place) -> None:
        if NAME.fullmatch(name):
            self.variables[name] = (value, place)
        else:
            self.ignored.append(Place(self.path, place.line))

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.position)
        return len(self.text) if end < 0 else end

    def _skip_to(self, end: int) -> None:
        self.position = end + 1
        self.line += 1

    def _next(self) -> str:
        character = self.text[self.position] if self.position < len(self.text) else "\n"
        self.position += 1
        self.line += character == "\n"
        return character

    def _value(self, first: int) -> tuple[str, Place]:
        """Value up to the end of its line: bare and quoted pieces, one after another."""
        read: list[tuple[str, int]] = []
        while True:
            character = self._next()
            if character == "\n":
                break
            if character not in BLANKS:
                read += self._quoted(character) if character in "\"'" else self._bare(character)
        return "".join(text for text, _line in read), spread(self.path, first, [line for _text, line in read])

    def _quoted(self, quote: str) -> list[tuple[str, int]]:
        """Characters up to the closing quote, over lines where needed; up to the end of the file when there is none."""
        read: list[tuple[str, int]] = []
        while self.position < len(self.text):
            character = self._next()
            if character == quote:
                break
            if character != "\\" or quote == "'":
                read.append((character, self.line))
                continue
            escaped = self._next()
            if escaped not in ESCAPABLE and escaped != "\n":
                read.append(("\\", self.line))
            if escaped != "\n":
                read.append((escaped, self.line))
        return read

    def _bare(self, character: str) -> list[tuple[str, int]]:
        """Characters up to the end of the line without trailing blanks. A backslash makes the next character plain
        and continues the line when it is the last."""
        read: list[tuple[str, int]] = []
        kept = 0
        while character != "\n":
            if character == "\\":
                escaped = self._next()
                if self.position > len(self.text):
                    break
                if escaped != "\n":
                    read.append((escaped, self.line))
                    kept = len(read)
            else:
                read.append((character, self.line))
                kept = kept if character in BLANKS else len(read)
            character = self._next()
        # The end of the line is left to the caller.
        self.position -= 1
        self.line -= 1
        return read[:kept]
