# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an endpoint that does not answer is the wrong one, or the right one that is down.

Only facts decide: the control plane answers others, the file was written after the control plane last heard from the
node, another endpoint is known here. Without them the address is taken to be right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._interpret import x509
from .._model.snapshot import Snapshot
from . import _logs
from ._api import (
    Conversation,
    Fault,
    endpoint,
    first_complaint,
)
from ._layout import generated_endpoint
from ._quote import iso
from ._trust import server_certificate_fault
from ._written import kubeconfig_has_worked, kubeconfig_newer_than_process, written_by_bootstrap

NOT_THERE = (Fault.DNS, Fault.REFUSED, Fault.TIMEOUT, Fault.NO_ROUTE, Fault.SILENT, Fault.NOT_TLS)
_SERVER_LINE = re.compile(r"^[ \t]*server:[ \t]*[\"']?https?://([^\s\"'/]+)", re.MULTILINE)
_REQUEST = re.compile(r"https?://([^/\"\s]+)/apis?/")


@dataclass(frozen=True)
class Endpoint:
    """An API endpoint (host:port) that something else on this node names, and where."""

    endpoint: str
    place: str


def other_endpoints(node: Snapshot) -> list[Endpoint]:
    """Endpoints other than the kubeconfig's: of the bootstrap kubeconfig, of other kubeconfigs that were read, and
    of requests that an earlier kubelet made."""
    own, found = endpoint(node), dict[str, str]()
    mine = {node.kubeconfig.path, node.kubeconfig.file.resolves}
    bootstrap = node.bootstrap_kubeconfig
    if bootstrap.server is not None and bootstrap.host:
        found[f"{bootstrap.host}:{bootstrap.port or 443}"] = str(bootstrap.server.place)
    for path, fact in node.files.items():
        if path.endswith(".conf") and path not in mine and fact.content and "server:" in fact.content:
            for match in _SERVER_LINE.finditer(fact.content):
                found.setdefault(_with_port(match.group(1)), path)
    for pattern in node.log.recent_first:
        request = None if pattern.newest else _REQUEST.search(pattern.text)
        if request:
            found.setdefault(_with_port(request.group(1)), f"journal of {iso(pattern.last_at)}")
    return [Endpoint(name, place) for name, place in found.items() if name != own]


def wrong_endpoint(node: Snapshot, talk: Conversation) -> str:
    """Why the kubeconfig's endpoint is the wrong one, in a few words; empty when nothing says so."""
    if _under_a_path(node, talk):
        return "the API server serves nothing under its path"
    if generated_endpoint(node) or (talk.fault not in NOT_THERE and not _another_server(node, talk)):
        return ""
    if talk.works:
        late = "it was changed after the kubelet started, which still works with the old one; the next start fails"
        return late if kubeconfig_newer_than_process(node) else ""
    worked = kubeconfig_has_worked(node)
    if node.cluster.asked and node.cluster.node_found is None:
        return ""
    if node.cluster.node_found is not None:
        if worked or (worked is None and node.cluster.node_found):
            return ""
        return "the control plane answers others, and has not heard from this node since the file was written"
    if _written_lately(node) and other_endpoints(node):
        return f"the file was written {iso(node.kubeconfig.file.mtime)}, and other files here name another endpoint"
    if _written_lately(node) and _fails_since(node):
        return f"requests fail since the file was written ({iso(node.kubeconfig.file.mtime)}), and none did before"
    return ""


def stale_endpoint(node: Snapshot, talk: Conversation) -> str:
    """The endpoint that the running kubelet calls in vain, when the kubeconfig no longer has it; else empty."""
    if talk.works or talk.said is None or not kubeconfig_newer_than_process(node):
        return ""
    called = _with_port(talk.said.groups.get("endpoint", ""))
    return called if called and endpoint(node) and called != endpoint(node) else ""


def _under_a_path(node: Snapshot, talk: Conversation) -> bool:
    """True when the server's URL has a path, the endpoint is well, and the kubelet's requests find nothing there."""
    server = node.kubeconfig.server
    if talk.works or server is None or not node.kubeconfig.host or not urlsplit(server.value).path.strip("/"):
        return False
    lost = _logs.current(node, "api-unknown-resource") is not None
    return talk.fault is Fault.PATH or (talk.fault is Fault.NONE and lost)


def _another_server(node: Snapshot, talk: Conversation) -> bool:
    """True when something answers in TLS that the cluster's CA did not sign, while the kubeconfig's CA is proven right:
    it signed this node's own certificate."""
    if talk.fault is not Fault.TLS or server_certificate_fault(node) != "unknown-authority":
        return False
    own, authorities = node.certificate("client").certificates, node.certificate("server-ca").certificates
    return x509.trusted(own, authorities) is True


def _written_lately(node: Snapshot) -> bool:
    """True when somebody wrote the kubeconfig within the time that the journal covers."""
    written, oldest = node.kubeconfig.file.mtime, node.log.oldest_at
    lately = written is not None and oldest is not None and written >= oldest
    return lately and not written_by_bootstrap(node)


def _fails_since(node: Snapshot) -> bool:
    """True when an earlier kubelet logged no failed request, and the first one came after the file was written."""
    first, written = first_complaint(node), node.kubeconfig.file.mtime
    earlier = any(written is not None and start.first_at < written for start in node.log.starts)
    return earlier and first is not None and written is not None and first >= written


def _with_port(name: str) -> str:
    return name if not name or re.search(r":\d+$", name) else f"{name}:443"
