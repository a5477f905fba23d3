# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How files get onto a host."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from lab import archive, rootfs


def unpack(data: bytes) -> dict[str, tarfile.TarInfo]:
    """Return the entries of a tar archive by name."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {entry.name: entry for entry in tar.getmembers()}


def test_files_directories_and_links_keep_their_modes() -> None:
    """Everything belongs to root and has the one modification time."""
    entries = unpack(
        archive.pack(
            {
                "/etc/kubernetes/kubelet.conf": (0o600, "a: b\n"),
                "/etc/kubernetes/manifests/": (0o755, ""),
                "/var/lib/kubelet/pki/current.pem": (0o777, "-> /var/lib/kubelet/pki/dated.pem"),
            },
            mtime=7,
        )
    )
    assert entries["etc/kubernetes/kubelet.conf"].mode == 0o600
    assert entries["etc/kubernetes/manifests"].isdir()
    assert entries["var/lib/kubelet/pki/current.pem"].linkname == "/var/lib/kubelet/pki/dated.pem"
    assert {(entry.uid, entry.gid, entry.mtime) for entry in entries.values()} == {(0, 0, 7)}


def test_same_files_give_the_same_bytes() -> None:
    """A healed host is byte for byte what it was, whatever order its files were described in."""
    files: dict[str, tuple[int, archive.Content]] = {"/b": (0o644, b"\xff"), "/a": (0o644, "x")}
    assert archive.pack(files, 1) == archive.pack(dict(reversed(files.items())), 1)


def test_source_trees_go_without_compiled_python(tmp_path: Path) -> None:
    """What this machine's Python left behind is of no use to another one."""
    (tmp_path / "pkg" / "__pycache__").mkdir(parents=True)
    (tmp_path / "pkg" / "main.py").write_text("pass\n", encoding="utf-8")
    (tmp_path / "pkg" / "__pycache__" / "main.cpython-311.pyc").write_bytes(b"x")
    assert list(archive.from_directory(tmp_path, "/opt/x")) == ["/opt/x/pkg/main.py"]


def test_image_name_changes_with_the_recipe_only() -> None:
    """The same recipe finds its image again; another release or role has another image."""
    names = {rootfs.recipe(12).image, rootfs.recipe(13).image, rootfs.recipe(13, control_plane=True).image}
    assert len(names) == 3
    assert rootfs.recipe(12).image in names


def test_hosts_get_no_python_beyond_the_standard_library() -> None:
    """A collector that imports PyYAML or cryptography must fail in the lab as it does on users' nodes."""
    python = {name for recipe in (rootfs.recipe(11), rootfs.recipe(13)) for name in recipe.packages if "python" in name}
    assert python == {"python3"}
