# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the control plane expects of its nodes, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from corpus._load import NAMES, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.observe import observe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.published import expectations
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.result import compared
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.cluster import cluster
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import (
    Difference,
    Names,
    Observed,
    Seen,
)

TEXTS = Path(__file__).resolve().parents[2] / "lab/standin/files"
HEALTHY = observe(load_snapshot("healthy"))
CA = str(HEALTHY.values["kubeconfig.ca_sha256"].value)
SERVER = str(HEALTHY.values["kubeconfig.server"].value)
PUBLISHED: dict[str, Any] = {
    "endpoint": {"server": SERVER, "ca_sha256": CA},
    "kubelet_config": (TEXTS / "config.yaml").read_text(),
    "cluster_configuration": "networking:\n  dnsDomain: cluster.local\n  serviceSubnet: 10.96.0.0/12\n",
    "root_ca_sha256": [CA],
    "version": "v1.36.2",
}


def observed(**values: Any) -> Observed:
    """The healthy node with other values at some paths (two underscores stand for a dot; None removes)."""
    changed = {path.replace("__", "."): value for path, value in values.items()}
    kept = {path: seen for path, seen in HEALTHY.values.items() if path not in changed}
    return replace(HEALTHY, values={**kept, **{p: Seen(v, "x") for p, v in changed.items() if v is not None}})


def differences(
    node: Observed, published: dict[str, Any] | None = None, profile: str = "kubeadm"
) -> dict[str, Difference]:
    """How the node differs from what is published, by path."""
    said = PUBLISHED if published is None else published
    return {found.path: found for found in compare(node, expectations(said, node, profile))}


def test_node_of_kubeadm_is_as_its_cluster_wants_it() -> None:
    """A real node that kubeadm made differs in nothing, with all of kubelet-config compared."""
    assert differences(HEALTHY) == {}
    assert len(expectations(PUBLISHED, HEALTHY, "kubeadm")) > 30


@pytest.mark.parametrize(
    ("values", "sources"),
    [
        ({"kubeconfig__server": "https://controlplane:6553"}, ["cluster-info"]),
        ({"kubeconfig__ca_sha256": "0" * 64}, ["cluster-info", "kube-root-ca.crt"]),
        ({"config__authentication__x509__clientCAFile": "/etc/kubernetes/pki/WRONG.crt"}, ["kubelet-config"]),
        ({"config__clusterDNS": ["10.96.0.99"]}, ["kubelet-config"]),
        ({"config__cgroupDriver": "cgroupfs"}, ["kubelet-config"]),
        ({"config__syncFrequency": "5m"}, ["kubelet-config"]),
        ({"config__failSwapOn": False}, ["kubelet-config"]),
        ({"config__featureGates__Some": True}, ["kubelet-config"]),
        ({"versions__skew": 4}, ["API server v1.36.2"]),
        ({"versions__skew": -1}, ["API server v1.36.2"]),
    ],
)
def test_single_wrong_value_is_named_with_its_source(values: dict[str, Any], sources: list[str]) -> None:
    """One value that is wrong is the one difference, and says who expected what."""
    found = differences(observed(**values))
    assert list(found) == [next(iter(values)).replace("__", ".")]
    (only,) = found.values()
    assert [only.expected.source.text, *(source.text for source in only.agreeing)] == sources


@pytest.mark.parametrize(
    "values",
    [
        {"config__syncFrequency": "1m"},
        {"config__syncFrequency": None},
        {"config__maxPods": 50},
        {"config__failSwapOn": True},
        {"config__providerID": "aws:///i-1"},
        {"config__resolvConf": "/run/systemd/resolve/resolv.conf"},
        {"config__containerRuntimeEndpoint": "unix:///run/crio/crio.sock"},
        {"config__clusterDNS": ["169.254.20.10"]},
        {"kubeconfig__server": "https://127.0.0.1:6443"},
        {"kubeconfig__server": f"{SERVER}/"},
        {"kubeconfig__ca_sha256": sorted([CA, "0" * 64])},
        {"versions__skew": 3},
    ],
)
def test_what_may_differ_is_no_difference(values: dict[str, Any]) -> None:
    """Defaults, what is set on each node or follows from its size, its own load balancer or DNS cache, its version."""
    assert differences(observed(**values)) == {}


def test_control_plane_node_may_ask_its_own_server() -> None:
    """kubeadm lets the kubelet of a control plane node use the API server beside it."""
    own = replace(observed(kubeconfig__server="https://10.0.0.5:6443"), names=Names((), ("10.0.0.5",)))
    assert differences(own) == {}


def test_dns_follows_from_the_service_network() -> None:
    """Where kubelet-config names no DNS server, it is the tenth address of the first service network."""
    published = {
        **PUBLISHED,
        "kubelet_config": None,
        "cluster_configuration": "networking: {serviceSubnet: 'fd00:10:96::/108,10.96.0.0/12', dnsDomain: k8s.example}",
    }
    found = differences(HEALTHY, published)
    assert {path: each.expected.matcher.value for path, each in found.items()} == {
        "config.clusterDNS": ["fd00:10:96::a"],
        "config.clusterDomain": "k8s.example",
    }
    assert {each.expected.source.text for each in found.values()} == {"kubeadm-config"}


@pytest.mark.parametrize("profile", ["k3s", "rke2", "microk8s"])
def test_distribution_without_kubeadm_is_not_compared(profile: str) -> None:
    """Of K3s, RKE2 and MicroK8s only the version is expected, whatever a ConfigMap of these names holds."""
    wrong = observed(kubeconfig__server="https://other:6443", config__clusterDNS=["10.43.0.10"])
    assert differences(wrong, profile=profile) == {}
    assert [found.path for found in expectations(PUBLISHED, wrong, profile)] == ["versions.skew"]


@pytest.mark.parametrize("profile", ["manual", "kubespray", "eks"])
def test_configuration_made_otherwise_is_compared_where_the_cluster_is_one(profile: str) -> None:
    """Nodes that do not get kubelet-config share the DNS, the endpoint and the CA with those that do, not the paths."""
    other = observed(config__authentication__x509__clientCAFile="/var/lib/kubelet/ca.crt", config__syncFrequency="5m")
    assert differences(other, profile=profile) == {}
    assert list(differences(observed(config__clusterDNS=["10.96.0.99"]), profile=profile)) == ["config.clusterDNS"]


def test_nothing_published_expects_nothing() -> None:
    """A cluster that was set up by hand has a CA for pods, and nothing else to compare with."""
    assert expectations({}, HEALTHY, "kubeadm") == ()
    only_root = {"endpoint": {}, "kubelet_config": None, "root_ca_sha256": ["0" * 64], "version": None}
    assert expectations(only_root, HEALTHY, "kubeadm") == ()


@pytest.mark.parametrize(
    "text", ["a: [", "[]", "x", "", "networking: {serviceSubnet: 10.96.0.0/30}", "networking: []", "a: &a [*a]"]
)
def test_unusable_text_expects_nothing(text: str) -> None:
    """Broken YAML, or a network that has no tenth address, is no expectation and no failure."""
    published = {**PUBLISHED, "kubelet_config": text, "cluster_configuration": text}
    assert not [found for found in expectations(published, HEALTHY, "kubeadm") if found.path.startswith("config.cl")]


def test_masked_value_is_not_expected() -> None:
    """What was masked on the way is not compared with."""
    published = {**PUBLISHED, "kubelet_config": "staticPodURL: https://u:****@host/\nmaxPods: 110\n"}
    paths = [found.path for found in expectations(published, HEALTHY, "kubeadm")]
    assert "config.maxPods" in paths
    assert "config.staticPodURL" not in paths


def test_cgroup_driver_that_is_left_out_is_that_of_the_runtime() -> None:
    """kubeadm may leave the driver to the runtime; the kubelet's default is not what is meant then."""
    text = PUBLISHED["kubelet_config"]
    for left_out in ('cgroupDriver: ""', ""):
        published = {**PUBLISHED, "kubelet_config": text.replace("cgroupDriver: systemd", left_out)}
        assert differences(HEALTHY, published) == {}


def test_view_of_the_cluster_holds_what_is_published() -> None:
    """A bundle that holds the answer gives it to the comparison; an old one gives nothing."""
    seen = cluster({"node": {"metadata": {"name": "w"}}, "published": PUBLISHED, "unread": {"csrs": "forbidden"}})
    assert seen.published == PUBLISHED
    assert seen.unread == {"csrs": "forbidden"}
    assert cluster({"node": {}, "published": "x"}).published == {}


CHANGED: dict[str, set[str]] = {
    "ca-file-other-ca": {"certificates.client-ca.fingerprint_sha256"},
    "ca-path-wrong": {"config.authentication.x509.clientCAFile"},
    "cert-expired-no-rotation": {"config.rotateCertificates"},
    "cgroup-driver-invalid": {"config.cgroupDriver"},
    "cgroup-driver-mismatch": {"config.cgroupDriver"},
    "combo-ca-path-and-port": {"config.authentication.x509.clientCAFile", "kubeconfig.server"},
    "config-unknown-field": {"config.maxPodz"},
    "cpu-manager-state": {"config.cpuManagerPolicy"},
    "kubeconfig-ca-wrong": {"kubeconfig.ca_sha256"},
    "server-host-unresolvable": {"kubeconfig.server"},
    "server-name-not-in-san": {"kubeconfig.server"},
    "server-port-wrong": {"kubeconfig.server"},
    "start-limit-hit": {"config.authentication.x509.clientCAFile"},
    "swap-on-ignored-failswapon-false": {"config.failSwapOn"},
    "unknown-feature-gate": {"config.featureGates.MadeUpGate"},
}


@pytest.mark.parametrize("case", NAMES)
def test_recorded_nodes_differ_only_where_they_were_changed(case: str) -> None:
    """Against what their cluster publishes, recorded nodes differ in what was done to them, and in nothing else."""
    node = load_snapshot(case)
    found = compare(observe(node), expectations(PUBLISHED, observe(node), node.profile))
    assert {each.path for each in found} == CHANGED.get(case, set())


def result_of(case: str, **published: Any) -> dict[str, Any]:
    """The result of a recorded node after it was compared with what its cluster publishes."""
    node = load_snapshot(case)
    wanted = expectations({**PUBLISHED, **published}, observe(node), node.profile)
    return compared(diagnose(node).to_dict(), observe(node), wanted)


def test_address_that_works_is_told_and_no_alarm() -> None:
    """A node that reaches its API server through another name, such as a load balancer's, stays healthy."""
    found = result_of("healthy", endpoint={"server": "https://balancer:6443", "ca_sha256": CA})
    assert found["verdict"] == "healthy"
    assert {each["id"]: each["severity"] for each in found["risks"]} == {"expected/kubeconfig": "info"}


def test_swap_that_one_node_allows_is_told_and_no_alarm() -> None:
    """A kubelet that was told to run with swap does."""
    found = result_of("swap-on-ignored-failswapon-false")
    assert found["verdict"] == "healthy"
    assert {"expected/kubelet-configuration": "info"}.items() <= {
        f["id"]: f["severity"] for f in found["risks"]
    }.items()


def test_address_that_does_not_work_is_a_root_cause_with_its_right_value() -> None:
    """The walkthrough's second case, with nothing but the control plane to compare with."""
    (cause,) = result_of("server-port-wrong")["root_causes"]
    assert cause["id"] == "kubeconfig/wrong-server"
    assert cause["summary"].endswith("; expected https://controlplane:6443 by cluster-info")
