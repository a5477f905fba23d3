# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns of expected values: a value as a whole matches, and none can hang a run."""

from __future__ import annotations

import time
from typing import Any

import pytest
from unit.expected._compared import compared, found

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _patterns
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import (
    Expectation,
    Matcher,
    Observed,
    Origin,
    Seen,
    Source,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._value_patterns import answer


@pytest.mark.parametrize(
    ("pattern", "differs"),
    [
        ("system:node:worker-7", False),
        (r"system:node:worker-\d+", False),
        (r"(?i)SYSTEM:NODE:WORKER-\d+", False),
        (r"system:node:\{node\}", False),
        (r"^system:node:worker-\d+$", False),
        ("system:node", True),
        ("worker-7", True),
        ("a|system:node:worker-7", False),
        ("a|system", True),
    ],
)
def test_value_matches_as_a_whole(pattern: str, differs: bool) -> None:
    """A pattern for a part of the value is not enough; the node's own name may stand as a placeholder."""
    expected = {"certificates": {"client": {"common_name": {"regex": pattern}}}}
    assert ("expected/certificate" in found("healthy", expected=expected)) is differs


def test_every_item_of_a_list_matches() -> None:
    """A list of which one item does not match differs."""
    assert found("healthy", expected={"config": {"clusterDNS": {"regex": r"10\..*"}}}) == {}
    assert found("healthy", expected={"config": {"clusterDNS": {"regex": r"192\..*"}}})


def test_hostile_pattern_is_ended_and_said() -> None:
    """One that takes for ever costs a second, is an unknown of the node, and hides no other difference."""
    hostile = {"unit": {"fragment": {"content": {"regex": r"(?s)(?:(?:[^~]+)+)+~"}}}}
    before = time.monotonic()
    result = compared("healthy", expected={**hostile, "config": {"maxPods": 250}}).result
    assert time.monotonic() - before < 60
    (unknown,) = result["unknowns"]
    assert unknown["part"] == "expected:unit.fragment.content"
    assert "was stopped" in unknown["reason"]
    assert [risk["id"] for risk in result["risks"]] == ["expected/kubelet-configuration"]


def test_no_pattern_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual run has none, and pays nothing."""
    monkeypatch.setattr(_patterns, "run", lambda *_args: pytest.fail("a process was started"))
    wanted = Expectation("config.maxPods", Matcher("exact", 110), Source(Origin.DECLARED, "inventory"))
    assert answer([wanted], Observed()) == ((wanted,), ())


def test_other_sources_are_held_against_the_pattern() -> None:
    """A baseline's pattern agrees with the value that is declared."""
    declared = Expectation("kubeconfig.server", Matcher("exact", "https://b:6443"), Source(Origin.DECLARED, "a"))
    pattern = Expectation("kubeconfig.server", Matcher("regex", ["https://.:6443", []]), Source(Origin.REFERENCE, "b"))
    node = Observed({"kubeconfig.server": Seen("https://c:6443", "x")})
    found_matches: Any = answer([declared, pattern], node)[0][1].matcher.value[1]
    assert sorted(found_matches) == ["https://b:6443", "https://c:6443"]


def test_sources_agree_on_a_value_within_the_bounds() -> None:
    """What another source expects, and the first would take, is no dissent."""
    declared = Expectation("versions.kubelet", Matcher("range", ">=1.34,<1.37"), Source(Origin.DECLARED, "a"))
    right = Expectation("versions.kubelet", Matcher("exact", "1.36.2"), Source(Origin.PEERS, "b"))
    wrong = Expectation("versions.kubelet", Matcher("exact", "1.38.0"), Source(Origin.BUILT_IN, "c"))
    node = Observed({"versions.kubelet": Seen("1.33.0", "x")})
    (difference,) = compare(node, [declared, right, wrong])
    assert [source.text for source in difference.agreeing] == ["b"]
    assert [other.source.text for other in difference.dissenting] == ["c"]
