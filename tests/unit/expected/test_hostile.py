# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a user writes is taken, or refused with a sentence; what is taken can be compared with every node."""

from __future__ import annotations

from typing import Any

from corpus._load import load_snapshot
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import (
    ExpectedError,
    check,
    expectations,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.ignore import check as check_ignore
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.ignore import exemptions
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.matchers import matches, same, words
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.observe import observe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.user_matchers import KINDS
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import Matcher

HEALTHY = observe(load_snapshot("healthy"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(["1.36.2", ">=1.34,<1.37", "1m30s", "100Mi", "0600", "https://c:6443", "/etc/x", "a" * 64, "(("])
)
NAMES = """config maxPods clusterDNS evictionHard flags max-pods files /etc/x mode owner versions kubelet skew
    kubeconfig server certificates client unit dropins service id path reason until"""
KEYS = st.sampled_from([*NAMES.split(), *KINDS]) | st.text(max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3), max_leaves=12
)


PLACES = st.sampled_from(
    [
        ("service", "kubelet", "active"),
        ("flags", "max-pods"),
        ("config", "maxPods"),
        ("config", "clusterDNS"),
        ("config", "resolvConf"),
        ("config", "syncFrequency"),
        ("config", "registerWithTaints"),
        ("kubeconfig", "server"),
        ("certificates", "client", "common_name"),
        ("certificates", "client-ca", "fingerprint_sha256"),
        ("unit", "dropins"),
        ("files", "/etc/kubernetes/kubelet.conf", "mode"),
        ("files", "/etc/kubernetes/kubelet.conf", "type"),
        ("versions", "kubelet"),
        ("versions", "skew"),
        ("kernel", "net.ipv4.ip_forward"),
    ]
)


def nested(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The value at a place of kubelet_expected."""
    for key in reversed(place):
        value = {key: value}
    found: dict[str, Any] = value
    return found


AT_PLACES = st.builds(nested, PLACES, VALUES | st.builds(lambda k, v: {k: v}, st.sampled_from([*KINDS]), VALUES))


@settings(max_examples=300, deadline=None)
@given(AT_PLACES | st.dictionaries(KEYS, VALUES, max_size=4))
def test_expected_values_are_taken_or_refused(expected: dict[str, Any]) -> None:
    """No other error leaves the check, and none leaves the comparison of what it took."""
    try:
        check(expected)
    except ExpectedError as refused:
        text = str(refused)
    else:
        text = ""
    assert text.isprintable()
    if text:
        return
    for difference in compare(HEALTHY, expectations(expected)):
        assert words(difference.expected.matcher)


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES, max_size=3))
def test_exceptions_are_taken_or_refused(entries: list[Any]) -> None:
    """The same of kubelet_ignore."""
    try:
        check_ignore(entries)
    except ExpectedError:
        return
    assert len(exemptions(entries)) == len(entries)


@settings(max_examples=100, deadline=None)
@given(VALUES, VALUES)
def test_same_is_the_same_both_ways(first: Any, second: Any) -> None:
    """A value is the same as itself, and order does not matter."""
    assert same(first, first)
    assert same(first, second) == same(second, first)
    assert matches(Matcher("exact", first), first) or first is None
