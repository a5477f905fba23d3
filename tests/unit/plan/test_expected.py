# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubelet_expected: what is taken, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.expected import (
    ExpectedError,
    check,
    https_url,
    same_server,
)


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"kubeconfig": {"server": "https://lb.example:6443"}},
        {"config": {"authentication": {"x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"}}, "maxPods": 110}},
        {"kubeconfig": {}, "config": {"failSwapOn": True}},
    ],
)
def test_usable(expected: dict[str, Any]) -> None:
    """What the documentation shows is taken."""
    check(expected)


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"kubconfig": {}}, "kubelet_expected.kubconfig is not known; known are kubeconfig and config"),
        ({"config": ["x"]}, "kubelet_expected.config must be a mapping"),
        ({"kubeconfig": {"server": "http://c:6443"}}, "must be an https URL"),
        ({"kubeconfig": {"server": "https://c:port"}}, "must be an https URL"),
        ({"kubeconfig": {"server": 5}}, "must be an https URL"),
        ({"kubeconfig": {"user": "x"}}, "kubelet_expected.kubeconfig.user is not known"),
        ({"config": {"clusterDNS": ["10.96.0.10"]}}, "kubelet_expected.config.clusterDNS must be a text"),
        ({"config": {"authentication": {"x509": {"clientCAFile": "ca.crt"}}}}, "must be an absolute path"),
        ({"config": {1: "x"}}, "a key that is no text"),
        ({str(number): 1 for number in range(9)}, "and 4 more"),
    ],
)
def test_refused_with_a_sentence(expected: dict[str, Any], words: str) -> None:
    """The path of what is wrong and what is allowed."""
    with pytest.raises(ExpectedError, match="kubelet_expected") as caught:
        check(expected)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "value",
    ["https://u:p@c:6443", "https://c:6443/?x=1", "https://c:99999", "https://[::1", "https:// c", "https://c\n", ""],
)
def test_no_plain_address(value: str) -> None:
    """Credentials, queries, impossible ports and white space are no address of an API server."""
    assert https_url(value) is None


def test_same_server_however_it_is_written() -> None:
    """A closing slash, the default port and the case of the name make no difference; another port does."""
    assert same_server("https://c:443/", "https://C")
    assert same_server("https://[::1]:6443", "https://[::1]:6443/")
    assert not same_server("https://c:6443", "https://c:6553")
