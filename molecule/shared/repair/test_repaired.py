# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After a look, a repair and a second repair of broken hosts: what they are now, seen without our modules."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from corpus._score import compare
from lab import cases, score

if TYPE_CHECKING:
    from conftest import Kept

SETTINGS = yaml.safe_load((Path(os.environ["MOLECULE_SCENARIO_DIRECTORY"]) / "faults.yml").read_text())
HEALTHZ = (
    "import urllib.request as u; print(u.urlopen('http://127.0.0.1:10248/healthz', timeout=3).read().decode(), end='')"
)
# What systemctl itself makes and removes when units are enabled and masked.
BY_SYSTEMD = ("/etc/systemd/system/kubelet.service", "/etc/systemd/system/multi-user.target.wants")

testinfra_hosts = [f"ansible://{host}" for host in SETTINGS["faults"]]


def actions(repair: dict[str, Any]) -> list[str]:
    """Ids of the actions of all rounds."""
    return [action["id"] for made in repair["rounds"] for action in made["actions"]]


def steps(repair: dict[str, Any]) -> list[dict[str, Any]]:
    """The steps of all rounds."""
    return [step for made in repair["rounds"] for step in made["steps"]]


def test_cause_is_named(kept: Kept) -> None:
    """What was broken is what is found, and nothing else."""
    outcome = compare(kept.fault["case"], score.expected(cases.load(kept.fault["case"])), kept.result("check"))
    assert outcome.right, outcome.row()


def test_check_mode_changes_nothing_and_shows_the_difference(kept: Kept) -> None:
    """Files and units are as before; the plan is the one that is expected; each file that it edits is in the diff."""
    assert kept.differences("broken", "check") == set()
    assert kept.units("check") == kept.units("broken")
    repair = kept.result("check")["repair"]
    assert (repair["state"], actions(repair)[0]) == ("planned", kept.fault["actions"][0])
    shown = {part["after_header"] for part in kept.told("check")["diff"] if part["before"] != part["after"]}
    assert {step["target"] for step in steps(repair) if step["kind"] == "edit"} <= shown


def test_repaired_host_is_healthy(host: Any, kept: Kept) -> None:
    """systemd, healthz, the control plane and the result agree, and the values are the right ones."""
    found = kept.result("repair")
    assert (found["repair"]["state"], found["verdict"]) == ("committed", "healthy"), found["repair"]["reason"]
    assert actions(found["repair"]) == kept.fault["actions"]
    for unit in ("kubelet", "containerd"):
        assert host.service(unit).is_running
        assert host.service(unit).is_enabled
    assert host.check_output("python3 -c %s", HEALTHZ) == "ok"
    for path, text in kept.fault.get("holds", {}).items():
        assert host.file(path).contains(text), host.file(path).content_string
    for path, text in kept.fault.get("lacks", {}).items():
        assert not host.file(path).contains(text), host.file(path).content_string
    control_plane = host.get_host("ansible://controlplane", ansible_inventory=host.backend.ansible_inventory)
    node = f"kubectl --kubeconfig=/etc/kubernetes/admin.conf get --raw /api/v1/nodes/{kept.name}"
    conditions = json.loads(control_plane.check_output(node))["status"]["conditions"]
    assert [item["status"] for item in conditions if item["type"] == "Ready"] == ["True"]


def test_nothing_else_was_touched(kept: Kept) -> None:
    """Only what the plan names is another file than before."""
    named = tuple(step["target"] for step in steps(kept.result("repair")["repair"]))
    touched = kept.differences("broken", "repair")
    assert {path for path in touched if not path.startswith((*named, *BY_SYSTEMD))} == set()


def test_record_is_for_root_alone(host: Any) -> None:
    """What was replaced is kept where only root can read it."""
    assert host.file("/var/lib/nodeclinic/repairs").mode == 0o700
    assert host.run("find /var/lib/nodeclinic/repairs -perm /077 ! -type l").stdout == ""


def test_second_run_changes_nothing(kept: Kept) -> None:
    """Nothing is left to do, and nothing is counted as changed."""
    found = kept.result("again")
    assert (found["verdict"], found["repair"]["state"]) == ("healthy", "nothing")
    assert kept.told("again") == {"changed": False, "diff": []}
    assert kept.differences("repair", "again") == set()
    assert kept.units("again") == kept.units("repair")
