# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hardening: off by default, with the kubelet's defaults taken into account, and never more than at_risk."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from corpus._load import NAMES, load_snapshot
from unit.expected._compared import compared, found

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected import hardening
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.observe import observe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.recommendations import HARDENING, NUMBERS
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.configuration import KubeletConfiguration
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import Observed, Seen

NODE = load_snapshot("healthy")
HEALTHY = observe(NODE)
# What kubeadm and the packages of Kubernetes leave to do.
OF_KUBEADM = {
    "hardening/config-permissions",
    "hardening/pod-pids-limit",
    "hardening/seccomp-default",
    "hardening/serving-certificate",
    "hardening/tls-cipher-suites",
    "hardening/unit-permissions",
}
STRONG = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"


def observed(**values: Any) -> Observed:
    """The healthy node with other values at some paths (two underscores stand for a dot; None removes)."""
    changed = {path.replace("__", "."): value for path, value in values.items()}
    kept = {path: seen for path, seen in HEALTHY.values.items() if path not in changed}
    return replace(HEALTHY, values={**kept, **{p: Seen(v, "x") for p, v in changed.items() if v is not None}})


def differing(node: Observed) -> set[str]:
    """Ids of the recommendations that a node does not follow."""
    return {difference.expected.id for difference in compare(node, hardening.expectations(NODE, node))}


def test_off_by_default() -> None:
    """Nobody who did not ask is told."""
    assert found("healthy") == {}
    assert compared("healthy").result["differences"] == []


def test_node_of_kubeadm() -> None:
    """A node that kubeadm made follows the recommendations but for these, which are information: it stays healthy."""
    assert found("healthy", hardening=True) == dict.fromkeys(OF_KUBEADM, "info")
    assert compared("healthy", hardening=True).result["verdict"] == "healthy"


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"config__authentication__anonymous__enabled": True}, "anonymous-auth"),
        ({"config__authorization__mode": "AlwaysAllow"}, "authorization-mode"),
        ({"config__authentication__x509__clientCAFile": None}, "client-ca-file"),
        ({"config__authentication__x509__clientCAFile": ""}, "client-ca-file"),
        ({"config__readOnlyPort": 10255}, "read-only-port"),
        ({"flags__streaming-connection-idle-timeout": "0"}, "streaming-timeout"),
        ({"config__makeIPTablesUtilChains": False}, "iptables-util-chains"),
        ({"flags__hostname-override": "other"}, "hostname-override"),
        ({"config__rotateCertificates": None}, "rotate-certificates"),
        ({"config__rotateCertificates": False}, "rotate-certificates"),
        ({"config__featureGates__RotateKubeletServerCertificate": False}, "rotate-serving-certificate"),
        ({"files__/etc/kubernetes/kubelet.conf__mode": "0640"}, "kubeconfig-permissions"),
        ({"files__/etc/kubernetes/kubelet__conf__mode": "0604"}, "kubeconfig-permissions"),
        ({"files__/etc/kubernetes/kubelet__conf__owner": "1000"}, "kubeconfig-owner"),
        ({"files__/etc/kubernetes/pki/ca__crt__mode": "0664"}, "client-ca-permissions"),
        ({"files__/etc/kubernetes/pki/ca__crt__group": "1000"}, "client-ca-owner"),
        ({"files__/var/lib/kubelet/config__yaml__owner": "1000"}, "config-owner"),
        ({"files__/usr/lib/systemd/system/kubelet__service__owner": "1000"}, "unit-owner"),
    ],
)
def test_what_is_not_followed(values: dict[str, Any], name: str) -> None:
    """Each value that is weaker than recommended is one finding more."""
    assert differing(observed(**values)) == OF_KUBEADM | {f"hardening/{name}"}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"config__podPidsLimit": 4096}, "pod-pids-limit"),
        ({"config__seccompDefault": True}, "seccomp-default"),
        ({"config__tlsCipherSuites": [STRONG]}, "tls-cipher-suites"),
        ({"config__tlsMinVersion": "VersionTLS13"}, "tls-cipher-suites"),
        ({"config__serverTLSBootstrap": True}, "serving-certificate"),
        ({"config__tlsCertFile": "/etc/kubernetes/pki/kubelet.crt"}, "serving-certificate"),
        ({"files__/var/lib/kubelet/config__yaml__mode": "0600"}, "config-permissions"),
        ({"files__/var/lib/kubelet/config__yaml__mode": "0400"}, "config-permissions"),
    ],
)
def test_what_is_followed_now(values: dict[str, Any], name: str) -> None:
    """Each value that is as recommended, or stricter, is one finding less."""
    assert differing(observed(**values)) == OF_KUBEADM - {f"hardening/{name}"}


@pytest.mark.parametrize(
    "values",
    [
        {"config__authentication__anonymous__enabled": None, "config__authorization__mode": None},
        {"config__readOnlyPort": 0, "config__makeIPTablesUtilChains": True},
        {"config__streamingConnectionIdleTimeout": "0s"},
        {"flags__streaming-connection-idle-timeout": "5m"},
        {"config__featureGates__RotateKubeletServerCertificate": True},
        {"files__/etc/kubernetes/kubelet__conf__mode": "0400"},
    ],
)
def test_defaults_and_stricter_values_are_right(values: dict[str, Any]) -> None:
    """A field that is left out has the kubelet's default, and 0 in the file means the default too."""
    assert differing(observed(**values)) == OF_KUBEADM


def test_weak_suite_beside_strong_ones() -> None:
    """One weak suite is enough."""
    weak = observed(config__tlsCipherSuites=[STRONG, "TLS_RSA_WITH_AES_128_CBC_SHA"])
    assert "hardening/tls-cipher-suites" in differing(weak)


def test_kubelet_without_configuration_file() -> None:
    """It has the defaults of old: anonymous requests, no authorization, a read-only port."""
    line = NODE.command_line
    flags = tuple(flag for flag in line.flags if flag.name != "config")
    old = replace(NODE, command_line=replace(line, flags=flags), config=KubeletConfiguration())
    assert {
        "hardening/anonymous-auth",
        "hardening/authorization-mode",
        "hardening/read-only-port",
        "hardening/rotate-certificates",
    } <= {difference.expected.id for difference in compare(observe(old), hardening.expectations(old, observe(old)))}


def test_supervised_kubelet_is_not_asked_for_what_its_supervisor_does() -> None:
    """K3s names the node and renews its certificates itself."""
    k3s = replace(NODE, profile="k3s")
    wanted = {expectation.id for expectation in hardening.expectations(k3s, HEALTHY)}
    assert not wanted & {"hardening/hostname-override", "hardening/rotate-certificates"}


@pytest.mark.parametrize("name", NAMES)
def test_verdict_is_at_most_at_risk_by_it(name: str) -> None:
    """No recorded node is judged worse, and no root cause changes."""
    plain, hardened = compared(name).result, compared(name, hardening=True).result
    assert hardened["root_causes"] == plain["root_causes"]
    allowed = {"healthy": ("healthy", "at_risk")}.get(plain["verdict"], (plain["verdict"],))
    assert hardened["verdict"] in allowed
    known = {cause.id for cause in HARDENING}
    severities = {r["severity"] for r in hardened["risks"] if r["id"] in known}
    assert severities <= {"info", "warning"}


def test_guide_has_the_mapping() -> None:
    """docs/expected.md names number, id, page and severity of every recommendation."""
    guide = (Path(__file__).resolve().parents[3] / "docs/expected.md").read_text(encoding="utf-8")
    for cause in HARDENING:
        row = f"| {NUMBERS[cause.id]} | [`{cause.id}`](causes/{cause.id}.md) | {cause.effect.severity} |"
        assert row in guide


def test_every_recommendation_has_its_number() -> None:
    """Ids are ours, numbers those of the benchmark, each once; the finding's text has it."""
    assert sorted(NUMBERS) == sorted(cause.id for cause in HARDENING)
    assert len(set(NUMBERS.values())) == len(NUMBERS)
    assert all(re.fullmatch(r"4\.[12]\.\d+", number) for number in NUMBERS.values())
    result = compared("healthy", hardening=True).result
    said = {risk["id"]: risk["summary"] for risk in result["risks"]}
    assert said["hardening/seccomp-default"] == "seccompDefault: not set, so false; expected true by CIS 4.2.14"
