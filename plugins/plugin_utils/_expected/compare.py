# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a node is not as expected. The source with the highest precedence decides; the others agree or dissent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from .._model.expected import Difference, Expectation, Matcher, Names, Observed, Origin
from .defaults import effective, given
from .matchers import matches, same
from .portable import localised, portable

ABSENT = "absent"
DIFFERENT, AS_EXPECTED, UNKNOWN = "different", "as_expected", "unknown"


def compare(observed: Observed, expectations: Iterable[Expectation]) -> tuple[Difference, ...]:
    """Every path at which the node differs, in the order of the paths. What is not known of the node is left out."""
    return tuple(
        _settled(observed, path, wanted)
        for path, wanted in _by_path(expectations)
        if _state(observed, path, wanted) == DIFFERENT
    )


def all_settled(observed: Observed, expectations: Iterable[Expectation]) -> tuple[tuple[Difference, str], ...]:
    """For every path what is expected by whom, as of a difference, and its state: DIFFERENT, AS_EXPECTED or UNKNOWN."""
    return tuple(
        (_settled(observed, path, wanted), _state(observed, path, wanted)) for path, wanted in _by_path(expectations)
    )


def _by_path(expectations: Iterable[Expectation]) -> Iterator[tuple[str, list[Expectation]]]:
    """The expectations of each path, and of each id of its own, those with precedence first."""
    asked: dict[tuple[str, str], list[Expectation]] = defaultdict(list)
    for expectation in expectations:
        asked[expectation.path, expectation.id].append(expectation)
    for key in sorted(asked):
        yield key[0], sorted(asked[key], key=lambda wanted: wanted.source.origin)


def unjudged(observed: Observed, expectations: Iterable[Expectation]) -> tuple[Expectation, ...]:
    """What a user declared of paths at which nobody could look: never taken for right."""
    return tuple(
        wanted for wanted in expectations if wanted.source.origin == Origin.DECLARED and not observed.known(wanted.path)
    )


def _state(observed: Observed, path: str, expectations: list[Expectation]) -> str:
    if not observed.known(path) or _gone(observed, path, expectations):
        return UNKNOWN
    fitting = fits(path, observed.value(path), expectations[0].matcher, observed.names)
    return AS_EXPECTED if fitting else DIFFERENT


def _settled(observed: Observed, path: str, expectations: list[Expectation]) -> Difference:
    first, *others = expectations
    agreeing = [wanted for wanted in others if _agree(path, first.matcher, wanted.matcher, observed.names)]
    return Difference(
        path,
        observed.values.get(path),
        _here(first, observed.names),
        tuple(wanted.source for wanted in agreeing),
        tuple(_here(wanted, observed.names) for wanted in others if wanted not in agreeing),
    )


def _here(wanted: Expectation, names: Names) -> Expectation:
    """What is expected of this node: with its own name where another node's stood."""
    return replace(wanted, matcher=replace(wanted.matcher, value=localised(wanted.matcher.value, names)))


def _gone(observed: Observed, path: str, expectations: list[Expectation]) -> bool:
    """True for owner or mode of a file that is not there, which is one difference and not three; unless declared."""
    place, _dot, name = path.rpartition(".")
    inside = path.startswith("files.") and name != "type"
    declared = any(wanted.source.origin == Origin.DECLARED for wanted in expectations)
    return inside and not declared and observed.value(f"{place}.type") == ABSENT


def fits(path: str, value: Any, matcher: Matcher, names: Names) -> bool:
    """True when a value (None: absent) is as expected, as it stands or with the node's own names as placeholders.

    A field that is left out has the kubelet's default, whether it is the one seen or the one expected.
    """
    if matcher.kind == "exact":
        wanted = effective(path, matcher.value)
        if any(_alike(path, wanted, effective(path, shown)) for shown in (value, portable(value, names))):
            return True
        here = localised(matcher.value, names)
        return here != matcher.value and _alike(path, effective(path, here), effective(path, value))
    if matcher.kind in ("absent", "present"):
        return matches(matcher, given(path, value))
    return any(matches(matcher, effective(path, shown)) for shown in (value, portable(value, names)))


def _alike(path: str, wanted: Any, value: Any) -> bool:
    """True when two values mean the same. Of several CAs one that is expected is enough."""
    if wanted is None or value is None:
        return wanted is None and value is None
    if path.endswith(("_sha256", ".fingerprint_sha256")) and isinstance(value, list) != isinstance(wanted, list):
        one, many = (wanted, value) if isinstance(value, list) else (value, wanted)
        return any(same(one, each) for each in many)
    return same(wanted, value)


def _agree(path: str, first: Matcher, other: Matcher, names: Names) -> bool:
    """True when two sources can be content with the same value."""
    if first == other:
        return True
    if first.kind == "exact":
        return fits(path, first.value, other, names)
    return other.kind == "exact" and fits(path, other.value, first, names)
