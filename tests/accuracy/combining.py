# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several faults at once: a second fault that is independent of the first one and does not contradict its evidence.

A start that stops early hides what comes later, so a fault of a later stage may be added to files and states without
a line in the log. Faults of the same or an earlier stage would have changed the log, and are not added.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from accuracy._bundles import CONFIG, KUBECONFIG, SHOW, Bundle, edit_json, properties, put, with_properties
from corpus._score import Expected

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE

GATES = {cause.id: cause.gate for cause in CATALOGUE}
STOPPED = {
    "ActiveState": "inactive",
    "SubState": "dead",
    "MainPID": "0",
    "InactiveEnterTimestamp": "Mon 2026-11-23 20:55:00 UTC",
}
GIB = 1024**3


@dataclass(frozen=True)
class Fault:
    """A fault to add: the cause it is, the stage of the start it belongs to, what it does, where it can be added."""

    cause: str
    gate: int
    add: Callable[[Bundle], Bundle]
    fits: Callable[[Bundle], bool]
    also: tuple[str, ...] = ()  # ids that are as right
    verdicts: tuple[str, ...] = ("down",)


def _wrong_client_ca(bundle: Bundle) -> Bundle:
    path = "/etc/kubernetes/pki/gone/ca.crt"
    text = bundle[f"files{CONFIG}"].replace("/etc/kubernetes/pki/ca.crt", path)
    return put(put(bundle, CONFIG, text), path, None)


def _wrong_port(bundle: Bundle) -> Bundle:
    text = bundle[f"files{KUBECONFIG}"].replace(":6443", ":6553")

    def refused(probes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            _refused(probe) if ":6443" in json.dumps(probe) or probe.get("port") == 6443 else probe for probe in probes
        ]

    def later(listed: dict[str, Any]) -> dict[str, Any]:
        listed[KUBECONFIG]["mtime"] = (_last_heard(bundle) + timedelta(seconds=2)).isoformat()
        return listed

    return edit_json(edit_json(put(bundle, KUBECONFIG, text), "files.json", later), "probes.json", refused)


def _last_heard(bundle: Bundle) -> datetime:
    """When the control plane last heard from this node."""
    cluster = json.loads(bundle["cluster.json"])
    times = [c["lastHeartbeatTime"] for c in cluster["node"]["status"]["conditions"]]
    lease = (cluster.get("lease") or {}).get("spec", {}).get("renewTime")
    return max(datetime.fromisoformat(time) for time in [*times, *([lease] if lease else [])])


def _refused(probe: dict[str, Any]) -> dict[str, Any]:
    kept = {key: probe[key] for key in ("probe", "host", "address", "client_certificate") if key in probe}
    target = {"url": probe["url"].replace(":6443", ":6553")} if "url" in probe else {"port": 6553}
    return {**kept, **target, "status": "refused", "error": "[Errno 111] Connection refused", "seconds": 0.001}


def _runtime_stopped(bundle: Bundle) -> Bundle:
    def absent(probes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        error = {"status": "absent", "error": "[Errno 2] No such file or directory"}
        return [{**probe, **error} if probe["probe"] == "unix" else probe for probe in probes]

    changed = edit_json(with_properties(bundle, "containerd.service", **STOPPED), "probes.json", absent)

    def inactive(state: dict[str, Any]) -> dict[str, Any]:
        return {**state, "containerd.service": {**state["containerd.service"], "active": "inactive"}}

    return edit_json(changed, "systemd/state.json", inactive)


def _disk_full(bundle: Bundle) -> Bundle:
    def full(host: dict[str, Any]) -> dict[str, Any]:
        for entry in host["filesystems"]:
            if entry["path"] == "/var/log":
                entry.update(size_bytes=20 * GIB, available_bytes=0)
        return host

    return edit_json(bundle, "host.json", full)


def _disk_pressure(bundle: Bundle) -> Bundle:
    def pressed(cluster: dict[str, Any]) -> dict[str, Any]:
        for condition in cluster["node"]["status"]["conditions"]:
            if condition["type"] == "DiskPressure":
                condition.update(status="True", reason="KubeletHasDiskPressure", message="kubelet has disk pressure")
        return cluster

    return edit_json(bundle, "cluster.json", pressed)


def _read_only(bundle: Bundle) -> Bundle:
    def protected(host: dict[str, Any]) -> dict[str, Any]:
        for entry in host["filesystems"]:
            if entry["path"] == "/var/lib/containerd":
                entry["read_only"] = True
        return host

    return edit_json(bundle, "host.json", protected)


def _has(path: str, word: str) -> Callable[[Bundle], bool]:
    return lambda bundle: word in bundle.get(f"files{path}", "")


def _runtime_runs(bundle: Bundle) -> bool:
    return properties(bundle, "containerd.service").get("SubState") == "running" and "probes.json" in bundle


def _node_known(bundle: Bundle) -> bool:
    node = json.loads(bundle.get("cluster.json", "{}")).get("node") or {}
    return any(
        c["type"] == "DiskPressure" and c["status"] == "False" for c in node.get("status", {}).get("conditions", ())
    )


def _has_file_systems(bundle: Bundle) -> bool:
    return '"/var/log"' in bundle.get("host.json", "")


def _wrong_port_fits(bundle: Bundle) -> bool:
    cluster = json.loads(bundle.get("cluster.json", "{}"))
    return (
        _has(KUBECONFIG, "https://controlplane:6443")(bundle) and bool(cluster.get("node")) and "probes.json" in bundle
    )


FAULTS = {
    "client-ca-path": Fault(
        "certificate/client-ca-file-missing",
        13,
        _wrong_client_ca,
        _has(CONFIG, "clientCAFile: /etc/kubernetes/pki/ca.crt"),
    ),
    "api-port": Fault(
        "kubeconfig/wrong-server", 21, _wrong_port, _wrong_port_fits, also=("apiserver/connection-refused",)
    ),
    "runtime-stopped": Fault("runtime/service-down", 14, _runtime_stopped, _runtime_runs),
    "disk-full": Fault("resource/disk-full", 99, _disk_full, _has_file_systems, verdicts=("degraded", "down")),
    "disk-pressure": Fault("resource/disk-pressure", 99, _disk_pressure, _node_known, verdicts=("degraded", "down")),
    "read-only": Fault(
        "resource/readonly-filesystem", 99, _read_only, _has_file_systems, verdicts=("degraded", "down")
    ),
}
NEEDS_FAILING_START = ("client-ca-path", "api-port")


def _configured(bundle: Bundle, expected: Expected) -> bool:
    """True when the unit says which configuration the kubelet uses, and that file can be read."""
    unreadable = any(root.startswith("config/") and GATES[root] == 4 for ids in expected.roots for root in ids)
    return "$KUBELET_CONFIG_ARGS" in bundle.get(SHOW.format("kubelet.service"), "") and not unreadable


def combined(bundle: Bundle, expected: Expected, name: str) -> tuple[Bundle, Expected] | None:
    """A bundle with a fault added, and what is true of it then; None where the two do not go together."""
    fault = FAULTS[name]
    if any(root.partition("/")[0] == fault.cause.partition("/")[0] for ids in expected.roots for root in ids):
        return None
    gates = [gate for ids in expected.roots for root in ids if (gate := GATES.get(root)) is not None]
    stopped = min(gates, default=None)
    runs = properties(bundle, "kubelet.service").get("SubState") == "running"
    if name in NEEDS_FAILING_START and (stopped is None or runs or not _configured(bundle, expected)):
        return None
    if (stopped is not None and stopped >= fault.gate) or not fault.fits(bundle):
        return None
    down = expected.verdicts == {"down"}
    changed = replace(
        expected,
        roots=(*expected.roots, frozenset((fault.cause, *fault.also))),
        verdicts=expected.verdicts if down else frozenset(fault.verdicts),
    )
    return fault.add(bundle), changed
