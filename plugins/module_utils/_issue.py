# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has the cluster sign a kubelet's client certificate, with kubectl on a host that may, after looking at who asks.

The API: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _pkcs10, _redact, _schema

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"
USAGES = ["digital signature", "client auth"]
NODES = "/api/v1/nodes"
REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
_CALL_SECONDS = 15.0
_MAX_ANSWER_BYTES = 4 * 1024 * 1024

Object = t.Dict[str, t.Any]  # noqa: UP006 - evaluated at run time, also by Python 3.9


class NotIssuedError(Exception):
    """No certificate was issued; the message is one sentence that says why."""


@dataclass(frozen=True)
class Asked:
    """What a node asks for: the request (PEM), the node's name, the SHA-256 of the public key as the node reported it
    (DER SubjectPublicKeyInfo, hexadecimal), and names and addresses by which the host is known to who runs this."""

    request: str
    node: str
    public_key_sha256: str
    known_as: tuple[str, ...]


@dataclass(frozen=True)
class Cluster:
    """How the cluster is asked."""

    host: Host
    kubectl: str
    kubeconfig: str

    def get(self, path: str) -> Object | None:
        """The object at a path; None when there is none.

        :raises NotIssuedError: the API server cannot be asked
        """
        out, error = self._run(["get", "--raw", path])
        if error and "NotFound" in error:
            return None
        if error:
            raise NotIssuedError(error)
        try:
            answer = json.loads(out)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise NotIssuedError(f"kubectl get --raw {path}: the answer is no JSON object")
        return answer

    def act(self, argv: list[str], given: Object | None = None) -> None:
        """Runs kubectl with an object as its input.

        :raises NotIssuedError: it fails
        """
        dummy, error = self._run(argv, json.dumps(given).encode() if given else b"")
        if error:
            raise NotIssuedError(error)

    def _run(self, argv: list[str], data: bytes = b"") -> tuple[str, str]:
        """Its output, and in one sentence why it failed."""
        words = [self.kubectl, f"--kubeconfig={self.kubeconfig}", f"--request-timeout={_CALL_SECONDS:.0f}s", *argv]
        done = self.host.run(words, timeout=_CALL_SECONDS + 2.0, max_bytes=_MAX_ANSWER_BYTES, data=data)
        if done.status == _schema.ABSENT:
            return "", f"there is no {self.kubectl} on this host"
        if done.status == _schema.OK and done.exit_code == 0:
            return done.out, ""
        lines = [line.strip() for line in done.err.splitlines() if line.strip()] or [f"{done.status}, without a reason"]
        return "", _redact.redact(f"kubectl {' '.join(argv[:3])}: {lines[-1]}"[:500])


def issue(cluster: Cluster, asked: Asked, seconds: float) -> dict[str, str]:
    """The name of the CertificateSigningRequest, and the certificate (PEM).

    :param seconds: how long to wait for the signature
    :raises NotIssuedError: what is asked for is not what a kubelet's request is, the node is not the one that asks, or
        nobody signed; no request is left then
    """
    require_kubelets(asked.request, asked)
    _require_node(cluster, asked)
    name = f"{_schema.OWN_REQUESTS}{asked.node}"[:200].rstrip(".-") + f"-{asked.public_key_sha256[:16]}"
    path = f"{REQUESTS}/{name}"
    if cluster.get(path) is None:
        cluster.act(["create", "--raw", REQUESTS, "-f", "-"], _object(name, asked.request))
    try:
        return {"name": name, "certificate": _approve(cluster, path, asked, seconds)}
    except NotIssuedError:
        with contextlib.suppress(NotIssuedError):  # the reason above is the one to tell
            cluster.act(["delete", "--raw", path])
        raise


def _approve(cluster: Cluster, path: str, asked: Asked, seconds: float) -> str:
    stored = cluster.get(path) or {}
    _require_as_sent(stored, asked)
    if not _has(stored, "Approved"):
        # The very object that was looked at: its resourceVersion has the API server refuse if it changed since. Without
        # --validate=false an older kubectl (1.20, of Debian 12) reads the API server's whole schema for it.
        argv = ["replace", "--raw", f"{path}/approval", "--validate=false", "-f", "-"]
        cluster.act(argv, _approved(stored))
    return _signed(cluster, path, asked, seconds)


def require_kubelets(pem: str, asked: Asked) -> None:
    """Makes sure that a request is for this node's kubelet, for nothing else, and with the key that the node reported.

    :raises NotIssuedError: it is not
    """
    if not _pkcs10.NODE_NAME.fullmatch(asked.node):  # it becomes part of paths of the API
        raise NotIssuedError(f"{asked.node[:100]!r} is no name of a node")
    try:
        seen = _pkcs10.request(pem)
    except ValueError as exc:
        raise NotIssuedError(f"the certificate request cannot be read: {exc}") from exc
    wanted = {("O", "system:nodes"), ("CN", f"system:node:{asked.node}")}
    if len(seen.subject) != len(wanted) or set(seen.subject) != wanted:
        subject = ", ".join(f"{key}={value}" for key, value in seen.subject)
        raise NotIssuedError(f"the request is for {subject!r}, not for O=system:nodes, CN=system:node:{asked.node}")
    if seen.extensions:
        raise NotIssuedError("the request asks for alternative names or other extensions, which a kubelet's does not")
    if seen.public_key_sha256 != asked.public_key_sha256:
        raise NotIssuedError("the public key of the request is not the one that the node reported")


def _require_node(cluster: Cluster, asked: Asked) -> None:
    """The cluster has this node, and it is the host that asks: nobody gets a certificate by taking another's name."""
    node = cluster.get(f"{NODES}/{asked.node}")
    if node is None:
        raise NotIssuedError(f"the cluster has no node {asked.node}; a node that it does not know must join")
    entries = (node.get("status") or {}).get("addresses") or []
    own = {asked.node, *(str(entry.get("address")) for entry in entries if isinstance(entry, dict))}
    if not own & set(asked.known_as):
        addresses = ", ".join(sorted(own - {asked.node})) or "none"
        raise NotIssuedError(
            f"the node {asked.node} has the addresses {addresses}, and this host is known as"
            f" {', '.join(asked.known_as) or 'nothing'}; kubelet_node_name says which node it is"
        )


def _object(name: str, request: str) -> Object:
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
        "spec": {
            "request": base64.b64encode(request.encode("ascii")).decode("ascii"),
            "signerName": SIGNER,
            "usages": USAGES,
        },
    }


def _approved(stored: Object) -> Object:
    status = stored.get("status") or {}
    condition = {
        "type": "Approved",
        "status": "True",
        "reason": "NodeclinicRepair",
        "message": "Subject, usages, public key and node were checked; asked for by a repair of the node.",
    }
    return {**stored, "status": {**status, "conditions": [*(status.get("conditions") or []), condition]}}


def _require_as_sent(stored: Object, asked: Asked) -> None:
    """What would be approved is looked at as the API server has it, not as it was sent."""
    spec = stored.get("spec") or {}
    if spec.get("signerName") != SIGNER or sorted(spec.get("usages") or []) != sorted(USAGES):
        raise NotIssuedError("the API server has another request under that name (signer or usages differ)")
    if _has(stored, "Denied"):
        raise NotIssuedError("somebody denied the request")
    require_kubelets(_decoded(spec.get("request")), asked)


def _signed(cluster: Cluster, path: str, asked: Asked, seconds: float) -> str:
    end = time.monotonic() + seconds
    while True:
        stored = cluster.get(path) or {}
        _require_as_sent(stored, asked)
        certificate = _decoded((stored.get("status") or {}).get("certificate"))
        if certificate:
            return certificate
        if _has(stored, "Failed"):
            raise NotIssuedError("the signer refused the request")
        if time.monotonic() >= end:
            raise NotIssuedError(
                f"the request is approved, but nobody signed it in {seconds:.0f} s (kube-controller-manager)"
            )
        time.sleep(1.0)


def _has(stored: Object, condition: str) -> bool:
    conditions = (stored.get("status") or {}).get("conditions") or []
    return any(item.get("type") == condition for item in conditions if isinstance(item, dict))


def _decoded(value: t.Any) -> str:
    """The text of base64; empty when there is none."""
    try:
        return base64.b64decode(value, validate=True).decode("ascii") if isinstance(value, str) else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""
