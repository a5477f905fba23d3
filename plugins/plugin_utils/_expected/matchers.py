# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a value is what a matcher wants, and a matcher in words. None stands for a value that is absent."""

from __future__ import annotations

from typing import Any

from .._model.expected import Matcher


def matches(matcher: Matcher, value: Any) -> bool:
    """True when a value (None: absent) is what the matcher wants."""
    if matcher.kind == "absent":
        return value is None
    if matcher.kind == "present":
        return value is not None
    return same(matcher.value, value)


def same(one: Any, other: Any) -> bool:
    """True when two values mean the same."""
    return one == other or str(one).lower() == str(other).lower()


def words(matcher: Matcher) -> str:
    """What the matcher wants, in words that follow "expected"."""
    return matcher.kind if matcher.value is None else str(matcher.value)
