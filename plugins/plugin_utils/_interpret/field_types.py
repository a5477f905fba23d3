# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether values decode into the fields that they are given to, as strictly as Kubernetes' JSON decoder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .._model.common import Field, Problem
from ._yaml import Tree
from .files import moment
from .kubelet_fields import (
    KUBELET_CONFIGURATION,
    FieldType,
    ListOf,
    MapOf,
    Struct,
)

# Go's time.ParseDuration.
DURATION = re.compile(r"[-+]?(?:0|(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+)")
# apimachinery's resource.Quantity.
QUANTITY = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?")
INTEGER_RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint32": (0, 2**32 - 1),
}


def unknown_fields(tree: Tree, kind: FieldType, path: str = "") -> Iterator[Field]:
    """Fields that the type does not have; Kubernetes ignores them."""
    for name, child, child_type in _children(tree, kind, path):
        if child_type is None:
            yield Field(name, child.plain(), child.place)
        else:
            yield from unknown_fields(child, child_type, name)


def type_errors(tree: Tree, kind: FieldType, path: str = "") -> Iterator[Problem]:
    """Values that cannot be decoded. Null is never an error: it leaves the field unset."""
    if tree.value is None:
        return
    wanted = _mismatch(tree.value, kind)
    if wanted:
        yield Problem(f"{path}: {_shown(tree.value)} is not {wanted}", tree.place, path)
        return
    for name, child, child_type in _children(tree, kind, path):
        if child_type is not None:
            yield from type_errors(child, child_type, name)


def type_of(keys: Sequence[str]) -> FieldType | None:
    """The type of a field of KubeletConfiguration by its keys; None where there is no such field."""
    kind: FieldType | None = KUBELET_CONFIGURATION
    for key in keys:
        below = {key: kind.item} if isinstance(kind, MapOf) else kind.fields if isinstance(kind, Struct) else {}
        kind = below.get(key)
    return kind


def misfit(value: Any, kind: FieldType) -> str:
    """What a field of this type takes, where a scalar or a list of scalars is not that; empty where it fits."""
    if isinstance(value, list) and isinstance(kind, ListOf):
        return next(filter(None, (_mismatch(item, kind.item) for item in value)), "")
    return _mismatch(value, kind)


def _children(tree: Tree, kind: FieldType, path: str) -> Iterator[tuple[str, Tree, FieldType | None]]:
    """(dotted path, value, its type or None when the field is unknown) of each entry or item."""
    if isinstance(tree.value, dict) and isinstance(kind, (MapOf, Struct)):
        for key, child in tree.value.items():
            child_type = kind.item if isinstance(kind, MapOf) else kind.fields.get(key)
            yield f"{path}.{key}" if path else key, child, child_type
    elif isinstance(tree.value, list) and isinstance(kind, ListOf):
        for index, child in enumerate(tree.value):
            yield f"{path}[{index}]", child, kind.item


def _mismatch(value: Any, kind: FieldType) -> str:
    """What the field takes, when ``value`` is not that; empty when it fits."""
    if isinstance(kind, (Struct, MapOf)):
        return "" if isinstance(value, dict) else "a mapping"
    if isinstance(kind, ListOf):
        return "" if isinstance(value, list) else "a list"
    fits, description = SCALARS[kind]
    return "" if fits(value) else description


def _integer(kind: str) -> Callable[[Any], bool]:
    low, high = INTEGER_RANGES[kind]

    def fits(value: Any) -> bool:
        # 110.0 is written to JSON as 110, which an integer takes.
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return whole and not isinstance(value, bool) and low <= value <= high

    return fits


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _duration(value: Any) -> bool:
    return isinstance(value, str) and DURATION.fullmatch(value) is not None


def _quantity(value: Any) -> bool:
    return _number(value) or (isinstance(value, str) and QUANTITY.fullmatch(value) is not None)


SCALARS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "bool": (lambda value: isinstance(value, bool), "true or false"),
    "string": (lambda value: isinstance(value, str), "text (put it in quotes)"),
    "int32": (_integer("int32"), "a whole number (int32)"),
    "int64": (_integer("int64"), "a whole number (int64)"),
    "uint32": (_integer("uint32"), "a whole number from 0 on (uint32)"),
    "float64": (_number, "a number"),
    "duration": (_duration, 'a duration such as "30s" or "1m30s"'),
    "duration-or-number": (
        lambda value: _duration(value) or _integer("int64")(value),
        'a duration such as "5s" or a number of nanoseconds',
    ),
    "quantity": (_quantity, 'a quantity such as "500m" or "1Gi"'),
    "time": (lambda value: moment(value) is not None, "a time (RFC 3339)"),
}


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value[:80]}"' if isinstance(value, str) else str(value)[:80]
