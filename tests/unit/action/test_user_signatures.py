# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubelet_extra_signatures as a user gives it: entries, files, mistakes, hostile patterns, and a whole run."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from time import monotonic
from typing import Any

import jsonschema
import pytest
from unit.action._play import ROOT, play

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _patterns
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._signatures._extra import SignatureError
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._user_signatures import load

ENTRY = {
    "id": "site/wrong-ca",
    "pattern": r"open \S*/WRONG-CA-FILE\.crt: no such file",
    "severity": "critical",
    "title": "the image has the wrong CA path",
    "remedy": "Roll the node to the newest image.",
    "once_per_start": True,
    "explains": ["certificate/client-ca-file-missing"],
    "match": ['E1123 21:39:03.8 1 run.go:72] "command failed" err="open /etc/WRONG-CA-FILE.crt: no such file"'],
    "nomatch": ['E1123 21:39:03.8 1 run.go:72] "command failed" err="open /etc/ca.crt: no such file"'],
}


def test_entries_and_files_may_be_mixed(tmp_path: Path) -> None:
    """A relative path starts at the inventory's directory; JSON is YAML too."""
    (tmp_path / "own.yml").write_text(json.dumps([{**ENTRY, "id": "site/of-file"}]))
    found = load([ENTRY, "own.yml"], {"inventory_dir": str(tmp_path)})
    assert [extra.id for extra in found.extras] == ["site/wrong-ca", "site/of-file"]


def test_nothing_given_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no signatures pays nothing for them."""
    monkeypatch.setattr(subprocess, "run", None)
    assert load([], {}).extras == ()


FILES = [
    ("missing", None, "cannot read .*own.yml: No such file or directory"),
    ("broken", b"- id: [", "own.yml:2: "),
    ("binary", b"\xff\xfe\x00", "own.yml is not UTF-8 text"),
    ("mapping", b"id: a/b", "own.yml must hold a list of signatures"),
    ("key twice", b"- id: a/b\n  id: a/c\n", 'own.yml:2: "id" is set again here'),
    ("entry", b"- {id: a/b}", r"own.yml entry 1 \(a/b\): pattern is missing"),
]


@pytest.mark.parametrize(("content", "words"), [pytest.param(c, w, id=name) for name, c, w in FILES])
def test_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None, words: str) -> None:
    """The sentence names the variable, the file and its line or entry."""
    if content is not None:
        (tmp_path / "own.yml").write_bytes(content)
    with pytest.raises(SignatureError, match=f"^kubelet_extra_signatures: .*{words}"):
        load(["own.yml"], {"inventory_dir": str(tmp_path)})


WRONG = [
    ({"match": ["something else"]}, "pattern does not match line 1 of match, seen as 'something else'"),
    ({"nomatch": ENTRY["match"]}, "pattern matches line 1 of nomatch"),
    ({"pattern": "(x+x+)+y", "match": ["x" * 3000]}, "pattern took longer than 1 s and was stopped"),
    ({"explains": ["certificate/no-such-cause"]}, "explains 'certificate/no-such-cause', which is no cause"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_signature_that_fails_its_own_examples_is_refused(changes: dict[str, Any], words: str) -> None:
    """Before any node is contacted, and within seconds."""
    with pytest.raises(SignatureError) as refused:
        load([{**ENTRY, **changes}], {})
    assert f"entry 1 (site/wrong-ca): {words}" in str(refused.value)


def test_hostile_patterns_cannot_hang_a_run() -> None:
    """Each is stopped after its second, all together after ten; those that are harmless still answer."""
    hostile = [_patterns.Search("(x+x+)+y", [0])] * 20
    started = monotonic()
    found = _patterns.run([_patterns.Search("x", [0]), *hostile], ["x" * 2000])
    assert monotonic() - started < _patterns.RUN_SECONDS + 30
    assert found[0].hits == (0,)
    assert found[1].error == "pattern took longer than 1 s and was stopped"
    assert found[20].error == "pattern was not searched for: the 10 s for all signatures of a node were up"


def test_pattern_that_ends_the_search_ends_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A worker that dies leaves an error, not an exception."""
    (tmp_path / "worker.py").write_text("raise SystemExit(7)")
    monkeypatch.setattr(_patterns, "_WORKER", tmp_path / "worker.py")
    found = _patterns.run([_patterns.Search("x", [0])], ["x"])
    assert found[0].error == "pattern was not searched for: the search ended early (exit status 7)"


def test_run_uses_them_and_refuses_wrong_ones(tmp_path: Path) -> None:
    """In a whole replay: the signature is the root cause and explains ours; a wrong one fails in one sentence."""
    recorded = ROOT / "tests" / "corpus" / "ca-path-wrong"
    done = play("replay", kubelet_bundle_dir=recorded, kubelet_results_dir=tmp_path, kubelet_extra_signatures=[ENTRY])
    data = json.loads((tmp_path / "ca-path-wrong.json").read_text())
    jsonschema.validate(data, json.loads((ROOT / "docs" / "result.schema.json").read_text()))
    assert done.returncode == 0, done.stdout
    assert [cause["id"] for cause in data["root_causes"]] == ["site/wrong-ca"]
    assert "Roll the node to the newest image." in done.stdout
    entries = [{**ENTRY, "pattern": "("}]
    wrong = play(
        "replay", kubelet_bundle_dir=recorded, kubelet_results_dir=tmp_path / "no", kubelet_extra_signatures=entries
    )
    assert wrong.returncode == 2
    assert "kubelet_extra_signatures: entry 1 (site/wrong-ca): pattern is no regular expression" in wrong.stdout
    assert "Traceback" not in wrong.stdout + wrong.stderr
    assert not (tmp_path / "no").exists()
