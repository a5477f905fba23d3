# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Probes from the node: name, connection, TLS, HTTP with the node's own client certificate, and the runtime's socket.

Each probe runs in its own thread with its own time limit. Server certificates are not verified here: what the server
shows is evidence, and the controller judges it.
"""

from __future__ import annotations

import functools
import socket
import ssl
import time
import typing as t
from dataclasses import dataclass

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import http, parallel
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.identity import ClientPair, client_context
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import status_of

RESOLVE_SECONDS = 4.0
CONNECT_SECONDS = 3.0
HTTP_SECONDS = 5.0
SOCKET_SECONDS = 2.0
_MAX_ADDRESSES = 3

# Start of an HTTP/2 connection (RFC 9113, 3.4) with empty SETTINGS: what every gRPC server answers at once.
_HTTP2_HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"

Probe = t.Dict[str, t.Any]  # noqa: UP006 - evaluated at run time, also by Python 3.9


@dataclass(frozen=True)
class Targets:
    """What is probed: API servers as (host, port), the node's name and client certificate, the healthz address, and
    the runtime's socket. None or empty: not probed."""

    servers: t.Sequence[tuple[str, int]] = ()
    node_name: str = ""
    client: ClientPair | None = None
    healthz: tuple[str, int] | None = None
    runtime_socket: str | None = None


def collect(targets: Targets, seconds: float) -> list[Probe]:
    """All probes; one that has not ended within the time limit has status timeout."""
    local: dict[str, t.Callable[[], list[Probe]]] = {}
    if targets.healthz is not None:
        local["healthz"] = functools.partial(_probe_healthz, *targets.healthz)
    if targets.runtime_socket is not None:
        local["unix"] = functools.partial(_probe_socket, targets.runtime_socket)
    for number, (name, port) in enumerate(targets.servers):
        local[f"server {number}"] = functools.partial(_probe_server, targets, name, port, seconds)
    outcomes = parallel.run_all(local, seconds)
    found: list[Probe] = []
    for name in sorted(outcomes, key=lambda key: not key.startswith("server")):
        failure = outcomes[name].failure
        if failure is not None:
            raise failure
        found.extend(outcomes[name].value or [])
    return found


def _probe_server(targets: Targets, name: str, port: int, seconds: float) -> list[Probe]:
    resolve = {"probe": "resolve", "name": name}
    resolved = _finish(resolve, parallel.run_all({"resolve": lambda: _resolve(name)}, RESOLVE_SECONDS)["resolve"])
    probes = [resolved]
    tls, readyz = {"probe": "tls", "host": name, "port": port}, _http_probe(name, port, "/readyz", None)
    own = _http_probe(name, port, f"/api/v1/nodes/{targets.node_name}", targets.client)
    if resolved["status"] != _schema.OK:
        failed = {"status": resolved["status"], "error": resolved["error"], "seconds": resolved["seconds"]}
        return [*probes, {**tls, **failed}, {**readyz, **failed}, *([{**own, **failed}] if targets.client else [])]
    addresses: list[str] = resolved["addresses"][:_MAX_ADDRESSES]
    connect = {"probe": "connect", "host": name, "address": addresses[0], "port": port}
    tasks: dict[str, t.Callable[[], Probe]] = {
        "connect": lambda: _connect(addresses, port),
        "tls": lambda: _handshake(addresses, port, name),
        "readyz": lambda: http.get(addresses, port, "/readyz", _unverified(), HTTP_SECONDS, name),
    }
    bases = {"connect": connect, "tls": tls, "readyz": readyz}
    client = targets.client
    if client is not None:
        bases["own"] = own
        tasks["own"] = lambda: http.get(
            addresses, port, f"/api/v1/nodes/{targets.node_name}", client_context(client), HTTP_SECONDS, name
        )
    outcomes = parallel.run_all(tasks, max(0.1, seconds - resolved["seconds"] - 0.2))
    return [*probes, *(_finish(bases[key], outcomes[key]) for key in bases)]


def _http_probe(name: str, port: int, path: str, client: ClientPair | None) -> Probe:
    url = f"https://{_bracketed(name)}:{port}{path}"
    return {"probe": "http", "url": url, "client_certificate": client.source if client else None}


def _probe_healthz(host: str, port: int) -> list[Probe]:
    base = {"probe": "http", "url": f"http://{_bracketed(host)}:{port}/healthz", "client_certificate": None}
    ask = functools.partial(http.get, [host], port, "/healthz", None, HTTP_SECONDS)
    return [_finish(base, parallel.run_all({"ask": ask}, HTTP_SECONDS + 1.0)["ask"])]


def _probe_socket(path: str) -> list[Probe]:
    ask = functools.partial(_ask_socket, path)
    return [_finish({"probe": "unix", "path": path}, parallel.run_all({"ask": ask}, SOCKET_SECONDS + 1.0)["ask"])]


def _finish(base: Probe, outcome: parallel.Outcome) -> Probe:
    """The probe with its answer, or with the status that its failure stands for."""
    seconds = round(outcome.seconds, 4)
    if not outcome.finished:
        return {**base, "status": _schema.TIMEOUT, "error": f"no answer in {seconds:.0f} s", "seconds": seconds}
    if outcome.failure is None:
        return {**base, "status": _schema.OK, "seconds": seconds, **outcome.value}
    if not isinstance(outcome.failure, OSError):
        raise outcome.failure
    return {**base, "status": _status(outcome.failure), "error": str(outcome.failure), "seconds": seconds}


def _status(exc: OSError) -> str:
    if isinstance(exc, socket.gaierror):
        return _schema.UNRESOLVED
    if isinstance(exc, ConnectionRefusedError):
        return _schema.REFUSED
    # Before Python 3.10 a socket's timeout is a class of its own.
    return _schema.TIMEOUT if isinstance(exc, socket.timeout) else status_of(exc)


def _resolve(name: str) -> Probe:
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return {"addresses": list(dict.fromkeys(str(entry[4][0]) for entry in found))}


def _connect(addresses: t.Sequence[str], port: int) -> Probe:
    with http.dial(addresses, port, CONNECT_SECONDS) as connection:
        return {"address": str(connection.getpeername()[0])}


def _handshake(addresses: t.Sequence[str], port: int, name: str) -> Probe:
    plain = http.dial(addresses, port, CONNECT_SECONDS)
    with plain, _unverified().wrap_socket(plain, server_hostname=name) as secured:
        certificate = secured.getpeercert(binary_form=True)
        pem = ssl.DER_cert_to_PEM_cert(certificate) if certificate else None
        return {"version": secured.version(), "peer_certificate": pem}


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ask_socket(path: str) -> Probe:
    """Connects to a Unix socket and says the first words of gRPC: a hung server accepts and never answers."""
    started = time.monotonic()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(SOCKET_SECONDS)
        client.connect(path)
        try:
            client.sendall(_HTTP2_HELLO)
            answer = client.recv(64)
        except socket.timeout:
            error = f"accepted the connection, no answer in {time.monotonic() - started:.0f} s"
            return {"status": _schema.TIMEOUT, "connected": True, "answered": False, "error": error}
        except ConnectionError as exc:
            return {"status": _schema.ERROR, "connected": True, "answered": False, "error": str(exc)}
    if not answer:
        error = "accepted the connection and closed it without an answer"
        return {"status": _schema.ERROR, "connected": True, "answered": False, "error": error}
    return {"connected": True, "answered": True}


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
