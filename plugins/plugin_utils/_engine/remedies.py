# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remedies in the words of a node's distribution. Causes are written for kubeadm's layout, the most common one."""

from __future__ import annotations

import re
from dataclasses import replace

from ...module_utils._profiles import named
from .._causes._layout import row
from .._model.finding import Remedy
from .._model.snapshot import Snapshot

# What a remedy has to say more where the files are not kubeadm's and the kubelet is not a unit of its own.
_NOTES = {
    "k3s": "K3s writes these files and certificates anew at each start (`systemctl restart {unit}`); settings belong in"
    " /etc/rancher/k3s/config.yaml, kubelet-arg.",
    "rke2": "RKE2 writes these files and certificates anew at each start (`systemctl restart {unit}`); settings belong"
    " in /etc/rancher/rke2/config.yaml, kubelet-arg.",
    "microk8s": "On MicroK8s flags are in /var/snap/microk8s/current/args/kubelet; kubeconfig and certificates come"
    " with joining: `microk8s leave`, `microk8s join`.",
    "eks": "On EKS nodeadm writes these files from the user data: correct the NodeConfig and replace the node.",
}
# How a client certificate is renewed where something beside the kubelet made it.
_RENEWALS = {
    **dict.fromkeys(
        ("k3s", "rke2"),
        "`systemctl restart {unit}`: at each start it fetches a new certificate from its server, with its token. When"
        " that fails, its log says why; on a server `{profile} certificate rotate` renews the server's own.",
    ),
    "microk8s": "The certificate is made when the node joins: `microk8s leave`, then the `microk8s join` that `microk8s"
    " add-node` prints on a member of the cluster; a cluster of one node: `microk8s refresh-certs --cert ca.crt`.",
}
_RENEW = "renew-client-certificate"
_KUBEADM = re.compile(r"\bkubeadm\b|/etc/kubernetes/(?:pki|tmp)|\bkubelet\.conf\b")
_NODE = re.compile(r"\bsystem:node:NAME\b|(?<=delete node )NAME\b|(?<=get node )NAME\b")
_COMMAND = re.compile(r"(systemctl (?:[a-z-]+ )+|journalctl -u )kubelet\b(?!\.)")
# Repairs of files that a supervisor would write over.
_SERVICE_REPAIRS = re.compile(
    r"(?:start|restart|enable|unmask)-kubelet|reset-failed-and-start|daemon-reload|(?:start|restart)-runtime"
    r"|free-space|swap-off|raise-inotify-limits|end-unfinished-repair|enable-forwarding|make-kubelet-executable"
)


def noted(remedy: Remedy, profile: str, unit: str) -> Remedy:
    """The remedy for a value in the kubelet's files, as :func:`adapted` does it for causes. ``unit`` has no suffix."""
    note = _NOTES.get(profile, "")
    if not note or remedy.repair is None:
        return remedy
    text = f"{remedy.text} {note.format(unit=unit)}"
    return Remedy(text) if named(profile).embeds_kubelet else replace(remedy, text=text)


def adapted(remedy: Remedy, node: Snapshot) -> Remedy:
    """The remedy in the words of this node's distribution: its unit, its own way to write files, no repair of a file
    that a supervisor would write over, and with the node's name where it is known."""
    unit = node.kubelet.name.removesuffix(".service")
    if remedy.repair == _RENEW and node.profile in _RENEWALS:
        return Remedy(_RENEWALS[node.profile].format(unit=unit, profile=node.profile))
    text = remedy.text if unit == "kubelet" else _COMMAND.sub(rf"\g<1>{unit}", remedy.text)
    if node.node_name:
        text = _NODE.sub(lambda found: found[0].replace("NAME", str(node.node_name)), text)
    own, note = row(node), _NOTES.get(node.profile, "")
    generated = own.embeds_kubelet and remedy.repair is not None and not _SERVICE_REPAIRS.fullmatch(remedy.repair)
    if note and (generated or _KUBEADM.search(remedy.text)):
        text = f"{text} {note.format(unit=unit)}"
    return Remedy(text) if generated else replace(remedy, text=text)
