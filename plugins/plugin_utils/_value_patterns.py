# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches a node's values for the patterns of a user's expected values, where one that takes too long is ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from . import _patterns
from ._expected.matchers import text_of
from ._expected.portable import portable
from ._expected.user_matchers import whole
from ._model.expected import Expectation, Matcher, Observed

Unknown = dict[str, str]


def answer(
    expectations: Sequence[Expectation], observed: Observed
) -> tuple[tuple[Expectation, ...], tuple[Unknown, ...]]:
    """The expectations with what matches each regex of theirs; without those whose pattern could not be searched for.

    Of these, why, as ``unknowns`` of a result. No process is started where there is no pattern. OSError when none can
    be.
    """
    asked = [wanted for wanted in expectations if wanted.matcher.kind == "regex"]
    if not asked:
        return tuple(expectations), ()
    texts: list[str] = []
    searches = []
    for wanted in asked:
        found = list(dict.fromkeys(_texts(wanted, expectations, observed)))
        searches.append(_patterns.Search(whole(wanted.matcher.value[0]), range(len(texts), len(texts) + len(found))))
        texts += found
    answers = dict(zip(map(id, asked), _patterns.run(searches, texts), strict=True))
    known = (_answered(wanted, answers.get(id(wanted)), texts) for wanted in expectations)
    failed = [(wanted, answers[id(wanted)].error) for wanted in asked if answers[id(wanted)].error]
    return tuple(wanted for wanted in known if wanted is not None), tuple(_unknown(*each) for each in failed)


def _answered(wanted: Expectation, found: _patterns.Found | None, texts: Sequence[str]) -> Expectation | None:
    if found is None:
        return wanted
    matching = [texts[hit] for hit in found.hits]
    return None if found.error else replace(wanted, matcher=Matcher("regex", [wanted.matcher.value[0], matching]))


def _unknown(wanted: Expectation, error: str) -> Unknown:
    reason = f"regex of {wanted.source.text} for {wanted.path}: {error}"
    return {"part": f"expected:{wanted.path}", "status": "error", "reason": reason}


def _texts(wanted: Expectation, expectations: Sequence[Expectation], observed: Observed) -> Iterator[str]:
    """Every text that may be held against the pattern: the value as it stands and without the node's own names, and
    what other sources expect of the same path."""
    value = observed.value(wanted.path)
    yield from _each(value)
    yield from _each(portable(value, observed.names))
    for other in expectations:
        if other.path == wanted.path and other.matcher.kind == "exact":
            yield from _each(other.matcher.value)


def _each(value: Any) -> Iterator[str]:
    if value is not None:
        yield from (text_of(item) for item in (value if isinstance(value, list) else [value]))
