# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The node's place in its cluster: addresses, cloud provider, and how k3s and EKS know it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from .._interpret import _values
from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.service import Flag
from .._model.snapshot import Snapshot
from . import _api, _layout, _logs, _quote, _supervisor
from ._api import REJECTED, Fault

UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"
INITIALIZED_WITHIN = 180  # seconds; a cloud controller manager takes a few
AWS = ("aws", "aws-iam-authenticator", "heptio-authenticator-aws")


@cause(
    "identity/node-ip-not-local",
    title="--node-ip is not an address of this host",
    effect=Effect.DEGRADED,
    explains=("network/port-10250-in-use",),
    healthy="Every address of --node-ip is on an interface of this host.",
    see="*failed to validate nodeIP: node IP: ... not found in the host's network interfaces*; addresses grow stale.",
    why="The address changed (DHCP, a new network card, a restored machine) and --node-ip kept the old one.",
    remedy=Remedy(
        "Give the host its address back, or correct --node-ip (kubeadm-flags.env, /etc/default/kubelet), then"
        " `systemctl restart kubelet`; a serving certificate may have to be renewed for a new address."
    ),
    apart={
        "network/no-default-route": "there no --node-ip is given and the kubelet finds no address by itself",
        "network/port-10250-in-use": "there the address is this host's and another process has the port",
    },
    sources=("kubernetes pkg/kubelet/kubelet_node_status.go", "kubernetes pkg/kubelet/nodestatus/setters.go"),
)
def node_ip_not_local(node: Snapshot) -> Iterator[Hit]:
    """An IPv4 address of --node-ip is not among the host's, or the kubelet says so; a malformed one ends the start."""
    given = node.command_line.flag("node-ip")
    malformed = _logs.current(node, "node-ip-malformed", window=None) if _logs.starting_fails(node) else None
    refused = _logs.current(node, "node-ip-refused")
    line = malformed or refused
    foreign = _foreign(node, given)
    if line is None and not foreign:
        return
    where = f" ({given.place})" if given else ""
    value = (given.value if given else "") or ""
    if malformed:
        text = f"--node-ip={malformed.groups['value']}{where} is not an address: the kubelet cannot start"
    elif refused and refused.groups.get("other"):
        text = f"--node-ip={value}{where} is refused: {refused.groups['other'][:100]}"
    else:
        named = foreign or (refused.groups.get("address", value) if refused else value)
        text = f"--node-ip {named}{where} is not an address of this host"
    own = (_quote.host("has " + ", ".join(node.host.addresses), "addresses"),) if node.host.addresses else ()
    flag: tuple[Evidence, ...] = (_quote.flag(given),) if given else ()
    yield Hit(text, (*flag, *own, *((_quote.log(line),) if line else ())), Effect.DOWN if malformed else None)


def _foreign(node: Snapshot, given: Flag | None) -> str:
    """The first IPv4 address of the flag that the host does not have; empty when there is none or nobody looked."""
    if given is None or not given.value or not node.host.addresses:
        return ""
    for text in given.value.split(","):
        try:
            address = ipaddress.ip_address(text.strip())
        except ValueError:
            continue
        if address.version == 4 and not address.is_unspecified and str(address) not in node.host.addresses:
            return str(address)
    return ""


@cause(
    "identity/cloud-provider-uninitialized",
    title="no cloud controller manager has initialised this node",
    effect=Effect.DEGRADED,
    healthy="The taint node.cloudprovider.kubernetes.io/uninitialized disappears within seconds of the registration.",
    see="The taint stays; pods without a toleration for it stay Pending, addresses and zone labels are missing.",
    why=(
        "--cloud-provider=external is set and no cloud controller manager runs, or it may not call the cloud's API, or"
        " does not find the machine by the node's name or providerID."
    ),
    remedy=Remedy(
        "Look at the logs of the cloud controller manager in kube-system; without a cloud, remove"
        " --cloud-provider=external and the taint."
    ),
    apart={
        "network/cni-pod-cannot-start": "may follow, when the network's pods do not tolerate the taint",
        "config/cloud-provider-in-tree": "there the kubelet does not start, over another value than `external`",
    },
    sources=("https://kubernetes.io/docs/tasks/administer-cluster/running-cloud-controller/",),
)
def cloud_provider_uninitialized(node: Snapshot) -> Iterator[Hit]:
    """The Node object is minutes old and still has the taint."""
    taint = next((text for text in node.cluster.taints if text.partition(":")[0].split("=")[0] == UNINITIALIZED), "")
    born = _values.moment(_values.mapping(node.cluster.raw_node.get("metadata")).get("creationTimestamp"))
    if not taint or born is None or (node.captured_at - born).total_seconds() < INITIALIZED_WITHIN:
        return
    given = node.command_line.flag("cloud-provider")
    flag = (_quote.flag(given),) if given else ()
    since = _quote.age((node.captured_at - born).total_seconds())
    text = f"the taint {UNINITIALIZED} is still there {since} after the node was registered"
    yield Hit(text, (Evidence("cluster", taint, "spec.taints"), *flag))


@cause(
    "identity/k3s-node-password",
    title="the k3s or RKE2 server does not accept this agent",
    effect=Effect.DOWN,
    explains=("symptom/*", "service/start-limit-hit"),
    healthy="The agent's token is the server's, and /etc/rancher/node/password is the one it first registered with.",
    see="*Node password rejected, duplicate hostname or contents of '/etc/rancher/node/password' may not match ...*.",
    why=(
        "The machine was installed anew (with a new password) while the server still holds the secret of the old one;"
        " or the join token belongs to another server."
    ),
    remedy=Remedy(
        "`kubectl delete node NAME` (older releases: `kubectl -n kube-system delete secret NAME.node-password.k3s`, for"
        " RKE2 NAME.node-password.rke2), then restart the agent. With a foreign token, give it the right one.",
    ),
    apart={
        "identity/duplicate-hostname": "there a second, living machine has the name",
        "kubeconfig/bootstrap-token-expired": "that is kubeadm's way to join",
        "apiserver/join-server-unreachable": "there the server is not reached at all",
    },
    versions="k3s and RKE2",
    sources=("https://docs.k3s.io/architecture (How Agent Node Registration Works)",),
)
def k3s_node_password(node: Snapshot) -> Iterator[Hit]:
    """The agent of k3s or RKE2 says so now, and has not started its kubelet since."""
    said = _logs.current(node, "k3s-node-rejected", window=_api.RECENT, recovered="supervisor-runs-kubelet")
    if said is None or node.profile not in ("k3s", "rke2"):
        return
    text, remedy, unit = f"the server refuses this agent: {said.groups['what']}", None, node.kubelet.name
    if "password" not in said.groups["what"]:
        text = f"the server does not accept this agent's token{_supervisor.token_place(node)}: {said.groups['what']}"
        remedy = Remedy(
            f"Give it the server's own token ({_layout.row(node).data}/server/node-token there), then `systemctl"
            f" restart {unit.removesuffix('.service')}`. The token of a cluster that was installed anew is another one."
        )
    yield Hit(text, (_quote.log(said),), remedy=remedy)


@cause(
    "identity/eks-role-not-mapped",
    title="the node's IAM role has no rights in the cluster",
    effect=Effect.DOWN,
    explains=REJECTED,
    healthy="The role of the instance profile has an access entry of type EC2_LINUX, or stands in aws-auth.",
    see="*Unable to register node with API server ... Unauthorized* on a node that gets its token from `aws eks`.",
    why="The aws-auth ConfigMap was overwritten, the access entry deleted, or the instance got another role.",
    remedy=Remedy(
        "Restore the access entry (`aws eks create-access-entry --type EC2_LINUX --principal-arn ROLE`) or the role in"
        " aws-auth with username system:node:{{EC2PrivateDNSName}}, groups system:bootstrappers and system:nodes."
    ),
    apart={
        "kubeconfig/exec-plugin-failed": "there no token is made at all: 'getting credentials: exec'",
        "certificate/client-wrong-issuer": "there the kubeconfig holds a client certificate",
    },
    versions="EKS",
    sources=("https://docs.aws.amazon.com/eks/latest/userguide/troubleshooting.html",),
)
def eks_role_not_mapped(node: Snapshot) -> Iterator[Hit]:
    """Tokens come from AWS, and the API server answers them with 401."""
    command = node.kubeconfig.exec_command
    if command is None or str(command.value).rpartition("/")[2] not in AWS:
        return
    talk = _api.conversation(node)
    if talk.works or talk.fault is not Fault.UNAUTHORIZED:
        return
    text = f"the API server answers the tokens of {command.value} ({command.place}) with 401"
    yield Hit(f"{text}: the role of this instance has no access", (_quote.field(command), *talk.evidence))
