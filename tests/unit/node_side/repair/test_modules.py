# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The repair modules as Ansible calls them, in check mode: one JSON result, no secret, nothing changed."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import detach, service

testing = pytest.importorskip("ansible.module_utils.testing", reason="needs the testing helpers of ansible-core 2.18")
PLUGINS = "ansible_collections.nodeclinic.kubelet.plugins.modules"
SECRET = "c2VjcmV0LXByaXZhdGUta2V5LW1hdGVyaWFs"
PLAN = {
    "format": "node-repair/1",
    "run": "20261124T070000Z-ab12cd",
    "unit": "kubelet.service",
    "actions": [{"id": "one", "steps": [{"kind": "create", "path": "/", "content": SECRET, "mode": "0600"}]}],
}


@pytest.fixture(autouse=True)
def _as_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("repairs need root")


def _run(name: str, capsys: pytest.CaptureFixture[str], **arguments: object) -> dict[str, t.Any]:
    with testing.patch_module_args({"_ansible_check_mode": True, **arguments}), pytest.raises(SystemExit):
        importlib.import_module(f"{PLUGINS}.{name}").main()
    out = capsys.readouterr().out
    assert SECRET not in out
    result: dict[str, t.Any] = json.loads(out)
    return result


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("repair_apply", {"plan": {"format": "other"}}, "no plan in the format node-repair/1"),
        ("repair_apply", {"plan": PLAN}, "path of the create step of action one is '/'"),
        ("repair_rollback", {"run": "../etc"}, "run is '../etc'"),
        ("repair_rollback", {"healthz": "ftp://x"}, "is no URL such as"),
        ("kubelet_restart", {"unit": "a/b"}, "unit is 'a/b'"),
        ("kubelet_restart", {"stable_seconds": -1}, "from 0 to 600"),
        (
            "file_edit",
            {"path": "/a", "sha256": "x", "edits": [{"start": 0, "end": 0, "text": SECRET}]},
            "sha256 of the",
        ),
    ],
)
def test_bad_input_is_one_sentence(
    name: str, arguments: dict[str, object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option fails with a message that says what is wrong, and without its secrets."""
    result = _run(name, capsys, **arguments)
    assert result["failed"] is True
    assert words in result["msg"]


def test_file_edit_shows_its_diff_without_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is no secret in an edit is shown, the rest is masked; the invocation has neither."""
    file = tmp_path / "kubelet.conf"
    data = b"server: https://old\ntoken: old-token-0123456789\n"
    file.write_bytes(data)
    edits = [
        {"start": 8, "end": 19, "text": "https://new:6443"},
        {"start": 27, "end": len(data) - 1, "text": SECRET},
    ]
    sha256 = hashlib.sha256(data).hexdigest()
    result = _run("file_edit", capsys, path=str(file), sha256=sha256, edits=edits)
    assert (result["state"], result["changed"]) == ("planned", True)
    assert result["diff"][0]["after"].startswith("server: https://new:6443\ntoken: ***")
    assert "old-token" not in json.dumps(result)
    assert file.read_bytes() == data


def test_process_that_is_killed_twice_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The task fails with what to do, not with a traceback."""

    def killed(*_arguments: object) -> t.NoReturn:
        raise detach.KilledError

    monkeypatch.setattr(service, "keep", killed)
    result = _run("repair_keep", capsys, run="one")
    assert (result["failed"], result["state"]) == (True, "failed")
    assert "Run the same task again" in result["msg"]


def test_changed_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The task fails and says that the file was changed."""
    file = tmp_path / "kubelet.conf"
    file.write_bytes(b"by somebody else\n")
    result = _run("file_edit", capsys, path=str(file), sha256="0" * 64, edits=[{"start": 0, "end": 0, "text": "x"}])
    assert (result["failed"], result["state"], result["changed"]) == (True, "refused", False)
    assert f"{file} was changed since it was diagnosed" in result["msg"]
