# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where this node's distribution keeps things, and who renews and joins there: remedies differ, causes do not."""

from __future__ import annotations

from datetime import timedelta

from ...module_utils import _profiles
from .._interpret.profile import located
from .._model.finding import Remedy
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _logs

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_RETRIED = timedelta(minutes=2)
MADE_BY_KUBEADM = ("kubeadm", "crio", "kubespray")  # their workers join with kubeadm
_JOIN = {
    "k3s": "Start the agent with the server's URL and a token: K3S_URL and K3S_TOKEN, or /etc/rancher/k3s/config.yaml.",
    "rke2": "Give the server's URL and a token in /etc/rancher/rke2/config.yaml, then start the unit.",
    "microk8s": "`microk8s add-node` on a member of the cluster, then the `microk8s join` that it prints.",
    "eks": "nodeadm joins at boot: `journalctl -u nodeadm-config -u nodeadm-run` says why it did not.",
    "manual": "Write configuration, kubeconfig and certificates as on another worker of this cluster.",
}


def row(node: Snapshot) -> _profiles.Profile:
    """The distribution's row, with the data directory of this installation."""
    return located(_profiles.named(node.profile), node.files)


def local_balancer(node: Snapshot) -> bool:
    """True when the kubeconfig names a load balancer on this node in the place of the API servers."""
    return node.kubeconfig.host in LOOPBACK


def generated_endpoint(node: Snapshot) -> bool:
    """True when the kubelet's own supervisor wrote the endpoint and listens on it (K3s, RKE2)."""
    return row(node).serves_api_locally and local_balancer(node)


def refused_behind(node: Snapshot) -> Match | None:
    """What the kubelet's supervisor says of the servers behind its load balancer, which accepts connections for them
    also while none of them does. It tries again within a minute."""
    return _logs.current(node, "supervisor-refused", window=_RETRIED) if generated_endpoint(node) else None


def join(node: Snapshot) -> Remedy | None:
    """How a node joins its cluster, where that is not kubeadm's way."""
    text = _JOIN.get(node.profile)
    return Remedy(text) if text else None
