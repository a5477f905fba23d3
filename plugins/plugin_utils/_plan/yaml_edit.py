# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of YAML files by span: everything outside the span stays byte for byte.

The result of an edit is parsed again and compared with the tree before: an edit that changes anything but the wanted
value is refused. So a misjudged position (a flow mapping, an anchor, an odd indentation) ends in EditError, never in a
damaged file. Positions are those of the masked text, which has the same length and lines as the file on the node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._interpret import _yaml
from .._interpret._yaml import Tree
from .._model.plan import Splice

Path = tuple[str | int, ...]
Value = str | int | bool | list[str | int | bool]
_PLAIN = re.compile(r"[A-Za-z0-9/_.][A-Za-z0-9/_.:+=-]*(?<!:)\Z")


class EditError(ValueError):
    """The edit cannot be made without touching more than it should; one plain sentence."""


def set_scalar(text: str, path: Path, value: Value) -> Splice:
    """Replace the scalar at ``path`` (keys and list positions) by ``value``, a list too."""
    tree = _at(_tree(text), path)
    if isinstance(tree.value, dict | list):
        raise EditError(f"{_name(path)} is no single value")
    start, end = _offset(text, *tree.marks[:2]), _offset(text, *tree.marks[2:])
    quoted = text.encode()[start : start + 1] in (b'"', b"'")
    splice = Splice(start, end, json.dumps(value) if quoted and isinstance(value, str) else _written(value))
    return _checked(text, splice, path, value)


def set_list(text: str, path: Path, values: list[str | int | bool]) -> Splice:
    """Replace a list of scalars by another one, in the style in which it is written."""
    tree = _at(_tree(text), path)
    if not isinstance(tree.value, list) or not _single(tree.value):
        raise EditError(f"{_name(path)} is no list of single values")
    if _flow(text, tree):
        return _checked(text, _within(text, tree, tree.value, _written(values)), path, values)
    # A block list: each item on a line of its own; only the lines from the first to the last item are replaced.
    first, last = tree.value[0].marks, tree.value[-1].marks
    begin, stop = _offset(text, *first[:2]), _offset(text, *last[2:])
    column = len(text.splitlines()[first[0]][: first[1]]) - 2
    between = f"{_end(text)}{' ' * max(column, 0)}- "
    splice = Splice(begin, stop, between.join(_written(value) for value in values))
    return _checked(text, _uncommented(text, splice, tree.value), path, values)


def set_map(text: str, path: Path, values: Mapping[str, str | int | bool]) -> Splice:
    """Replace a mapping of scalars by another one, in the style in which it is written."""
    tree = _at(_tree(text), path)
    if not isinstance(tree.value, dict) or not _single(tree.value.values()):
        raise EditError(f"{_name(path)} is no mapping of single values")
    pairs, items = [f"{_written(key)}: {_written(value)}" for key, value in values.items()], [*tree.value.values()]
    if _flow(text, tree):
        return _checked(text, _within(text, tree, items, f"{{{', '.join(pairs)}}}"), path, values)
    start = _offset(text, *tree.marks[:2])
    stop = max((_offset(text, *item.marks[2:]) for item in items), default=start)
    between = f"{_end(text)}{' ' * tree.marks[1]}"
    return _checked(text, _uncommented(text, Splice(start, stop, between.join(pairs)), items), path, values)


def _single(items: Iterable[Tree]) -> bool:
    return not any(isinstance(item.value, (dict, list)) for item in items)


def _end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _flow(text: str, tree: Tree) -> bool:
    """True for a list or mapping in brackets."""
    start = _offset(text, *tree.marks[:2])
    return text.encode()[start : start + 1] in (b"[", b"{")


def _within(text: str, tree: Tree, items: Sequence[Tree], new: str) -> Splice:
    """From the bracket that opens a list or mapping to the one that closes it, behind its last item."""
    start = _offset(text, *tree.marks[:2])
    behind = max((_offset(text, *item.marks[2:]) for item in items), default=start + 1)
    closing = text.encode().find(b"]" if isinstance(tree.value, list) else b"}", behind)
    if closing < 0:
        raise EditError("the bracket that closes the value is not found")
    return _uncommented(text, Splice(start, closing + 1, new), items)


def _uncommented(text: str, splice: Splice, items: Iterable[Tree]) -> Splice:
    """The splice, unless a comment stands between the items that it replaces: nobody knows what it is about then."""
    data, left = text.encode(), splice.start
    for item in items:
        start, end = _offset(text, *item.marks[:2]), _offset(text, *item.marks[2:])
        if b"#" in data[left:start]:
            raise EditError("a comment stands inside the value, and would be lost")
        left = max(left, end)
    if b"#" in data[left : splice.end]:
        raise EditError("a comment stands inside the value, and would be lost")
    return splice


def add_field(text: str, path: Path, value: Value) -> Splice:
    """Add a key that is not there yet to a block mapping: after the last line of the file for the top level, before
    the first key of the mapping otherwise."""
    root, end = _tree(text), _end(text)
    parent, key = _at(root, path[:-1]), path[-1]
    if not isinstance(parent.value, dict) or key in parent.value:
        raise EditError(f"{_name(path[:-1]) or 'the file'} is no mapping, or has {key} already")
    if len(path) == 1:
        at = len(text.encode())
        lead = "" if text.endswith("\n") or not text else end
        return _checked(text, Splice(at, at, f"{lead}{key}: {_written(value)}{end}"), path, value)
    if not parent.value:
        raise EditError(f"{_name(path[:-1])} is empty")
    line, column = parent.marks[:2]
    at = _offset(text, line, column)
    return _checked(text, Splice(at, at, f"{key}: {_written(value)}{end}{' ' * column}"), path, value)


def remove_field(text: str, path: Path) -> Splice:
    """Remove the lines of a key and its value from a block mapping."""
    root = _tree(text)
    parent = _at(root, path[:-1])
    child = _at(root, path)
    if not isinstance(parent.value, dict) or child.place.line is None:
        raise EditError(f"{_name(path)} is no field")
    lines = text.splitlines(keepends=True)
    first = child.place.line - 1
    indent = len(lines[first]) - len(lines[first].lstrip(" "))
    last = first + 1
    while last < len(lines) and _belongs(lines[last], indent):
        last += 1
    splice = Splice(len("".join(lines[:first]).encode()), len("".join(lines[:last]).encode()), "")
    return _checked(text, splice, path, None)


def apply(text: str, splices: tuple[Splice, ...]) -> str:
    """The text after all splices (byte offsets, ascending, not overlapping)."""
    data, end, parts = text.encode(), 0, []
    for splice in splices:
        if splice.start < end:
            raise EditError("edits overlap")
        parts += [data[end : splice.start], splice.text.encode()]
        end = splice.end
    return b"".join([*parts, data[end:]]).decode()


def _belongs(line: str, indent: int) -> bool:
    """True when a line continues the value of a key with this indentation: deeper, or a list item below it."""
    body = line.lstrip(" ")
    depth = len(line) - len(body)
    if not body.strip() or body.startswith("#"):
        return False
    return depth > indent or (depth == indent and body.startswith("- "))


def _tree(text: str) -> Tree:
    document = _yaml.load(text, "")
    if document.tree is None or document.problem is not None:
        raise EditError(document.problem.message if document.problem else "the file is empty")
    if document.duplicates:
        raise EditError(document.duplicates[0].message)
    return document.tree


def _at(tree: Tree, path: Path) -> Tree:
    for step in path:
        inside = tree.value
        found: Tree | None = None
        if isinstance(step, int):
            found = inside[step] if isinstance(inside, list) and step < len(inside) else None
        elif isinstance(inside, dict):
            found = inside.get(step)
        if found is None:
            raise EditError(f"{_name(path)} is not in the file")
        tree = found
    return tree


def _offset(text: str, line: int, column: int) -> int:
    lines = text.splitlines(keepends=True)
    return (
        len("".join(lines[:line]).encode()) + len(lines[line][:column].encode())
        if line < len(lines)
        else len(text.encode())
    )


def _written(value: Value) -> str:
    """A value as YAML: plain where that is safe, else as a JSON string (which YAML reads alike); a list on one line."""
    if isinstance(value, list):
        return f"[{', '.join(_written(item) for item in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    # Numbers with colons are text to the kubelet, but base 60 to other readers of YAML 1.1.
    plain = _PLAIN.match(value) and value.strip("0123456789.:") and _yaml.load(f"a: {value}", "").tree
    return value if plain and plain.child("a") and plain.text("a") == value else json.dumps(value)


def _checked(text: str, splice: Splice, path: Path, value: Value | Mapping[str, str | int | bool] | None) -> Splice:
    """The splice, after making sure that exactly the value at ``path`` differs; None means that it is gone."""
    new = apply(text, (splice,))
    if _with(_tree(text).plain(), path, value) != _tree(new).plain():
        raise EditError(f"changing {_name(path)} would change more than that")
    # The kubelet reads a file that begins with a brace as JSON, in which a comma too many is an error.
    if _is_json(text) and not _is_json(new):
        raise EditError(f"the file is JSON, and would not be after changing {_name(path)}")
    return splice


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _with(data: Any, path: Path, value: Any) -> Any:
    """A copy of plain data with one value set, or removed where it is None."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        return [*data[:step], _with(data[step], rest, value), *data[step + 1 :]]
    copy = dict(data or {})
    if not rest and value is None:
        copy.pop(step, None)
    else:
        copy[step] = _with(copy.get(step, {}), rest, value)
    return copy


def _name(path: Path) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
