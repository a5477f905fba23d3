# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kubectl asks before it asks for anything: which groups and resources there are."""

from __future__ import annotations

from typing import Any

NAMESPACED = {"leases", "configmaps", "events", "services", "pods"}
GROUPS = {
    "": ["configmaps", "events", "namespaces", "nodes", "pods", "services"],
    "certificates.k8s.io": ["certificatesigningrequests"],
    "coordination.k8s.io": ["leases"],
    "node.k8s.io": ["runtimeclasses"],
    "storage.k8s.io": ["csidrivers", "csinodes"],
}
SHORT_NAMES = {"configmaps": ["cm"], "nodes": ["no"], "certificatesigningrequests": ["csr"]}


def answer(path: str, kinds: dict[str, str]) -> dict[str, Any] | None:
    """The discovery document at a path, None when the path is none. `kinds` maps resources to their kinds."""
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in GROUPS if name]}
    for name, resources in GROUPS.items():
        version = f"{name}/v1" if name else "v1"
        if path == (f"/apis/{version}" if name else "/api/v1"):
            listed = [_resource(resource, kinds[resource]) for resource in resources]
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": listed}
    return None


def _group(name: str) -> dict[str, Any]:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resource(name: str, kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "singularName": kind.lower(),
        "namespaced": name in NAMESPACED,
        "kind": kind,
        "verbs": ["create", "delete", "get", "list", "patch", "update"],
        "shortNames": SHORT_NAMES.get(name, []),
    }
