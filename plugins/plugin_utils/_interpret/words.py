# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How systemd splits a value into words: quotes and C escapes, as systemd.syntax(7) and systemd.service(5) say."""

from __future__ import annotations

import re
from dataclasses import dataclass

WHITESPACE = " \t\n\r"
SIMPLE_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "s": " "}
NUMERIC_ESCAPE = re.compile(r"x(?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<o>[0-7]{3})")


@dataclass(frozen=True)
class Word:
    """One word without its quotes. ``offset`` is where it begins in the value that it was cut from, ``sources`` where
    each of its characters comes from."""

    text: str
    offset: int
    sources: tuple[int, ...] = ()


def split_words(value: str, *, c_escapes: bool = True) -> list[Word]:
    """Words of ``value``. Quotes that are never closed end with the value, as systemd's relaxed reading does.

    Without ``c_escapes`` a backslash only takes the meaning from the next character (so systemd splits the value of
    a variable on a command line).
    """
    words: list[Word] = []
    position = 0
    while position < len(value):
        if value[position] in WHITESPACE:
            position += 1
            continue
        text, sources, end = _word(value, position, c_escapes)
        words.append(Word(text, position, tuple(sources)))
        position = end
    return words


def _word(value: str, position: int, c_escapes: bool) -> tuple[str, list[int], int]:
    text, sources = "", list[int]()
    quote = ""
    while position < len(value):
        character = value[position]
        start, position = position, position + 1
        if character == "\\":
            character, position = _escape(value, position, c_escapes)
        elif character == quote or (not quote and character in "\"'"):
            quote = "" if quote else character
            continue
        elif not quote and character in WHITESPACE:
            return text, sources, start
        text += character
        sources += [start] * len(character)
    return text, sources, position


def _escape(value: str, position: int, c_escapes: bool) -> tuple[str, int]:
    """The character that the escape after a backslash stands for. An unknown escape stands for itself."""
    if position >= len(value):
        return "", position
    character = value[position]
    if not c_escapes:
        return character, position + 1
    if character in SIMPLE_ESCAPES:
        return SIMPLE_ESCAPES[character], position + 1
    found = NUMERIC_ESCAPE.match(value, position)
    if found is None:
        return character, position + 1
    code = int(found["o"], 8) if found["o"] else int(found["x"] or found["u"] or found["U"], 16)
    return (chr(code) if 0 < code <= 0x10FFFF else ""), found.end()
