# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What single network add-ons leave behind, or lack."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.common import FileFact
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _cni, _logs, _quote


@cause(
    "network/leftover-cni-config",
    title="the configuration of a removed network add-on comes first",
    effect=Effect.DEGRADED,
    compares=("cni.files",),
    healthy="/etc/cni/net.d holds the files of one add-on.",
    see="The node is Ready and new pods fail with messages of an add-on that is not installed.",
    why="The file that sorts first is used; kubeadm reset and the removal of an add-on leave files behind.",
    remedy=Remedy("Move the stale file out of /etc/cni/net.d, delete its interfaces, and make the affected pods anew."),
    apart={
        "network/flannel-subnet-env-missing": "there flannel is the add-on in use",
        "network/cni-binary-missing": "there the configuration in use is that of the add-on which runs",
    },
    sources=("containernetworking/cni libcni",),
)
def leftover_cni_config(node: Snapshot) -> Iterator[Hit]:
    """Pods fail with an add-on's message, or for want of its plugin; its file comes first, and another add-on's file,
    whose plugins are there, follows."""
    files = [
        fact for fact in _cni.configurations(node, _cni.conf_dir(node)) if fact.path.endswith((".conf", ".conflist"))
    ]
    if len(files) < 2:
        return
    names = ("calico-nodename-missing", "flannel-subnet-missing", "cni-plugin-not-found")
    calico, subnet, lost = (_logs.current(node, name, window=_logs.POD_WINDOW) for name in names)
    said = calico or subnet
    if lost and lost.groups["plugin"] in _plugins(files[0]) and set(_plugins(files[1])) <= _cni.present_plugins(node):
        said = said or lost
    if said:
        text = f"{files[0].path} comes first and belongs to an add-on that does not run; {files[1].path} follows"
        evidence = (*(_quote.file(fact) for fact in files[:2]), _quote.log(said))
        yield Hit(text, evidence, explains=("network/cni-binary-missing",) if said is lost else ())


def _plugins(fact: FileFact) -> list[str]:
    return _cni.plugin_types(_cni.parse(fact)[0])


@cause(
    "network/flannel-subnet-env-missing",
    title="flannel has not written its subnet file",
    effect=Effect.DEGRADED,
    healthy="/run/flannel/subnet.env exists.",
    see="New pods fail with *open /run/flannel/subnet.env: no such file or directory*; the node is Ready.",
    why="After a reboot the CNI file is still there while flanneld does not run yet, or crash-loops.",
    remedy=Remedy("Repair the kube-flannel pod on this node: `crictl ps -a | grep flannel`, then its log."),
    apart={
        "network/leftover-cni-config": "there flannel is not the add-on that is installed",
        "network/cni-config-missing": "there no configuration is left, and the node is NotReady",
    },
    sources=("flannel Documentation",),
)
def flannel_subnet_missing(node: Snapshot) -> Iterator[Hit]:
    """The kubelet says so now, and flannel's is the only configuration."""
    said = _logs.current(node, "flannel-subnet-missing", window=_logs.POD_WINDOW)
    if said and len(_cni.configurations(node, _cni.conf_dir(node))) <= 1:
        yield Hit("flannel has not written /run/flannel/subnet.env: no new pod gets an address", (_quote.log(said),))


@cause(
    "network/eks-vpc-cni-not-ready",
    title="the VPC CNI of EKS is not ready on this node",
    effect=Effect.DOWN,
    explains=("network/cni-pod-cannot-start",),
    healthy="aws-node has written /etc/cni/net.d/10-aws.conflist.",
    see="Ready=False with *cni plugin not initialized* on an EKS node; 10-aws.conflist is missing.",
    why="The node role lacks the CNI policy, the subnet is out of addresses, or kube-proxy is not up.",
    remedy=Remedy("Look at /var/log/aws-routed-eni/ipamd.log; correct role, subnet or kube-proxy."),
    apart={"network/cni-config-missing": "the general form, on other distributions"},
    versions="EKS",
    sources=("https://github.com/bottlerocket-os/bottlerocket/issues/3076",),
)
def eks_vpc_cni(node: Snapshot) -> Iterator[Hit]:
    """An EKS node whose network is not ready and whose CNI file is missing."""
    evidence, directory = _cni.not_ready(node), _cni.conf_dir(node)
    if node.profile == "eks" and evidence and _cni.listed(node, directory) and not _cni.configurations(node, directory):
        text = f"aws-node has not written {directory}/10-aws.conflist"
        yield Hit(text, (_quote.file(node.file(directory)), *evidence))


@cause(
    "network/pod-cidr-missing",
    title="the node has no podCIDR",
    effect=Effect.DEGRADED,
    explains=("network/cni-pod-cannot-start", "network/cni-config-missing", "network/flannel-subnet-env-missing"),
    healthy="spec.podCIDR of the Node is set, where the add-on needs it.",
    see="*pod cidr not assigned* from flannel; spec.podCIDR of the Node is empty.",
    why="The controller manager does not allocate node CIDRs, or the cluster's range is used up.",
    remedy=Remedy("Enable --allocate-node-cidrs with --cluster-cidr on the control plane, or extend the range."),
    apart={"network/cni-pod-cannot-start": "this is one reason for it"},
    sources=("flannel subnet manager",),
)
def pod_cidr_missing(node: Snapshot) -> Iterator[Hit]:
    """An add-on says so now; or flannel's configuration meets a Node without podCIDR and the network is not ready, or
    its pod fails, or it has not written the subnet that it makes of the podCIDR."""
    said = _logs.current(node, "pod-cidr-not-assigned")
    if node.cluster.pod_cidr or not (said or node.cluster.node_found):
        return
    if said:
        yield Hit("the node has no podCIDR, which the network add-on needs", (_quote.log(said),))
        return
    failing = _logs.current(node, "cni-pod-failing")
    pod = failing if failing and "flannel" in failing.groups["pod"] else None
    subnet = _logs.current(node, "flannel-subnet-missing", window=_logs.POD_WINDOW)
    evidence = (*_cni.not_ready(node), *(_quote.log(line) for line in (pod, subnet) if line))
    files = _cni.configurations(node, _cni.conf_dir(node))
    flannel = [fact for fact in files if "flannel" in _cni.plugin_types(_cni.parse(fact)[0])]
    if evidence and (flannel or pod):
        effect = Effect.DOWN if _cni.not_ready(node) else None
        yield Hit(
            "the node has no podCIDR, which flannel needs", (*(_quote.file(f) for f in flannel[:1]), *evidence), effect
        )
