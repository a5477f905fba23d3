# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The --config file and its drop-ins: missing, empty, unreadable, or not what the kubelet expects."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.common import FileFact
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _layout, _logs, _quote
from ._config import effect_at_start
from ._logs import starting_fails
from ._trust import cert_dir

SOURCES = ("kubernetes cmd/kubelet/app/server.go", "kubernetes pkg/kubelet/kubeletconfig")
REGENERATE = (
    "Restore the file, or write it anew from the cluster with `kubeadm upgrade node phase kubelet-config`"
    " (the ConfigMap kubelet-config in kube-system holds it), then `systemctl restart kubelet`."
)
KIND, API_GROUP = "KubeletConfiguration", "kubelet.config.k8s.io/"
API_VERSION = f"{API_GROUP}v1beta1"


def load_error(node: Snapshot) -> tuple[Evidence, ...]:
    said = _logs.current(node, "config-load-failed", window=None) if starting_fails(node) else None
    return (_quote.log(said),) if said else ()


def unread(node: Snapshot, *words: str) -> Iterator[Hit]:
    """Where nobody could read the file, the kubelet's own reason tells the causes apart."""
    said = _logs.current(node, "config-load-failed", window=None) if starting_fails(node) else None
    if said and node.config.file.content is None and any(word in said.groups["why"] for word in words):
        yield Hit(f"{said.groups['path']}: {said.groups['why'][-150:]}", (_quote.log(said),))


def _named(node: Snapshot) -> tuple[Evidence, ...]:
    flag = node.command_line.flag("config")
    return (_quote.flag(flag),) if flag else ()


def _empty(fact: FileFact) -> bool:
    """True for a file without bytes, by its size or, where nobody told that, by its text."""
    return fact.type == "file" and fact.size == 0 if fact.size is not None else fact.content == ""


def _joined(node: Snapshot) -> bool:
    """True when something says that this machine was a member of a cluster before."""
    kubeconfig = node.kubeconfig.file
    pki = node.file(cert_dir(node))
    return kubeconfig.exists or bool(pki.entries) or bool(node.cluster.node_found)


def _next_to(node: Snapshot, path: str) -> str:
    """Another configuration file that exists on the node, to name as what was probably meant."""
    for usual in _layout.row(node).configs:
        if path != usual and node.file(usual).exists:
            return usual
    return next((f"{path}{end}" for end in (".bak", ".orig", ".old", "~") if node.file(path + end).exists), "")


@cause(
    "config/kubelet-config-missing",
    title="the --config file does not exist",
    effect=Effect.DOWN,
    gate=4,
    compares=("flags.config",),
    healthy="The path that --config names exists and is readable.",
    see="*failed to load kubelet config file, path: ...: no such file or directory*, and an exit with status 1.",
    why="The file was deleted (a clean-up script, a half-way kubeadm reset), or the drop-in names another path.",
    remedy=Remedy(REGENERATE, "restore-kubelet-config", "needs-approval"),
    apart={
        "config/not-joined-yet": "there the kubeconfig is missing as well: the node never joined",
        "service/daemon-reload-needed": "there the drop-in on disk already names another path",
        "resource/var-lib-kubelet-not-mounted": "there all of /var/lib/kubelet is empty and fstab has an entry for it",
        "config/dropin-dir-broken": "there the message names --config-dir or a file in it",
        "service/condition-skipped": "there a condition of the unit names the file: no start is tried",
        "system/disk-io-errors": "there the error is *input/output error*: the file is there and cannot be read",
    },
    sources=SOURCES,
)
def kubelet_config_missing(node: Snapshot) -> Iterator[Hit]:
    """--config names a file that is not there (or a directory), on a node that was a member."""
    config = node.config
    said = _logs.current(node, "config-load-failed", window=None) if starting_fails(node) else None
    unread = said is not None and "no such file" in said.groups["why"] and said.groups["path"] == config.path
    if config.configured and config.file.type == "directory":
        text = f"--config ({config.source}) names {config.path}, which is a directory"
        yield Hit(text, (*_named(node), _quote.file(config.file), *load_error(node)), effect_at_start(node))
    if not config.configured or not (config.file.absent or (unread and not config.file.exists)) or not _joined(node):
        return
    meant = _next_to(node, config.path)
    hint = f"; {meant} exists" if meant else ""
    remedy = None
    if meant and not meant.startswith(config.path):
        text = (
            f"Correct --config in {config.source} to {meant}, `systemctl daemon-reload`, `systemctl restart kubelet`."
        )
        remedy = Remedy(text, "correct-drop-in", "needs-approval")
    yield Hit(
        f"--config ({config.source}) names {config.path}, which does not exist{hint}",
        (*_named(node), _quote.file(config.file), *load_error(node)),
        effect_at_start(node),
        remedy,
    )


@cause(
    "config/not-joined-yet",
    title="the node was prepared but never joined a cluster",
    effect=Effect.DOWN,
    gate=4,
    explains=(
        "kubeconfig/kubelet-conf-missing",
        "certificate/client-pem-missing",
        "service/condition-skipped",
        "service/environment-file-missing",
        "service/not-running",
    ),
    healthy="`kubeadm join` or `kubeadm init` completed: configuration file, kubeconfig and certificates exist.",
    see="The kubelet restarts every ten seconds because its configuration file does not exist; no kubeconfig, no pki.",
    why="The package starts the service right after installation; until kubeadm writes its files this is expected.",
    remedy=Remedy("`kubeadm join` the node (token and endpoint from `kubeadm token create --print-join-command`)."),
    apart={
        "config/kubelet-config-missing": "there the kubeconfig or certificates exist: the node was a member before",
        "kubeconfig/kubelet-conf-missing": "there the configuration file or certificates exist: the node was a member",
        "resource/var-lib-kubelet-not-mounted": "there fstab has an entry for the empty directory",
    },
    versions="kubeadm",
    sources=("https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/",),
)
def not_joined_yet(node: Snapshot) -> Iterator[Hit]:
    """Neither configuration file nor kubeconfig nor certificates, and the cluster does not know the node."""
    config = node.config
    if not config.configured:
        yield from _not_set_up(node)
    if not config.configured or not config.file.absent or _joined(node) or not node.kubeconfig.file.absent:
        return
    yield Hit(
        f"neither {config.path} nor {node.kubeconfig.path} exists: this node was never joined to a cluster",
        (_quote.file(config.file), _quote.file(node.kubeconfig.file), *load_error(node)),
        effect_at_start(node),
        _layout.join(node),
    )


def _not_set_up(node: Snapshot) -> Iterator[Hit]:
    """On EKS nodeadm writes at boot even the kubelet's flags, and starts it then."""
    row = _layout.row(node)
    paths = [*(file.path for file in node.environment_files), *row.configs, *row.kubeconfigs]
    if node.profile != "eks" or not all(node.file(path).absent for path in paths):
        return
    text = f"none of {', '.join(paths)} exists: nodeadm, which writes them at boot, did not do its work"
    yield Hit(text, tuple(_quote.file(node.file(path)) for path in paths), remedy=_layout.join(node))


@cause(
    "config/kubelet-config-empty",
    title="the --config file is empty",
    effect=Effect.DOWN,
    gate=4,
    healthy="The file holds a KubeletConfiguration.",
    see='*kubelet config file "..." was empty*.',
    why="A write met a full disk or a power loss.",
    remedy=Remedy(f"Make sure that the disk is not full. {REGENERATE}", "restore-kubelet-config", "needs-approval"),
    apart={"resource/disk-full": "often what came before: look at free space and at the file's time"},
    sources=SOURCES,
)
def kubelet_config_empty(node: Snapshot) -> Iterator[Hit]:
    """The file has no bytes."""
    fact = node.config.file
    if node.config.configured and _empty(fact):
        yield Hit(f"{node.config.path} is empty", (_quote.file(fact), *load_error(node)), effect_at_start(node))


@cause(
    "config/yaml-invalid",
    title="the --config file is not valid YAML",
    effect=Effect.DOWN,
    gate=4,
    healthy="The file parses as YAML or JSON.",
    see="*failed to decode: yaml: line N: ...*.",
    why="A hand edit lost a colon or the indentation, used tabs, or left merge markers.",
    remedy=Remedy(
        f"Correct the named line; kubeadm keeps copies under /etc/kubernetes/tmp. {REGENERATE}",
        "restore-kubelet-config",
        "needs-approval",
    ),
    apart={
        "config/type-mismatch": "that one names a field; the YAML is fine",
        "config/wrong-kind": "that one says that no kind is registered, or that Kind is missing",
        "config/static-pod-invalid": "that is a manifest of a static pod: the kubelet runs and leaves the pod out",
    },
    sources=SOURCES,
)
def yaml_invalid(node: Snapshot) -> Iterator[Hit]:
    """The text of the file cannot be parsed."""
    problem, fact = node.config.problem, node.config.file
    yield from unread(node, " yaml: ")
    if problem is None or _empty(fact):
        return
    lines = (fact.content or "").splitlines()
    line = problem.place.line
    text = lines[line - 1].strip() if line and line <= len(lines) else ""
    quoted = _quote.place(problem.place, text or problem.message, problem.message if text else "")
    yield Hit(
        f"{problem.place} is not valid YAML: {problem.message}"[:250],
        (quoted, *load_error(node)),
        effect_at_start(node),
    )


@cause(
    "config/wrong-kind",
    title="the --config file is not a KubeletConfiguration",
    effect=Effect.DOWN,
    gate=4,
    healthy="apiVersion is kubelet.config.k8s.io/v1beta1 and kind is KubeletConfiguration.",
    see='*no kind "X" is registered for version "Y"*, or *Object \'Kind\' is missing*.',
    why="A kubeadm ClusterConfiguration, a fragment without header, or a typing error stands in the file.",
    remedy=Remedy(
        "Set `apiVersion: kubelet.config.k8s.io/v1beta1` and `kind: KubeletConfiguration`, then restart the kubelet.",
        "set-config-field",
        "safe",
    ),
    apart={"config/yaml-invalid": "there the syntax is broken, here only the header"},
    sources=SOURCES,
)
def wrong_kind(node: Snapshot) -> Iterator[Hit]:
    """kind or apiVersion is missing or another one."""
    config = node.config
    yield from unread(node, "no kind ", "'Kind' is missing", "apiVersion' is missing")
    if not config.configured or config.problem or not config.fields:
        return
    kind, version = config.get("kind"), config.get("apiVersion")
    # A version of the group that is not known here may be one that a newer kubelet has: it says when it has not.
    named = str(version.value) if version is not None else ""
    good_version = named == API_VERSION or (named.startswith(API_GROUP) and not load_error(node))
    if kind is not None and kind.value == KIND and good_version:
        return
    wrong = kind if kind is None or kind.value != KIND else version
    text = f"{wrong.place}: {wrong.path}: {wrong.value}" if wrong else f"{config.path} has no kind or no apiVersion"
    quoted = _quote.field(wrong) if wrong else _quote.file(config.file)
    want = f"the kubelet wants {KIND} of {API_VERSION}"
    yield Hit(f"{text}; {want}", (quoted, *load_error(node)), effect_at_start(node))
