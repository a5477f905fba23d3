# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways in which people run repair.yml and rollback.yml over several hosts: what a pipeline sees of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from live._lab import LiveLab, Run

SHORT = ("--timeout", "4", "-e", "kubelet_verify_stable_seconds=3", "-e", "kubelet_hosts=worker-1:worker-2:worker-9")


@pytest.fixture
def with_lost(broken: LiveLab, tmp_path: Path) -> list[str]:
    """Arguments that add a host that does not answer."""
    address = broken.address("worker-1").rpartition(".")[0] + ".99"
    more = tmp_path / "more.yml"
    more.write_text(f"kubelet_workers:\n  hosts:\n    worker-9:\n      ansible_host: {address}\n")
    return ["-i", str(more), *SHORT]


def states(run: Run) -> dict[str, str]:
    """State of the repair of each host; empty where none was begun."""
    return {host: result.get("repair", {}).get("state", "") for host, result in run.results.items()}


def test_lost_host_fails_the_run_and_the_others_are_repaired_and_undone(
    broken: LiveLab, with_lost: list[str], tmp_path: Path
) -> None:
    """A host that could not be looked at is no success; it stops nobody. Undoing all of them is alike."""
    done = broken.play("repair", *with_lost, results=tmp_path / "results")
    assert states(done) == {"worker-1": "nothing", "worker-2": "committed", "worker-9": ""}, done.output
    assert done.status == 2
    assert "Not repaired: it could not be judged: the node could not be reached" in done.output
    assert done.output.index("worker-2  REPAIRED") < done.output.index("worker-1  HEALTHY  nothing to repair")
    quiet = broken.play("repair", *with_lost, "-e", "kubelet_repair_enabled=false", results=tmp_path / "off")
    assert quiet.status == 0, quiet.output  # nobody asked for a repair
    undone = broken.play("rollback", *with_lost, results=tmp_path / "rollback")
    assert undone.status == 4
    assert "is undone: /var/lib/kubelet/config.yaml" in undone.output
    assert "nothing to undo" in undone.output
    assert broken.play("rollback", *SHORT, "-l", "worker-2", results=tmp_path / "again").status == 0


def test_undoing_needs_a_choice_of_hosts(nodes: LiveLab, tmp_path: Path) -> None:
    """Without one nothing is undone, and the run does not look like success."""
    done = nodes.play("rollback", results=tmp_path)
    assert done.status != 0
    assert "say which hosts" in done.output


def test_without_root_it_says_how_to_get_it(broken: LiveLab, tmp_path: Path) -> None:
    """Who may read enough to judge a node may not be able to repair it: that is no success."""
    done = broken.play("repair", "-l", "worker-2", "-e", "ansible_user=ops", results=tmp_path)
    assert done.status == 2
    assert "root is needed on the node, connect as root or add --become" in done.output


def test_strategy_of_the_user_does_not_lift_the_brakes(broken: LiveLab, tmp_path: Path) -> None:
    """With the strategy free, hosts would be repaired before all were looked at, and one after the other had failed."""
    done = broken.play("repair", "--check", *SHORT, results=tmp_path, environment={"ANSIBLE_STRATEGY": "free"})
    assert done.output.count("TASK [nodeclinic.kubelet.repair : Decide") == 1, done.output
    assert "is not supported" not in done.output


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"kubelet_repair_allow": ["safe", "unmask-kublet"]},
            "there is no unmask-kublet. Did you mean unmask-kubelet?",
        ),
        ({"kubelet_repair_deny": ["needs_approval"]}, "kubelet_repair_deny: there is no needs_approval"),
        ({"kubelet_repair_max_share": 30}, "kubelet_repair_max_share must be from 0 to 1, not 30"),
    ],
)
def test_policy_that_cannot_be_meant(
    broken: LiveLab, tmp_path: Path, variables: dict[str, object], sentence: str
) -> None:
    """A name that nothing has, or a share in percent, ends the run before anything is done."""
    done = broken.play("repair", "-l", "worker-2", "-e", json.dumps(variables), results=tmp_path)
    assert done.status == 2
    assert sentence in done.output
    assert "PLAN" not in done.output
