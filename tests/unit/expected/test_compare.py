# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which source decides about a value, and when a value is as expected."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import compare, unjudged
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import (
    Difference,
    Expectation,
    Matcher,
    Names,
    Observed,
    Origin,
    Seen,
    Source,
)

NAMES = {Origin.DECLARED: "inventory", Origin.CONTROL_PLANE: "kubelet-config", Origin.PEERS: "4 of 5 peers"}


def wants(path: str, value: Any, origin: Origin = Origin.PEERS, kind: str = "exact", **more: str) -> Expectation:
    """One source expects a value."""
    return Expectation(path, Matcher(kind, value), Source(origin, NAMES.get(origin, origin.name.lower())), **more)


def differences(path: str, value: Any, *wanted: Expectation) -> tuple[Difference, ...]:
    """A node with one value (None: absent), compared."""
    values = {} if value is None else {path: Seen(value, "/etc/x:1")}
    return compare(Observed(values, (), Names(("worker-1",), ("10.0.0.5",))), wanted)


def test_source_with_precedence_decides_and_the_others_are_told() -> None:
    """Declared before control plane before peers; those that agree and those that do not are kept apart."""
    path = "config.clusterDNS"
    (found,) = differences(
        path,
        ["10.96.0.99"],
        wants(path, ["10.96.0.10"]),
        wants(path, ["10.96.0.11"], Origin.CONTROL_PLANE),
        wants(path, ["10.96.0.10"], Origin.DECLARED),
    )
    assert found.expected.source.text == "inventory"
    assert [source.text for source in found.agreeing] == ["4 of 5 peers"]
    assert [other.source.text for other in found.dissenting] == ["kubelet-config"]


def test_value_that_the_first_source_wants_is_no_difference() -> None:
    """Whatever the others say."""
    path = "config.maxPods"
    assert differences(path, 50, wants(path, 110), wants(path, 50, Origin.DECLARED)) == ()


@pytest.mark.parametrize(
    ("path", "seen", "wanted"),
    [
        ("config.syncFrequency", None, "0s"),
        ("config.syncFrequency", "1m0s", "0s"),
        ("config.maxPods", None, 110),
        ("config.maxPods", 0, 110),
        ("config.evictionPressureTransitionPeriod", "0s", "5m0s"),
        ("config.shutdownGracePeriod", None, "0s"),
        ("config.failSwapOn", None, True),
        ("config.authentication.anonymous.enabled", False, None),
        ("flags.max-pods", "110", 110),
        ("kubeconfig.server", "https://cp:443/", "https://cp"),
        ("kubeconfig.ca_sha256", ["a" * 64, "b" * 64], "b" * 64),
        ("certificates.client.common_name", "system:node:worker-1", "system:node:{node}"),
        ("config.address", "10.0.0.5", "{address}"),
    ],
)
def test_same_meaning_is_no_difference(path: str, seen: Any, wanted: Any) -> None:
    """Defaults of the kubelet, spellings, one of several CAs, and the node's own names."""
    assert differences(path, seen, wants(path, wanted)) == ()


@pytest.mark.parametrize(
    ("path", "seen", "wanted"),
    [
        ("config.maxPods", None, 250),
        ("config.maxPods", 250, 0),
        ("config.failSwapOn", False, None),
        ("config.healthzPort", 0, 10248),
        ("config.clusterDNS", None, ["10.96.0.10"]),
        ("flags.node-labels", "x", None),
        ("certificates.client.common_name", "system:node:worker-2", "system:node:{node}"),
    ],
)
def test_other_meaning_is_one(path: str, seen: Any, wanted: Any) -> None:
    """Where nothing does not mean the default, and where another node's name stands."""
    kind = "absent" if wanted is None else "exact"
    (found,) = differences(path, seen, wants(path, wanted, kind=kind))
    assert found.path == path


def test_expected_name_is_told_as_this_node_s() -> None:
    """A placeholder is for the comparison; a person reads the name."""
    path = "certificates.client.common_name"
    (found,) = differences(path, "system:node:worker-2", wants(path, "system:node:{node}"))
    assert found.expected.matcher.value == "system:node:worker-1"


def test_unknown_value_is_not_compared_and_said_where_it_was_declared() -> None:
    """Nobody looked: no difference, and only the user hears of it."""
    observed = Observed({}, ("config",))
    of_user, of_peers = wants("config.maxPods", 50, Origin.DECLARED), wants("config.clusterDomain", "x")
    wanted = (of_user, of_peers, wants("swap.active", True))
    assert compare(observed, wanted) == ()
    assert [each.path for each in unjudged(observed, wanted)] == ["config.maxPods"]


def test_file_that_is_gone_is_one_difference() -> None:
    """Its owner and mode are no differences of their own, unless the user declared them."""
    observed = Observed({"files./x.type": Seen("absent", "/x")})
    peers = (wants("files./x.type", "file"), wants("files./x.mode", "0600"), wants("files./x.owner", "root"))
    assert [found.path for found in compare(observed, peers)] == ["files./x.type"]
    assert len(compare(observed, (wants("files./x.mode", "0600", Origin.DECLARED),))) == 1


def test_hardening_is_compared_apart() -> None:
    """A value that the user declared does not hide that a benchmark wants another one."""
    path = "config.readOnlyPort"
    hard = wants(path, 0, Origin.HARDENING, id="hardening/read-only-port")
    found = differences(path, 10255, wants(path, 10255, Origin.DECLARED), hard)
    assert [each.expected.id for each in found] == ["hardening/read-only-port"]
