# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are full or read-only, and files that cannot be changed: refused, and nothing is lost."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path

import pytest
from unit.node_side.repair._node import Node, apply, edit, plan_of, whole_plan

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import paths


def _mount(*arguments: str) -> None:
    if subprocess.run(["mount", *arguments], check=False, capture_output=True).returncode != 0:
        pytest.skip("this host does not let us mount")


@pytest.fixture
def small(tmp_path: Path) -> t.Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", str(folder))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_full_disk_is_seen_beforehand(node: Node, small: Path) -> None:
    """Too little space for the backups is refused before anything is written."""
    (small / "fill").write_bytes(b"x" * 800 * 1024)
    node.records = str(small / "records")
    before = node.tree()
    result = apply(node, whole_plan(node))
    assert result["state"] == "refused"
    assert "bytes free" in result["reason"]
    assert node.tree() == before
    assert not Path(node.records).exists()


def test_disk_that_is_full_at_the_backup(node: Node, small: Path) -> None:
    """Nothing was changed, and no half of a backup stays."""
    node.records = str(small / "records")
    node.on_mark = lambda point: _fill(small) if point == "backup 0" else None
    before = node.tree()
    result = apply(node, whole_plan(node))
    assert result["state"] == "refused"
    assert "cannot be backed up" in result["reason"]
    assert "No space left" in result["reason"]
    assert node.tree() == before
    assert not list(Path(node.records).iterdir())


def test_disk_that_is_full_at_the_edit(node: Node, small: Path) -> None:
    """The file keeps its bytes, the earlier edit is put back."""
    (small / "config.yaml").write_bytes(b"a: 1\n" * 1000)
    step = edit(node, "/kubelet.conf", b"old", "new")
    name = str(small / "config.yaml")
    data = Path(name).read_bytes()
    other = {"kind": "edit", "path": name, "sha256": paths.sha256(data), "edits": [{"start": 0, "end": 1, "text": "b"}]}
    node.on_mark = lambda point: _fill(small) if point == "state backed_up" else None
    before = node.tree()
    result = apply(node, plan_of(step, other))
    assert result["state"] == "rolled_back"
    assert "No space left" in result["reason"]
    assert Path(name).read_bytes() == data
    assert sorted(path.name for path in small.iterdir()) == ["config.yaml", "fill"]
    assert node.tree() == before


def test_record_that_cannot_be_written_on(node: Node, small: Path) -> None:
    """If the record's disk fills up after the first edit, all is put back, and the next run can end the record."""
    node.records = str(small / "records")
    node.on_mark = lambda point: _fill(small) if point.startswith("file ") else None
    before = node.tree()
    result = apply(node, whole_plan(node))
    assert result["state"] == "rolled_back"
    assert node.tree() == before
    node.on_mark = lambda _point: None
    (small / "fill").unlink()
    assert apply(node, whole_plan(node))["state"] == "committed"


def _fill(folder: Path) -> None:
    if not (folder / "fill").exists():
        with (folder / "fill").open("wb") as stream:
            try:
                while True:
                    stream.write(b"x" * 4096)
                    stream.flush()
            except OSError:
                pass
    subprocess.run(["sync", "-f", str(folder)], check=False)


def test_read_only_file_system(node: Node, small: Path) -> None:
    """A file on one is refused in plain words."""
    (small / "config.yaml").write_bytes(b"a: 1\n")
    _mount("-o", "remount,ro", str(small))
    step = edit(node, "/config.yaml", b"/wrong", "/good")
    step.update(
        path=str(small / "config.yaml"), sha256=paths.sha256(b"a: 1\n"), edits=[{"start": 0, "end": 1, "text": "b"}]
    )
    result = apply(node, plan_of(step))
    assert result["state"] == "refused"
    assert "is read-only" in result["reason"]


def test_immutable_file(node: Node, tmp_path: Path) -> None:
    """A file with chattr +i is refused before anything else is changed."""
    path = node.path("/config.yaml")
    if subprocess.run(["chattr", "+i", path], check=False, capture_output=True).returncode != 0:
        pytest.skip(f"{tmp_path} has no such attribute")
    try:
        result = apply(node, whole_plan(node))
    finally:
        subprocess.run(["chattr", "-i", path], check=True)
    assert result["state"] == "refused"
    assert "has the attribute i" in result["reason"]
