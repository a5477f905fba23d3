# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects, in memory and in one file, and the controllers that work on them."""

from __future__ import annotations

import base64
import copy
import json
import re
import subprocess
import tempfile
import threading
import time
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from . import settings

Key = tuple  # (resource, namespace, name)
SUSPECT = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Store:
    """Objects by resource, namespace and name. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._objects: dict[str, dict[str, Any]] = {}
        self._version = 1
        if settings.STATE.exists():
            saved = json.loads(settings.STATE.read_text())
            self._objects, self._version = saved["objects"], saved["version"]
        self._heard: dict[str, float] = {}  # node -> when its lease or status last changed, on our own clock
        for config_map in json.loads(settings.SEED.read_text()) if settings.SEED.exists() else []:
            self.put(
                "configmaps",
                config_map["metadata"]["namespace"],
                {"apiVersion": "v1", "kind": "ConfigMap", **config_map},
            )

    def get(self, resource: str, namespace: str, name: str) -> dict[str, Any] | None:
        with self._lock:
            return copy.deepcopy(self._objects.get(_key(resource, namespace, name)))

    def list(self, resource: str, namespace: str = "") -> list[dict[str, Any]]:
        prefix = f"{resource}/{namespace}/" if namespace else f"{resource}/"
        with self._lock:
            return [copy.deepcopy(value) for key, value in sorted(self._objects.items()) if key.startswith(prefix)]

    def put(self, resource: str, namespace: str, value: dict[str, Any]) -> dict[str, Any]:
        """Create or replace; fills in what a server fills in."""
        with self._lock:
            metadata = value.setdefault("metadata", {})
            if not metadata.get("name"):
                metadata["name"] = f"{metadata.get('generateName', '')}{uuid.uuid4().hex[:5]}"
            key = _key(resource, namespace, metadata["name"])
            old = self._objects.get(key, {}).get("metadata", {})
            self._version += 1
            metadata["uid"] = old.get("uid") or str(uuid.uuid4())
            metadata["creationTimestamp"] = old.get("creationTimestamp") or now()
            metadata["resourceVersion"] = str(self._version)
            self._objects[key] = value
            if resource in ("nodes", "leases"):
                self._heard[metadata["name"]] = time.monotonic()
            return copy.deepcopy(value)

    def delete(self, resource: str, namespace: str, name: str) -> dict[str, Any] | None:
        with self._lock:
            return self._objects.pop(_key(resource, namespace, name), None)

    def save(self) -> None:
        """Write the file, so that a restart keeps the cluster."""
        with self._lock:
            text = json.dumps({"version": self._version, "objects": self._objects})
        settings.STATE.parent.mkdir(parents=True, exist_ok=True)
        new = settings.STATE.with_suffix(".new")
        new.write_text(text)
        new.replace(settings.STATE)

    # ---- node lifecycle controller

    def watch_nodes(self) -> None:
        """Mark nodes Unknown that were not heard of for the grace period, and keep their taints."""
        with self._lock:
            for key, node in self._objects.items():
                if key.startswith("nodes/"):
                    name = node["metadata"]["name"]
                    heard = self._heard.setdefault(name, time.monotonic())
                    if time.monotonic() - heard > settings.GRACE_SECONDS:
                        _mark_unknown(node)
                    _taint(node)


def _key(resource: str, namespace: str, name: str) -> str:
    return f"{resource}/{namespace}/{name}"


def _mark_unknown(node: dict[str, Any]) -> None:
    for condition in node.get("status", {}).get("conditions", []):
        if condition["type"] in SUSPECT and condition["status"] != "Unknown":
            condition.update(
                status="Unknown", reason="NodeStatusUnknown", message="Kubelet stopped posting node status.",
                lastTransitionTime=now(),
            )  # fmt: skip


def _taint(node: dict[str, Any]) -> None:
    ready = next((c["status"] for c in node.get("status", {}).get("conditions", []) if c["type"] == "Ready"), "True")
    wanted = {"False": "node.kubernetes.io/not-ready", "Unknown": "node.kubernetes.io/unreachable"}.get(ready)
    spec = node.setdefault("spec", {})
    ours = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    taints = [taint for taint in spec.get("taints", []) if taint["key"] not in ours or taint["key"] == wanted]
    if wanted and not any(taint["key"] == wanted for taint in taints):
        taints += [{"key": wanted, "effect": effect, "timeAdded": now()} for effect in ("NoSchedule", "NoExecute")]
    spec["taints"] = taints
    if not taints:
        del spec["taints"]


def approve(request: dict[str, Any], reason: str, message: str) -> None:
    """Add the Approved condition and sign, as the controller manager does."""
    status = request.setdefault("status", {})
    moment = now()
    status.setdefault("conditions", []).append(
        {"type": "Approved", "status": "True", "reason": reason, "message": message,
         "lastUpdateTime": moment, "lastTransitionTime": moment}
    )  # fmt: skip
    issue(request)


def requested_name(request: dict[str, Any]) -> str:
    """The common name that a CertificateSigningRequest asks for."""
    csr = base64.b64decode(request["spec"]["request"])
    done = subprocess.run(
        ["openssl", "req", "-noout", "-subject", "-nameopt", "RFC2253"], input=csr, capture_output=True, check=False
    )
    found = re.search(r"CN=([^,\n]*)", done.stdout.decode(errors="replace"))
    return found.group(1) if found else ""


def issue(request: dict[str, Any]) -> None:
    """Put the signed certificate into the status of an approved request."""
    approved = any(c["type"] == "Approved" for c in request.get("status", {}).get("conditions", []))
    if not approved or request["status"].get("certificate"):
        return
    with tempfile.TemporaryDirectory(prefix="nodelab-csr-") as name:
        csr, extensions = Path(name, "csr"), Path(name, "extensions")
        csr.write_bytes(base64.b64decode(request["spec"]["request"]))
        extensions.write_text(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
        )
        done = subprocess.run(
            ["openssl", "x509", "-req", "-in", csr, "-CA", settings.CA, "-CAkey", settings.CA_KEY,
             "-set_serial", str(uuid.uuid4().int >> 1), "-days", "365", "-sha256", "-extfile", extensions],
            capture_output=True, check=False,
        )  # fmt: skip
    if done.returncode == 0:
        request["status"]["certificate"] = base64.b64encode(done.stdout).decode()
