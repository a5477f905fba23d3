# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Five alike workers and a control plane, with no word about expected values: what is wrong on one of them is named
with its right value and who says so, and nothing is said of the other four."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lab.lifecycle import Lab
from lab.settings import Settings
from live._lab import LiveLab

WORKERS = tuple(f"worker-{number}" for number in range(1, 6))
BROKEN = "worker-2"
PEERS = "4 of 4 peers"
KUBELET_CONF, CONFIG = "/etc/kubernetes/kubelet.conf", "/var/lib/kubelet/config.yaml"
DROP_INS = "/etc/systemd/system/kubelet.service.d"
OTHER_CA = "certificate-authority-data: $(base64 -w0 /opt/nodelab/certificates/other-ca.crt)"
PATCH = f"mkdir -p {DROP_INS}; printf '[Service]\\nEnvironment=GOGC=200\\n' > {DROP_INS}/90-local.conf"
RESTART = "systemctl daemon-reload; systemctl restart kubelet"

# Shell lines that make one value wrong: the path of the value, as it is then, as it should be ('' where the lab
# decides), and who says so.
FAULTS: dict[str, tuple[str, str, Any, str, list[str]]] = {
    "server": (
        f"sed -i 's#:6443#:6553#' {KUBELET_CONF}",
        "kubeconfig.server",
        "https://controlplane:6553",
        "https://controlplane:6443",
        ["cluster-info", "kubeadm-config", PEERS],
    ),
    "CA": (
        f'sed -i "s#certificate-authority-data:.*#{OTHER_CA}#" {KUBELET_CONF}',
        "kubeconfig.ca_sha256",
        "",
        "",
        ["cluster-info", "kube-root-ca.crt", PEERS],
    ),
    "clientCAFile": (
        f"sed -i 's#clientCAFile: .*#clientCAFile: /etc/kubernetes/pki/WRONG-CA-FILE.crt#' {CONFIG}",
        "config.authentication.x509.clientCAFile",
        "/etc/kubernetes/pki/WRONG-CA-FILE.crt",
        "/etc/kubernetes/pki/ca.crt",
        ["kubelet-config", PEERS],
    ),
    "clusterDNS": (
        f"sed -i 's#10.96.0.10#10.96.0.99#' {CONFIG}",
        "config.clusterDNS",
        ["10.96.0.99"],
        "10.96.0.10",
        ["kubelet-config", PEERS],
    ),
    "cgroupDriver": (
        f"sed -i 's#^cgroupDriver: .*#cgroupDriver: cgroupfs#' {CONFIG}",
        "config.cgroupDriver",
        "cgroupfs",
        "systemd",
        ["kubelet-config", PEERS],
    ),
    "flag": (
        "echo KUBELET_EXTRA_ARGS=--max-pods=10 > /etc/default/kubelet",
        "flags.max-pods",
        "10",
        "absent",
        [PEERS],
    ),
    "drop-in": (
        PATCH,
        "unit.dropins",
        ["/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", f"{DROP_INS}/90-local.conf"],
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
        [PEERS],
    ),
    "file mode": (f"chmod 0644 {KUBELET_CONF}", f"files.{KUBELET_CONF}.mode", "0644", "0600", [PEERS]),
    "version": ("echo v1.35.2 > /opt/nodelab/version", "versions.kubelet", "1.35.2", "1.36.2", [PEERS]),
}
# Faults that do not change what is seen of each other share a run.
TOGETHER = (
    ("server",),
    ("CA",),
    ("clientCAFile",),
    ("clusterDNS", "cgroupDriver"),
    ("flag", "drop-in", "file mode", "version"),
)


@pytest.fixture(scope="module")
def fleet() -> Iterator[LiveLab]:
    """Five workers of the same release, brought up for this file and removed after it."""
    lab = Lab(Settings(name="peers", workers=len(WORKERS), releases=(13,)), say=lambda _line: None)
    lab.up()
    try:
        yield LiveLab(lab)
    finally:
        lab.down()


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all runs of this file leave their results, and what is known of peers."""
    return tmp_path_factory.mktemp("results")


def diagnosed(fleet: LiveLab, results: Path, *arguments: str) -> tuple[dict[str, dict[str, Any]], str]:
    """Results of a run by host, and what it printed."""
    done = fleet.play("diagnose", *arguments, results=results)
    assert done.status == 0, done.output
    return done.results, " ".join(done.output.split())


def assert_nothing_found(result: dict[str, Any]) -> None:
    """A node that is healthy, and as it is expected."""
    assert result["verdict"] == "healthy"
    assert result["risks"] == result["differences"] == []


def test_alike(fleet: LiveLab, results: Path) -> None:
    """Of workers that are alike nothing is said, and what they share is kept."""
    found, _output = diagnosed(fleet, results)
    assert sorted(found) == sorted(WORKERS)
    for result in found.values():
        assert_nothing_found(result)
    assert (results / "_peers.json").exists()


@pytest.mark.parametrize("names", TOGETHER, ids=" and ".join)
def test_one_is_wrong(fleet: LiveLab, results: Path, names: tuple[str, ...]) -> None:
    """Each wrong value of a worker is named with its right one and who says so, in a run over all and over this one."""
    fleet.on(BROKEN, "\n".join([*(FAULTS[name][0] for name in names), RESTART]))
    try:
        for limit in ([], ["-l", BROKEN]):
            found, output = diagnosed(fleet, results, *limit)
            told = {each["path"]: each for each in found[BROKEN]["differences"]}
            for name in names:
                _lines, path, seen, wanted, sources = FAULTS[name]
                difference = told.pop(path)
                assert difference["sources"] == sources
                assert seen in ("", difference["seen"])
                assert wanted in ("", difference["expected"])
                assert " and ".join([", ".join(sources[:-1]), PEERS]).removeprefix(" and ") in output
            assert set(told) <= {"config.maxPods"}, "the field that the flag sets"
            for host in set(WORKERS) - {BROKEN}:
                assert_nothing_found(found[host])
    finally:
        fleet.lab.heal(BROKEN)


def test_two_against_two(fleet: LiveLab, results: Path) -> None:
    """Where one half has another value than the other half, nothing is expected of either, and that is said."""
    for host in ("worker-1", BROKEN):
        fleet.on(host, f"{FAULTS['flag'][0]}\n{RESTART}")
    try:
        found, output = diagnosed(fleet, results, "-l", "worker-1,worker-2,worker-3,worker-4")
        for host in WORKERS[:4]:
            assert found[host]["differences"] == []
        assert "Peers are split, so they expect nothing of maxPods: 10 on 2 nodes, 110 on 2 nodes" in output
    finally:
        for host in ("worker-1", BROKEN):
            fleet.lab.heal(host)


def test_all_are_wrong(fleet: LiveLab, results: Path) -> None:
    """A value that is wrong on every worker is found by what the control plane publishes, against all peers."""
    for host in WORKERS:
        fleet.on(host, f"{FAULTS['clusterDNS'][0]}\n{RESTART}")
    found, _output = diagnosed(fleet, results)
    for host in WORKERS:
        (difference,) = found[host]["differences"]
        assert (difference["path"], difference["value"]) == ("config.clusterDNS", ["10.96.0.10"])
        assert difference["sources"] == ["kubelet-config"]
        assert difference["dissenting"] == [{"expected": "10.96.0.99", "source": PEERS}]
        assert found[host]["verdict"] == "at_risk"
