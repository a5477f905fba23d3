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
from dataclasses import dataclass
from typing import Any

import yaml

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import Place, Problem

try:
    from yaml import CSafeLoader as _BaseLoader
except ImportError:  # PyYAML without libyaml: the same, slower
    from yaml import SafeLoader as _BaseLoader  # type: ignore[assignment]

# Far more than any real configuration, little enough to stay fast: a hostile file must not stop the diagnosis.
MAX_CHARACTERS = 256 * 1024
MAX_NODES = 20_000
MAX_DEPTH = 64

STRING = "tag:yaml.org,2002:str"
PLAIN = "plain"
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
# Secrets arrive as asterisks of the same length; unquoted, YAML would take them for the name of an alias.
MASKED = re.compile(r"(?m)([:-][ \t]+)(\*{3,})(?=[ \t]*(?:$|[,}\]#]))")


@dataclass(frozen=True)
class Tree:
    """A value and where it is written. ``value`` is a dict of trees by key, a list of trees, or a scalar: str, int,
    float, bool, None."""

    value: Any
    place: Place

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
        node = _compose(text)
        if node is None:
            return Document()
        builder = _Builder(path)
        return Document(builder.build(node, node, 0), None, tuple(builder.duplicates))
    except yaml.YAMLError as error:
        return Document(problem=_problem(error, text, path))
    except UnicodeEncodeError as error:
        return Document(problem=Problem("not valid UTF-8", Place(path, text.count("\n", 0, error.start) + 1)))
    except RecursionError:  # only PyYAML without libyaml has no limit of its own
        return Document(problem=Problem("nested too deeply", Place(path)))


def load_data(text: str) -> Any:
    """Plain values of a file that ships with the collection or that its user wrote; ``yaml.YAMLError`` when broken."""
    return yaml.load(text, Loader=_BaseLoader)  # noqa: S506 - the base is a safe loader


class _Loader(_BaseLoader):
    """Leaves the meaning of plain scalars to :func:`_scalar`."""

    def resolve(self, kind: type[yaml.Node], _value: str | None, implicit: Any) -> Any:
        if kind is yaml.ScalarNode:
            return PLAIN if implicit[0] else STRING
        return "tag:yaml.org,2002:map" if kind is yaml.MappingNode else "tag:yaml.org,2002:seq"


def _compose(text: str) -> yaml.Node | None:
    quoted = MASKED.sub(lambda found: f'{found[1]}"{found[2][2:]}"', text)
    loader = _Loader(quoted.encode("utf-8"))
    try:
        return loader.get_node() if loader.check_node() else None
    finally:
        loader.dispose()


class _TooMuchError(yaml.YAMLError):
    """A document within the size limit that still means too much."""


class _Builder:
    def __init__(self, path: str) -> None:
        self.path = path
        self.nodes = 0
        self.duplicates: list[Problem] = []

    def build(self, node: yaml.Node, at: yaml.Node, depth: int) -> Tree:
        """Tree of ``node``, whose place is the line of ``at`` (the key, for entries of mappings)."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _TooMuchError("too many values (aliases that multiply?)")
        place = Place(self.path, at.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return Tree(self._mapping(node, depth), place)
        if isinstance(node, yaml.SequenceNode):
            self._check(depth)
            return Tree([self.build(item, item, depth + 1) for item in node.value], place)
        return Tree(_scalar(node) if isinstance(node, yaml.ScalarNode) else None, place)

    def _check(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise _TooMuchError("nested too deeply")

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Tree]:
        self._check(depth)
        found: dict[str, Tree] = {}
        merged: dict[str, Tree] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _TooMuchError("a mapping or list is used as a key")
            if key_node.tag == PLAIN and key_node.value == "<<":
                for source in value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]:
                    if isinstance(source, yaml.MappingNode):
                        merged = {**self._mapping(source, depth + 1), **merged}
                continue
            key = _key(key_node)
            if key in found:
                place = Place(self.path, key_node.start_mark.line + 1)
                first = found[key].place.line
                self.duplicates.append(Problem(f'"{key}" is set again here (first in line {first})', place))
            found[key] = self.build(value_node, key_node, depth + 1)
        return {**merged, **found}


def _key(node: yaml.ScalarNode) -> str:
    """A key as JSON text: booleans and numbers become text."""
    value = _scalar(node)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _scalar(node: yaml.ScalarNode) -> Any:
    value: str = node.value
    return value if node.tag == STRING else _plain(value)


def _plain(value: str) -> Any:
    """What go-yaml v2 makes of a plain scalar."""
    if value in NULLS:
        return None
    if value in BOOLEANS:
        return BOOLEANS[value]
    if value[0] not in "+-.0123456789":
        return value
    digits = value.replace("_", "")
    integer = INTEGER.fullmatch(digits)
    if integer and len(digits) < 70:
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
        # A line without its colon is noticed on the next line; the line to look at is where the key began.
        starts_earlier = error.problem == "could not find expected ':'" and error.context_mark
        mark = error.context_mark if starts_earlier else error.problem_mark or error.context_mark
        return Problem(str(error.problem or error.context)[:200], Place(path, mark.line + 1 if mark else None))
    if isinstance(error, yaml.reader.ReaderError):
        line = text.encode("utf-8")[: error.position].count(b"\n") + 1
        return Problem(str(error.reason)[:200], Place(path, line))
    return Problem(str(error)[:200], Place(path))
