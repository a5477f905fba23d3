# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workers that are compared with each other, from their evidence to the results on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from unit.expected._run import Edit, Evidence, rewrite, run, worker

CONFIG, KUBELET_CONF = "/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet.conf"
EXTRA, DROP_IN = "/etc/default/kubelet", "/etc/systemd/system/kubelet.service.d/90-local.conf"
PEERS = "4 of 4 peers"
DNS = rewrite(CONFIG, "10.96.0.10", "10.96.0.99")
FLAG = rewrite(EXTRA, "KUBELET_EXTRA_ARGS=", "KUBELET_EXTRA_ARGS=--v=9")


def drop_in(evidence: Evidence) -> None:
    """A drop-in that only this node has."""
    unit = evidence["units"]["kubelet.service"]
    unit["cat"] += f"\n# {DROP_IN}\n[Service]\nEnvironment=GOGC=200\n"
    unit["show"]["DropInPaths"] += f" {DROP_IN}"


def mode(evidence: Evidence) -> None:
    """Others may read the kubeconfig."""
    evidence["files"][KUBELET_CONF]["mode"] = "0644"


def version(evidence: Evidence) -> None:
    """An older kubelet."""
    evidence["host"]["kubelet"]["version"] = "Kubernetes v1.35.2"


FAULTS: dict[str, tuple[Edit, str, Any, str]] = {
    "server": (
        rewrite(KUBELET_CONF, ":6443", ":6553"),
        "kubeconfig.server",
        "https://controlplane:6553",
        "https://controlplane:6443",
    ),
    "clientCAFile": (
        rewrite(CONFIG, "/pki/ca.crt", "/pki/other-ca.crt"),
        "config.authentication.x509.clientCAFile",
        "/etc/kubernetes/pki/other-ca.crt",
        "/etc/kubernetes/pki/ca.crt",
    ),
    "clusterDNS": (DNS, "config.clusterDNS", ["10.96.0.99"], "10.96.0.10"),
    "cgroupDriver": (
        rewrite(CONFIG, "cgroupDriver: systemd", "cgroupDriver: cgroupfs"),
        "config.cgroupDriver",
        "cgroupfs",
        "systemd",
    ),
    "flag": (FLAG, "flags.v", "9", "absent"),
    "drop-in": (
        drop_in,
        "unit.dropins",
        ["/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", DROP_IN],
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
    ),
    "file mode": (mode, f"files.{KUBELET_CONF}.mode", "0644", "0600"),
    "version": (version, "versions.kubelet", "1.35.2", "1.36.2"),
}


def workers(count: int, **edits: Edit) -> list[Evidence]:
    """worker-1 and so on; ``edits`` by w1 and so on."""
    found = [worker(number) for number in range(1, count + 1)]
    for name, edit in edits.items():
        edit(found[int(name[1:]) - 1])
    return found


def differences(result: Mapping[str, Any]) -> dict[str, tuple[Any, str, list[str]]]:
    """Path: value, expected value, who says so."""
    return {each["path"]: (each["seen"], each["expected"], each["sources"]) for each in result["differences"]}


def test_alike(tmp_path: Path) -> None:
    """Workers that differ in nothing but name and address have no difference; the table of what they share is whole."""
    results, done = run(tmp_path, workers(5))
    assert {host: result["differences"] for host, result in results.items()} == {f"worker-{n}": [] for n in range(1, 6)}
    assert done.notes == done.split == ()
    table = json.loads((tmp_path / "_peers.json").read_text())
    (group,) = table["groups"]
    assert group["hosts"] == [f"worker-{n}" for n in range(1, 6)]
    assert group["values"]["config.clusterDNS"] == {"value": ["10.96.0.10"]}


@pytest.mark.parametrize("name", FAULTS)
def test_one_is_wrong(tmp_path: Path, name: str) -> None:
    """Each wrong value of one worker is named with its right value and who says so, and nothing is said of the others;
    so it is in a later run over this worker alone."""
    edit, path, seen, wanted = FAULTS[name]
    fleet = workers(5, w2=edit)
    results, _done = run(tmp_path, fleet)
    assert differences(results["worker-2"]) == {path: (seen, wanted, [PEERS])}
    for host in ("worker-1", "worker-3", "worker-4", "worker-5"):
        assert results[host]["differences"] == []
        assert "expected/" not in json.dumps(results[host])
    alone, _done = run(tmp_path, [fleet[1]])
    assert differences(alone["worker-2"]) == {path: (seen, wanted, [PEERS])}


def test_a_fault_after_the_audit(tmp_path: Path) -> None:
    """A worker that was alike when all were read is compared with its peers of then; it is not its own peer."""
    run(tmp_path, workers(5))
    before = (tmp_path / "_peers.json").read_bytes()
    results, _done = run(tmp_path, workers(2, w2=DNS)[1:])
    assert differences(results["worker-2"])["config.clusterDNS"] == (["10.96.0.99"], "10.96.0.10", [PEERS])
    assert (tmp_path / "_peers.json").read_bytes() == before, "a run over one worker is no audit"


def test_a_later_run_over_some(tmp_path: Path) -> None:
    """Four of ten are no audit of the ten: all ten stay the peers; five of them are."""
    run(tmp_path, workers(10))
    results, _done = run(tmp_path, workers(4, w2=DNS))
    assert differences(results["worker-2"])["config.clusterDNS"][2] == ["9 of 9 peers"]
    results, _done = run(tmp_path, workers(5, w2=DNS))
    assert differences(results["worker-2"])["config.clusterDNS"][2] == [PEERS]


def test_too_few(tmp_path: Path) -> None:
    """Three workers say nothing about each other, and leave nothing behind."""
    results, done = run(tmp_path, workers(3, w2=DNS))
    assert not any(result["differences"] for result in results.values())
    assert done.notes == ()
    assert not (tmp_path / "_peers.json").exists()


def test_two_against_two(tmp_path: Path) -> None:
    """One half against the other half: nothing is expected, and a sentence says so."""
    results, done = run(tmp_path, workers(4, w1=DNS, w2=DNS))
    assert not any(result["differences"] for result in results.values())
    (note,) = done.notes
    assert note.startswith(
        "Peers are split, so they expect nothing of clusterDNS: 10.96.0.10 on 2 nodes, 10.96.0.99 on 2"
    )
    assert [(each["path"], each["values"]) for each in done.split] == [
        ("config.clusterDNS", [["10.96.0.10", 2], ["10.96.0.99", 2]])
    ]


def test_a_flag_of_two_against_two(tmp_path: Path) -> None:
    """A flag that sets a field is told once; so is one that is compared among machines of the same size only."""
    pods = rewrite(EXTRA, "KUBELET_EXTRA_ARGS=", "KUBELET_EXTRA_ARGS=--max-pods=10")
    _results, done = run(tmp_path, workers(4, w1=pods, w2=pods))
    assert [(each["path"], each["values"]) for each in done.split] == [("config.maxPods", [["10", 2], ["110", 2]])]


def test_all_are_wrong(tmp_path: Path) -> None:
    """What the control plane publishes counts for more than all peers, who are named as who expects something else."""
    kubelet_config = worker(1)["files"][CONFIG]["content"]
    answer = {"cluster": {"nodes": {}, "published": {"kubelet_config": kubelet_config}}}
    results, _done = run(tmp_path, workers(5, w1=DNS, w2=DNS, w3=DNS, w4=DNS, w5=DNS), cluster=answer)
    for result in results.values():
        (difference,) = result["differences"]
        assert (difference["path"], difference["value"], difference["sources"]) == (
            "config.clusterDNS",
            ["10.96.0.10"],
            ["kubelet-config"],
        )
        assert difference["dissenting"] == [{"expected": "10.96.0.99", "source": PEERS}]


def test_broken_peers_count(tmp_path: Path) -> None:
    """The files of a kubelet that crashes say what its configuration is; a node that cannot be read says nothing."""
    unread = {"format": "node-bundle/1", "node": "worker-5", "captured_at": "2026-11-23T21:37:39Z", "parts": {}}
    fleet = [worker(1), worker(2), worker(3, "ca-path-wrong"), worker(4, "cert-expired"), unread, worker(6)]
    DNS(fleet[0])
    results, _done = run(tmp_path, fleet)
    assert differences(results["worker-1"])["config.clusterDNS"] == (["10.96.0.99"], "10.96.0.10", [PEERS])
    assert results["worker-5"]["differences"] == []
    found = differences(results["worker-3"])
    assert found["config.authentication.x509.clientCAFile"][1:] == ("/etc/kubernetes/pki/ca.crt", [PEERS])


def test_off(tmp_path: Path) -> None:
    """A user who wants no peers has none."""
    results, done = run(tmp_path, workers(5, w2=DNS), peers="off")
    assert not any(result["differences"] for result in results.values())
    assert done.notes == ()
    assert not (tmp_path / "_peers.json").exists()


def test_groups_of_an_inventory_variable(tmp_path: Path) -> None:
    """Workers with another value of the variable are no peers."""
    fleet = workers(8, w5=DNS, w6=DNS, w7=DNS, w8=DNS)
    run(tmp_path, fleet[:4], peer_group_by=["rack"], variables={"rack": "a"})
    results, done = run(tmp_path, fleet[4:], peer_group_by=["rack"], variables={"rack": "b"})
    assert not any(result["differences"] for result in results.values())
    assert done.notes == ()
    names = [group["group"] for group in json.loads((tmp_path / "_peers.json").read_text())["groups"]]
    assert names == ["rack=a", "rack=b"]


def test_old_peers(tmp_path: Path) -> None:
    """What was read too long ago is not used, and the user is told what to do."""
    run(tmp_path, workers(5))
    late = worker(2)
    late["captured_at"] = "2027-01-23T21:37:39Z"
    DNS(late)
    results, done = run(tmp_path, [late])
    assert results["worker-2"]["differences"] == []
    (note,) = done.notes
    assert "2026-11-23" in note
    assert "30 days" in note
    for age in (100, 10**15):
        results, done = run(tmp_path, [late], max_age=age)
        assert differences(results["worker-2"])["config.clusterDNS"][2] == [PEERS]
    assert done.notes == ()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[]", b'{"format": "other"}', b'{"format": "kubelet-peers/1", "groups": [{}]}', b"[" * 200_000],
)
def test_damaged_file(tmp_path: Path, content: bytes) -> None:
    """A file that is not ours, or not whole, is named; the run goes on without peers, and an audit replaces it."""
    (tmp_path / "_peers.json").write_bytes(content)
    results, done = run(tmp_path, workers(2, w2=DNS)[1:])
    assert results["worker-2"]["differences"] == []
    (note,) = done.notes
    assert note.startswith(f"{tmp_path}/_peers.json holds no table of peers: ")
    results, _done = run(tmp_path, workers(5, w2=DNS))
    assert differences(results["worker-2"])["config.clusterDNS"][2] == [PEERS]
    assert run(tmp_path, workers(5))[1].notes == ()


def test_directory_in_place_of_the_file(tmp_path: Path) -> None:
    """What cannot be read is named as well."""
    (tmp_path / "_peers.json").mkdir()
    _results, done = run(tmp_path, workers(1))
    (note,) = done.notes
    assert "_peers.json: Is a directory" in note
