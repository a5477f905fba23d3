# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which distribution laid this node out: paths and unit names differ, and so do the remedies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .._model.common import FileFact
from .._model.service import CommandLine, Unit


@dataclass(frozen=True)
class _Signs:
    """What tells a layout: a unit whose name begins so, or a path that holds one of ``paths``, among files that exist,
    values of the command line, and the unit's own files and lines."""

    profile: str
    units: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()


# First match wins. The ones that bring their own kubelet come first; kubespray runs kubeadm, so it is asked before
# kubeadm; crio is kubeadm on CRI-O and decided by the runtime.
_TABLE = (
    _Signs("microk8s", ("snap.microk8s.",), ("/var/snap/microk8s/",)),
    _Signs("rke2", ("rke2-",), ("/var/lib/rancher/rke2/", "/etc/rancher/rke2/")),
    _Signs("k3s", ("k3s.", "k3s-"), ("/var/lib/rancher/k3s/", "/etc/rancher/k3s/")),
    _Signs("eks", (), ("/etc/eks/", "/etc/kubernetes/kubelet/config.json", "/kubelet/kubelet-config.json")),
    _Signs("kubespray", (), ("/etc/kubernetes/kubelet.env",)),
)
_CRIO_UNITS = ("crio.", "cri-o.")
_KUBEADM_PATHS = ("/var/lib/kubelet/kubeadm-flags.env",)
_KUBEADM_DROP_IN = "kubeadm.conf"


def profile(kubelet: Unit, runtime: Unit | None, command_line: CommandLine, files: Mapping[str, FileFact]) -> str:
    """kubeadm, manual, k3s, rke2, microk8s, eks, crio or kubespray; kubeadm when nothing tells."""
    named = [kubelet.fragment_path, *kubelet.drop_in_paths, *(flag.value or "" for flag in command_line.flags)]
    paths = [path for path, fact in files.items() if fact.exists] + named + [d.value for d in kubelet.directives]
    units = [kubelet.name, runtime.name if runtime is not None else ""]
    for signs in _TABLE:
        if _any(units, signs.units, str.startswith) or _any(paths, signs.paths, str.__contains__):
            return signs.profile
    if _any(units[1:], _CRIO_UNITS, str.startswith):
        return "crio"
    if _any(paths, _KUBEADM_PATHS, str.startswith) or any(p.endswith(_KUBEADM_DROP_IN) for p in kubelet.drop_in_paths):
        return "kubeadm"
    return "manual" if kubelet.known and command_line.flags else "kubeadm"


def _any(values: list[str], signs: tuple[str, ...], fits: Callable[[str, str], bool]) -> bool:
    return any(fits(value, sign) for value in values for sign in signs)
