# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matchers as users write them: a plain value, or a mapping with one of the keys of KINDS."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .._model.expected import Matcher
from . import amounts
from .leaves import FILE_TYPE, MODE, RELEASE, Leaf
from .matchers import comparisons

PATTERN_LIMIT = 1000
_VALUE_LIMIT = 80
_NUMBERS = re.compile(r"\d+\.\d+\.\d+\Z", re.ASCII)
THERE = ["file", "directory", "link", "socket", "other"]  # types of what is there


class MatcherError(ValueError):
    """A value cannot be used; the message continues the sentence that begins with its path."""


def shown(value: Any) -> str:
    """A value of the user's, as long as a sentence takes it."""
    text = repr(value)
    return text if len(text) <= _VALUE_LIMIT else f"{text[: _VALUE_LIMIT - 1]}…"


def matcher(value: Any, leaf: Leaf) -> Matcher:
    """What is expected of one value.

    :raises MatcherError: the value is not what ``leaf`` takes
    """
    if isinstance(value, Mapping):
        if len(value) != 1 or next(iter(value)) not in KINDS:
            raise MatcherError(
                f" must be {leaf.allowed}, or a mapping with one of the keys {', '.join(KINDS)}; not {shown(value)}"
            )
        kind, wanted = next(iter(value.items()))
        return KINDS[kind](wanted, leaf)
    taken = _taken(value, leaf, "")
    # A version stands for all its builds: 1.36.2 for 1.36.2+k3s1 too. One with a suffix is that build.
    of_builds = leaf is RELEASE and _NUMBERS.match(taken)
    return Matcher("range", f"=={taken}") if of_builds else Matcher(leaf.kind, taken)


def _taken(value: Any, leaf: Leaf, key: str) -> Any:
    """A value as nodes have it."""
    if value is None:
        raise MatcherError(f"{key} must be {leaf.allowed}, not null; for no value write absent: true")
    if not leaf.takes(value):
        raise MatcherError(f"{key} must be {leaf.allowed}, not {shown(value)}")
    return leaf.turn(value)


def _exact(wanted: Any, leaf: Leaf) -> Matcher:
    value = _taken(wanted, leaf, ".exact")
    return Matcher("exact", value if leaf.kind == "exact" else wanted)


def _one_of(wanted: Any, leaf: Leaf) -> Matcher:
    if not isinstance(wanted, list) or not wanted:
        raise MatcherError(f".one_of must be a list of values, not {shown(wanted)}")
    found = [_item(item, leaf, f".one_of[{index}]") for index, item in enumerate(wanted)]
    return Matcher("one_of", found)


def _item(item: Any, leaf: Leaf, key: str) -> Any:
    """One of several values; where a value is a list, one item of it may be written alone."""
    if leaf.listed and isinstance(item, str | int):
        return item
    value = _taken(item, leaf, key)
    return value if leaf.kind == "exact" else item


def _regex(wanted: Any, _leaf: Leaf) -> Matcher:
    """A pattern is compiled here, which takes no longer than it is long; it is searched for elsewhere."""
    if not isinstance(wanted, str) or not wanted or len(wanted) > PATTERN_LIMIT:
        raise MatcherError(f".regex must be a pattern of at most {PATTERN_LIMIT} characters, not {shown(wanted)}")
    try:
        re.compile(wanted)
        re.compile(whole(wanted))
    except (re.error, OverflowError, RecursionError) as error:
        raise MatcherError(f".regex cannot be used: {error}") from None
    return Matcher("regex", [wanted, []])


def whole(pattern: str) -> str:
    """The pattern for a value as a whole; flags such as ``(?i)`` stay in front."""
    flags = re.match(r"\(\?[aiLmsux]+\)", pattern)
    front = flags.group() if flags else ""
    return rf"{front}\A(?:{pattern[len(front) :]})\Z"


def _range(wanted: Any, leaf: Leaf) -> Matcher:
    _ordered(leaf, ".range")
    if isinstance(wanted, str) and comparisons(wanted):
        return Matcher("range", wanted)
    bounds = isinstance(wanted, list) and len(wanted) == 2 and any(bound is not None for bound in wanted)
    if not bounds or not all(bound is None or _amount(bound) for bound in wanted):
        raise MatcherError(f'.range must be a text such as ">=1.34,<1.37", or [least, most], not {shown(wanted)}')
    return Matcher("range", list(wanted))


def _at_least(wanted: Any, leaf: Leaf) -> Matcher:
    if leaf.listed:
        return Matcher("at_least", list(_taken(wanted, leaf, ".at_least")))
    _ordered(leaf, ".at_least")
    if leaf is MODE:
        raise MatcherError(".at_least cannot be told of a mode; at_most is the mode that allows most")
    if not _amount(wanted):
        raise MatcherError(f".at_least must be a number, a version, a duration or a quantity, not {shown(wanted)}")
    return Matcher("at_least", wanted)


def _at_most(wanted: Any, leaf: Leaf) -> Matcher:
    _ordered(leaf, ".at_most")
    if leaf is MODE:
        return Matcher("at_most", _taken(wanted, leaf, ".at_most"))
    if not _amount(wanted):
        raise MatcherError(f".at_most must be a number, a version, a duration or a quantity, not {shown(wanted)}")
    return Matcher("range", [None, wanted])


def _ordered(leaf: Leaf, key: str) -> None:
    if not leaf.ordered:
        raise MatcherError(f"{key} needs values that have an order; here a value must be {leaf.allowed}")


def _amount(value: Any) -> bool:
    return amounts.number(value) is not None or (isinstance(value, str) and amounts.readable([value]))


def _absent(wanted: Any, leaf: Leaf) -> Matcher:
    _true(wanted, "absent", "present")
    return Matcher("exact", "absent") if leaf is FILE_TYPE else Matcher("absent")


def _present(wanted: Any, leaf: Leaf) -> Matcher:
    _true(wanted, "present", "absent")
    return Matcher("one_of", THERE) if leaf is FILE_TYPE else Matcher("present")


def _true(wanted: Any, kind: str, other: str) -> None:
    if wanted is not True:
        raise MatcherError(f".{kind} must be true, not {shown(wanted)}; the other way round is {other}: true")


KINDS: Mapping[str, Callable[[Any, Leaf], Matcher]] = {
    "exact": _exact,
    "one_of": _one_of,
    "regex": _regex,
    "range": _range,
    "at_least": _at_least,
    "at_most": _at_most,
    "absent": _absent,
    "present": _present,
}
