# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of a unit's files in the order in which systemd reads them, and the directives in them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from .._model.common import FileFact, Place, Problem
from .._model.service import Directive
from .files import follow
from .spread import SpreadPlace

# systemd.unit(5), unit file load path, what an administrator can write first. A file in an earlier directory hides
# one of the same name in a later one.
UNIT_DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",  # where /usr is not merged; elsewhere the same as the one before
)
HEADER = re.compile(r"# (?P<path>/\S.*)")
SECTION = re.compile(r"\[(?P<name>[^\[\]]+)\]")


def unit_texts(
    name: str, cat: str, properties: Mapping[str, str], files: Mapping[str, FileFact]
) -> list[tuple[str, str]]:
    """(path, text) of the unit file and its drop-ins, in systemd's order.

    ``systemctl cat`` prints what systemd has loaded. Files on disk complete it: all of them when it printed nothing
    (a refused unit), and drop-ins that appeared after systemd last read its configuration.
    """
    if properties.get("LoadState") == "masked":
        return []
    known = {properties.get("FragmentPath", ""), *properties.get("DropInPaths", "").split()}
    texts = {**_texts_on_disk(name, files), **dict(cat_texts(cat, known))}
    fragments = [path for path in texts if not _is_drop_in(path)]
    drop_ins: dict[str, str] = {}
    for path in sorted((path for path in texts if _is_drop_in(path)), key=_rank):
        drop_ins.setdefault(posixpath.basename(path), path)
    order = sorted(fragments, key=_rank)[:1] + [drop_ins[key] for key in sorted(drop_ins)]
    return [(path, texts[path]) for path in order]


def _rank(path: str) -> int:
    """Position of the path's directory in the load path; directories that are not in it come last."""
    directory = posixpath.dirname(path)
    directory = posixpath.dirname(directory) if _is_drop_in(path) else directory
    return UNIT_DIRECTORIES.index(directory) if directory in UNIT_DIRECTORIES else len(UNIT_DIRECTORIES)


def cat_texts(cat: str, known: set[str]) -> Iterator[tuple[str, str]]:
    """Split ``systemctl cat`` into (path, text). Each file follows a ``# /path`` line; blank lines separate files."""
    path, lines, previous = "", list[str](), ""
    for line in cat.split("\n"):
        header = HEADER.fullmatch(line)
        # A comment inside of a file may look like a header: one is only believed at the start or after a blank
        # line, and for a path that systemd named (or that looks like a unit file).
        if header and not previous.strip() and _plausible(header["path"], known):
            if path:
                yield path, "\n".join(lines)
            path, lines = header["path"], []
        else:
            lines.append(line)
        previous = line
    if path:
        yield path, "\n".join(lines)


def _plausible(path: str, known: set[str]) -> bool:
    return path in known or ("/systemd/" in path and path.endswith((".service", ".conf")))


def _is_drop_in(path: str) -> bool:
    return posixpath.dirname(path).endswith(".d")


def _texts_on_disk(name: str, files: Mapping[str, FileFact]) -> dict[str, str]:
    """Texts of the unit file and its drop-ins, each by the path where it really is."""
    found: dict[str, str] = {}
    for directory in UNIT_DIRECTORIES:
        for path in [f"{directory}/{name}", *_drop_ins_in(f"{directory}/{name}.d/", files)]:
            fact = follow(files, path)
            if fact.content is not None:
                # A unit file may be a link to one with another name; a drop-in counts under its own name.
                found[path if _is_drop_in(path) else fact.path] = fact.content
    return found


def _drop_ins_in(prefix: str, files: Mapping[str, FileFact]) -> list[str]:
    return [p for p in files if p.startswith(prefix) and p.endswith(".conf") and "/" not in p[len(prefix) :]]


def directives(texts: list[tuple[str, str]]) -> tuple[tuple[Directive, ...], tuple[Problem, ...]]:
    """Directives of all files in order, and lines that systemd cannot use (it logs and ignores them)."""
    found: list[Directive] = []
    problems: list[Problem] = []
    for path, text in texts:
        section = ""
        for line, breaks, content in logical_lines(text):
            place = Place(path, line)
            header = SECTION.fullmatch(content)
            key, separator, value = content.partition("=")
            if header:
                section = header["name"]
            elif not separator or not key.strip():
                problems.append(Problem("line has no '=' and is ignored", place))
            elif not section:
                problems.append(Problem("assignment stands before any [Section] and is ignored", place))
            else:
                found.append(_directive(section, key, value, place, breaks))
    return tuple(found), tuple(problems)


def _directive(section: str, key: str, value: str, place: Place, breaks: list[tuple[int, int]]) -> Directive:
    if breaks:
        shift = len(key) + 1 + len(value) - len(value.lstrip())
        place = SpreadPlace(place.path, place.line, tuple((offset - shift, line) for offset, line in breaks))
    return Directive(section, key.strip(), value.strip(), place)


def logical_lines(text: str) -> Iterator[tuple[int, list[tuple[int, int]], str]]:
    """(first line number, breaks, content) of each line with its continuations joined by one space.

    A backslash at the very end continues a line; comments inside are skipped, an empty line ends it
    (systemd.syntax(7)).
    """
    first, breaks, content = 0, list[tuple[int, int]](), ""
    continued = False
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r").lstrip()
        if line[:1] in ("#", ";") or (not line and not continued):
            continue
        if continued:
            breaks.append((len(content), number))
        else:
            first, breaks, content = number, [], ""
        continued = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        content += line[:-1] + " " if continued else line
        if not continued:
            yield first, breaks, content.strip()
    if continued:
        yield first, breaks, content.strip()
