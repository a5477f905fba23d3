# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubelet_expected: what is taken and what is expected then, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import fits
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import (
    ExpectedError,
    check,
    expectations,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.endpoint import https_url, same_server
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import Matcher, Names, Origin

PRINT = "ab" * 32


@pytest.mark.parametrize(
    ("expected", "path", "kind", "value"),
    [
        ({"service": {"kubelet": {"active": True}}}, "service.kubelet.active", "exact", "active"),
        ({"service": {"runtime": {"enabled": "disabled"}}}, "service.runtime.enabled", "exact", "disabled"),
        ({"flags": {"max-pods": "110"}}, "flags.max-pods", "exact", "110"),
        ({"flags": {"v": 2}}, "flags.v", "exact", 2),
        ({"flags": {"container-runtime": {"absent": True}}}, "flags.container-runtime", "absent", None),
        ({"flags": {"one-of-a-newer-kubelet": "x"}}, "flags.one-of-a-newer-kubelet", "exact", "x"),
        ({"config": {"clusterDNS": ["10.96.0.10"]}}, "config.clusterDNS", "exact", ["10.96.0.10"]),
        ({"config": {"resolvConf": ""}}, "config.resolvConf", "exact", ""),
        ({"config": {"syncFrequency": "0s"}}, "config.syncFrequency", "exact", "0s"),
        (
            {"config": {"authentication": {"x509": {"clientCAFile": "/etc/kubernetes/pki/ca.crt"}}}},
            "config.authentication.x509.clientCAFile",
            "exact",
            "/etc/kubernetes/pki/ca.crt",
        ),
        (
            {"config": {"evictionHard": {"memory.available": "100Mi"}}},
            "config.evictionHard.memory.available",
            "exact",
            "100Mi",
        ),
        ({"config": {"maxPods": {"range": [100, 250]}}}, "config.maxPods", "range", [100, 250]),
        ({"config": {"maxPods": {"at_most": 250}}}, "config.maxPods", "range", [None, 250]),
        ({"config": {"clusterDNS": {"at_least": ["a"]}}}, "config.clusterDNS", "at_least", ["a"]),
        ({"config": {"tlsCipherSuites": {"one_of": ["A", "B"]}}}, "config.tlsCipherSuites", "one_of", ["A", "B"]),
        ({"config": {"readOnlyPort": {"exact": 0}}}, "config.readOnlyPort", "exact", 0),
        (
            {"kubeconfig": {"server": "https://lb.example:6443"}},
            "kubeconfig.server",
            "exact",
            "https://lb.example:6443",
        ),
        ({"kubeconfig": {"ca_sha256": ":".join(["AB"] * 32)}}, "kubeconfig.ca_sha256", "exact", PRINT),
        ({"certificates": {"client": {"remaining_days": 30}}}, "certificates.client.remaining_days", "at_least", 30),
        (
            {"certificates": {"client": {"common_name": {"regex": "system:node:.*"}}}},
            "certificates.client.common_name",
            "regex",
            ["system:node:.*", []],
        ),
        (
            {"certificates": {"client-ca": {"fingerprint_sha256": [PRINT, PRINT]}}},
            "certificates.client-ca.fingerprint_sha256",
            "exact",
            [PRINT, PRINT],
        ),
        ({"unit": {"dropins": ["/a.conf"]}}, "unit.dropins", "exact", ["/a.conf"]),
        ({"unit": {"dropins": {"/a.conf": {"sha256": PRINT}}}}, "unit.dropins./a.conf.sha256", "exact", PRINT),
        ({"unit": {"dropins./a.conf": {"content": "[Unit]"}}}, "unit.dropins./a.conf.content", "exact", "[Unit]"),
        ({"unit": {"fragment": {"path": "/lib/k.service"}}}, "unit.fragment.path", "exact", "/lib/k.service"),
        ({"files": {"/x": {"mode": "600"}}}, "files./x.mode", "exact", "0600"),
        ({"files": {"/x": {"mode": {"at_most": "0640"}}}}, "files./x.mode", "at_most", "0640"),
        ({"files": {"/x": {"owner": 0}}}, "files./x.owner", "exact", "root"),
        ({"files": {"/x": {"group": "998"}}}, "files./x.group", "exact", "998"),
        ({"files": {"/x": {"absent": True}}}, "files./x.type", "exact", "absent"),
        ({"files": {"/x": {"type": {"absent": True}}}}, "files./x.type", "exact", "absent"),
        ({"versions": {"kubelet": "v1.36.2"}}, "versions.kubelet", "range", "==1.36.2"),
        ({"versions": {"kubelet": "v1.36.2+k3s1"}}, "versions.kubelet", "exact", "1.36.2+k3s1"),
        ({"versions": {"kubelet": {"exact": "1.36.2"}}}, "versions.kubelet", "exact", "1.36.2"),
        ({"versions": {"kubelet": {"range": ">=1.34,<1.37"}}}, "versions.kubelet", "range", ">=1.34,<1.37"),
        ({"versions": {"skew": 1}}, "versions.skew", "range", [0, 1]),
        ({"kernel": {"net.ipv4.ip_forward": 1}}, "kernel.net.ipv4.ip_forward", "exact", 1),
        ({"swap": {"active": False}}, "swap.active", "exact", False),
        ({"runtime": {"cgroup_driver": "systemd"}}, "runtime.cgroup_driver", "exact", "systemd"),
        ({"cni": {"files": ["10-a.conflist"]}}, "cni.files", "exact", ["10-a.conflist"]),
    ],
)
def test_what_is_expected(expected: dict[str, Any], path: str, kind: str, value: Any) -> None:
    """Every group, as the paths and values that nodes have."""
    check(expected)
    (found,) = expectations(expected)
    assert (found.path, found.matcher) == (path, Matcher(kind, value))
    assert found.source.origin == Origin.DECLARED
    assert found.source.text == "inventory"


def test_a_whole_configuration_may_be_copied() -> None:
    """apiVersion and kind of a KubeletConfiguration are taken and say nothing."""
    copied = {"config": {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration"}}
    check(copied)
    assert expectations(copied) == ()


@pytest.mark.parametrize("expected", [{}, {"config": {}}, {"files": {"/x": {}}}])
def test_nothing_is_expected(expected: dict[str, Any]) -> None:
    """Empty groups are no mistake."""
    check(expected)
    assert expectations(expected) == ()


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"kubconfig": {}}, "kubelet_expected.kubconfig is not known (did you mean kubeconfig?); known are service,"),
        ({"config": ["x"]}, "kubelet_expected.config must be a mapping, not ['x']"),
        ({"config": {"clusterDns": ["x"]}}, "config.clusterDns is not a field of KubeletConfiguration (did you mean"),
        ({"config": {"clusterDNS": "10.96.0.10"}}, "config.clusterDNS must be a list of texts, not '10.96.0.10'"),
        ({"config": {1: "x"}}, "kubelet_expected.config.1 is not a field"),
        ({"config": {"maxPods": "many"}}, "config.maxPods must be a whole number, not 'many'"),
        ({"config": {"maxPods": True}}, "config.maxPods must be a whole number"),
        ({"config": {"maxPods": None}}, "not null; for no value write absent: true"),
        ({"config": {"maxPods": {"onof": [1]}}}, "a mapping with one of the keys exact, one_of"),
        ({"config": {"maxPods": {"one_of": 110}}}, "config.maxPods.one_of must be a list of values"),
        ({"config": {"maxPods": {"one_of": ["x"]}}}, "config.maxPods.one_of[0] must be a whole number"),
        ({"config": {"maxPods": {"absent": False}}}, "the other way round is present: true"),
        ({"config": {"cgroupDriver": {"at_least": 3}}}, "cgroupDriver.at_least needs values that have an order"),
        (
            {"config": {"authentication": {"absent": True}}},
            "belongs to one of them: x509, webhook and anonymous",
        ),
        ({"config": {"syncFrequency": "1 minute"}}, "a duration such as 1m30s"),
        ({"config": {"authentication": {"x509": {"clientCAFile": "ca.crt"}}}}, "must be an absolute path"),
        ({"kubeconfig": {"server": "http://c:6443"}}, "kubelet_expected.kubeconfig.server must be an https URL"),
        ({"kubeconfig": {"server": "https://c:port"}}, "must be an https URL"),
        ({"kubeconfig": {"server": 5}}, "must be an https URL"),
        (
            {"kubeconfig": {"user": "x"}},
            "kubeconfig.user is not known; known are server and ca_sha256",
        ),
        ({"flags": {"--max-pods": "110"}}, "has the key '--max-pods', which must be a flag's name without dashes"),
        ({"flags": {"max-pod": "110"}}, "kubelet_expected.flags.max-pod is not known (did you mean max-pods?)"),
        ({"files": {"etc/x": {}}}, "has the key 'etc/x', which must be an absolute path"),
        ({"files": {"/x": {"mode": 384}}}, 'must be an octal mode in quotes, such as "0600"'),
        ({"files": {"/x": {"mode": "u=rw"}}}, "must be an octal mode"),
        ({"files": {"/x": {"mode": {"at_least": "0600"}}}}, "at_most is the mode that allows most"),
        ({"files": {"/x": {"owner": "etcd"}}}, "files./x.owner must be root or the number of a user"),
        ({"files": {"/x": {"modes": "0600"}}}, "files./x.modes is not known (did you mean mode?)"),
        ({"versions": {"kubelet": 1.36}}, "must be a whole version in quotes"),
        ({"versions": {"kubelet": "1.36"}}, "must be a whole version in quotes"),
        ({"versions": {"kubelet": {"range": "new"}}}, 'range must be a text such as ">=1.34,<1.37"'),
        ({"versions": {"kubelet": {"range": [None, None]}}}, "or [least, most]"),
        ({"kernel": {"net": {"ipv4": 1}}}, "a sysctl such as net.ipv4.ip_forward"),
        ({"swap": {"active": "no"}}, "swap.active must be true or false"),
        ({"service": {"kubelet": "active"}}, "kubelet_expected.service.kubelet must be a mapping"),
        ({"service": {"kubelet": {"active": "started"}}}, "must be true, false, active, inactive"),
        ({"certificates": {"client": {"common_name": {"regex": "("}}}}, "common_name.regex cannot be used: missing )"),
        ({"certificates": {"client": {"issuer": {"regex": "a" * 1001}}}}, "at most 1000 characters"),
        ({"certificates": {"client": {"fingerprint_sha256": PRINT}}}, "fingerprint_sha256 is not known"),
        ({"certificates": {"client-ca": {"fingerprint_sha256": "x"}}}, "64 hexadecimal digits"),
        ({"unit": {"dropins": {"/a.conf": {"sha": "x"}}}}, "unit.dropins./a.conf.sha is not known"),
        ({str(number): 1 for number in range(9)}, "and 4 more"),
    ],
)
def test_refused_with_a_sentence(expected: dict[str, Any], words: str) -> None:
    """The path of what is wrong, what is allowed, and what may have been meant."""
    with pytest.raises(ExpectedError, match="kubelet_expected") as caught:
        check(expected)
    assert words in str(caught.value)


def test_a_long_value_is_cut() -> None:
    """A sentence stays one that can be read."""
    with pytest.raises(ExpectedError) as caught:
        check({"config": {"maxPods": "x" * 5000}})
    assert len(str(caught.value)) < 200


def test_a_baseline_is_named() -> None:
    """What is wrong in a file is said with the file's name."""
    with pytest.raises(ExpectedError, match=r"^base\.yml: kubelet_expected\.kubconfig is not known"):
        check({"kubconfig": {}}, "base.yml: kubelet_expected")


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


@pytest.mark.parametrize(
    ("field", "value", "holds"),
    [
        ("syncFrequency", "0s", True),
        ("syncFrequency", "5m", False),
        ("readOnlyPort", 0, True),
        ("readOnlyPort", 1, False),
        ("tlsCipherSuites", [], True),
        ("failSwapOn", False, False),
        ("kubeAPIQPS", 0, False),
    ],
)
def test_field_that_is_set_to_nothing_is_absent(field: str, value: Any, holds: bool) -> None:
    """kubeadm writes zero values for fields that nobody set; an explicit false, and 0 where it counts, are values."""
    matcher = Matcher("absent")
    assert fits(f"config.{field}", value, matcher, Names()) is holds
    assert fits(f"config.{field}", value, Matcher("present"), Names()) is not holds
