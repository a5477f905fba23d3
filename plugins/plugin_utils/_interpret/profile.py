# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which distribution laid this node out: the row of module_utils/_profiles.py that its units and paths fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...module_utils import _profiles
from .._model.common import FileFact
from .._model.service import CommandLine, Unit


def profile(
    kubelet: Unit, runtime: Unit | None, command_line: CommandLine, files: Mapping[str, FileFact], chosen: str = ""
) -> _profiles.Profile:
    """The row that fits; kubeadm's when nothing tells. ``chosen`` is the user's word, which counts for more; auto and
    empty leave it to the node."""
    if chosen not in ("", _profiles.AUTO):
        row = _profiles.named(chosen)
    else:
        row = _told(kubelet, runtime, command_line, files)
    return located(row, files)


def _told(
    kubelet: Unit, runtime: Unit | None, command_line: CommandLine, files: Mapping[str, FileFact]
) -> _profiles.Profile:
    paths = [path for path, fact in files.items() if fact.exists]
    paths += [kubelet.fragment_path, *kubelet.drop_in_paths, *(flag.value or "" for flag in command_line.flags)]
    paths += [directive.value for directive in kubelet.directives]
    # A unit of its own that starts a kubelet: what K3s or MicroK8s left behind on this node says nothing then.
    own_unit = kubelet.known and bool(command_line.flags) and _profiles.of_unit(kubelet.name) is None
    for row in _profiles.TABLE:
        if own_unit and row.unit_names:
            continue
        by_unit = bool(row.unit_names) and kubelet.name.startswith(row.unit_names)
        by_runtime = bool(row.runtime_units) and runtime is not None and runtime.name.startswith(row.runtime_units)
        by_drop_in = bool(row.drop_ins) and any(path.endswith(row.drop_ins) for path in kubelet.drop_in_paths)
        if by_unit or by_runtime or by_drop_in or _mentioned(paths, row.signs):
            return row
    return _profiles.named("manual" if kubelet.known and command_line.flags else _profiles.DEFAULT)


def _mentioned(paths: Iterable[str], signs: tuple[str, ...]) -> bool:
    return bool(signs) and any(sign in path for path in paths for sign in signs)


def located(row: _profiles.Profile, files: Mapping[str, FileFact]) -> _profiles.Profile:
    """The row with the data directory of this installation, told by where its kubeconfig was found."""
    ends = [path.removeprefix(row.data) for path in row.kubeconfigs] if row.data else []
    found = (
        path.removesuffix(end) for path, fact in files.items() for end in ends if path.endswith(end) and fact.exists
    )
    return _profiles.moved(row, next(found, ""))
