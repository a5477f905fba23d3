# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways in which people run the playbooks, on real hosts."""

from __future__ import annotations

from pathlib import Path

import pytest
from live._lab import LiveLab, roots, run

CA_PATH = "certificate/client-ca-file-missing"


def test_one_host_of_several(stays_broken: LiveLab, tmp_path: Path) -> None:
    """--limit diagnoses that host alone, with the control plane's view of it; check mode says the same."""
    for number, arguments in enumerate(([], ["--check"], ["--check", "--diff"])):
        done = stays_broken.play("diagnose", "-l", "worker-2", *arguments, results=tmp_path / str(number))
        assert done.status == 0, done.output
        assert list(done.results) == ["worker-2"]
        result = done.results["worker-2"]
        assert (result["verdict"], roots(result)) == ("down", [CA_PATH])
        assert result["facts"]["ready"] in ("True", "Unknown")  # it takes a while to lose a node
        assert "changed=1" not in done.output


def test_sick_and_well_at_once(stays_broken: LiveLab, tmp_path: Path) -> None:
    """Several hosts in one run, on Python 3.9, 3.11 and 3.13, each with its own verdict."""
    done = stays_broken.play("diagnose", results=tmp_path)
    assert done.status == 0, done.output
    verdicts = {host: result["verdict"] for host, result in done.results.items()}
    assert verdicts == {"worker-1": "healthy", "worker-2": "down", "worker-3": "healthy"}
    assert "bullseye" in done.results["worker-3"]["facts"]["os"]
    assert done.output.index("worker-2  DOWN") < done.output.index("worker-1  HEALTHY")


def test_with_sudo(stays_broken: LiveLab, tmp_path: Path) -> None:
    """A user who may become root sees what root sees."""
    done = stays_broken.play("diagnose", "-e", "ansible_user=ops", "--become", results=tmp_path)
    assert done.status == 0, done.output
    assert {host: (result["verdict"], roots(result), result["unknowns"]) for host, result in done.results.items()} == {
        "worker-1": ("healthy", [], []),
        "worker-2": ("down", [CA_PATH], []),
        "worker-3": ("healthy", [], []),
    }


def test_unreachable_among_others(stays_broken: LiveLab, tmp_path: Path) -> None:
    """A host that does not answer has a result that says so; the others are judged."""
    address = stays_broken.address("worker-1").rpartition(".")[0] + ".99"
    more = tmp_path / "more.yml"
    more.write_text(f"kubelet_workers:\n  hosts:\n    worker-9:\n      ansible_host: {address}\n")
    done = stays_broken.play(
        "diagnose", "-i", str(more), "-l", "worker-2,worker-9", "--timeout", "4", results=tmp_path / "results"
    )
    assert done.status == 0, done.output
    assert roots(done.results["worker-2"]) == [CA_PATH]
    lost = done.results["worker-9"]
    assert lost["verdict"] == "unknown"
    assert roots(lost) == []
    assert address in str(lost["unknowns"])
    assert "Traceback" not in done.output


@pytest.mark.parametrize("way", ["switched off", "no group"])
def test_without_cluster_access(stays_broken: LiveLab, tmp_path: Path, way: str) -> None:
    """Where nobody asks the control plane, the node itself is judged as well, and the gap is named."""
    arguments = ["-e", "kubelet_cluster_query=off"]
    if way == "no group":
        text = stays_broken.inventory.read_text()
        alone = tmp_path / "alone.yml"
        alone.write_text(text.replace("kubelet_control_plane:", "others:"))
        arguments = ["-i", str(alone), "-e", "kubelet_hosts=kubelet_workers"]
        done = run(
            ["ansible-playbook", "playbooks/diagnose.yml", *arguments, "-e", f"kubelet_results_dir={tmp_path}"],
            tmp_path,
        )
    else:
        done = stays_broken.play("diagnose", *arguments, results=tmp_path)
    assert done.status == 0, done.output
    assert roots(done.results["worker-2"]) == [CA_PATH]
    assert done.results["worker-1"]["verdict"] == "healthy"
    assert "cluster" in {unknown["part"] for unknown in done.results["worker-1"]["unknowns"]}
