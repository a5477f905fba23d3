# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of files made of lines (unit files, environment files): one word, or one whole line.

Lines end at ``\\n`` alone, as systemd and the places of findings count them; a ``\\r`` before it stays where it is.
"""

from __future__ import annotations

import re

from .._model.plan import Splice
from .context import UnavailableError

# A word of a command line ends at white space, at a quote, or where a variable's value begins; a backslash continues
# the line.
_BEFORE = r"(?<![^\s\"'=])"
_AFTER = r"(?![^\s\"'\\])"
_VALUE_FOLLOWS = re.compile(r"[ \t]+[^-\s\"'\\]")


def line_at(content: str, number: int | None) -> tuple[int, str]:
    """Byte offset of a line (1-based) and its text without line end. UnavailableError when there is none."""
    lines = content.split("\n")
    if number is None or not 1 <= number <= len(lines):
        raise UnavailableError("the line that gives the value must be known")
    before = "".join(f"{line}\n" for line in lines[: number - 1])
    return len(before.encode()), lines[number - 1].removesuffix("\r")


def replace_word(content: str, number: int | None, old: str, new: str) -> Splice:
    """Replace the one occurrence of a word on a line. UnavailableError when it is not there exactly once."""
    start, line = line_at(content, number)
    found = list(re.finditer(_BEFORE + re.escape(old) + _AFTER, line))
    if len(found) != 1:
        raise UnavailableError(f"{old!r} must stand exactly once, as a word of its own, on the line that gives it")
    at = start + len(line[: found[0].start()].encode())
    return Splice(at, at + len(old.encode()), new)


def remove_word(content: str, number: int | None, word: str) -> Splice:
    """Remove the one occurrence of a word and one blank beside it, before it where there is one."""
    splice = replace_word(content, number, word, "")
    data = content.encode()
    rest = data[splice.end :].split(b"\n", 1)[0].decode()
    if "=" not in word and _VALUE_FOLLOWS.match(rest):
        raise UnavailableError(f"the word after {word} may be its value: it must be written as {word}=VALUE")
    if data[splice.start - 1 : splice.start] == b" ":
        return Splice(splice.start - 1, splice.end, "")
    return Splice(splice.start, splice.end + (data[splice.end : splice.end + 1] == b" "), "")


def replace_line(content: str, number: int | None, new: str) -> Splice:
    """Replace the text of a line; its end stays."""
    start, line = line_at(content, number)
    return Splice(start, start + len(line.encode()), new)


def insert_line(content: str, number: int | None, new: str) -> Splice:
    """A new line before a line, ended as that one is."""
    start, _line = line_at(content, number)
    rest = content.encode()[start:].split(b"\n", 1)[0]
    return Splice(start, start, new + ("\r\n" if rest.endswith(b"\r") else "\n"))


def remove_line(content: str, number: int | None) -> Splice:
    """Remove a line and its end."""
    start, _line = line_at(content, number)
    rest = content.encode()[start:]
    return Splice(start, start + (rest.find(b"\n") + 1 or len(rest)), "")
