# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lost or unreadable KubeletConfiguration, written anew from the one that the cluster gives to nodes when they
join."""

from __future__ import annotations

from .._interpret._yaml import Tree, load
from .._model.plan import NEEDS_APPROVAL, Action, Splice, Step
from .context import Context, UnavailableError, edit

RESTORE = "restore-kubelet-config"
_MASK = "***"  # secrets are masked where the text was read, so they are not in it
_ENDPOINT = "containerRuntimeEndpoint"
_CLIENT_CA = "authentication.x509.clientCAFile"


def restore_kubelet_config(at: Context) -> Action:
    """Write the ConfigMap kubelet-config to the file that --config names, where that is absent, empty or no YAML."""
    config = at.node.config
    if not at.kubelet_config:
        raise UnavailableError(
            "the control plane must be asked (group kubelet_control_plane, or kubelet_kubeconfig) and publish the"
            f" ConfigMap kube-system/kubelet-config, as kubeadm does; else {_by_hand(at)}"
        )
    if config.path != f"{at.node.kubelet_root}/config.yaml":
        raise UnavailableError(f"kubeadm does not write {config.path}: {_by_hand(at)}")
    tree = load(at.kubelet_config, "kubelet-config").tree
    if tree is None or tree.text("kind") != "KubeletConfiguration" or _MASK in at.kubelet_config:
        raise UnavailableError("the ConfigMap kube-system/kubelet-config must hold a whole KubeletConfiguration")
    _require_client_ca(at, tree)
    text = f"{at.kubelet_config.rstrip()}\n{_own_endpoint(at, tree)}"
    lost = "what only this node had (patches) is not in it"
    if config.problem is not None and config.file.size:
        lost = "what was changed on this node alone is lost from it, and stays in the record"
    summary = f"write {config.path} from kube-system/kubelet-config; {lost}"
    return at.action(RESTORE, NEEDS_APPROVAL, summary, _write(at, text))


def _by_hand(at: Context) -> str:
    problem = at.node.config.problem
    if problem is not None and at.node.config.file.size:
        return f"correct {problem.place} ({problem.message}), or copy the file from a worker of this cluster"
    return "copy the file from a worker of this cluster"


def _write(at: Context, text: str) -> Step:
    fact = at.node.file(at.node.config.path)
    if fact.absent:
        return Step("create", {"path": fact.path, "content": text, "mode": "0644"})
    # What we cannot read (it is too large, say) may be read by the kubelet: its own word counts.
    refused = at.node.config.problem is not None and any(e.source == "journal" for e in at.finding.evidence)
    if fact.type != "file" or fact.size is None or not (fact.size == 0 or refused) or not fact.sha256:
        raise UnavailableError(
            f"{fact.path} must be absent or empty, or no YAML by the kubelet's own word: a file that can be read is not"
            f" replaced; {_by_hand(at)}"
        )
    return edit(fact, Splice(0, fact.size, text))


def _require_client_ca(at: Context, tree: Tree) -> None:
    """The CA that the configuration names must be on this node, or the kubelet would not start."""
    node: Tree | None = tree
    for key in _CLIENT_CA.split("."):
        node = node.child(key) if node else None
    path = str(node.value) if node else ""
    if path and at.node.file(path).absent:
        raise UnavailableError(
            f"{path}, which kube-system/kubelet-config names as clientCAFile, must exist on this node"
        )


def _own_endpoint(at: Context, tree: Tree) -> str:
    """The runtime's socket, which kubeadm keeps by node beside the configuration since 1.34."""
    own = load(at.node.file(f"{at.node.kubelet_root}/instance-config.yaml").content or "", "instance-config.yaml").tree
    socket = own.text(_ENDPOINT) if own else ""
    return f"{_ENDPOINT}: {socket}\n" if socket and not tree.text(_ENDPOINT) else ""
