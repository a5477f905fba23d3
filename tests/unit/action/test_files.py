# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the controller: names that cannot escape, writes that are whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _files


@pytest.mark.parametrize("name", ["worker-2", "worker-2.example.org", "10.0.0.7", "fe80::1", "node_7", "nœud"])
def test_usual_host_names_are_kept(name: str) -> None:
    """The contract <inventory_hostname>.json holds for every usual name."""
    assert _files.safe_file_name(name) == name


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "..", ".", "", "a\nb", "a\x1b[2J", "-rf", "_fleet", "x" * 5000]
)
def test_hostile_host_names_stay_in_their_directory(name: str) -> None:
    """One printable, visible path component of a length that file systems take."""
    safe = _files.safe_file_name(name)
    assert "/" not in safe
    assert safe.isprintable()
    assert safe[0] not in ".-_"
    assert len(f"{safe}.json".encode()) <= 255


def test_different_names_never_share_a_file() -> None:
    """Encoding keeps names apart that look alike after cleaning."""
    names = ["a/b", "a%2Fb", "a_b", "a\\b", "x" * 300, "x" * 301]
    assert len({_files.safe_file_name(name) for name in names}) == len(names)


def test_result_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    """No temporary file stays, the mode keeps others out, missing directories are made."""
    for text in ("old", "new"):
        path = _files.write_result(tmp_path / "a" / "b", {"host": "worker-2", "text": text})
    assert path == tmp_path / "a" / "b" / "worker-2.json"
    assert '"new"' in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["worker-2.json"]


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """Text that cannot be encoded fails the write and nothing else."""
    path = tmp_path / "x.json"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        _files.write_atomically(path, "\ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_bundle_is_not_written_over(tmp_path: Path) -> None:
    """An existing bundle is kept unless it is to be replaced, and then replaced whole."""
    place = tmp_path / "worker-2"
    _files.write_tree(place, {"bundle.json": "1", "files/etc/old": "x"})
    with pytest.raises(FileExistsError, match="not empty"):
        _files.write_tree(place, {"bundle.json": "2"})
    assert (place / "bundle.json").read_text() == "1"
    _files.write_tree(place, {"bundle.json": "2"}, overwrite=True)
    assert _files.read_tree(place) == {"bundle.json": b"2"}
    assert [entry.name for entry in tmp_path.iterdir()] == ["worker-2"]


@pytest.mark.parametrize("name", ["../escape", "/etc/escape", "a/../../escape", "."])
def test_bundle_file_cannot_leave_the_bundle(tmp_path: Path, name: str) -> None:
    """A path from a node never writes outside, and the failure leaves nothing behind."""
    with pytest.raises(ValueError, match="leads out"):
        _files.write_tree(tmp_path / "worker-2", {name: "x"})
    assert list(tmp_path.iterdir()) == []


def test_reading_a_bundle_follows_no_links(tmp_path: Path) -> None:
    """A bundle from elsewhere cannot make the controller read its own files."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "shadow").symlink_to("/etc/hostname")
    (tmp_path / "files" / "tree").symlink_to("/etc")
    (tmp_path / "bundle.json").write_text("{}")
    assert _files.read_tree(tmp_path) == {"bundle.json": b"{}"}
