# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other side of noise: a message that healthy kubelets write too means something under its condition.

That they mean nothing without it is tested in unit/causes/test_noise.py, over the same list.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from accuracy._bundles import Bundle, load, without
from apart import credentials, machine, network, runtime
from apart._nodes import Made, no_cni, older, says
from apart._pool import named

LIST = Path(__file__).resolve().parents[1] / "unit" / "causes" / "noise.yml"
LINES: dict[str, list[str]] = {e["id"]: e["lines"] for e in yaml.safe_load(LIST.read_text(encoding="utf-8"))}


def repeated(name: str, bundle: Bundle, **when: Any) -> Bundle:
    """The bundle of a node that has written the lines of an entry for minutes."""
    return says(bundle, *LINES[name], **{"times": 30, **when})


def _old() -> Bundle:
    return older(load("healthy"), 9000)


MEANS: dict[str, tuple[str, Made]] = {
    "startup-network-not-ready": (
        "network/cni-config-missing",
        lambda: without(repeated("startup-network-not-ready", no_cni(_old()), every=5), "cluster.json"),
    ),
    "startup-crashloop-before-join": ("config/kubelet-config-missing", lambda: load("config-missing")),
    "startup-runtime-race": ("runtime/service-down", lambda: load("containerd-stopped-restart")),
    "crashloop-sync": (
        "network/cni-pod-cannot-start",
        lambda: says(
            no_cni(network.networkless()), network.SYNC.format("kube-flannel", "kube-flannel/kube-flannel-ds-x7k2p")
        ),
    ),
    "conflict-object-modified": (
        "identity/duplicate-hostname",
        lambda: repeated("conflict-object-modified", _old(), times=40),
    ),
    "housekeeping-long": ("resource/cpu-io-starvation", lambda: repeated("housekeeping-long", machine.busy())),
    "tls-handshake-eof": (
        "certificate/serving-csr-pending",
        credentials.NODES["certificate/serving-csr-pending"][0],
    ),
    "pressure-transition": ("resource/disk-pressure", lambda: load("diskpressure")),
    "registry-x509-401": (
        "runtime/sandbox-image-unpullable",
        lambda: says(
            _old(),
            runtime.POD.format(
                "Unknown",
                'failed to get sandbox image \\"registry.k8s.io/pause:3.10\\": failed to pull image: tls: failed'
                " to verify"
                " certificate: x509: certificate signed by unknown authority",
            ),
        ),
    ),
    "container-status-notfound": (
        "runtime/hung",
        lambda: without(
            says(
                _old(),
                'log.go:32] "ContainerStatus from runtime service failed" err="rpc error: code ='
                " DeadlineExceeded desc ="
                ' context deadline exceeded" containerID="5b1f"',
                times=9,
            ),
            "cluster.json",
        ),
    ),
}


@pytest.mark.parametrize("name", MEANS)
def test_means_something(name: str) -> None:
    """What lasts, or names what matters, is reported as its cause."""
    cause, make = MEANS[name]
    assert cause in named(make()).all


def test_entries_exist() -> None:
    """Each row is about an entry of the list, or about a condition of the Node, which is no message."""
    assert MEANS.keys() - LINES.keys() <= {"pressure-transition"}
