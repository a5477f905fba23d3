# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks as a user runs them, with real ansible-playbook: this machine as a node, one host that is not there."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from unit.action._play import ROOT, play

CORPUS = ROOT / "tests" / "corpus"
SCHEMA = json.loads((ROOT / "docs" / "result.schema.json").read_text())
MISTAKES = {
    "subset": ({"kubelet_gather_subset": ["nonsense"]}, "value of gather_subset must be one or more of"),
    "timeout": ({"kubelet_timeout": 0}, "timeout is 0, but must be from 1 to 600"),
    "type": ({"kubelet_results_dir": {"a": 1}}, "results_dir must be a string"),
    "place": ({"kubelet_results_dir": "/proc/nowhere/results"}, "cannot use /proc/nowhere"),
    "from": ({"kubelet_expected_from": ["here"]}, "kubelet_expected_from must hold node:NAME or file:PATH, not 'here'"),
    "baseline": ({"kubelet_expected_from": "file:nowhere.yml"}, "cannot read"),
    "query": ({"kubelet_cluster_query": "maybe"}, "value of cluster_query must be one of"),
}


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """An inventory without groups: a host that answers, one that does not, and one for each mistake in a variable."""
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    hosts = {
        "here": local,
        "gone": {"ansible_host": "127.0.0.1", "ansible_port": 1},
        **{name: {**local, **variables} for name, (variables, _sentence) in MISTAKES.items()},
    }
    variables = {"kubelet_results_dir": str(tmp_path / "out")}
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    return path


def result_of(path: Path) -> dict[str, Any]:
    """A result file, valid, without what differs between two runs over the same evidence."""
    data: dict[str, Any] = json.loads(path.read_text())
    jsonschema.validate(data, SCHEMA)
    data["engine"].pop("seconds")
    return data


def test_every_host_gets_a_result_or_a_sentence(inventory: Path, tmp_path: Path) -> None:
    """In check mode too: an unreachable host has a result that says so, a mistake is named, the others go on."""
    done = play("diagnose", "-i", inventory, "--check")
    said = done.stdout + done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"here.json", "gone.json"}
    gone = result_of(tmp_path / "out" / "gone.json")
    assert gone["verdict"] == "unknown"
    assert all("Connection refused" in gap["reason"] for gap in gone["unknowns"] if gap["part"] != "cluster")
    assert result_of(tmp_path / "out" / "here.json")["host"] == "here"
    assert "gone  UNKNOWN  could not be judged" in said
    assert [sentence for _variables, sentence in MISTAKES.values() if sentence not in said] == []
    assert done.returncode == 2
    assert "Traceback" not in said


def test_run_that_could_judge_no_node_fails(inventory: Path, tmp_path: Path) -> None:
    """With --limit on a host that is not there, the result is written and the run fails for it."""
    done = play("diagnose", "-i", inventory, "-l", "gone")
    assert done.returncode == 2
    assert "gone could not be judged (the node could not be reached" in done.stdout + done.stderr
    assert (tmp_path / "out" / "gone.json").exists()


def test_replay_gives_the_live_result_and_judges_what_it_can(inventory: Path, tmp_path: Path) -> None:
    """Live and replayed diagnosis of one moment are the same; a broken bundle is named after the others are judged.

    The replay runs under an inventory and a limit that leave only an unreachable host: nobody is contacted.
    """
    bundles, replayed = tmp_path / "bundles", tmp_path / "replayed"
    captured = play("capture", "-i", inventory, "-l", "here", kubelet_bundle_dir=bundles)
    assert captured.returncode == 0, captured.stdout
    shutil.copytree(CORPUS / "ca-path-wrong", bundles / "recorded")
    (bundles / "broken").mkdir()
    (bundles / "broken" / "bundle.json").write_text("{")
    (bundles / "other").mkdir()
    done = play("replay", "-i", inventory, "-l", "gone", kubelet_bundle_dir=bundles, kubelet_results_dir=replayed)
    said = done.stdout + done.stderr
    assert result_of(replayed / "here.json") == result_of(tmp_path / "out" / "here.json")
    recorded = result_of(replayed / "recorded.json")
    assert [finding["id"] for finding in recorded["root_causes"]] == ["certificate/client-ca-file-missing"]
    assert "recorded  DOWN" in said
    assert "broken: bundle.json is not JSON" in said
    assert "other: no bundle: bundle.json is missing" in said
    assert done.returncode == 2
    assert "Traceback" not in said


def test_bundle_that_is_there_is_kept(inventory: Path, tmp_path: Path) -> None:
    """A second capture fails before it contacts the host, and names the variable that allows it."""
    (tmp_path / "bundles" / "gone").mkdir(parents=True)
    (tmp_path / "bundles" / "gone" / "bundle.json").write_text("{}")
    done = play("capture", "-i", inventory, "-l", "gone", kubelet_bundle_dir=tmp_path / "bundles")
    assert done.returncode == 2
    assert "is there already; kubelet_bundle_overwrite" in done.stdout + done.stderr


def test_replay_without_inventory_of_nothing_fails_with_one_sentence() -> None:
    """A missing directory is said plainly."""
    done = play("replay", kubelet_bundle_dir="/nowhere")
    assert done.returncode == 2
    assert "cannot use /nowhere: No such file or directory" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_baseline_of_a_host_that_cannot_be_read_is_none(inventory: Path, tmp_path: Path) -> None:
    """A run that reads no node fails with the reason, and leaves no file."""
    file = tmp_path / "baseline.yml"
    done = play("baseline", "-i", inventory, "-l", "gone", kubelet_baseline_file=file)
    assert done.returncode != 0
    assert "gone: the node could not be reached" in done.stdout
    assert not file.exists()


def test_baseline_and_expected_values_of_this_machine(inventory: Path, tmp_path: Path) -> None:
    """Also where there is no kubelet: what is known is written, a reference that is gone is said."""
    file = tmp_path / "baseline.yml"
    done = play("baseline", "-i", inventory, "-l", "here", kubelet_baseline_file=file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert file.read_text().startswith("---\n# Expected values of kubelets")
    sources = [f"file:{file}", "node:gone"]
    done = play("expected", "-i", inventory, "-l", "here", kubelet_expected_from=sources)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = json.loads((tmp_path / "out" / "_expected" / "here.json").read_text())
    assert {entry["state"] for entry in shown["expected"]} <= {"as_expected", "unknown"}
    assert "could not be reached" in shown["unread"]["expected:node:gone"]
