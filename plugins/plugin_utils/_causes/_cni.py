# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the causes of the network layer share: where the CNI files are, and whether the network is reported ready."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from .._model.common import FileFact
from .._model.finding import Evidence
from .._model.snapshot import Snapshot
from .._signatures._load import signature
from . import _layout, _logs, _quote, _runtime

STILL = timedelta(seconds=60)  # the kubelet repeats it every 5 s for as long as it lasts
ENDINGS = (".conf", ".conflist", ".json")


def conf_dir(node: Snapshot) -> str:
    """Directory in which the runtime looks for CNI configurations: its own setting, or the distribution's place."""
    found = _cni_option(node, "conf_dir") or _crio_option(node, "network_dir")
    return str(found or _layout.row(node).cni_configurations).rstrip("/")


def bin_dirs(node: Snapshot) -> list[str]:
    """Directories in which the runtime looks for CNI plugins."""
    found = _cni_option(node, "bin_dirs") or _cni_option(node, "bin_dir") or _crio_option(node, "plugin_dirs")
    names = found if isinstance(found, list) else [found] if found else [_layout.row(node).cni_plugins]
    return [str(name).rstrip("/") for name in names]


def _cni_option(node: Snapshot, name: str) -> Any:
    """An option of containerd's cni table, of either configuration version."""
    plugins = _runtime.containerd_config(node).get("plugins")
    if not isinstance(plugins, dict):
        return None
    for plugin in ("io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri"):
        table = plugins.get(plugin)
        cni = table.get("cni") if isinstance(table, dict) else None
        if isinstance(cni, dict) and name in cni:
            return cni[name]
    return None


def _crio_option(node: Snapshot, name: str) -> Any:
    """An option of CRI-O's network table."""
    return _runtime.crio_config(node).get("network", {}).get(name)


def configurations(node: Snapshot, directory: str) -> list[FileFact]:
    """CNI configuration files of a directory, in the order in which the runtime tries them."""
    fact = node.file(directory)
    names = set(fact.entries or ())
    prefix = directory + "/"
    names |= {path[len(prefix) :] for path in node.files if path.startswith(prefix) and not node.file(path).absent}
    return [node.file(prefix + name) for name in sorted(names) if name.endswith(ENDINGS) and "/" not in name]


def listed(node: Snapshot, directory: str) -> bool:
    """True when the evidence says what is in the directory, or that it does not exist."""
    fact = node.file(directory)
    return fact.absent or fact.entries is not None or any(p.startswith(directory + "/") for p in node.files)


def present_plugins(node: Snapshot) -> set[str]:
    """Names of the plugins that the runtime's directories hold."""
    return {name for directory in bin_dirs(node) for name in node.file(directory).entries or ()}


def parse(fact: FileFact) -> tuple[dict[str, Any], str]:
    """A configuration and what is wrong with it (empty when it is usable)."""
    if fact.size == 0 or not (fact.content or "").strip():
        return {}, "the file is empty" if fact.size == 0 else ""
    try:
        data = json.loads(fact.content or "")
    except (ValueError, RecursionError) as error:
        return {}, f"not valid JSON: {error}"[:120]
    if not isinstance(data, dict):
        return {}, "not a JSON object"
    if not data.get("name"):
        return data, "no name"
    if fact.path.endswith(".conflist"):
        plugins = data.get("plugins")
        if not isinstance(plugins, list) or not plugins:
            return data, "no plugins"
        return data, "" if all(isinstance(p, dict) and p.get("type") for p in plugins) else "a plugin without type"
    return data, "" if data.get("type") else "no type (a list belongs into a .conflist file)"


def plugin_types(data: dict[str, Any]) -> list[str]:
    """Names of the plugins that a configuration calls."""
    plugins = data.get("plugins", [data])
    return (
        [str(p["type"]) for p in plugins if isinstance(p, dict) and p.get("type")] if isinstance(plugins, list) else []
    )


def not_ready(node: Snapshot) -> tuple[Evidence, ...]:
    """What says that the network is not ready now: the Ready condition, or the kubelet's log; empty otherwise."""
    ready = node.cluster.ready
    if ready is not None and ready.status == "True":
        return ()
    if ready is not None and ready.status == "False" and _names_network(ready.message):
        return (_quote.condition(ready),)
    said = _logs.current(node, "network-not-ready", window=STILL)
    settled = node.kubelet.main_start_at is None or (node.captured_at - node.kubelet.main_start_at).total_seconds() > 60
    repeated = said is not None and said.pattern.count > 1
    told = ready is not None and ready.status != "Unknown"
    return (_quote.log(said),) if said and repeated and settled and not told else ()


def uninitialized(node: Snapshot) -> bool:
    """True when the runtime says that it has loaded no configuration; it may also be that a plugin is not ready."""
    ready = node.cluster.ready
    if ready is not None and ready.status == "False":
        return signature("network-not-ready").regex.search(ready.message) is not None
    return bool(not_ready(node))


def _names_network(message: str) -> bool:
    return "cni plugin not initialized" in message or "NetworkPluginNotReady" in message or "CNI config" in message
