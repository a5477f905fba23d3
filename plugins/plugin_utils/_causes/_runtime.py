# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the causes of the runtime layer share: the endpoint in use, the unit behind it, what its log says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ...module_utils import _profiles
from .._model.common import Field
from .._model.finding import Evidence
from .._model.journal import Match
from .._model.service import Unit
from .._model.snapshot import Snapshot
from . import _layout, _logs, _quote

DEFAULT_ENDPOINT = "unix:///run/containerd/containerd.sock"  # the kubelet's own default
# Socket -> its unit without the suffix; of two names for one, the first of the table is the common one.
SOCKETS = {
    known.socket: known.unit.removesuffix(".service")
    for known in reversed(_profiles.RUNTIMES)
    if known.word != "dockershim"
}


@dataclass(frozen=True)
class Endpoint:
    """The runtime's endpoint: its URL, the socket path (empty when it is no Unix socket), and where it is set."""

    url: str
    path: str
    setting: Field | None


def endpoint(node: Snapshot) -> Endpoint:
    """The endpoint that the kubelet uses: flag, field, or its default (a supervisor around it gives another one)."""
    found = node.setting("containerRuntimeEndpoint", "container-runtime-endpoint")
    row = _layout.row(node)
    usual = f"unix://{row.runtime_socket}" if row.embeds_kubelet else DEFAULT_ENDPOINT
    url = found.value if found is not None and isinstance(found.value, str) and found.value else usual
    path = url.removeprefix("unix://") if url.startswith(("unix://", "/")) else ""
    return Endpoint(url, path.replace("/var/run/", "/run/"), found if found and found.value else None)


def quoted(point: Endpoint) -> tuple[Evidence, ...]:
    """Where the endpoint is set, if it is set at all."""
    return (_quote.field(point.setting),) if point.setting else ()


def place(point: Endpoint) -> str:
    """' (file:line)' of the endpoint, or nothing."""
    return f" ({point.setting.place})" if point.setting else ""


def serves(unit: Unit, point: Endpoint) -> bool:
    """True when a unit by its name is the one behind the endpoint."""
    name = unit.name.removesuffix(".service")
    wanted = next((service for socket, service in SOCKETS.items() if socket == point.path), "")
    return name.startswith(wanted) if wanted else any(part in point.path for part in (name, name.replace("-", "")))


def dial_error(node: Snapshot) -> Match | None:
    """The kubelet cannot reach the socket, now."""
    return _logs.current(node, "runtime-dial-failed")


def runtime_said(node: Snapshot, name: str) -> Match | None:
    """Newest match of a signature in the runtime's own journal, from its newest start."""
    return next((m for m in _logs.matches(node.runtime_log, name) if m.pattern.newest), None)


def supervised_end(node: Snapshot) -> Match | None:
    """What the kubelet's unit says of the end of the runtime that it runs itself (K3s, RKE2), if it ended now."""
    return _logs.current(node, "supervised-runtime-ended", window=None) if node.runtime is None else None


def uses_crio(node: Snapshot) -> bool:
    """True when the node's runtime is CRI-O."""
    return node.runtime is not None and node.runtime.name.startswith(("crio", "cri-o"))


def config_path(node: Snapshot) -> str:
    """Path of the runtime's main configuration file, where the distribution has it."""
    return _layout.row(node).runtime_config


def containerd_config(node: Snapshot) -> dict[str, Any]:
    """containerd's main configuration file; empty when it was not read, is not TOML, or another runtime is in use. Do
    not change it."""
    return {} if uses_crio(node) else _toml(node.file(config_path(node)).content or "")


def crio_config(node: Snapshot) -> dict[str, Any]:
    """CRI-O's table ``crio``: crio.conf, over which the files of crio.conf.d go in the order of their names."""
    found: dict[str, Any] = {}
    drop_ins = sorted(path for path in node.files if path.startswith("/etc/crio/crio.conf.d/"))
    for path in ("/etc/crio/crio.conf", *drop_ins) if uses_crio(node) else ():
        tables = _toml(node.file(path).content or "").get("crio")
        for name, table in tables.items() if isinstance(tables, dict) else ():
            if isinstance(table, dict):
                found[name] = {**found.get(name, {}), **table}
    return found


@lru_cache(maxsize=16)
def _toml(text: str) -> dict[str, Any]:
    """Parsed once for all causes that ask."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def runtime_version(node: Snapshot) -> tuple[int, int] | None:
    """(major, minor) of containerd or CRI-O, or None."""
    for word in node.host.runtime_version.replace("v", " ").split():
        digits = word.split("+")[0].split("-")[0].split(".")
        if len(digits) >= 2 and digits[0].isdigit() and digits[1].isdigit():
            return int(digits[0]), int(digits[1])
    return None
