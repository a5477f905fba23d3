# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unit files, drop-ins, and owner and mode of the files that a kubelet uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .._causes import _cni, _layout, _runtime
from .._interpret.files import follow
from .._model.common import FileFact
from .._model.expected import Seen
from .._model.snapshot import Snapshot

Found = tuple[str, Seen]
ROOT = "root"


def units(node: Snapshot) -> Iterator[Found]:
    """The kubelet's unit file and drop-ins, as systemd loaded them."""
    unit = node.kubelet
    if not unit.known:
        return
    if unit.fragment_path:
        yield "unit.fragment.path", Seen(unit.fragment_path, unit.name)
        yield from _text("unit.fragment", follow(node.files, unit.fragment_path))
    yield "unit.dropins", Seen(list(unit.drop_in_paths), unit.name)
    for path in unit.drop_in_paths:
        yield from _text(f"unit.dropins.{path}", follow(node.files, path))


def _text(path: str, fact: FileFact) -> Iterator[Found]:
    if fact.sha256:
        yield f"{path}.sha256", Seen(fact.sha256, fact.path)
    if fact.content is not None and not fact.truncated:
        yield f"{path}.content", Seen(fact.content, fact.path)


def files(node: Snapshot, more: Iterable[str] = ()) -> Iterator[Found]:
    """Type, owner, group and mode of the files that this kubelet uses, and of ``more`` where the node was looked at.

    Of a link, owner and mode are those of what is behind it.
    """
    for path in sorted({*_used(node), *more}):
        fact = node.file(path)
        if not fact.looked_at:
            continue
        yield f"files.{path}.type", Seen(fact.type, path)
        behind = follow(node.files, path) if fact.type == "link" else fact
        values = {
            "owner": _owner(behind.uid),
            "group": _owner(behind.gid),
            "mode": behind.mode,
            "sha256": _digest(behind),
        }
        if behind.type not in ("absent", "link"):
            yield from ((f"files.{path}.{name}", Seen(value, path)) for name, value in values.items() if value)


def _digest(fact: FileFact) -> str | None:
    """The hash of a file's bytes, unless a private key is in it."""
    return None if fact.public_key_sha256 else fact.sha256


def _owner(number: int | None) -> str | None:
    """The name of user or group 0, which is the same everywhere; of others the number as text."""
    return None if number is None else ROOT if number == 0 else str(number)


def _used(node: Snapshot) -> Iterator[str]:
    """Paths of the files and directories that make up this kubelet's configuration."""
    unit, row = node.kubelet, _layout.row(node)
    yield from (unit.fragment_path, *unit.drop_in_paths, *(found.path for found in node.environment_files))
    yield from (node.kubeconfig.path, node.bootstrap_kubeconfig.path, node.config.path)
    yield from (fact.path for fact in node.config.drop_ins)
    for role in ("client", "serving", "client-ca", "server-ca"):
        use = node.certificate(role)
        yield from (use.path, use.key_path)
    yield from (_runtime.config_path(node), row.cni_configurations, node.kubelet_root, "/etc/kubernetes")
    yield from (str(node.value("staticPodPath", "", "pod-manifest-path")), f"{node.kubelet_root}/pki")
    yield from (fact.path for fact in _cni.configurations(node, _cni.conf_dir(node)))
