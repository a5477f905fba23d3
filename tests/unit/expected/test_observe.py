# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a node can be compared, and what of it with another node."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from corpus._load import load_evidence, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.observe import observe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.portable import (
    localised,
    portable,
    portable_values,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import unread
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import Names, Observed

CONFIG, FLAGS = "/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env"


def changed(path: str, old: str, new: str) -> Observed:
    """The healthy node with another text in one file."""
    evidence = copy.deepcopy(load_evidence("healthy"))
    evidence["files"][path]["content"] = evidence["files"][path]["content"].replace(old, new)
    return observe(snapshot(evidence, host_name="healthy"))


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("service.kubelet.active", "active", "kubelet.service"),
        ("flags.container-runtime-endpoint", "unix:///run/containerd/containerd.sock", f"{FLAGS}:1"),
        ("config.clusterDNS", ["10.96.0.10"], f"{CONFIG}:16"),
        ("config.authentication.anonymous.enabled", False, f"{CONFIG}:4"),
        ("kubeconfig.server", "https://controlplane:6443", "/etc/kubernetes/kubelet.conf:5"),
        ("certificates.client.common_name", "system:node:worker-7", "/var/lib/kubelet/pki/kubelet-client-current.pem"),
        ("certificates.client.remaining_days", 364, "/var/lib/kubelet/pki/kubelet-client-current.pem"),
        ("unit.dropins", ["/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"], "kubelet.service"),
        ("files./etc/kubernetes/kubelet.conf.mode", "0600", "/etc/kubernetes/kubelet.conf"),
        ("files./etc/kubernetes/kubelet.conf.owner", "root", "/etc/kubernetes/kubelet.conf"),
        ("files./etc/kubernetes/bootstrap-kubelet.conf.type", "absent", "/etc/kubernetes/bootstrap-kubelet.conf"),
        ("versions.kubelet", "1.36.2", "kubelet"),
        ("kernel.net.ipv4.ip_forward", "1", "sysctl"),
        ("swap.active", False, "/proc/swaps"),
        ("runtime.cgroup_driver", "systemd", "/etc/containerd/config.toml"),
        ("cni.files", ["10-lab.conflist"], "/etc/cni/net.d"),
    ],
)
def test_value_and_place_of_a_real_node(path: str, value: Any, place: str) -> None:
    """Every group of values is found, with file and line where it is written."""
    seen = observe(load_snapshot("healthy")).values[path]
    assert (seen.value, seen.place) == (value, place)


def test_flag_wins_over_the_field_it_sets() -> None:
    """A field counts as it takes effect: with the flag's value, and at the flag's place."""
    observed = changed(FLAGS, "--container", "--cluster-dns=10.99.0.10,10.99.0.11 --max-pods=50 --container")
    assert observed.values["config.clusterDNS"].value == ["10.99.0.10", "10.99.0.11"]
    assert observed.values["config.maxPods"].value == 50
    assert observed.values["config.clusterDNS"].place == f"{FLAGS}:1"


def test_what_nobody_could_read_is_not_absent() -> None:
    """A broken configuration file, and a node of which nothing is known, leave their values unknown."""
    broken = observe(load_snapshot("config-yaml-syntax"))
    assert not broken.known("config.clusterDNS")
    assert broken.known("flags.max-pods")
    nothing = snapshot(unread("no route", host_name="w", captured_at="2026-11-24T07:00:00Z"), host_name="w")
    for path in ("config.clusterDNS", "flags.max-pods", "kubeconfig.server", "unit.dropins", "swap.active"):
        assert not observe(nothing).known(path)


@pytest.mark.parametrize("text", [".nan", "-.inf", "1e400", f"'{'x' * 100_000}'", "[.inf, {a: .nan}]"])
def test_value_that_no_result_can_hold_is_made_one(text: str) -> None:
    """A configuration file may hold anything; JSON has no such numbers, and nobody reads such texts."""
    observed = changed(CONFIG, "clusterDomain: cluster.local", f"clusterDomain: {text}")
    assert len(json.dumps(observed.value("config.clusterDomain"), allow_nan=False)) < 400


def test_cgroup_driver_that_the_runtime_decides_is_unknown() -> None:
    """Left out, it is not the old default: this kubelet asks its runtime."""
    assert not changed(CONFIG, "cgroupDriver: systemd\n", "").known("config.cgroupDriver")


def test_owner_of_a_file_that_is_not_there_is_known_to_be_absent() -> None:
    """A file that nobody looked for is unknown; one that is not there has no mode."""
    observed = observe(load_snapshot("healthy"))
    assert observed.known("files./etc/kubernetes/bootstrap-kubelet.conf.mode")
    assert not observed.known("files./etc/elsewhere.mode")


def test_no_hash_of_a_file_with_a_private_key() -> None:
    """What identifies a key is not handed on."""
    observed = observe(load_snapshot("healthy"))
    held = [path for path in observed.values if path.endswith(".sha256") and ("key" in path or "current" in path)]
    assert held == []


def test_addresses_that_are_not_the_nodes_own() -> None:
    """The address of the cluster's DNS, which IPVS gives to every node, and a link-local one name no node."""
    evidence = {**load_evidence("healthy")}
    addresses = ["10.0.0.5", "10.96.0.1", "10.96.0.10", "169.254.20.10", "127.0.0.1"]
    evidence["host"] = {**evidence["host"], "addresses": addresses}
    found = observe(snapshot(evidence, host_name="worker-7"))
    assert found.names.addresses[-2:] == ("10.0.0.5", "10.96.0.1")
    assert "10.96.0.10" not in found.names.addresses


def test_names_of_the_node_are_no_difference() -> None:
    """Two healthy nodes of one cluster with other names are alike in everything that is compared between nodes."""
    one, other = (portable_values(observe(load_snapshot(case))) for case in ("healthy", "healthy-cert-expires-5d"))
    assert one == other
    assert one["certificates.client.common_name"] == "system:node:{node}"
    assert not {path for path in one if path.endswith(("remaining_days", ".sha256"))}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("--node=worker-1", "--node={node}"),
        ("worker-1.example.com", "{node}.example.com"),
        ("/var/lib/kubelet/worker-1.crt", "/var/lib/kubelet/{node}.crt"),
        ("worker-12 my-worker-1", "worker-12 my-worker-1"),
        ("10.0.0.5:10250", "{address}:10250"),
        ("10.0.0.51", "10.0.0.51"),
        (["10.0.0.5", 3], ["{address}", 3]),
    ],
)
def test_placeholder_stands_for_the_whole_name_only(value: Any, expected: Any) -> None:
    """A name inside a longer one is another name; the way back gives the value again."""
    names = Names(("worker-1",), ("10.0.0.5",))
    assert portable(value, names) == expected
    assert localised(expected, names) == value


def test_json_form_is_whole() -> None:
    """What is registered for the comparison with peers reads back as it was."""
    observed = observe(load_snapshot("healthy"))
    assert Observed.from_dict(json.loads(json.dumps(observed.to_dict()))) == observed
