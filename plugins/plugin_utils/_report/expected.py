# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expected values as tables for a person: what differs or is in dispute first, then everything, by who expects it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .._expected.compare import DIFFERENT, UNKNOWN
from .._expected.matchers import value_text
from .._model.expected import Origin
from .words import plural, visible

Entry = Mapping[str, Any]
WHOLE = 5  # nodes whose values are all shown; the files hold all of all
_WIDEST_PATH = 50
_FILE = ("type", "mode", "owner", "group")
_BAD, _DOUBT, _STRONG, _RESET = "1;31", "33", "1", "\x1b[0m"
_ORDER = [origin.name.lower() for origin in Origin]


def expected_blocks(views: Sequence[Mapping[str, Any]], files: Sequence[str], width: int, colour: bool) -> str:
    """Tables of all nodes, and where they were written. ``views`` as `_expected/view.py` gives them.

    Of many nodes only what wants a look is shown.
    """
    blocks = [expected_block(shown, width=width, colour=colour, whole=len(views) <= WHOLE) for shown in views]
    place = files[0] if len(files) == 1 else f"{files[0].rpartition('/')[0]}/" if files else "none"
    return "\n\n".join([*blocks, f"{plural(len(views), 'node')}. Written to {visible(place)}"])


def expected_block(shown: Mapping[str, Any], *, width: int, colour: bool, whole: bool = True) -> str:
    """Tables of one node. No line is wider than ``width``; ``colour`` allows SGR escapes. Unless ``whole``, without the
    values that are as they should be."""
    lines = [(_STRONG, _head(shown))]
    lines += [(_DOUBT, f"  not asked: {name}: {why}") for name, why in shown["unread"].items()]
    entries: Sequence[Entry] = shown["expected"]
    marked = [entry for entry in entries if entry["state"] == DIFFERENT or "conflicts" in entry]
    if marked:
        lines += [("", ""), ("", "  different here, or in dispute")]
        lines += [line for entry in marked for line in _marked(entry)]
    for sources, paths in _by_source(entries if whole else ()):
        lines += [("", ""), ("", f"  expected by {', '.join(sources)}")]
        lines += [("", line) for line in _table(paths, width)]
    if shown["undecided"] and whole:
        lines += [("", ""), ("", "  not expected, for the peers have no clear majority")]
        lines += [("", f"    {entry['path']}: {_counts(entry)}") for entry in shown["undecided"]]
    return "\n".join(_painted(_cut(visible(text), width), style if colour else "") for style, text in lines)


def _head(shown: Mapping[str, Any]) -> str:
    states = [entry["state"] for entry in shown["expected"]]
    disputed = sum("conflicts" in entry for entry in shown["expected"])
    said = [f"{plural(len(states), 'value')} expected", f"{states.count(DIFFERENT)} different"]
    said += [f"{states.count(UNKNOWN)} not read here"] if UNKNOWN in states else []
    said += [f"{disputed} in dispute"] if disputed else []
    return f"{shown['host']}  {', '.join(said)}"


def _marked(entry: Entry) -> Iterator[tuple[str, str]]:
    """A value that wants a look: what is expected, what others expect, what is there."""
    yield "", f"    {entry['path']}"
    yield "", f"      expected  {entry['expected']}  by {', '.join(entry['sources'])}"
    for other in entry.get("conflicts", ()):
        yield _DOUBT, f"      but       {other['expected']}  by {other['source']}"
    place = f"  ({entry['place']})" if entry["place"] else ""
    if entry["state"] != UNKNOWN:
        style = _BAD if entry["state"] == DIFFERENT else ""
        yield style, f"      here      {value_text(entry['seen'])}{place}"


def _by_source(entries: Sequence[Entry]) -> Iterator[tuple[tuple[str, ...], Mapping[str, str]]]:
    """Paths and their values, by the sources that expect them, those with precedence first. What is expected of one
    file is one line."""
    found: dict[tuple[str, ...], dict[str, dict[str, Entry]]] = {}
    for entry in sorted(entries, key=lambda entry: _ORDER.index(entry["origin"])):
        file, _dot, name = entry["path"].rpartition(".")
        path, name = (file, name) if file.startswith("files.") else (entry["path"], "")
        found.setdefault(tuple(entry["sources"]), {}).setdefault(path, {})[name] = entry
    for sources, paths in found.items():
        yield sources, {path: _text(of_path) for path, of_path in paths.items()}


def _text(of_path: Mapping[str, Entry]) -> str:
    """The value at a path, or all that is expected of a file: ``file 0644 root:root``."""
    said = {name: entry["expected"] for name, entry in of_path.items()}
    if "" in said:
        text = said[""]
    elif set(said) == set(_FILE):
        text = f"{said['type']} {said['mode']} {said['owner']}:{said['group']}"
    else:
        text = ", ".join(f"{name} {value}" for name, value in said.items())
    unread = any(entry["state"] == UNKNOWN for entry in of_path.values())
    return f"{text} (not read here)" if unread else text


def _table(paths: Mapping[str, str], width: int) -> Iterator[str]:
    """Two columns; a value for which there is no room stands below its path."""
    column = min(max(map(len, paths)), _WIDEST_PATH)
    for path, text in paths.items():
        if len(path) <= column and column + len(text) + 6 <= width:
            yield f"    {path:<{column}}  {text}"
        else:
            yield from (f"    {path}", f"        {text}")


def _counts(entry: Entry) -> str:
    return "; ".join(f"{found['value']} on {plural(found['nodes'], 'node')}" for found in entry["values"])


def _painted(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}{_RESET}" if style else text


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1]}…"
