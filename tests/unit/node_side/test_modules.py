# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as Ansible calls them: one JSON result, no traceback, nothing changed."""

from __future__ import annotations

import importlib
import json
import typing as t

import pytest

testing = pytest.importorskip("ansible.module_utils.testing", reason="needs the testing helpers of ansible-core 2.18")
PLUGINS = "ansible_collections.nodeclinic.kubelet.plugins.modules"
READING = ("node_info", "service_info", "journal_info", "config_info", "certificate_info")


def _run(name: str, capsys: pytest.CaptureFixture[str], **arguments: object) -> dict[str, t.Any]:
    with testing.patch_module_args(arguments), pytest.raises(SystemExit):
        importlib.import_module(f"{PLUGINS}.{name}").main()
    result: dict[str, t.Any] = json.loads(capsys.readouterr().out)
    return result


@pytest.mark.parametrize("name", READING)
def test_module_reads_this_host(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """On whatever host this runs, the result is evidence with a status for every part, also in check mode."""
    result = _run(name, capsys, _ansible_check_mode=True, timeout=10)
    assert result["changed"] is False
    assert result["evidence"]["format"] == "node-bundle/1"
    assert set(result["evidence"]["parts"]) >= {"units", "journal", "files", "host", "probes"}
    assert result["cost"]["processes"] <= 25
    assert result["cost"]["bytes"] <= 256 * 1024


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("node_info", {"gather_subset": ["everything"]}, "value of gather_subset must be one or more of"),
        ("node_info", {"gather_subset": ["units", "!units"]}, "leaves nothing to gather"),
        ("node_info", {"journal_lines": "many"}, "unable to convert to int"),
        ("service_info", {"unit": "a/b"}, "is not the name of a systemd unit"),
        ("journal_info", {"journal_lines": 0}, "must be from 1 to 20000"),
        ("config_info", {"timeout": 0}, "must be from 1 to 600"),
        ("certificate_info", {"path": "/x"}, "Unsupported parameters"),
        ("cluster_info", {"timeout": 1000}, "must be from 1 to 600"),
    ],
)
def test_bad_input_is_one_sentence(
    name: str, arguments: dict[str, object], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option fails with a message that says what is allowed."""
    result = _run(name, capsys, **arguments)
    assert result["failed"] is True
    assert words in result["msg"]


def test_no_access_to_the_cluster_is_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    """Without kubectl the task succeeds and says what is missing."""
    result = _run("cluster_info", capsys, kubectl="no-such-kubectl", kubeconfig="/etc/hostname")
    assert result["changed"] is False
    assert result["cluster"] == {"error": "there is no no-such-kubectl on this host"}
