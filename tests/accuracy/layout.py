# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same nodes laid out otherwise: other paths, names, ports, units, time zones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from accuracy._bundles import Bundle, edit_json, kubelet_unit, replace
from accuracy._reissue import reissue

_SHOWN_TIME = re.compile(r"(?<==)[A-Z][a-z]{2} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC$", re.MULTILINE)


def other_kubernetes_directory(bundle: Bundle) -> Bundle:
    """Everything of /etc/kubernetes under /opt/k8s/etc."""
    return replace(bundle, {"/etc/kubernetes": "/opt/k8s/etc"})


def other_kubelet_directory(bundle: Bundle) -> Bundle | None:
    """Everything of /var/lib/kubelet under /data/kubelet, with the flags that this takes."""
    if not any("$KUBELET_EXTRA_ARGS" in text for text in bundle.values()):
        return None
    flags = ["--root-dir=/data/kubelet", "--cert-dir=/data/kubelet/pki"]
    moved = replace(
        bundle,
        {"/var/lib/kubelet": "/data/kubelet", "$KUBELET_EXTRA_ARGS": f"$KUBELET_EXTRA_ARGS {' '.join(flags)}"},
    )

    def started(host: dict[str, Any]) -> dict[str, Any]:
        kubelet = host.get("kubelet") or {}
        if kubelet.get("cmdline"):
            kubelet["cmdline"] += flags
        return host

    return edit_json(moved, "host.json", started)


def other_unit_name(bundle: Bundle) -> Bundle:
    """A unit of another name."""
    unit = kubelet_unit(bundle)
    return replace(bundle, {unit: "node-agent.service", unit.removesuffix(".service") + ".conf.d": "kubelet.conf.d"})


def other_port(bundle: Bundle) -> Bundle:
    """An API endpoint on another port."""
    return replace(bundle, {":6443": ":8443", '"port": 6443': '"port": 8443'})


def other_names(bundle: Bundle) -> Bundle:
    """A node and an API endpoint of other names, in certificates too."""
    node = json.loads(bundle["bundle.json"])["node"]
    return reissue(bundle, {node: "ip-10-1-2-3.eu-west-1.compute.internal", "controlplane": "api.k8s.example"})


def _captured_at_offset(hours: float) -> Callable[[Bundle], Bundle]:
    def mutate(bundle: Bundle) -> Bundle:
        def change(manifest: dict[str, Any]) -> dict[str, Any]:
            at = datetime.fromisoformat(manifest["captured_at"])
            manifest["captured_at"] = at.astimezone(timezone(timedelta(hours=hours))).isoformat()
            return manifest

        return edit_json(bundle, "bundle.json", change)

    return mutate


east_of_utc = _captured_at_offset(5.5)
west_of_utc = _captured_at_offset(-8)


def local_times(bundle: Bundle) -> Bundle:
    """``systemctl show`` on a host in another time zone: an abbreviation that could be several zones."""

    def local(found: re.Match[str]) -> str:
        at = datetime.fromisoformat(found.group(1)) + timedelta(hours=8)
        return f"{at:%a %Y-%m-%d %H:%M:%S} CST"

    return {path: _SHOWN_TIME.sub(local, text) if path.endswith(".show") else text for path, text in bundle.items()}
