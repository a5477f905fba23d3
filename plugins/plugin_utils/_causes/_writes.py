# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from a file system that cannot be written: files that are left empty, and a runtime that ended on it."""

from __future__ import annotations

from .._model.common import FileFact
from .._model.host import Filesystem
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _cni, _logs, _runtime


def emptied(node: Snapshot, entry: Filesystem) -> dict[str, FileFact]:
    """Files without a byte on a measured file system, by the id of the cause that each of them is by itself."""
    use = node.certificate("client")
    named = {
        "config/kubelet-config-empty": node.config.file,
        "kubeconfig/unparseable": node.kubeconfig.file,
        "certificate/pem-corrupt": node.file(use.resolved or use.path),
    }
    networks = _cni.configurations(node, _cni.conf_dir(node))
    if networks:
        named["network/cni-config-invalid"] = networks[0]
    return {
        cause: fact
        for cause, fact in named.items()
        if fact.type == "file" and fact.size == 0 and _holding(node, fact.path) == entry.path
    }


def _holding(node: Snapshot, path: str) -> str:
    """The measured path that holds a file: the longest one above it."""
    above = [e.path for e in node.host.filesystems if path.startswith(e.path.rstrip("/") + "/")]
    return max(above, key=len, default="")


def runtime_ended(node: Snapshot, name: str) -> Match | None:
    """The runtime's last line of signature ``name``, where the runtime is not up."""
    unit = node.runtime
    down = unit is not None and unit.known and not unit.running
    return _runtime.runtime_said(node, name) if down else None


def unpulled(node: Snapshot) -> bool:
    """True when the runtime has no room to unpack the sandbox image."""
    said = _logs.current(node, "sandbox-image-unpullable")
    return said is not None and "no space left on device" in said.pattern.text
