# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a value is what a matcher wants, and a matcher in words. None stands for a value that is absent.

No pattern of a user's is searched for here: ``regexes.py`` says beforehand which texts match (see there why).
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from .._interpret.endpoint import https_url, server_key
from .._model.expected import Matcher
from . import amounts

VALUE_LIMIT = 160
CHOICES = 5  # that are worth reading on a screen
_DIGEST = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")  # nobody reads all of it; the result has it whole
COMPARISON = re.compile(r"(>=|<=|==|>|<)\s*([^\s,<>=]+)\Z")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def matches(matcher: Matcher, value: Any) -> bool:
    """True when a value (None: absent) is what the matcher wants. Of a list, every item has to match a pattern or
    range; ``one_of`` is asked of the list as a whole, or of every item."""
    if matcher.kind == "absent":
        return value is None
    if matcher.kind == "present" or value is None:
        return value is not None
    if matcher.kind == "exact":
        return same(matcher.value, value)
    if matcher.kind == "one_of":
        return any(same(each, value) for each in matcher.value) or _each(value, matcher)
    if matcher.kind == "at_least" and isinstance(matcher.value, list | tuple):
        items = value if isinstance(value, list) else [value]
        return all(any(same(wanted, item) for item in items) for wanted in matcher.value)
    return _each(value, matcher) if isinstance(value, list) else _holds(matcher, value)


def same(one: Any, other: Any) -> bool:
    """True when two values mean the same: ``true`` and "true", 1 and "1", "60s" and "1m0s", 104857600 and "100Mi", two
    ways to write a server's address, lists in any order, a list of one item and that item."""
    if one is None or other is None:
        return one is other
    first, second = key(one), key(other)
    if first == second:
        return True
    if isinstance(first, tuple) != isinstance(second, tuple):
        return bool(first == (second,) or second == (first,))
    return _same_quantity(one, other)


def key(value: Any) -> Any:
    """Something hashable that is equal for values that mean the same (but for CPU quantities, "500m" and "0.5")."""
    if isinstance(value, str):
        return _text_key(value)
    if isinstance(value, list | tuple):
        return tuple(sorted((key(item) for item in value), key=str))
    if isinstance(value, Mapping):
        return tuple(sorted((str(name), key(item)) for name, item in value.items()))
    if isinstance(value, bool):
        return str(value).lower()
    return _plain(Decimal(str(value))) if isinstance(value, int | float) else value


def words(matcher: Matcher) -> str:
    """What the matcher wants, in words that follow "expected"."""
    value = matcher.value
    if matcher.kind == "one_of":
        more = f" and {len(value) - CHOICES} more" if len(value) > CHOICES else ""
        return f"one of {', '.join(value_text(each) for each in value[:CHOICES])}{more}"
    if matcher.kind == "regex":
        return f"a match of {value_text(value[0])}"
    if matcher.kind == "at_most":
        return f"{value} or stricter"
    if matcher.kind == "at_least":
        return f"at least {value_text(value)}"
    if matcher.kind == "range":
        return value.removeprefix("==") if isinstance(value, str) else _range_words(*value)
    return {"absent": "absent", "present": "a value"}.get(matcher.kind) or value_text(value)


def value_text(value: Any) -> str:
    """A value on one line, not longer than a person wants to read."""
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        text = ", ".join(value_text(item) for item in value) or "none"
    else:
        text = value if isinstance(value, str) else json.dumps(value)
    text = _DIGEST.sub(r"\1…", " ".join(text.split())) or '""'
    return text if len(text) <= VALUE_LIMIT else f"{text[: VALUE_LIMIT - 1]}…"


def text_of(value: Any) -> str:
    """One value as the text in which a pattern is searched for."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def comparisons(text: str) -> list[tuple[str, str]] | None:
    """``[(">=", "1.34"), ("<", "1.37")]`` of ``>=1.34,<1.37``; None when it is no range."""
    found = [COMPARISON.match(piece.strip()) for piece in text.split(",")]
    pairs = [(each.group(1), each.group(2)) for each in found if each]
    return pairs if pairs and len(pairs) == len(found) and amounts.readable(bound for _sign, bound in pairs) else None


def _each(value: Any, matcher: Matcher) -> bool:
    return isinstance(value, list) and bool(value) and all(matches(matcher, item) for item in value)


def _holds(matcher: Matcher, value: Any) -> bool:
    """Of one value that is there: a pattern's known matches, the least value, or the bounds of a range."""
    if matcher.kind == "regex":
        return text_of(value) in matcher.value[1]
    if matcher.kind == "at_most":
        return not _bits(value) & ~_bits(matcher.value)
    return all(_compares(value, sign, bound) for sign, bound in _bounds(matcher))


def _bits(mode: Any) -> int:
    """The permission bits of a file's mode, octal text."""
    return int(str(mode), 8)


def _bounds(matcher: Matcher) -> list[tuple[str, Any]]:
    if matcher.kind == "at_least":
        return [(">=", matcher.value)]
    if isinstance(matcher.value, str):
        return list(comparisons(matcher.value) or ())
    low, high = matcher.value
    return [(sign, bound) for sign, bound in ((">=", low), ("<=", high)) if bound is not None]


def _compares(value: Any, sign: str, bound: Any) -> bool:
    pair = amounts.in_order(value, bound)
    return pair is not None and _OPERATORS[sign](*pair)


def _range_words(low: Any, high: Any) -> str:
    if high is None:
        return f"at least {value_text(low)}"
    return f"at most {value_text(high)}" if low is None else f"{value_text(low)} to {value_text(high)}"


@lru_cache(maxsize=16384)
def _text_key(text: str) -> Any:
    lowered = text.lower()
    if lowered in ("true", "false"):
        return lowered
    seconds = amounts.duration(text)
    if seconds is not None:
        return f"{_plain(seconds)}s" if seconds else "0"
    amount = amounts.quantity(text)
    if amount is not None:
        return _plain(amount)
    url = https_url(text) if text.startswith("https:") else None
    return text if url is None else "https://{}:{}{}".format(*server_key(url))


def _plain(amount: Decimal) -> str:
    """110 of 110, 110.0 and 1.1E+2."""
    return format(amount.normalize(), "f") if amount else "0"


def _same_quantity(one: Any, other: Any) -> bool:
    """CPU quantities look like durations: 500m is half a processor where the other is a plain number."""
    pairs = ((one, other), (other, one))
    return any(
        isinstance(text, str) and amounts.quantity(text) is not None and amounts.quantity(text) == amounts.number(plain)
        for text, plain in pairs
    )
