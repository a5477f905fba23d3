# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the control plane says of all nodes, asked with kubectl on a host that may: a fixed number of calls."""

from __future__ import annotations

import functools
import json
import os
import posixpath
import time
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _redact, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import parallel, published

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

KUBECONFIGS = (
    "/etc/kubernetes/admin.conf",
    "~/.kube/config",
    "/etc/rancher/k3s/k3s.yaml",
    "/etc/rancher/rke2/rke2.yaml",
    "/var/snap/microk8s/current/credentials/client.config",
)
_PATHS = {
    "nodes": "/api/v1/nodes",
    "leases": "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
    "csrs": "/apis/certificates.k8s.io/v1/certificatesigningrequests",
    "version": "/version",
    **published.PATHS,
}
_KUBELET_SIGNERS = ("kubernetes.io/kube-apiserver-client-kubelet", "kubernetes.io/kubelet-serving")
_MAX_CSRS = 100
_MAX_ANSWER_BYTES = 128 * 1024 * 1024

Object = t.Dict[str, t.Any]  # noqa: UP006 - evaluated at run time, also by Python 3.9


def collect(host: Host, kubectl: str, kubeconfig: str | None, seconds: float) -> Object:
    """`{"nodes": {name: Node}, "leases": {name: Lease}, "csrs": [...], "version": text, "published": {...}}`, or
    `{"error": sentence}`.

    Objects are as the API gives them, without what says nothing about a node's health (images, managed fields).
    `published` is what the control plane expects of nodes: the pieces of `published.py`, and the API server's version.
    What could not be read besides the nodes is named in `unread`: {"leases" | "csrs" | "version" | piece: reason}.
    """
    path = kubeconfig or default_kubeconfig(host)
    if path is None:
        return {"error": "no kubeconfig was found: " + ", ".join(("$KUBECONFIG", *KUBECONFIGS))}
    tasks = {name: functools.partial(_get, host, kubectl, path, raw, seconds) for name, raw in _PATHS.items()}
    outcomes = parallel.run_all(tasks, seconds + 2.0)
    answers: dict[str, Object] = {}
    errors: dict[str, str] = {}
    for name, outcome in outcomes.items():
        if outcome.failure is not None:
            raise outcome.failure
        answer, error = outcome.value if outcome.finished else ({}, f"no answer in {seconds:.0f} s")
        if error:
            errors[name] = error
        else:
            answers[name] = answer
    if "nodes" in errors:
        return {"error": errors["nodes"]}
    pieces, unusable = published.pieces(answers)
    version = answers.get("version", {}).get("gitVersion")
    return {
        "nodes": {_name(item): _compact_node(item) for item in _items(answers, "nodes")},
        "leases": {_name(item): _compact(item) for item in _items(answers, "leases")},
        "csrs": _requests(_items(answers, "csrs")),
        "version": version,
        "published": {**pieces, "version": version},
        "unread": {**errors, **unusable},
    }


def wait_until_ready(host: Host, kubectl: str, kubeconfig: str | None, node: str, since: str, seconds: float) -> None:
    """Come back when the node is Ready and its lease was renewed after ``since``, at the latest after ``seconds``.

    ``since`` is a time by the node's clock, ISO 8601 in UTC, as leases have it; empty asks for any lease. It keeps out
    a Ready that is left from before. What cannot be read is asked again: the API server may just be starting.
    """
    path, end = kubeconfig or default_kubeconfig(host), time.monotonic() + seconds
    while path is not None and time.monotonic() < end:
        found, _why_not = _get(host, kubectl, path, f"{_PATHS['nodes']}/{node}", min(seconds, 5.0))
        lease, _why_not = _get(host, kubectl, path, f"{_PATHS['leases']}/{node}", min(seconds, 5.0))
        conditions = (found.get("status") or {}).get("conditions") or []
        ready = any(item.get("type") == "Ready" and item.get("status") == "True" for item in conditions)
        if ready and str((lease.get("spec") or {}).get("renewTime") or "") > since:
            return
        time.sleep(1.0)


def default_kubeconfig(host: Host) -> str | None:
    """The first kubeconfig of an administrator that exists."""
    home = os.environ.get("HOME", "/root")
    own = [path for path in os.environ.get("KUBECONFIG", "").split(":") if path]
    candidates = own + [posixpath.join(home, path[2:]) if path[0] == "~" else path for path in KUBECONFIGS]
    return next((path for path in candidates if host.exists(path)), None)


def _get(host: Host, kubectl: str, kubeconfig: str, path: str, seconds: float) -> tuple[Object, str]:
    """The object at a path of the API, or one sentence why there is none."""
    argv = [kubectl, f"--kubeconfig={kubeconfig}", f"--request-timeout={seconds:.0f}s", "get", "--raw", path]
    result = host.run(argv, timeout=seconds + 1.0, max_bytes=_MAX_ANSWER_BYTES)
    if result.status == _schema.ABSENT:
        return {}, f"there is no {kubectl} on this host"
    if result.status != _schema.OK:
        return {}, f"kubectl get --raw {path}: {result.status} after {result.seconds:.0f} s"
    if result.exit_code != 0:
        lines = [line.strip() for line in result.err.splitlines() if line.strip()] or ["failed without a reason"]
        return {}, _redact.redact(f"kubectl get --raw {path}: {lines[-1]}"[:500])
    try:
        answer = json.loads(result.out)
    except ValueError as exc:
        return {}, f"kubectl get --raw {path}: the answer is not JSON ({exc})"
    return (answer, "") if isinstance(answer, dict) else ({}, f"kubectl get --raw {path}: the answer is no object")


def _items(answers: t.Mapping[str, Object], name: str) -> list[Object]:
    items = answers.get(name, {}).get("items") or []
    return [item for item in items if isinstance(item, dict)]


def _name(item: Object) -> str:
    return str(item.get("metadata", {}).get("name", ""))


def _compact(item: Object) -> Object:
    metadata = {key: value for key, value in item.get("metadata", {}).items() if key != "managedFields"}
    return {**item, "metadata": metadata}


def _compact_node(item: Object) -> Object:
    status = {
        key: value
        for key, value in (item.get("status") or {}).items()
        if key not in ("images", "volumesInUse", "volumesAttached")
    }
    return {**_compact(item), "status": status}


def _requests(items: list[Object]) -> list[Object]:
    """The newest certificate requests of kubelets."""
    own = [item for item in items if item.get("spec", {}).get("signerName") in _KUBELET_SIGNERS]
    own.sort(key=lambda item: str(item.get("metadata", {}).get("creationTimestamp", "")))
    return [_compact(item) for item in own[-_MAX_CSRS:]]
