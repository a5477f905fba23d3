# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML and JSON text -> a tree whose nodes know their lines, read as the kubelet reads it.

The kubelet and client-go turn YAML into JSON with go-yaml v2 (through sigs.k8s.io/yaml). Its plain scalars differ
from PyYAML's: ``1:30`` and dates are text, ``y`` and ``on`` are booleans, ``0o17`` is a number. Only the first
document counts, and of a repeated key the last one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from .._model.common import Place, Problem

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml: the same, slower
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

# Far more than any real configuration, little enough to stay fast: a hostile file must not stop the diagnosis.
MAX_CHARACTERS = 256 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 64
MAX_DIGITS = 400

NON_STRINGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("bool", "int", "float", "null"))
BOOLEANS = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
}
NULLS = ("", "~", "null", "Null", "NULL")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
INTEGER = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}
SPECIAL_FLOATS = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}
OPENED = (
    "while scanning a simple key",
    "while scanning a quoted scalar",
    "while parsing a flow sequence",
    "while parsing a flow mapping",
)
# Secrets arrive as asterisks of the same length; unquoted, YAML would take them for the name of an alias. What stood on
# their line, a comment too, is masked word by word.
MASKED = re.compile(r"(?m)([:-][ \t]+)(\*(?:[ \t]*\*)+)(?=[ \t]*(?:\r?$|[,}\]#]))")


@dataclass(frozen=True)
class Tree:
    """A value and where it is written. ``value`` is a dict of trees by key, a list of trees, or a scalar: str, int,
    float, bool, None. ``marks``: line and column (from 0) where the value begins and, for a scalar, where it ends."""

    value: Any
    place: Place
    marks: tuple[int, int, int, int] = field(default=(0, 0, 0, 0), compare=False)

    def child(self, key: str) -> Tree | None:
        """Entry of a mapping, None when there is none (or null, which means the same to Kubernetes)."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if isinstance(found, Tree) and found.value is not None else None

    def items(self) -> list[Tree]:
        """Items of a list; none when this is no list."""
        return self.value if isinstance(self.value, list) else []

    def text(self, key: str) -> str:
        """Text of an entry, empty when it is missing or no text."""
        found = self.child(key)
        return found.value if found is not None and isinstance(found.value, str) else ""

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: tree.plain() for key, tree in self.value.items()}
        return [tree.plain() for tree in self.value] if isinstance(self.value, list) else self.value


@dataclass(frozen=True)
class Document:
    """``tree`` is None for an empty document and when there is a ``problem``."""

    tree: Tree | None = None
    problem: Problem | None = None
    duplicates: tuple[Problem, ...] = ()


def load(text: str, path: str) -> Document:
    """First document of ``text``. Never raises: what cannot be read becomes a problem with its line."""
    if len(text) > MAX_CHARACTERS:
        return Document(problem=Problem(f"larger than {MAX_CHARACTERS // 1024} KiB, not interpreted", Place(path)))
    try:
        builder = _Builder(text, path)
        try:
            return Document(builder.document(), None, tuple(builder.duplicates))
        finally:
            builder.loader.dispose()
    except yaml.YAMLError as error:
        return Document(problem=_problem(error, text, path))
    except UnicodeEncodeError as error:
        return Document(problem=Problem("not valid UTF-8", Place(path, text.count("\n", 0, error.start) + 1)))


class _UnusableError(yaml.YAMLError):
    """YAML that is well-formed, but means too much or what JSON has no way to say."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class _Anchor:
    """What an alias stands for: the tree, how many nodes it has, and how deep it goes."""

    tree: Tree
    nodes: int
    height: int


class _Builder:
    """Builds the tree from parser events. PyYAML's own composer recurses in C without a limit: a file of nothing but
    brackets would end the whole process."""

    def __init__(self, text: str, path: str) -> None:
        quoted = MASKED.sub(lambda found: f'{found[1]}"{found[2][2:]}"', text)
        self.loader: Any = _Loader(quoted.encode("utf-8"))
        self.path = path
        self.nodes = 0
        self.deepest = 0
        self.anchors: dict[str, _Anchor] = {}
        self.duplicates: list[Problem] = []

    def document(self) -> Tree | None:
        """Tree of the first document, None when there is none."""
        while self.loader.check_event(yaml.StreamStartEvent, yaml.DocumentStartEvent):
            self.loader.get_event()
        if self.loader.check_event(yaml.StreamEndEvent):
            return None
        return self._tree(self.loader.get_event(), None, 0)

    def _tree(self, event: Any, line: int | None, depth: int) -> Tree:
        """Tree of the node that ``event`` begins. Its place is ``line`` (of its key), else where it begins itself."""
        nodes, deepest = self.nodes, self.deepest
        here: int = event.start_mark.line + 1
        is_alias = isinstance(event, yaml.AliasEvent)
        anchor = self.anchors.get(event.anchor) if is_alias else None
        if is_alias and anchor is None:
            raise _UnusableError("found undefined alias", here)
        self.nodes += anchor.nodes if anchor else 1
        self.deepest = depth + (anchor.height if anchor else 0)
        if self.nodes > MAX_NODES:
            raise _UnusableError("too many values (aliases that multiply?)", here)
        if self.deepest > MAX_DEPTH:
            raise _UnusableError("nested too deeply", here)
        marks = (event.start_mark.line, event.start_mark.column, event.end_mark.line, event.end_mark.column)
        tree = Tree(anchor.tree.value if anchor else self._value(event, depth), Place(self.path, line or here), marks)
        if event.anchor and not is_alias:
            self.anchors[event.anchor] = _Anchor(tree, self.nodes - nodes, self.deepest - depth)
        self.deepest = max(self.deepest, deepest)
        return tree

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(depth)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Tree] = []
            while not self.loader.check_event(yaml.SequenceEndEvent):
                items.append(self._tree(self.loader.get_event(), None, depth + 1))
            self.loader.get_event()
            return items
        return _scalar(event)

    def _mapping(self, depth: int) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        merged: dict[str, Tree] = {}
        while not self.loader.check_event(yaml.MappingEndEvent):
            event = self.loader.get_event()
            line = event.start_mark.line + 1
            name = self._tree(event, line, depth + 1).value
            if isinstance(name, (dict, list)):
                raise _UnusableError("a mapping or list is used as a key", line)
            tree = self._tree(self.loader.get_event(), line, depth + 1)
            if isinstance(event, yaml.ScalarEvent) and event.value == "<<" and event.implicit[0]:
                for source in reversed(tree.items() or [tree]):
                    merged.update(source.value if isinstance(source.value, dict) else {})
                continue
            key = _key(name)
            if key in found:
                message = f'"{key}" is set again here (first in line {found[key].place.line})'
                self.duplicates.append(Problem(message, Place(self.path, line)))
            found[key] = tree
        self.loader.get_event()
        return {**merged, **found}


def _key(value: Any) -> str:
    """A key as JSON text: booleans and numbers become text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _scalar(event: Any) -> Any:
    value: str = event.value
    return _plain(value) if event.implicit[0] or event.tag in NON_STRINGS else value


def _plain(value: str) -> Any:
    """What go-yaml v2 makes of a plain scalar."""
    if value in NULLS:
        return None
    if value in BOOLEANS:
        return BOOLEANS[value]
    if value[0] not in "+-.0123456789" or len(value) > MAX_DIGITS:
        return value
    digits = value.replace("_", "")
    integer = INTEGER.fullmatch(digits)
    if integer:
        base = str(integer.lastgroup)
        number = int(integer["sign"] + integer[base], BASES[base])
        if -(2**63) <= number < 2**64:
            return number
    if FLOAT.fullmatch(digits):
        return float(digits)
    special = SPECIAL_FLOATS.get(value.lower())
    return value if special is None else float(special)


def _problem(error: yaml.YAMLError, text: str, path: str) -> Problem:
    if isinstance(error, yaml.MarkedYAMLError):
        # What was never closed is noticed where something else begins; the line to look at is where it was opened.
        mark = error.context_mark if error.context in OPENED else error.problem_mark
        mark = mark or error.problem_mark or error.context_mark
        return Problem(str(error.problem or error.context)[:200], Place(path, mark.line + 1 if mark else None))
    if isinstance(error, _UnusableError):
        return Problem(str(error), Place(path, error.line))
    if isinstance(error, yaml.reader.ReaderError):
        line = text.encode("utf-8")[: error.position].count(b"\n") + 1
        return Problem(str(error.reason)[:200], Place(path, line))
    return Problem(str(error)[:200], Place(path))


def load_data(text: str) -> Any:
    """Plain values of a file that ships with the collection or that its user wrote; ``yaml.YAMLError`` when broken."""
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders


class _Dumper(yaml.SafeDumper):
    """Writes a text of several lines as one block, as a person would, and quotes what :func:`load` would not take for
    text. Lists are indented, as yamllint wants them."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """PyYAML would not indent a list below a key."""
        del indentless
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    lines = text.splitlines()
    plain = text.isprintable() and _plain(text) == text
    block = len(lines) > 1 and all(line.isprintable() for line in lines)
    style = "|" if block else None if plain else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def dump_data(data: Any) -> str:
    """Plain values as YAML for people: block style, sorted keys. ``load`` and ``load_data`` give the same values."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=True, default_flow_style=False, allow_unicode=True, width=110)
