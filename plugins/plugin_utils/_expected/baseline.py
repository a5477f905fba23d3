# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes share, as a file that their owner reviews, keeps and compares nodes with: a baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._interpret._yaml import dump_data
from .._interpret.kubelet_fields import KUBELET_CONFIGURATION, FieldType, Struct
from .._model.expected import Observed
from .declared import problems
from .defaults import effective
from .matchers import same, value_text
from .portable import portable_values

KEY = "kubelet_expected"
NAMES_SHOWN, LINES_SHOWN = 5, 200
_MASK = "***"
_TEMPLATE = ("{{", "{%", "{#")  # would be run where somebody copies the file into the inventory


@dataclass(frozen=True)
class Node:
    """A node that a baseline is made of. ``read_at`` is the time of its evidence, as ISO 8601 in UTC; ``doubt`` says in
    a few words why it is a poor example ('' where nothing speaks against it)."""

    name: str
    observed: Observed
    read_at: str = ""
    doubt: str = ""


@dataclass(frozen=True)
class Baseline:
    """``values`` by path are those of all nodes. ``apart`` are paths at which they differ: the nodes' names by value.
    ``left_out`` are sentences about values that all have and that a baseline cannot hold."""

    values: Mapping[str, Any] = field(default_factory=dict)
    apart: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    left_out: Sequence[str] = ()


def baseline(nodes: Sequence[Node]) -> Baseline:
    """What the nodes share of everything that can be the same on several nodes, and where they differ."""
    of_each = [portable_values(node.observed) for node in nodes]
    values: dict[str, Any] = {}
    apart: dict[str, dict[str, list[str]]] = {}
    left_out: list[str] = []
    for path in sorted({path for found in of_each for path in found}):
        seen = [_held(path, found, node.observed) for node, found in zip(nodes, of_each, strict=True)]
        if all(value is not None and same(value, seen[0]) for value in seen):
            given = next(found[path] for found in of_each if path in found)
            problem = _problem(path, given)
            if problem:
                left_out.append(problem)
            else:
                values[path] = given
        elif any(value is not None for value in seen):
            groups = apart.setdefault(path, {})
            for node, value in zip(nodes, seen, strict=True):
                groups.setdefault(_shown(path, value, node.observed), []).append(node.name)
    return Baseline(values, apart, left_out)


def _held(path: str, found: Mapping[str, Any], observed: Observed) -> Any:
    """What holds on a node, None where nothing does or nobody could look."""
    return effective(path, found.get(path)) if path in found or observed.known(path) else None


def _problem(path: str, value: Any) -> str:
    """Why a value cannot be expected: a mask, a template, or what `kubelet_expected` would refuse; '' where it can."""
    if _MASK in str(value):
        return f"{path}: a part of its value was masked"
    if any(sign in str(value) for sign in _TEMPLATE):
        return f"{path}: its value holds what Ansible takes for a template"
    return next(problems(document(Baseline({path: value}))[KEY], ""), "").lstrip(".")


def document(found: Baseline) -> dict[str, Any]:
    """The baseline in the form of ``kubelet_expected``."""
    tree: dict[str, Any] = {}
    for path, value in found.values.items():
        *parents, last = keys(path)
        place = tree
        for key in parents:
            place = place.setdefault(key, {})
        place[last] = value
    return {KEY: tree}


def text(found: Baseline, nodes: Sequence[Node], left_out: Sequence[str] = ()) -> str:
    """The file: a header that says when and from which nodes, where they differ, and the values, sorted.

    ``left_out`` are sentences about nodes that should have been part of it.
    """
    lines = (_printable(line) for line in _header(found, nodes, left_out))
    return "---\n" + "".join(f"{line}\n" for line in lines) + dump_data(document(found))


def keys(path: str) -> tuple[str, ...]:
    """The keys under which a path stands in ``kubelet_expected``."""
    group, _dot, rest = path.partition(".")
    if group == "config":
        return group, *_field_keys(rest.split("."), KUBELET_CONFIGURATION)
    if group == "files" or rest.startswith("dropins./"):
        place, _dot, name = rest.rpartition(".")
        return group, place, name
    return (group, *rest.split(".")) if group in ("certificates", "service", "unit") else (group, rest)


def _field_keys(names: Sequence[str], kind: FieldType | None) -> Iterator[str]:
    """Below a mapping with free keys, dots belong to the key (``evictionHard``: ``memory.available``)."""
    if not names or not isinstance(kind, Struct):
        yield from [".".join(names)] if names else []
        return
    yield names[0]
    yield from _field_keys(names[1:], kind.fields.get(names[0]))


def _shown(path: str, value: Any, observed: Observed) -> str:
    if value is None:
        return "absent" if observed.known(path) else "not read"
    return value_text(value)


def _printable(line: str) -> str:
    """The line without what would end the comment, or what a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in line)


def _header(found: Baseline, nodes: Sequence[Node], left_out: Sequence[str]) -> Iterator[str]:
    yield "# Expected values of kubelets, as playbooks/baseline.yml of nodeclinic.kubelet found them on:"
    for node in nodes:
        yield f"#   {node.name}, {node.read_at}" + (f": {node.doubt}" if node.doubt else "")
    for sentence in (*left_out, *found.left_out):
        yield f"# Left out: {sentence}"
    yield "# Compare nodes with it by kubelet_expected_from: file:PATH. Take out what another node may have otherwise."
    yield "# {node} and {address} stand for each node's own names and addresses."
    if found.apart:
        yield "#"
        yield "# Different on these nodes, so not expected:"
        yield from _apart(found)


def _apart(found: Baseline) -> Iterator[str]:
    for number, (path, groups) in enumerate(found.apart.items()):
        if number == LINES_SHOWN:
            yield f"#   and {len(found.apart) - LINES_SHOWN} more"
            return
        said = "; ".join(f"{value} on {_listed(names)}" for value, names in groups.items())
        yield f"#   {path}: {said}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more
