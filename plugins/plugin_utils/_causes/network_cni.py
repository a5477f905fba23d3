# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pod network: CNI configuration, plugins, and the add-on that brings them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ...module_utils import _profiles
from .._interpret import _values
from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from .._signatures._load import signature
from . import _cni, _logs, _quote, _runtime

SOURCES = ("containerd go-cni", "kubernetes pkg/kubelet/runtime.go")
JOINING = timedelta(seconds=60)  # until then the add-on's pod may not have come to it
OTHER_DIRS = tuple(dict.fromkeys(row.cni_configurations for row in reversed(_profiles.TABLE)))


@cause(
    "network/cni-config-missing",
    title="there is no CNI configuration on this node",
    effect=Effect.DOWN,
    compares=("cni.files",),
    healthy="The network add-on has written a file into /etc/cni/net.d.",
    see="Ready=False, *cni plugin not initialized* (containerd), *No CNI configuration file in ...* (CRI-O).",
    why=(
        "The file is written by the network add-on's pod: no add-on is installed, a selector or taint keeps it off"
        " this node, or the file was deleted."
    ),
    remedy=Remedy(
        "Install or repair the network add-on (its DaemonSet needs a pod here); do not write the file by hand."
    ),
    apart={
        "network/cni-pod-cannot-start": "there the add-on's pod exists on this node and fails",
        "network/cni-not-reloaded": "there a good file is in place",
        "network/cni-dir-mismatch": "there the file lies in another directory than the runtime reads",
        "network/cni-binary-missing": "there a configuration exists and its plugin does not; the node may be Ready",
        "network/eks-vpc-cni-not-ready": "the form that it has on EKS, where aws-node writes the file",
        "network/flannel-subnet-env-missing": "there the configuration in /etc is left, the node Ready, and /run empty",
        "runtime/cgroup-driver-mismatch": "there no pod can be created, that of the network add-on included",
        "runtime/sandbox-image-unpullable": "there no pod can be created, that of the network add-on included",
    },
    sources=SOURCES,
)
def cni_config_missing(node: Snapshot) -> Iterator[Hit]:
    """The network is not ready, and the runtime's directory holds no configuration. Of a node that has just joined it
    is said that the add-on may still be on its way."""
    evidence, directory = _cni.not_ready(node), _cni.conf_dir(node)
    if not evidence or not _cni.listed(node, directory) or _cni.configurations(node, directory):
        return
    if _elsewhere(node, directory) or _logs.current(node, "cni-pod-failing") or node.profile == "eks":
        return
    born = _values.moment(_values.mapping(node.cluster.raw_node.get("metadata")).get("creationTimestamp"))
    joining = born is not None and timedelta(0) <= node.captured_at - born < JOINING
    late = "; it joined less than a minute ago, the add-on may still be on its way" if joining else ""
    fact = node.file(directory)
    state = "does not exist" if fact.absent else "holds no CNI configuration"
    yield Hit(
        f"{directory} {state}: the network add-on has not set up this node{late}",
        (_quote.file(fact, "no *.conf, *.conflist"), *evidence),
    )


def _elsewhere(node: Snapshot, directory: str) -> str:
    """Another usual directory that does hold a configuration, or empty."""
    return next((d for d in OTHER_DIRS if d != directory and _cni.configurations(node, d)), "")


@cause(
    "network/cni-pod-cannot-start",
    title="the network add-on's pod fails on this node",
    effect=Effect.DOWN,
    healthy="The add-on's pod runs on the node.",
    see="*Error syncing pod* for a pod of flannel, calico, cilium, ...; the network is not ready.",
    why=(
        "Its image cannot be pulled, the service address of the API server cannot be reached without kube-proxy, the"
        " node has no podCIDR, or its settings do not fit this machine."
    ),
    remedy=Remedy("Read that pod's own log: `crictl ps -a`, `crictl logs <container>`."),
    apart={
        "network/cni-config-missing": "there no such pod exists on the node",
        "runtime/sandbox-image-unpullable": "stops every pod; this one is about the add-on's pod alone",
        "config/resolvconf-missing": "stops every pod",
        "identity/cloud-provider-uninitialized": "there a taint keeps the add-on's pod Pending",
        "network/pod-cidr-missing": "one reason for it: the Node has no podCIDR",
        "runtime/cgroup-driver-mismatch": "stops every pod; this one is about the add-on's pod alone",
    },
    sources=SOURCES,
)
def cni_pod_cannot_start(node: Snapshot) -> Iterator[Hit]:
    """The network is not ready and the kubelet names a failing pod of an add-on."""
    evidence, said = _cni.not_ready(node), _logs.current(node, "cni-pod-failing")
    if evidence and said:
        yield Hit(f"the pod {said.groups['pod']} of the network add-on fails", (_quote.log(said), *evidence))


@cause(
    "network/cni-config-invalid",
    title="a CNI configuration file cannot be read",
    effect=Effect.DOWN,
    explains=("network/cni-config-missing", "network/cni-not-reloaded"),
    compares=("cni.files",),
    healthy="The first file in /etc/cni/net.d is valid JSON with name and plugins.",
    see="*failed to load CNI config list file ...: error parsing configuration list*; Ready=False.",
    why="A hand edit or a half-written file; a list in a .conf file; a missing name or type.",
    remedy=Remedy(
        "Let the add-on write the file anew (delete its pod), or correct the JSON; containerd reads it at once."
    ),
    apart={
        "network/cni-binary-missing": "there the file loads and running the plugin fails",
        "network/cni-not-reloaded": "there every file is good",
    },
    sources=SOURCES,
)
def cni_config_invalid(node: Snapshot) -> Iterator[Hit]:
    """A file of the directory is broken: down when the network is not ready, a risk while an older one is loaded."""
    evidence = _cni.not_ready(node)
    said = _runtime.runtime_said(node, "cni-config-load-failed")
    files = _cni.configurations(node, _cni.conf_dir(node))
    broken = [(fact, fault) for fact in files if (fault := _cni.parse(fact)[1])]
    good = [fact for fact in files if not _cni.parse(fact)[1]]
    for fact, fault in broken:
        if good and not evidence:
            continue  # the runtime uses another file
        line = (_quote.log(said),) if said else ()
        text = f"{fact.path} is no CNI configuration: {fault}"
        yield Hit(text, (_quote.file(fact, fault), *line, *evidence), Effect.DOWN if evidence else Effect.RISK)


@cause(
    "network/cni-not-reloaded",
    title="the runtime has not read the CNI configuration that is there",
    effect=Effect.DOWN,
    healthy="The runtime watches the directory and loads new files within a second.",
    see="A good file is in /etc/cni/net.d, and the node still says *cni plugin not initialized*.",
    why="containerd lost its watch on the directory: it was made anew, or inotify limits were met.",
    remedy=Remedy("`systemctl restart containerd`; running pods go on.", "restart-runtime", "safe"),
    apart={
        "network/cni-config-invalid": "there the file has a fault",
        "network/cni-dir-mismatch": "there the runtime reads another directory",
        "network/cni-config-missing": "there the directory holds no configuration",
    },
    versions="containerd",
    sources=("https://github.com/containerd/containerd/issues/7196",),
)
def cni_not_reloaded(node: Snapshot) -> Iterator[Hit]:
    """Not ready although the directory holds a good file that is older than the report."""
    evidence = _cni.not_ready(node)
    files = _cni.configurations(node, _cni.conf_dir(node))
    good = [fact for fact in files if fact.content and not _cni.parse(fact)[1]]
    broken = [fact for fact in files if _cni.parse(fact)[1]]
    if not _cni.uninitialized(node) or not good or broken:
        return
    written = good[0].mtime
    if written is not None and (node.captured_at - written).total_seconds() < 60:
        return
    yield Hit(
        f"{good[0].path} is good, but the runtime reports no network: it has not read it",
        (_quote.file(good[0]), *evidence),
    )


@cause(
    "network/cni-dir-mismatch",
    title="the runtime looks for CNI files in another directory",
    effect=Effect.DOWN,
    explains=("network/cni-config-missing",),
    healthy="conf_dir of the runtime is the directory that the add-on writes.",
    see="Ready=False with *cni plugin not initialized*, and a good file in a directory that the runtime does not read.",
    why="Defaults differ between distributions (k3s, snap, CRI-O), or conf_dir in config.toml was changed.",
    remedy=Remedy("Set the runtime's conf_dir and bin_dir to the add-on's directories and restart the runtime."),
    apart={
        "network/cni-config-missing": "there no directory holds a configuration",
        "network/cni-not-reloaded": "there the file is in the directory that the runtime reads",
    },
    sources=("containerd docs/cri/config.md",),
)
def cni_dir_mismatch(node: Snapshot) -> Iterator[Hit]:
    """Not ready, nothing in the runtime's directory, and a configuration in another one."""
    evidence, directory = _cni.not_ready(node), _cni.conf_dir(node)
    other = _elsewhere(node, directory)
    if evidence and other and not _cni.configurations(node, directory):
        state = "which is empty" if _cni.listed(node, directory) else "and finds none there"
        text = f"the runtime reads {directory}, {state}; the CNI configuration is in {other}"
        yield Hit(text, (_quote.file(node.file(directory)), _quote.file(node.file(other)), *evidence))


@cause(
    "network/cni-binary-missing",
    title="a CNI plugin that the configuration calls is not there",
    effect=Effect.DEGRADED,
    explains=("network/cni-pod-cannot-start",),
    healthy="Every plugin type of the configuration is a program in the runtime's bin_dir.",
    see='Every new pod fails with *failed to find plugin "x" in path [/opt/cni/bin]*; the node itself may be Ready.',
    why="/opt/cni/bin was cleaned, the package of the plugins is missing, or bin_dir is another one.",
    remedy=Remedy(
        "Reinstall the plugin package (loopback, bridge, ...) or let the add-on's pod install it; align bin_dir."
    ),
    apart={
        "network/cni-config-missing": "there no configuration exists at all",
        "network/cni-config-invalid": "there the file itself cannot be loaded",
        "network/leftover-cni-config": "there the plugin is a removed add-on's, and another add-on's file follows",
    },
    sources=("containernetworking/cni pkg/invoke/find.go",),
)
def cni_binary_missing(node: Snapshot) -> Iterator[Hit]:
    """The kubelet or its Ready condition says so now; or the file in use calls a program that no bin_dir holds (a
    risk). containerd 2 asks plugins of CNI 1.1 for their state, and reports what is missing there."""
    said, ready = _logs.current(node, "cni-plugin-not-found", window=_logs.POD_WINDOW), node.cluster.ready
    named = signature("cni-plugin-not-found").regex.search(ready.message) if ready and ready.status == "False" else None
    found = said.groups if said else named.groupdict() if named else {}
    if found:
        text = f"the CNI plugin {found['plugin']} is not in {found['path']}: no new pod gets a network"
        evidence = (*((_quote.log(said),) if said else ()), *((_quote.condition(ready),) if named and ready else ()))
        yield Hit(text, evidence, Effect.DOWN if named else None)
        return
    directories = _cni.bin_dirs(node)
    present = _cni.present_plugins(node)
    files = _cni.configurations(node, _cni.conf_dir(node))
    if not present or any(node.file(d).entries is None and not node.file(d).absent for d in directories) or not files:
        return
    data, fault = _cni.parse(files[0])
    missing = [] if fault else [name for name in _cni.plugin_types(data) if name not in present]
    if missing:
        text = f"{files[0].path} calls {', '.join(missing)}, which {' and '.join(directories)} does not hold"
        yield Hit(text, (_quote.file(files[0]), _quote.file(node.file(directories[0]))), Effect.RISK)
