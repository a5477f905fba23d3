# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is expected of nodes without a declared value: by the control plane, a reference node, a baseline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from live._lab import LiveLab

CONFIG = "/var/lib/kubelet/config.yaml"


@pytest.fixture
def odd(nodes: LiveLab) -> Iterator[LiveLab]:
    """The lab, whose worker-2 has another DNS server than its cluster, and a field more; put back afterwards."""
    nodes.on("worker-2", f"cp -p {CONFIG} /root/kept; sed -i 's/10.96.0.10/10.96.0.99/' {CONFIG}")
    nodes.on("worker-2", f"echo 'serializeImagePulls: false' >> {CONFIG}; systemctl restart kubelet")
    yield nodes
    nodes.on("worker-2", f"cp -p /root/kept {CONFIG}; systemctl restart kubelet")


def expected(results: Path, host: str) -> dict[str, Any]:
    """What playbooks/expected.yml wrote of a host, by path."""
    shown = json.loads((results / "_expected" / f"{host}.json").read_text())
    return {entry["path"]: entry for entry in shown["expected"]}


def test_control_plane_names_the_right_values(odd: LiveLab, tmp_path: Path) -> None:
    """With nothing declared, two values that are not the cluster's are found with their sources, and nothing else."""
    done = odd.play("diagnose", "-l", "worker-1,worker-2", "-e", "kubelet_peers=off", results=tmp_path)
    assert done.status == 0, done.output
    found = {each["path"]: each for each in done.results["worker-2"]["differences"]}
    assert set(found) == {"config.clusterDNS", "config.serializeImagePulls"}
    assert found["config.clusterDNS"]["value"] == ["10.96.0.10"]
    assert {tuple(each["sources"]) for each in found.values()} == {("kubelet-config",)}
    assert found["config.clusterDNS"]["place"].startswith(f"{CONFIG}:")
    assert done.results["worker-2"]["verdict"] == "at_risk"
    assert done.results["worker-1"]["differences"] == []
    assert done.results["worker-1"]["verdict"] == "healthy"


def test_bundle_holds_what_the_control_plane_expects(odd: LiveLab, tmp_path: Path) -> None:
    """What was captured is compared again without any host."""
    bundles, replayed = tmp_path / "bundles", tmp_path / "replayed"
    done = odd.play("capture", "-l", "worker-2", "-e", f"kubelet_bundle_dir={bundles}", results=tmp_path / "none")
    assert done.status == 0, done.output
    again = odd.play("replay", "-e", f"kubelet_bundle_dir={bundles}", results=replayed)
    assert again.status == 0, again.output
    paths = [each["path"] for each in again.results["worker-2"]["differences"]]
    assert paths == ["config.clusterDNS", "config.serializeImagePulls"]


def test_reference_node_outside_of_the_limit(odd: LiveLab, tmp_path: Path) -> None:
    """A node that --limit leaves out is read all the same, and its values are expected."""
    variables = ["-e", "kubelet_expected_from=node:worker-1", "-e", "kubelet_cluster_query=off"]
    done = odd.play("diagnose", "-l", "worker-2", *variables, results=tmp_path)
    assert done.status == 0, done.output
    found = {each["path"]: each["sources"] for each in done.results["worker-2"]["differences"]}
    assert found["config.clusterDNS"] == found["config.serializeImagePulls"] == ["reference node worker-1"]
    assert set(done.results) == {"worker-2"}


def test_reference_node_that_is_gone(odd: LiveLab, tmp_path: Path) -> None:
    """It is said that it could not be read, and nothing is expected by it."""
    variables = ["-e", "kubelet_expected_from=node:worker-9", "-e", "kubelet_cluster_query=off"]
    done = odd.play("diagnose", "-l", "worker-1", *variables, results=tmp_path)
    assert done.status == 0, done.output
    assert "expected:node:worker-9" in [each["part"] for each in done.results["worker-1"]["unknowns"]]
    assert done.results["worker-1"]["differences"] == []


def test_baseline_is_written_kept_and_compared_with(odd: LiveLab, tmp_path: Path) -> None:
    """Written once, left alone while nothing changes, not replaced unasked, and used by a diagnosis."""
    file = tmp_path / "baseline.yml"
    variables = ["-e", f"kubelet_baseline_file={file}"]

    def make(host: str, *more: str) -> tuple[int, str, str]:
        done = odd.play("baseline", "-l", host, *variables, *more, results=tmp_path)
        return done.status, done.output, file.read_text() if file.exists() else ""

    status, output, text = make("worker-1", "--check", "--diff")
    assert (status, text) == (0, "")
    assert "+kubelet_expected:" in output
    status, output, text = make("worker-1")
    assert status == 0, output
    assert yaml.safe_load(text)["kubelet_expected"]["config"]["clusterDNS"] == ["10.96.0.10"]
    assert "worker-1" not in yaml.dump(yaml.safe_load(text))
    assert make("worker-1")[2] == text
    status, output, kept = make("worker-2")
    assert (status != 0, kept) == (True, text)
    assert "kubelet_baseline_overwrite" in output
    used = ["-e", f"kubelet_expected_from=file:{file}", "-e", "kubelet_cluster_query=off"]
    done = odd.play("diagnose", "-l", "worker-2", *used, results=tmp_path / "results")
    found = {each["path"]: each["sources"] for each in done.results["worker-2"]["differences"]}
    assert found["config.clusterDNS"] == ["baseline.yml"]
    assert "10.96.0.99" in make("worker-2", "-e", "kubelet_baseline_overwrite=true")[2]


def test_expected_values_are_shown_with_their_sources(odd: LiveLab, tmp_path: Path) -> None:
    """The merged values, what differs first, and a conflict among the sources."""
    declared = json.dumps({"kubelet_expected": {"config": {"clusterDNS": ["10.96.0.99"]}}})
    done = odd.play("expected", "-l", "worker-2", "-e", declared, results=tmp_path)
    assert done.status == 0, done.output
    assert "config.clusterDNS\n      expected  10.96.0.99  by inventory\n      but       10.96.0.10" in done.output
    assert "kubeconfig.server  https://controlplane:6443" in done.output
    by_path = expected(tmp_path, "worker-2")
    assert by_path["kubeconfig.server"]["sources"] == ["cluster-info", "kubeadm-config"]
    assert by_path["kubeconfig.server"]["state"] == "as_expected"
    assert by_path["config.serializeImagePulls"]["state"] == "different"
    assert by_path["config.clusterDNS"]["conflicts"] == [{"expected": "10.96.0.10", "source": "kubelet-config"}]
