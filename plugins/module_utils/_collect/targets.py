# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is probed from this node, told from its flags, configuration and kubeconfig."""

from __future__ import annotations

import re
import typing as t
from urllib.parse import urlsplit

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import discovery
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.identity import client_pair
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.probes import Targets

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.files import FileFacts
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.kubelet_files import Layout

_MAX_SERVERS = 2
_LOOPBACK = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - replaced, not bound


def find(facts: FileFacts, layout: Layout, row: _profiles.Profile, runtime: str | None, node_name: str) -> Targets:
    """Targets of the probes; `node_name` is the name of the Node object where flags do not say another."""
    names = layout.flags.get("hostname-override") or [node_name]
    return Targets(
        servers=[*_servers(facts, layout), *_joined(facts, row)],
        node_name=names[0].lower(),
        client=client_pair(facts, layout.kubeconfigs),
        healthz=_healthz(facts, layout),
        runtime_socket=_runtime_socket(facts, layout, row, runtime),
    )


def _servers(facts: FileFacts, layout: Layout) -> list[tuple[str, int]]:
    """API servers of the first kubeconfig that names any."""
    for path in layout.kubeconfigs:
        parsed = [_host_and_port(url) for url in discovery.field(facts.look(path), "server")]
        servers = list(dict.fromkeys(server for server in parsed if server is not None))
        if servers:
            return servers[:_MAX_SERVERS]
    return []


def _joined(facts: FileFacts, row: _profiles.Profile) -> list[tuple[str, int]]:
    """The server that a supervisor around the kubelet joins, behind its load balancer on this node."""
    if not row.server_variable:
        return []
    before = rf"(?:\b{row.server_variable}=[\"']?|--server[= ]|^server:[ \t]*[\"']?)"
    wanted = re.compile(rf"{before}(https?://[^\s\"']+)", re.MULTILINE)
    found = [_host_and_port(url) for text in facts.texts.values() for url in wanted.findall(text)]
    return [server for server in dict.fromkeys(found) if server is not None][:1]


def _host_and_port(url: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (host, port or (80 if parts.scheme == "http" else 443)) if host else None


def _setting(facts: FileFacts, layout: Layout, flag: str, name: str) -> str:
    """A setting as its flag gives it, else as the last configuration file that has it."""
    if layout.flags.get(flag):
        return layout.flags[flag][0]
    values = [value for path in layout.configs for value in discovery.field(facts.look(path), name) if value]
    return values[-1] if values else ""


def _healthz(facts: FileFacts, layout: Layout) -> tuple[str, int] | None:
    port = _setting(facts, layout, "healthz-port", "healthzPort") or str(_schema.HEALTHZ_PORT)
    if not port.isdigit() or not 0 < int(port) < 65536:
        return None
    address = _setting(facts, layout, "healthz-bind-address", "healthzBindAddress")
    return _LOOPBACK.get(address, address), int(port)


def _runtime_socket(facts: FileFacts, layout: Layout, row: _profiles.Profile, runtime: str | None) -> str | None:
    endpoint = _setting(facts, layout, discovery.ENDPOINT_FLAG, "containerRuntimeEndpoint")
    if endpoint:
        return discovery.socket_path(endpoint)
    return next((known.socket for known in _profiles.RUNTIMES if known.unit == runtime), row.runtime_socket)
