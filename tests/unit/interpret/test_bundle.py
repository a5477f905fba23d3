# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles: what is read from a directory's files, and what is written."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.evidence import EvidenceError

HEAD = {
    "format": "node-bundle/1",
    "node": "worker-1",
    "captured_at": "2026-11-23T21:34:56Z",
    "kubelet_unit": "kubelet.service",
    "runtime_unit": None,
}
LINE = (
    '{"MESSAGE":"Started kubelet.service.","UNIT":"kubelet.service","INVOCATION_ID":"a","SYSLOG_IDENTIFIER":"systemd",'
)
JOURNAL = LINE + '"__REALTIME_TIMESTAMP":"1795469629339275"}\n'


def bundle(**files: str | bytes) -> dict[str, str | bytes]:
    """Files of a bundle; ``manifest`` replaces bundle.json."""
    manifest = files.pop("manifest", json.dumps(HEAD))
    return {"bundle.json": manifest, **files}


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "There is no bundle.json here, so this is not a bundle."),
        ({"bundle.json": "{"}, "bundle.json is not JSON ("),
        ({"bundle.json": b"\xff\xfe"}, "bundle.json is not JSON ("),
        ({"bundle.json": "[" * 100_000}, "bundle.json is not JSON ("),
        ({"bundle.json": "[]"}, "bundle.json holds no JSON object."),
        ({"bundle.json": "{}"}, "bundle.json has format None; this version reads 'node-bundle/1'."),
        ({"bundle.json": '{"format": "node-bundle/2"}'}, "bundle.json has format 'node-bundle/2'; this version reads"),
        ({"bundle.json": '{"format": "node-bundle/1"}'}, "bundle.json has captured_at None, not a time with zone"),
        (
            {"bundle.json": '{"format": "node-bundle/1", "captured_at": "2026-11-23"}'},
            "bundle.json has captured_at '2026-11-23', not a time with zone",
        ),
    ],
)
def test_what_is_no_bundle(files: dict[str, str | bytes], sentence: str) -> None:
    """What is no bundle is refused with one sentence."""
    with pytest.raises(EvidenceError, match=f"^{re.escape(sentence)}"):
        _bundle.read(files)


def test_a_manifest_alone_is_a_bundle() -> None:
    """A bundle may lack any part: then that part was not collected."""
    evidence = _bundle.read(bundle())
    assert evidence["node"] == "worker-1"
    assert {state["status"] for state in evidence["parts"].values()} == {"not_collected"}
    assert not {"units", "journal", "files", "host", "probes", "cluster"} & set(evidence)


def test_units_and_journal() -> None:
    """Units with repeated properties, and the journal reduced to patterns."""
    evidence = _bundle.read(
        bundle(
            **{
                "systemd/kubelet.service.show": "ExecStart={ a }\nExecStart={ b = c }\nId=kubelet.service\nbroken\n",
                "systemd/kubelet.service.cat": "# /x\n[Unit]\n",
                "systemd/state.json": '{"kubelet.service": {"enabled": "enabled", "active": "failed"}}',
                "journal/kubelet.service.jsonl": JOURNAL,
                "journal/containerd.service.jsonl": "",
            }
        )
    )
    unit = evidence["units"]["kubelet.service"]
    assert unit["show"] == {"ExecStart": "{ a }\n{ b = c }", "Id": "kubelet.service"}
    assert (unit["cat"], unit["enabled"], unit["active"]) == ("# /x\n[Unit]\n", "enabled", "failed")
    assert evidence["journal"]["kubelet.service"]["patterns"][0]["sample"] == "Started kubelet.service."
    assert evidence["journal"]["containerd.service"]["lines"] == 0
    assert evidence["parts"]["journal"]["status"] == "ok"


def test_files_with_and_without_facts() -> None:
    """Contents join their facts; a content without facts is a file; bytes that are no UTF-8 are replaced."""
    evidence = _bundle.read(
        bundle(
            **{
                "files.json": '{"/etc/a": {"type": "file", "mode": "0644"}, "/etc/b": {"type": "absent"}, "/etc/c": 5}',
                "files/etc/a": b"caf\xe9\r\n",
                "files/etc/d": "",
            }
        )
    )
    assert evidence["files"] == {
        "/etc/a": {"type": "file", "mode": "0644", "content": "caf\ufffd\r\n"},
        "/etc/b": {"type": "absent"},
        "/etc/d": {"type": "file", "content": ""},
    }


@pytest.mark.parametrize("name", ["host", "probes", "cluster", "files"])
def test_broken_json_is_an_error_of_its_part(name: str) -> None:
    """A file that is not JSON makes its part an error; all others are read."""
    states = _bundle.read(bundle(**{f"{name}.json": '{"cut', "files/etc/a": "x"}))["parts"]
    assert states[name]["status"] == "error"
    assert states[name]["reason"].startswith(f"{name}.json is not JSON")


def test_states_of_the_node_are_kept() -> None:
    """What the node said of its parts when it was captured is what the bundle says."""
    declared = {"journal": {"status": "truncated", "reason": "2000 of more lines"}, "probes": {"status": "denied"}}
    manifest = json.dumps({**HEAD, "parts": declared})
    evidence = _bundle.read(bundle(manifest=manifest, **{"journal/kubelet.service.jsonl": JOURNAL}))
    assert evidence["parts"]["journal"] == declared["journal"]
    assert evidence["parts"]["probes"] == declared["probes"]
    assert evidence["journal"]["kubelet.service"]["truncated"] is True


def test_unknown_files_are_ignored() -> None:
    """Other files in the directory (expected.yml, notes) change nothing."""
    extra = {"expected.yml": "a: b", "notes.txt": b"\xff", "journal/deep/x.jsonl": "{}", "systemd/": ""}
    assert _bundle.read(bundle(**extra)) == _bundle.read(bundle())


def full_evidence() -> dict[str, Any]:
    """Evidence with every part, as node_info returns it for a capture."""
    unit = {"show": {"ExecStart": "{ a }\n{ b }"}, "cat": "# /x\n", "enabled": "enabled", "active": "active"}
    return {
        **HEAD,
        "parts": {"files:/etc/c": {"status": "denied", "reason": "not root"}},
        "units": {"kubelet.service": unit},
        "raw_journal": {"kubelet.service": JOURNAL},
        "files": {
            "/etc/a": {"type": "file", "content": "é\r\n"},
            "/etc/empty": {"type": "file", "content": ""},
            "/etc/b": {"type": "absent"},
        },
        "host": {"hostname": "worker-1"},
        "probes": [{"probe": "unix", "status": "ok"}],
        "cluster": {"error": "no access"},
    }


def test_written_bundle_is_read_back() -> None:
    """Writing and reading gives the same evidence, and writing that again the same files."""
    evidence = full_evidence()
    files = _bundle.write(evidence)
    back = _bundle.read(files)
    for part in ("node", "captured_at", "kubelet_unit", "runtime_unit", "units", "files", "host", "probes", "cluster"):
        assert back[part] == evidence[part]
    assert back["parts"]["files:/etc/c"]["status"] == "denied"
    assert back["journal"]["kubelet.service"]["lines"] == 1
    assert _bundle.read(_bundle.write({**back, "raw_journal": evidence["raw_journal"]})) == back


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/etc/../a", "//etc/a", "relative", "/", "", "/etc/\0", "/" + "x" * 300, "/etc/a/"]
)
def test_no_path_leads_out_of_the_bundle(path: str) -> None:
    """A path that a hostile node made up is kept as a fact and never becomes the name of a file."""
    evidence = {**HEAD, "files": {path: {"type": "file", "content": "x"}}}
    files = _bundle.write(evidence)
    assert set(files) == {"bundle.json", "files.json"}
    assert _bundle.read(files)["files"] == evidence["files"]


def test_a_file_below_a_file() -> None:
    """Two contents of which one path is the directory of the other are both kept."""
    evidence = {**HEAD, "files": {"/a": {"content": "1"}, "/a/b": {"content": "2"}}}
    files = _bundle.write(evidence)
    assert "files/a" not in files
    assert _bundle.read(files)["files"] == evidence["files"]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 260])
def test_unit_names_cannot_lead_elsewhere(name: str) -> None:
    """A unit whose name is no file name is refused."""
    with pytest.raises(EvidenceError, match="which is no name of a systemd unit"):
        _bundle.write({**HEAD, "units": {name: {}}})


def test_all_written_names_stay_inside() -> None:
    """Every written name is a plain relative path."""
    for name in _bundle.write(full_evidence()):
        assert not PurePosixPath(name).is_absolute()
        assert ".." not in PurePosixPath(name).parts
