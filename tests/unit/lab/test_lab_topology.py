# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a lab, their inventory and what is remembered about them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from lab import inventory, topology
from lab.hosts import mac_address, ready_nodes
from lab.settings import Settings, from_environment
from lab.shell import LabError


def test_workers_alternate_between_releases() -> None:
    """worker-1 is Debian 12, worker-2 Debian 13, worker-3 Debian 12 again; the control plane comes first."""
    planned = topology.plan("10.240.7.0/24", 3, (12, 13), created=0)
    assert [(host.name, host.address, host.release) for host in planned.hosts] == [
        ("controlplane", "10.240.7.10", 13),
        ("worker-1", "10.240.7.11", 12),
        ("worker-2", "10.240.7.12", 13),
        ("worker-3", "10.240.7.13", 12),
    ]


def test_inventory_has_the_groups_that_the_collection_asks_for() -> None:
    """The rendered text is YAML with both groups, addresses and the lab's key."""
    planned = topology.plan("10.240.0.0/24", 2, (12,), created=0)
    document = yaml.safe_load(inventory.render(planned, Path("/somewhere/my key")))
    groups = document["all"]["children"]
    assert groups["kubelet_control_plane"]["hosts"] == {"controlplane": {"ansible_host": "10.240.0.10"}}
    assert list(groups["kubelet_workers"]["hosts"]) == ["worker-1", "worker-2"]
    variables = document["all"]["vars"]
    assert variables["ansible_user"] == "root"
    assert variables["ansible_ssh_private_key_file"] == "/somewhere/my key"
    assert variables["ansible_python_interpreter"] == "/usr/bin/python3"
    assert "StrictHostKeyChecking=no" in variables["ansible_ssh_common_args"]


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    """Hosts and broken hosts survive from one command to the next."""
    planned = topology.plan("10.240.0.0/24", 2, (12, 13), created=5)
    topology.save(tmp_path, planned)
    with topology.changing(tmp_path) as kept:
        kept.broken["worker-2"] = ["ca-path-wrong"]
    loaded = topology.load(tmp_path)
    assert loaded is not None
    assert loaded.hosts == planned.hosts
    assert loaded.broken == {"worker-2": ["ca-path-wrong"]}


def test_change_of_a_lab_that_is_not_up_is_refused(tmp_path: Path) -> None:
    """The message says how to bring it up."""
    with pytest.raises(LabError, match="`make lab` brings it up"), topology.changing(tmp_path):
        pass


def test_unknown_host_is_answered_with_the_known_ones() -> None:
    """A typing error costs no look into files."""
    planned = topology.plan("10.240.0.0/24", 1, (12,), created=0)
    with pytest.raises(LabError, match=r"no host 'worker-9'.*controlplane, worker-1"):
        planned.host("worker-9")


def test_hardware_address_follows_the_address() -> None:
    """Two hosts of one network never share one."""
    assert mac_address("10.240.0.12") == "02:42:0a:f0:00:0c"


def test_only_nodes_that_are_ready_count() -> None:
    """Unknown and False are not Ready, nor is a node that has reported nothing yet."""
    statuses = {"a": "True", "b": "False", "c": "Unknown"}
    items = [
        {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": status}]}}
        for name, status in statuses.items()
    ]
    assert ready_nodes(json.dumps({"items": [*items, {"metadata": {"name": "d"}}]})) == ["a"]


def test_defaults_are_two_workers_of_two_releases() -> None:
    """An empty environment, and one with empty values as make exports them, mean the same."""
    assert from_environment({}) == Settings()
    assert from_environment({"LAB_NAME": "", "WORKERS": "", "RELEASES": "", "LAB_MIRROR": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WORKERS", "0"),
        ("WORKERS", "many"),
        ("RELEASES", "12,trixie"),
        ("RELEASES", "10"),
        ("LAB_NAME", "../x"),
        ("LAB_NAME", "host"),
    ],
)
def test_wrong_setting_is_refused_by_name(name: str, value: str) -> None:
    """The message begins with the variable that is wrong."""
    with pytest.raises(LabError, match=f"^{name}="):
        from_environment({name: value})


def test_labs_of_other_names_keep_their_state_apart() -> None:
    """The default lab's inventory has the documented path; another lab never writes there."""
    assert str(Settings().inventory).endswith("tests/lab/.state/inventory.yml")
    assert str(Settings(name="ci").inventory).endswith("tests/lab/.state/labs/ci/inventory.yml")
