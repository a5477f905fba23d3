# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of other distributions than kubeadm's; `make lab-score` has more cases of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from live._lab import LiveLab, roots


@contextmanager
def made(nodes: LiveLab, hosts: Mapping[str, str]) -> Iterator[None]:
    """Each host in the state of a case, all at once; pristine afterwards."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda item: nodes.lab.break_host(item[1], item[0]), hosts.items()))
        try:
            yield
        finally:
            list(pool.map(nodes.lab.heal, hosts))


def found(result: Mapping[str, Any]) -> list[str]:
    """What a result holds that is more than a remark."""
    parts = ("root_causes", "consequences", "risks")
    return [f["id"] for part in parts for f in result[part] if f["severity"] != "info"]


def test_healthy_hosts_have_no_finding(nodes: LiveLab, tmp_path: Path) -> None:
    """K3s, EKS and MicroK8s are told from the node, each with its own files, and nothing is wrong with them."""
    hosts = {"worker-1": "k3s-healthy", "worker-2": "eks-healthy", "worker-3": "microk8s-healthy"}
    with made(nodes, hosts):
        done = nodes.play("diagnose", results=tmp_path)
    assert done.status == 0, done.output
    for host, case in hosts.items():
        result = done.results[host]
        assert result["facts"]["profile"] == case.removesuffix("-healthy")
        assert (result["verdict"], found(result)) == ("healthy", []), host


def test_repair_plans_for_the_distributions_own_files(nodes: LiveLab, tmp_path: Path) -> None:
    """A flag would be taken out of Kubespray's kubelet.env; what RKE2 composes itself is left to a person."""
    with made(nodes, {"worker-1": "rke2-kubelet-arg-unknown", "worker-2": "kubespray-env-unknown-flag"}):
        done = nodes.play("repair", "-l", "worker-1,worker-2", "--check", results=tmp_path)
    assert roots(done.results["worker-1"]) == ["config/unknown-flag"]
    assert "/etc/rancher/rke2/config.yaml.d/90-site.yaml:2" in done.results["worker-1"]["root_causes"][0]["summary"]
    assert "worker-1  NOTHING DONE" in done.output
    assert "worker-2  PLAN  1 action" in done.output
    assert "/etc/kubernetes/kubelet.env:8: remove --container-runtime=remote" in done.output


def test_profile_is_chosen_for_a_host_or_a_group(nodes: LiveLab, tmp_path: Path) -> None:
    """What the inventory says counts for more than what the node tells."""
    more = tmp_path / "more.yml"
    groups = {
        "kubelet_workers": {"hosts": {"worker-1": {"kubelet_profile": "manual"}}},
        "edge": {"hosts": {"worker-2": {}}, "vars": {"kubelet_profile": "crio"}},
    }
    more.write_text(yaml.safe_dump(groups))
    done = nodes.play("diagnose", "-i", str(more), results=tmp_path / "results")
    assert done.status == 0, done.output
    profiles = {host: result["facts"]["profile"] for host, result in done.results.items()}
    assert profiles == {"worker-1": "manual", "worker-2": "crio", "worker-3": "kubeadm"}
