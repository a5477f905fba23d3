# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matchers of expected values: which values mean the same, and what each kind takes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.matchers import key, matches, same, words
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import Matcher


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (True, "true"),
        (False, "False"),
        (110, "110"),
        (0.9, "0.9"),
        ("60s", "1m0s"),
        ("1h30m", "90m"),
        ("0s", 0),
        ("100Mi", 104857600),
        ("1Gi", "1024Mi"),
        ("500m", "0.5"),
        ("500m", 0.5),
        ("https://C:443/", "https://c"),
        (["a", "b"], ["b", "a"]),
        (["10.96.0.10"], "10.96.0.10"),
        (["https://c:443"], "https://c"),
        ([{"key": "a", "effect": "NoSchedule"}], [{"effect": "NoSchedule", "key": "a"}]),
        (None, None),
    ],
)
def test_the_same_written_in_two_ways(first: Any, second: Any) -> None:
    """Booleans and numbers as text, durations, quantities, servers and lists are compared by what they mean."""
    assert same(first, second)
    assert same(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, True),
        ("1", True),
        ("1.30", "1.3"),
        ("1.36.2", "1.36.20"),
        ("Webhook", "webhook"),
        ("None", "none"),
        ("10.96.0.10", "10.96.0.1"),
        ("https://c:6443", "https://c:6553"),
        ("https://c:6443", "c:6443"),
        (["a"], ["a", "a"]),
        (["a", "b"], "a"),
        ([], ""),
        (None, ""),
        (None, False),
        ("100Mi", "100M"),
        ("5m", "5s"),
        ("0600", "600"),
        ("/a", "/A"),
        ("1e5", "100000"),
    ],
)
def test_not_the_same(first: Any, second: Any) -> None:
    """What only looks alike differs."""
    assert not same(first, second)
    assert not same(second, first)


@pytest.mark.parametrize(
    ("kind", "value", "seen", "holds"),
    [
        ("exact", 110, "110", True),
        ("exact", "x", None, False),
        ("one_of", ["systemd", "cgroupfs"], "systemd", True),
        ("one_of", ["systemd"], "cgroupfs", False),
        ("one_of", [["a"], ["b"]], ["b"], True),
        ("one_of", ["a", "b", "c"], ["b", "a"], True),
        ("one_of", ["a", "b"], ["b", "z"], False),
        ("one_of", ["a"], [], False),
        ("regex", ["w-.*", ["w-1", "w-2"]], "w-1", True),
        ("regex", ["w-.*", ["w-1"]], "x-1", False),
        ("regex", ["w-.*", ["w-1", "w-2"]], ["w-1", "w-2"], True),
        ("regex", ["w-.*", ["w-1"]], ["w-1", "x"], False),
        ("regex", ["true", ["true"]], True, True),
        ("range", ">=1.34,<1.37", "1.36.2", True),
        ("range", "==1.36.2", "1.36.2+k3s1", True),
        ("range", "==1.36.2", "1.36.20", False),
        ("range", "==1.36", "1.36.2", True),
        ("range", ">=1.34,<1.37", "v1.37.0-rc.1", False),
        ("range", ">=1.34, <1.37", "1.33.9", False),
        ("range", "<=1.36", "1.36.2", True),
        ("range", ">1.36", "1.36.2", False),
        ("range", ">=1.36.1", "1.36", False),
        ("range", ">=1.9", "1.10.0", True),
        ("range", ">=5.15", "6.1.0-18-amd64", True),
        ("range", ">=1.34", "not a version", False),
        ("range", ">=1.34", None, False),
        ("range", ">=100,<=110", "110", True),
        ("range", ">=100", 99, False),
        ("range", ">=5m", "300s", True),
        ("range", ">5m", "5m0s", False),
        ("range", ">=50Mi", "104857600", True),
        ("range", [0, 3], 3, True),
        ("range", [0, 3], -1, False),
        ("range", [None, 3], -1, True),
        ("range", [1, None], 0, False),
        ("range", ["1.34", None], "1.35.1", True),
        ("range", [-1, 5], "-1", True),
        ("at_least", 90, 364, True),
        ("at_least", 90, 12, False),
        ("at_least", 90, None, False),
        ("at_least", "1.34", "1.36.2", True),
        ("at_least", "10Mi", "1Gi", True),
        ("at_least", ["10.96.0.10"], ["10.96.0.10", "1.1.1.1"], True),
        ("at_least", ["10.96.0.10"], ["1.1.1.1"], False),
        ("at_least", ["a"], "a", True),
        ("absent", None, None, True),
        ("absent", None, False, False),
        ("present", None, False, True),
        ("present", None, None, False),
    ],
)
def test_what_a_matcher_takes(kind: str, value: Any, seen: Any, holds: bool) -> None:
    """Each kind over values as nodes have them; None is a value that is absent."""
    assert matches(Matcher(kind, value), seen) is holds


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("exact", "10.96.0.10", "10.96.0.10"),
        ("exact", True, "true"),
        ("exact", ["a", "b"], "a, b"),
        ("one_of", ["a", 1], "one of a, 1"),
        ("regex", ["w-.*", []], "a match of w-.*"),
        ("range", ">=1.34,<1.37", ">=1.34,<1.37"),
        ("range", "==1.36.2", "1.36.2"),
        ("range", [0, 3], "0 to 3"),
        ("range", [None, 3], "at most 3"),
        ("range", [3, None], "at least 3"),
        ("at_least", 90, "at least 90"),
        ("at_least", ["a", "b"], "at least a, b"),
        ("absent", None, "absent"),
        ("present", None, "a value"),
    ],
)
def test_words_that_follow_expected(kind: str, value: Any, said: str) -> None:
    """A difference says what the matcher wants."""
    assert words(Matcher(kind, value)) == said


def test_keys_group_values_that_mean_the_same() -> None:
    """Peers are counted by keys, which can be put into a set."""
    assert len({key(value) for value in (True, "true", "True")}) == 1
    assert len({key(value) for value in ("100Mi", 104857600, "102400Ki")}) == 1
    assert len({key(value) for value in ("1.3", "1.30", "1.300")}) == 3
    assert len({key(value) for value in (["a", "b"], ["b", "a"], {"a": [1]}, None)}) == 3
