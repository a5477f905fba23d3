# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's ``kubelet_expected``, or a baseline in the same form: what is wrong with it in words, what it expects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from .._model.expected import Expectation, Matcher, Origin, Source
from . import user_matchers
from .form import FORM, Either, Group, Keys, Node
from .leaves import Leaf
from .user_matchers import KINDS, MatcherError, shown

NAME = "kubelet_expected"
INVENTORY = Source(Origin.DECLARED, "inventory")
SHOWN = 5
LINE = 500
FEW = 14  # known keys that are worth listing
NEAR = 0.8
_SAYS_NOTHING = ("config.apiVersion", "config.kind")  # in a KubeletConfiguration that was copied as a whole

Found = tuple[str, Matcher]


class ExpectedError(ValueError):
    """Expected values or exceptions cannot be used; the message says all that is wrong with them."""


def check(expected: Mapping[str, Any], name: str = NAME) -> None:
    """Refuse what cannot be used. ``name`` is what the values are called in the message.

    :raises ExpectedError: something in ``expected`` cannot be used
    """
    refuse(list(problems(expected, name)))


def refuse(wrong: list[str]) -> None:
    """:raises ExpectedError: ``wrong`` has a sentence"""
    if wrong:
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ExpectedError("; ".join(map(_line, wrong[:SHOWN])) + more)


def _line(sentence: str) -> str:
    """A sentence on one line: a key may be any text."""
    plain = "".join(char if char.isprintable() else " " for char in sentence)
    return plain if len(plain) <= LINE else f"{plain[: LINE - 1]}…"


def problems(expected: Mapping[str, Any], name: str = NAME) -> Iterator[str]:
    """One sentence for each thing that cannot be used: its path, what is allowed, and what may have been meant."""
    return (said for said in _walk(expected, FORM, "", name) if isinstance(said, str))


def expectations(expected: Mapping[str, Any], source: Source = INVENTORY) -> tuple[Expectation, ...]:
    """What is expected, of values that :func:`check` has taken.

    A regex matcher holds no matches yet: ``_value_patterns.answer`` searches for it in a node's values.
    """
    found = [said for said in _walk(expected, FORM, "", NAME) if not isinstance(said, str)]
    return tuple(Expectation(path, matcher, source) for path, matcher in found if path not in _SAYS_NOTHING)


def files(expected: Mapping[str, Any]) -> tuple[str, ...]:
    """Absolute paths of the files that the user says something about."""
    given = expected.get("files")
    return tuple(path for path in given if str(path).startswith("/")) if isinstance(given, Mapping) else ()


def sysctls(expected: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the kernel settings that the user says something about."""
    given = expected.get("kernel")
    return tuple(str(name) for name in given) if isinstance(given, Mapping) else ()


def _walk(value: Any, node: Node, path: str, name: str) -> Iterator[str | Found]:
    """What is wrong, as text, and what is expected, by path. ``name`` is the path as the user sees it."""
    if isinstance(node, Either):
        by_path = isinstance(value, Mapping) and any(str(key).startswith("/") for key in value)
        node = node.keys if by_path else node.leaf
    if isinstance(node, Leaf):
        yield from _leaf(value, node, path, name)
    elif not isinstance(value, Mapping):
        yield f"{name} must be a mapping, not {shown(value)}"
    elif isinstance(node, Group):
        yield from _group(value, node, path, name)
    else:
        yield from _keys(value, node, path, name)


def _leaf(value: Any, node: Leaf, path: str, name: str) -> Iterator[str | Found]:
    try:
        yield path, user_matchers.matcher(value, node)
    except MatcherError as error:
        yield f"{name}{error}"


def _group(value: Mapping[Any, Any], node: Group, path: str, name: str) -> Iterator[str | Found]:
    kind = "".join(map(str, value)) if len(value) == 1 else ""
    if kind in KINDS and kind not in node.fields:
        yield from _whole(kind, value[kind], node, path, name)
        return
    for key, item in value.items():
        if key in node.fields:
            yield from _walk(item, node.fields[key], _join(path, key), f"{name}.{key}")
        elif node.further is not None and isinstance(key, str) and node.further.takes(key):
            yield from _walk(item, node.further.below, _join(path, key), f"{name}.{key}")
        else:
            yield f"{name}.{key} {_unknown(key, node)}"


def _whole(kind: str, wanted: Any, node: Group, path: str, name: str) -> Iterator[str | Found]:
    """``absent`` or ``present`` of a thing that has keys itself."""
    if node.whole and kind in ("absent", "present"):
        yield from _walk({kind: wanted}, node.fields[node.whole], f"{path}.{node.whole}", name)
    else:
        yield f"{name} has keys of its own, so {kind} belongs to one of them: {_listed(list(node.fields))}"


def _keys(value: Mapping[Any, Any], node: Keys, path: str, name: str) -> Iterator[str | Found]:
    for key, item in value.items():
        near = get_close_matches(str(key), node.known - {key}, 1, NEAR) if key not in node.known else []
        if not isinstance(key, str) or not node.takes(key):
            yield f"{name} has the key {shown(key)}, which must be {node.allowed}{_meant(near)}"
        elif node.known and near:
            yield f"{name}.{key} is not known{_meant(near)}"
        else:
            yield from _walk(item, node.below, _join(path, key), f"{name}.{key}")


def _unknown(key: Any, node: Group) -> str:
    names = list(node.fields)
    near = get_close_matches(str(key), names, 1, 0.7) or [n for n in names if n.lower() == str(key).lower()]
    listed = f"; known are {_listed(names)}" if len(names) <= FEW else ""
    return f"is {f'not {node.called}' if node.called else 'not known'}{_meant(near)}{listed}"


def _meant(near: list[str]) -> str:
    return f" (did you mean {near[0]}?)" if near else ""


def _listed(names: list[str]) -> str:
    shown_names = names if len(names) <= FEW else [*names[:FEW], "..."]
    return " and ".join([", ".join(shown_names[:-1]), shown_names[-1]] if len(shown_names) > 1 else shown_names)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
