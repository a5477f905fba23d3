# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of the node: changed after the join, used by two machines, or not a name at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from .._interpret import _values
from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote
from ._api import REJECTED
from ._machine import booted_at, registers_as
from ._trust import client_in_use
from .certificate_identity import denied_user

NODE_USER = "system:node:"
SUBDOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
CONFLICTS = 6  # a single conflict is optimistic locking, which is retried at once
SETTLED = timedelta(minutes=2)


@cause(
    "identity/hostname-changed",
    title="the host was renamed after it joined",
    effect=Effect.DOWN,
    explains=(
        *REJECTED,
        "certificate/client-cn-mismatch",
        "certificate/client-csr-not-approved",
        "certificate/rotation-overdue",
        "apiserver/node-object-deleted",
        "apiserver/rbac-missing",
    ),
    healthy="The host name (or --hostname-override) is the name in the client certificate and of the Node object.",
    see="403 answers that name two nodes; the old Node goes NotReady and none with the new name appears.",
    why=(
        "hostnamectl, cloud-init (preserve_hostname: false), DHCP or a template changed the name, often from the short"
        " one to the fully qualified one. A certificate is good for one node name only."
    ),
    remedy=Remedy(
        "Set the old name back (`hostnamectl set-hostname OLD`, preserve_hostname: true in /etc/cloud/cloud.cfg) or pin"
        " it with --hostname-override, then `systemctl restart kubelet`. To rename a node, remove it and join again.",
    ),
    apart={
        "certificate/client-cn-mismatch": "there nothing says that this host ever had the certificate's name",
        "identity/duplicate-hostname": "there two machines use one name",
        "identity/hostname-invalid": "there the new name cannot be a node's name at all",
    },
    sources=(
        "kubernetes staging/src/k8s.io/component-helpers/node/util/hostname.go",
        "kubernetes plugin/pkg/admission/noderestriction/admission.go",
    ),
)
def hostname_changed(node: Snapshot) -> Iterator[Hit]:
    """The kubelet registers (next) under another name than its certificate's, which was this host's before."""
    new, old = registers_as(node), _certified_name(node)
    if not new or not old or new == old or _object_name(node) == new:
        return
    former = _former(node, old, new)
    if not former:
        return
    use, given = client_in_use(node), node.command_line.flag("hostname-override")
    by = _quote.flag(given) if given else _quote.host(f"hostname {node.host.hostname}", "hostname")
    certificate = (_quote.certificate(use),) if use.leaf else ()
    works = _api.works(node)
    text = f"this node joined as {old} and now calls itself {new}" + (f" ({given.place})" if given else "")
    text += ": the next start of the kubelet is refused" if works else ""
    yield Hit(
        text,
        (by, *certificate, *former, *denied_user(node)[1]),
        Effect.RISK if works else Effect.DOWN,
        Remedy(
            (f"Set --hostname-override={old}" if given else f"`hostnamectl set-hostname {old}`")
            + ", then `systemctl restart kubelet`. To keep the new name, remove the node and join again.",
        ),
    )


def _certified_name(node: Snapshot) -> str:
    """Name of the node that the client certificate is for, or that the API server takes this one for."""
    leaf = client_in_use(node).leaf
    name = leaf.common_name if leaf is not None else denied_user(node)[0]
    return name.removeprefix(NODE_USER) if name.startswith(NODE_USER) else ""


def _object_name(node: Snapshot) -> str:
    return _values.text(_values.mapping(node.cluster.raw_node.get("metadata")).get("name"))


def _former(node: Snapshot, old: str, new: str) -> tuple[Evidence, ...]:
    """What says that ``old`` was this host's name: its Node object, an earlier registration, /etc/hostname, /etc/hosts,
    the serving certificate that it made for itself (CN old@time), or that the two differ by a domain only."""
    found: list[Evidence] = []
    if _object_name(node) == old:
        found.append(Evidence("cluster", f"the Node object of this host is {old}", "metadata.name"))
    for match in _logs.matches(node.log, "node-name-used"):
        if match.groups["name"] == old:
            found.append(_quote.log(match))
            break
    for path in ("/etc/hostname", "/etc/hosts"):
        lines = (node.file(path).content or "").splitlines()
        number = next((n for n, line in enumerate(lines, 1) if _names_host(path, line, old, node)), 0)
        if number:
            found.append(Evidence("file", lines[number - 1].strip(), f"{path}:{number}"))
    serving = node.certificate("serving")
    if serving.leaf is not None and serving.leaf.common_name.partition("@")[0] == old:
        found.append(_quote.certificate(serving, "made by this host's kubelet at its first start"))
    if node.command_line.flag("hostname-override") and node.host.hostname.lower() == old:
        found.append(_quote.host(f"hostname {node.host.hostname}", "hostname"))
    if not found and (new.startswith(old + ".") or old.startswith(new + ".")):
        found.append(_quote.host(f"{old} and {new} differ by the domain only", "hostname"))
    return tuple(found)


def _names_host(path: str, line: str, name: str, node: Snapshot) -> bool:
    """True when a line of /etc/hostname, or one of /etc/hosts for an address of this host, has the name."""
    words = line.split("#", 1)[0].lower().split()
    if path == "/etc/hostname":
        return words == [name]
    local = bool(words) and (words[0].startswith("127.") or words[0] in (node.host.addresses or ()))
    return local and name in words[1:]


@cause(
    "identity/duplicate-hostname",
    title="another machine reports under this node's name",
    effect=Effect.DEGRADED,
    explains=("identity/k3s-node-password", "symptom/lease-failures", "symptom/node-status-update-failures"),
    healthy="One machine per Node object: its boot id is that of this host.",
    see="Addresses and boot id of the Node flip between two sets; lease updates conflict all the time.",
    why="A machine was cloned with its host name (and machine-id): two kubelets write one Node, and pods die in turn.",
    remedy=Remedy(
        "Find the other machine (`kubectl get node NAME -o wide` shows its address now and then), stop its kubelet,"
        " rename it, regenerate /etc/machine-id and join it again."
    ),
    apart={
        "identity/k3s-node-password": "the same text in k3s after one machine was installed anew",
        "identity/hostname-changed": "there one machine has two names",
    },
    sources=("kubernetes pkg/kubelet/nodestatus/setters.go", "kubernetes cmd/kubeadm/app/cmd/phases/join/kubelet.go"),
)
def duplicate_hostname(node: Snapshot) -> Iterator[Hit]:
    """The Node's status was written after this machine booted, with another machine's boot id and addresses; or
    endless conflicts over the lease."""
    reported, own = _reported_boot(node), str(node.host.raw.get("boot_id") or "")
    boot, ready = booted_at(node), node.cluster.ready
    here = set(node.host.addresses or node.cluster.addresses) & set(node.cluster.addresses)
    conflict = _logs.current(node, "lease-conflict")
    lines = (_quote.log(conflict),) if conflict else ()
    written = ready.heartbeat_at if ready is not None else None
    if reported and own and reported != own and not here and boot and written and written > boot + SETTLED:
        address = ", ".join(node.cluster.addresses[:3])
        text = f"the Node {node.node_name} was last written by another machine (addresses {address})"
        boots = Evidence("cluster", f"bootID {reported}", "status.nodeInfo")
        yield Hit(text, (boots, _quote.host(f"boot id {own}", "boot_id"), *lines))
        return
    if conflict is None or conflict.pattern.count < CONFLICTS:
        return
    seconds = (conflict.pattern.last_at - conflict.pattern.first_at).total_seconds()
    if seconds > 60 and conflict.pattern.count / seconds > 1 / 60:
        text = f"the lease of {node.node_name} was changed by somebody else {conflict.pattern.count} times"
        yield Hit(f"{text}: two kubelets may use one name", lines, Effect.RISK if _api.works(node) else None)


def _reported_boot(node: Snapshot) -> str:
    status = _values.mapping(node.cluster.raw_node.get("status"))
    return _values.text(_values.mapping(status.get("nodeInfo")).get("bootID"))


@cause(
    "identity/hostname-invalid",
    title="the host name cannot be the name of a node",
    effect=Effect.DOWN,
    gate=11,
    explains=(*REJECTED, "apiserver/node-object-deleted", "identity/hostname-changed"),
    healthy="The host name consists of letters, digits, '-' and '.'; each part begins and ends with a letter or digit.",
    see="*Node is invalid: metadata.name: Invalid value: a lowercase RFC 1123 subdomain must consist of ...*.",
    why="An underscore, a dot at the end, or no host name at all; upper case does not matter, the kubelet lowers it.",
    remedy=Remedy(
        "`hostnamectl set-hostname` a valid name (or set --hostname-override), then join the node under it.",
    ),
    apart={"identity/hostname-changed": "there the name is valid and another one than in the certificate"},
    sources=("kubernetes staging/src/k8s.io/component-helpers/node/util/hostname.go",),
)
def hostname_invalid(node: Snapshot) -> Iterator[Hit]:
    """The kubelet or the API server refused the name; or it cannot be valid and the node is not in the cluster."""
    said = _logs.current(node, "node-name-invalid", window=None if _logs.starting_fails(node) else _api.RECENT)
    name = registers_as(node)
    invalid = bool(name) and (len(name) > 253 or not SUBDOMAIN.fullmatch(name))
    outside = node.cluster.node_found is False or (node.cluster.node_found is None and not _api.works(node))
    if said is None and not (invalid and outside):
        return
    given = node.command_line.flag("hostname-override")
    shown = (said.groups.get("name") if said else "") or name
    where = f" ({given.place})" if given else ""
    what = f"{shown[:80]!r}{where} cannot be the name of a node" if shown else "this host has no name"
    by = (_quote.flag(given),) if given else (_quote.host(f"hostname {node.host.hostname}", "hostname"),)
    yield Hit(what, (*by, *((_quote.log(said),) if said else ())))
