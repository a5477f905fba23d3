# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nodes are each other's peers: those of one group. The variable ``kubelet_peer_group_by``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._interpret import _values
from .._model.snapshot import Snapshot

WORD_LIMIT = 80
UNKNOWN = "unknown"
_ROLE_LABEL = "node-role.kubernetes.io/"
_INSTANCE_LABELS = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
_CONTROL_PLANE = ("control-plane", "controlplane", "master")
_API_SERVER = ("kube-apiserver.yaml", "kube-apiserver.yml", "kube-apiserver.json", "kube-apiserver.manifest")
_FIRST_NUMBER = re.compile(r"\D*\d+")
_GIB = 1024**3


def groups(node: Snapshot, by: Sequence[str], variables: Mapping[str, Any]) -> tuple[str, str]:
    """A node's group, in words (``role=worker, os=Debian GNU/Linux 13``), and that of the nodes in it whose machine has
    the same size ('' where the size is unknown).

    ``by`` names what the nodes of a group have in common: role, profile, os and instance_type are told from the node,
    everything else is one of the host's ``variables``.
    """
    said = (f"{name}={_word(_TOLD[name](node) if name in _TOLD else variables.get(name))}" for name in by)
    group = ", ".join(said) or "all"
    size = _size(node)
    return group, f"{group}, {size}" if size else ""


def _word(value: Any) -> str:
    text = " ".join(str(UNKNOWN if value in (None, "") else value).split())
    return "".join(char for char in text if char.isprintable())[:WORD_LIMIT]


def role(node: Snapshot) -> str:
    """control-plane, or the roles that the Node's labels name; worker where they name none."""
    labels = [name.removeprefix(_ROLE_LABEL) for name in _labels(node) if name.startswith(_ROLE_LABEL)]
    manifests = node.file(str(node.value("staticPodPath", "", "pod-manifest-path")))
    if set(labels) & set(_CONTROL_PLANE) or set(manifests.entries or ()) & set(_API_SERVER):
        return _CONTROL_PLANE[0]
    return "+".join(sorted(label for label in labels if label not in ("", "worker", "node"))) or "worker"


def _system(node: Snapshot) -> str:
    """Name and release of the operating system, without what changes by updates: ``Ubuntu 22``."""
    found = _FIRST_NUMBER.match(node.host.os_name)
    return found.group() if found else node.host.os_name


def _instance_type(node: Snapshot) -> str:
    labels = _labels(node)
    return next((_values.text(labels[name]) for name in _INSTANCE_LABELS if name in labels), "")


def _labels(node: Snapshot) -> Mapping[str, Any]:
    return _values.mapping(_values.mapping(node.cluster.raw_node.get("metadata")).get("labels"))


def _size(node: Snapshot) -> str:
    """Processors, where they are known, and whole GiB of memory, of which each kernel keeps a bit for itself."""
    cpus, memory = node.host.cpus, node.host.memory_total
    return f"{cpus or UNKNOWN} CPUs, {round(memory / _GIB)} GiB" if memory else ""


_TOLD: Mapping[str, Callable[[Snapshot], str]] = {
    "role": role,
    "profile": lambda node: node.profile,
    "os": _system,
    "instance_type": _instance_type,
}
