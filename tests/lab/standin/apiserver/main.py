# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP in front of the store: paths, authentication, authorization, and the ways to misbehave."""

from __future__ import annotations

import http.server
import json
import re
import socketserver
import ssl
import sys
import threading
import time
from typing import Any

from lab.standin import _process

from . import authorize, discovery, identity, settings, supervisor
from .store import SIGNER, Store, approve, issue, requested_name

RESOURCE = re.compile(
    r"/(?:api/v1|apis/(?P<group>[^/]+)/v1)(?:/namespaces/(?P<namespace>[^/]+))?"
    r"/(?P<resource>[a-z]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>[a-z]+))?"
)
KINDS = {
    "nodes": "Node", "leases": "Lease", "certificatesigningrequests": "CertificateSigningRequest",
    "configmaps": "ConfigMap", "events": "Event", "services": "Service", "csidrivers": "CSIDriver",
    "runtimeclasses": "RuntimeClass", "pods": "Pod", "csinodes": "CSINode", "namespaces": "Namespace",
}  # fmt: skip
VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
NOT_READY = "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n"
TIMED_OUT = "Timeout: request did not complete within requested timeout - context deadline exceeded"
ETCD_TIMEOUT_SECONDS, ETCD_LIST_SECONDS = 34, 120  # how long requests hang while etcd is down
NAMED_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "AlreadyExists",
    504: "Timeout",
}


class _Refused(Exception):  # noqa: N818
    """The answer is a Status object of kind failure."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 -- names that http.server looks for

    def _serve(self) -> None:
        body = self._body()
        mode = settings.mode()
        try:
            user = self._user()
            joining = supervisor.answer(self.path, self.headers.get("Authorization") or "", bool(user.node))
            self._write(*(joining or self._route(user, mode, json.loads(body) if body else None)))
        except _Refused as refused:
            self._write(refused.code, _failure(refused.code, str(refused)))

    def _body(self) -> bytes:
        """What was sent; `kubectl create --raw` sends it in chunks, for it does not know how much it will be."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _user(self) -> identity.User:
        connection: ssl.SSLSocket = self.connection  # type: ignore[assignment]
        user = identity.authenticate(connection.getpeercert(binary_form=True), self.headers.get("Authorization") or "")
        if user is None:
            raise _Refused(401, "Unauthorized")
        return user

    def _route(self, user: identity.User, mode: str, body: Any) -> tuple[int, Any]:
        path, dummy, query = self.path.partition("?")
        if path in ("/readyz", "/livez", "/healthz"):
            return (500, NOT_READY) if mode == settings.UNAVAILABLE else (200, "ok")
        if mode == settings.UNAVAILABLE:
            raise _Refused(503, "the server is currently unable to handle the request")
        if path == "/version":
            major, minor = settings.VERSION[1:].split(".")[:2]
            return 200, {"major": major, "minor": minor, "gitVersion": settings.VERSION, "platform": "linux/amd64"}
        known = discovery.answer(path, KINDS)
        if known is not None:
            return 200, known
        match = RESOURCE.fullmatch(path)
        if match is None or match["resource"] not in KINDS:
            raise _Refused(404, "the server could not find the requested resource")
        action = _action(self.command, match, query, body)
        problem = authorize.refusal(user, action, mode != settings.NO_NODE_AUTHORIZER, match["sub"] or "")
        if problem:
            raise _Refused(403, problem)
        if mode == settings.ETCD_DOWN:
            time.sleep(ETCD_LIST_SECONDS if action.verb == "list" else ETCD_TIMEOUT_SECONDS)
            raise _Refused(504, TIMED_OUT)
        return self._act(user, action, match["sub"] or "", body)

    def _act(self, user: identity.User, action: authorize.Action, sub: str, body: Any) -> tuple[int, Any]:
        store, resource, namespace = self.server.store, action.resource, action.namespace
        if action.verb == "list":
            items = store.list(resource, namespace)
            if resource == "nodes" and action.name:
                items = [item for item in items if item["metadata"]["name"] == action.name]
            return 200, {
                "kind": f"{KINDS[resource]}List",
                "apiVersion": _version(action),
                "metadata": {},
                "items": items,
            }
        old = store.get(resource, namespace, action.name) if action.name else None
        if action.verb == "create":
            if old is not None:
                raise _Refused(409, f'{action.qualified} "{action.name}" already exists')
            return 201, self._create(user, action, body)
        if old is None:
            raise _Refused(404, f'{action.qualified} "{action.name}" not found')
        if action.verb == "get":
            return 200, old
        if action.verb == "delete":
            store.delete(resource, namespace, action.name)
            if resource == "nodes":
                # The lab deletes a node only to make its host anew.
                _forget_requests(store, action.name)
            return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        return 200, self._change(action, sub, old, body)

    def _create(self, user: identity.User, action: authorize.Action, body: dict[str, Any]) -> dict[str, Any]:
        body.setdefault("kind", KINDS[action.resource])
        body.setdefault("apiVersion", _version(action))
        if action.resource == "events":
            return body  # nobody reads them
        if action.resource == "certificatesigningrequests":
            wanted = f"system:node:{user.node}"
            if user.node and requested_name(body) != wanted:
                problem = f'"csr-" is forbidden: can only create a node CSR with CN={wanted}'
                raise _Refused(403, f"{action.qualified} {problem}")
            body["spec"].update(username=user.name, groups=[*user.groups, "system:authenticated"])
            automatic = user.node or "system:bootstrappers:kubeadm:default-node-token" in user.groups
            if automatic and body["spec"].get("signerName") == SIGNER:
                approve(body, "AutoApproved", "Auto approving kubelet client certificate after SubjectAccessReview.")
        if action.resource == "nodes":
            body.setdefault("spec", {})
        return self.server.store.put(action.resource, action.namespace, body)

    def _change(self, action: authorize.Action, sub: str, old: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        if action.verb == "patch":
            _merge(old, body)
            new = old
        elif sub:
            new = {**old, "status": body.get("status", {})}
        else:
            new = {**old, **body, "metadata": {**old["metadata"], **body.get("metadata", {})}}
        if action.resource == "certificatesigningrequests":
            issue(new)
        return self.server.store.put(action.resource, action.namespace, new)

    def _write(self, code: int, answer: Any) -> None:
        data = answer.encode() if isinstance(answer, str) else json.dumps(answer, separators=(",", ":")).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        """Requests are not logged."""


def _action(method: str, match: re.Match[str], query: str, body: Any) -> authorize.Action:
    name, verb = match["name"] or "", VERBS[method]
    if method == "GET" and not name:
        verb = "list"
        selected = re.search(r"metadata\.name(?:%3D|=)([\w.-]+)", query)
        name = selected.group(1) if selected else ""
    if method == "POST" and isinstance(body, dict):
        name = body.get("metadata", {}).get("name", "")
    return authorize.Action(verb, match["resource"], match["group"] or "", match["namespace"] or "", name)


def _version(action: authorize.Action) -> str:
    return f"{action.group}/v1" if action.group else "v1"


def _forget_requests(store: Store, node: str) -> None:
    """Remove the certificate requests for a node's name."""
    for request in store.list("certificatesigningrequests"):
        if requested_name(request) == f"system:node:{node}":
            store.delete("certificatesigningrequests", "", request["metadata"]["name"])


def _failure(code: int, message: str) -> dict[str, Any]:
    reason = NAMED_REASONS.get(code, "InternalError")
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


def _merge(target: dict[str, Any], patch: dict[str, Any]) -> None:
    """A merge patch, with lists replaced; enough for what the stand-in kubelet sends."""
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        elif value is None:
            target.pop(key, None)
        else:
            target[key] = value


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256
    store: Store

    def server_bind(self) -> None:
        """Bind without asking DNS for the name of this host, which may take long and is not used."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, *_arguments: object) -> None:
        """A client that breaks its connection is no event of ours."""


def main() -> None:
    """Run as kube-apiserver until SIGTERM."""
    _process.exit_on_sigterm()
    _process.impersonate(sys.argv[0], sys.argv[1:])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*settings.certificate())
    identity.accept_any_certificate(context)
    store = Store()
    server = _listening(settings.PORT, store, context)
    if str(settings.ROOT) == "/":
        threading.Thread(target=_listening(supervisor.PORT, store, context).serve_forever, daemon=True).start()
    threading.Thread(target=_control, args=(store,), daemon=True).start()
    _process.notify_ready()
    sys.stderr.write(f"Serving securely on [::]:{settings.PORT}\n")
    server.serve_forever()


def _listening(port: int, store: Store, context: ssl.SSLContext) -> _Server:
    server = _Server(("0.0.0.0", port), _Handler)  # noqa: S104 -- as the real one does
    server.store = store
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return server


def _control(store: Store) -> None:
    while True:
        store.watch_nodes()
        store.save()
        time.sleep(1)
