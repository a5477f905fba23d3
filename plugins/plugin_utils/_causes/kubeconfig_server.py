# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kubeconfig says of the server and of how to log in there: address, scheme, bootstrap token, plugin."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote, _written
from ._api import REJECTED, SYMPTOMS, Conversation, Fault
from ._endpoint import other_endpoints, stale_endpoint, wrong_endpoint
from .apiserver_reach import diverting_proxy


@cause(
    "kubeconfig/wrong-server",
    title="the kubeconfig names a wrong API server address",
    effect=Effect.DOWN,
    explains=(*SYMPTOMS, "certificate/rotation-overdue"),
    compares=("kubeconfig.server",),
    healthy="clusters[].cluster.server of the kubeconfig is the address at which the cluster's API server listens.",
    see=(
        "The kubelet runs, but every request fails in the same way (connection refused, no such host, timeout); other"
        " nodes and kubectl are fine, and this node turns NotReady (Unknown)."
    ),
    why="A typo in host or port, an address that moved, or a kubeconfig copied from another cluster.",
    remedy=Remedy(
        "Correct the server in the kubeconfig to the address that other nodes use, then `systemctl restart kubelet`.",
        "set-kubeconfig-server",
        "needs-approval",
    ),
    apart={
        "apiserver/connection-refused": (
            "there the address is the right one: the same file has worked, or the control plane answers nobody"
        ),
        "apiserver/dns-failure": "there the name is right and the resolver is not",
        "certificate/apiserver-san-mismatch": "there the address is the API server's, and its certificate lacks it",
    },
    sources=("kubernetes staging/src/k8s.io/client-go/tools/clientcmd",),
)
def wrong_server(node: Snapshot) -> Iterator[Hit]:
    """The endpoint does not answer, and something says that another one would; or a running kubelet still uses an
    address that the file no longer has."""
    talk, server = _api.conversation(node), node.kubeconfig.server
    stale = stale_endpoint(node, talk)
    if stale and server is not None:
        yield Hit(
            f"the running kubelet still calls {stale}, which it read at its start; {server.place} now says"
            f" {server.value}: restart the kubelet",
            (_quote.field(server), *talk.evidence),
            remedy=Remedy("`systemctl restart kubelet`", "restart-kubelet", "needs-approval"),
        )
        return
    reason = wrong_endpoint(node, talk)
    if not reason or server is None:
        return
    known = other_endpoints(node)
    better = f"; {known[0].place} has {known[0].endpoint}" if known else ""
    yield Hit(
        f"{server.place} server: {server.value} is wrong{_state(talk)}: {reason}{better}",
        (_quote.field(server), *talk.evidence, *(Evidence("file", o.endpoint, o.place) for o in known[:2])),
        talk.effect,
        _corrected(node, known[0].endpoint if known else ""),
    )


def _state(talk: Conversation) -> str:
    return "" if talk.fault in (Fault.NONE, Fault.PATH) else f" ({talk.fault.value})"


def _corrected(node: Snapshot, endpoint: str) -> Remedy | None:
    if not endpoint:
        return None
    text = f"In {node.kubeconfig.path} set server to https://{endpoint} if that is the cluster's address, then"
    return Remedy(f"{text} `systemctl restart kubelet`.", "set-kubeconfig-server", "needs-approval")


@cause(
    "kubeconfig/http-scheme",
    title="http and https are mixed up between the kubeconfig and the API endpoint",
    effect=Effect.DOWN,
    gate=12,
    explains=_api.START,
    compares=("kubeconfig.server",),
    healthy="The server begins with https:// and the endpoint speaks TLS.",
    see=(
        "*server gave HTTP response to HTTPS client*; with an http:// server the kubelet ends at each start in *unable"
        " to load bootstrap kubeconfig*."
    ),
    why="The scheme was edited, or a load balancer's listener speaks plain HTTP.",
    remedy=Remedy(
        "Set the scheme of the server in the kubeconfig to https, or repair the load balancer's listener, then"
        " `systemctl restart kubelet`.",
        "set-kubeconfig-server",
        "needs-approval",
    ),
    apart={"apiserver/proxy-env": "an HTTP proxy on the way answers in plain HTTP as well"},
    sources=("Go net/http",),
)
def http_scheme(node: Snapshot) -> Iterator[Hit]:
    """The server is an http:// URL and the kubelet does not work, or the endpoint answers TLS with plain text."""
    server, talk = node.kubeconfig.server, _api.conversation(node)
    if server is None or (talk.works and not _written.kubeconfig_newer_than_process(node)):
        return
    if node.kubeconfig.scheme == "http":
        later = ": the next start of the kubelet fails" if talk.works else ""
        text = f"{server.place} server: {server.value} is not https{later}"
        yield Hit(text, (_quote.field(server), *talk.evidence), talk.effect)
    elif talk.fault is Fault.NOT_TLS and not wrong_endpoint(node, talk) and not diverting_proxy(node, talk):
        text = f"{_api.endpoint(node)} answers in plain HTTP, and {server.place} calls it with https"
        yield Hit(text, (_quote.field(server), *talk.evidence), talk.effect)


@cause(
    "kubeconfig/bootstrap-token-expired",
    title="the bootstrap token is not accepted",
    effect=Effect.DOWN,
    explains=(*REJECTED, "symptom/bootstrap-umbrella", "symptom/ready-false", "certificate/client-csr-not-approved"),
    healthy="A node that joins has a bootstrap kubeconfig with a token that the cluster still knows.",
    see="*cannot create certificate signing request: Unauthorized*, and no kubelet-client-current.pem.",
    why="Tokens of kubeadm live 24 hours; images and scaling scripts with a token inside fail after that.",
    remedy=Remedy("On a control-plane node `kubeadm token create --print-join-command`, and join with its output."),
    apart={
        "certificate/client-wrong-issuer": "there a client certificate exists and is refused",
        "certificate/client-csr-not-approved": "there the request was accepted and waits",
        "identity/k3s-node-password": "that is the way in which k3s and RKE2 agents join",
    },
    sources=("kubernetes pkg/kubelet/certificate/bootstrap/bootstrap.go",),
)
def bootstrap_token_expired(node: Snapshot) -> Iterator[Hit]:
    """A bootstrap is going on (no client certificate yet) and its request was answered with 401."""
    bootstrap = node.bootstrap_kubeconfig
    match = _logs.current(node, "bootstrap-unauthorized", window=None)
    if match is None or not bootstrap.file.exists or node.certificate("client").leaf is not None:
        return
    evidence = (_quote.log(match), _quote.file(bootstrap.file, "bootstrap kubeconfig"))
    yield Hit(f"the API server refuses the bootstrap token of {bootstrap.path}: Unauthorized", evidence)


@cause(
    "kubeconfig/exec-plugin-failed",
    title="the credential plugin of the kubeconfig fails",
    effect=Effect.DOWN,
    explains=SYMPTOMS,
    healthy="The command under users[].user.exec of the kubeconfig prints a credential.",
    see="*getting credentials: exec: executable ... failed* in every request.",
    why="The plugin's binary is gone, or it cannot reach the cloud's metadata service or lacks a role.",
    remedy=Remedy("Run the command of users[].user.exec as root by hand and repair what it complains about."),
    apart={
        "identity/eks-role-not-mapped": "there the plugin succeeds and the API server answers Unauthorized",
        "system/exec-denied": "there the programs of pods and CNI may not be executed either",
    },
    sources=("kubernetes staging/src/k8s.io/client-go/plugin/pkg/client/auth/exec",),
)
def exec_plugin_failed(node: Snapshot) -> Iterator[Hit]:
    """The kubelet's requests fail on the plugin, or its binary is absent."""
    command = node.kubeconfig.exec_command
    talk = _api.conversation(node)
    if talk.said is not None and talk.said_fault is Fault.PLUGIN and not talk.works:
        where = (_quote.field(command),) if command else ()
        yield Hit(f"credential plugin fails: {talk.said.groups['reason'][:150]}", (_quote.log(talk.said), *where))
    elif command is not None and isinstance(command.value, str) and node.file(command.value).absent:
        evidence = (_quote.field(command, "does not exist"),)
        yield Hit(f"{command.place} credential plugin {command.value} does not exist", evidence, _effect(node))


def _effect(node: Snapshot) -> Effect:
    return Effect.RISK if _api.works(node) else Effect.DOWN
