# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection to the API server over mutual TLS, with Go's wording for everything that can go wrong."""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import socket
import ssl
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import plugin, x509
from .kubeconfig import Client
from .logs import go_quote
from .plugin import PluginError

CONNECT_SECONDS = 10
EXPIRED, NOT_YET_VALID, HOST_MISMATCH, ADDRESS_MISMATCH = 10, 9, 62, 64  # OpenSSL's X509_V_ERR_*


class ApiError(Exception):
    """A request failed. `code` is the HTTP status, 0 when no answer came."""

    def __init__(self, text: str, code: int = 0) -> None:
        super().__init__(text)
        self.code = code

    @property
    def refused(self) -> bool:
        return str(self).endswith("connect: connection refused")


class Api:
    """One API server as one identity. Each thread keeps its own connection."""

    def __init__(self, client: Client, root: Path) -> None:
        self.client = client
        self.root = root
        parts = urlsplit(client.server)
        self.host = parts.hostname or ""
        self.port = parts.port or 443
        self._local = threading.local()
        self._token = client.token

    def request(self, method: str, path: str, body: Any = None, seconds: float = 60, content_type: str = "json") -> Any:
        """Send one request and decode the answer. Raises ApiError with the text client-go would give."""
        verb = f'{method.capitalize()} "{self.client.server}{path}": '
        try:
            self._find_token()
        except PluginError as error:
            raise ApiError(f"{verb}getting credentials: {error}") from error
        try:
            status, answer = self._exchange(method, path, body, seconds, content_type)
        except (OSError, http.client.HTTPException) as error:
            text = verb + self._explain(error)
            self._drop()
            raise ApiError(text) from error
        if status >= 400:
            raise ApiError(_status_text(status, answer), status)
        return answer

    def _find_token(self) -> None:
        """Ask the credential plugin, where there is one, until it has given a token."""
        if self.client.plugin and not self._token:
            self._token = plugin.token(self.client.plugin)

    def _exchange(self, method: str, path: str, body: Any, seconds: float, content_type: str) -> tuple[int, Any]:
        connection = self._connection()
        if connection.sock:
            connection.sock.settimeout(seconds)
        headers = {"Accept": "application/json", "User-Agent": "kubelet"}
        if body is not None:
            headers["Content-Type"] = f"application/{content_type}"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        data = response.read()
        try:
            return response.status, json.loads(data) if data else {}
        except ValueError:
            return response.status, {"message": data.decode(errors="replace")}

    def _connection(self) -> http.client.HTTPConnection:
        connection = getattr(self._local, "connection", None)
        if connection is None or not _alive(connection.sock):
            self._drop()
            connection = self._connect()
            self._local.connection = connection
        return connection

    def _connect(self) -> http.client.HTTPSConnection:
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=CONNECT_SECONDS, context=self._context())
        connection.connect()
        return connection

    def _drop(self) -> None:
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local.connection = None

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.client.ca:
            context.load_verify_locations(cadata=self.client.ca)
        else:
            context.load_default_certs()
        if self.client.certificate:
            x509.load_pair(context, self.client.certificate, self.client.key)
        return context

    def _explain(self, error: Exception) -> str:
        """What Go's net and crypto/tls packages would say about this failure."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return "tls: failed to verify certificate: x509: " + self._explain_certificate(error)
        if isinstance(error, socket.gaierror):
            return self._explain_lookup(error)
        if isinstance(error, socket.timeout):
            connection = getattr(self._local, "connection", None)
            if connection is not None:
                return "context deadline exceeded"
            return "net/http: TLS handshake timeout" if self._accepts() else f"dial tcp {self._address()}: i/o timeout"
        if isinstance(error, ConnectionRefusedError):
            return f"dial tcp {self._address()}: connect: connection refused"
        if isinstance(error, (ssl.SSLError, ConnectionResetError, BrokenPipeError, http.client.HTTPException)):
            text = str(error)
            return "http: server gave HTTP response to HTTPS client" if "WRONG_VERSION_NUMBER" in text else "EOF"
        problem = {113: "no route to host", 101: "network is unreachable"}.get(
            getattr(error, "errno", 0) or 0, str(error).lower()
        )
        return f"dial tcp {self._address()}: connect: {problem}"

    def _explain_lookup(self, error: socket.gaierror) -> str:
        found = re.search(r"^nameserver\s+(\S+)", _read(self.root / "etc/resolv.conf"), re.MULTILINE)
        server = found.group(1) if found else "127.0.0.1"
        reason = "server misbehaving" if error.errno == socket.EAI_AGAIN else "no such host"
        return f"dial tcp: lookup {self.host} on {server}:53: {reason}"

    def _explain_certificate(self, error: ssl.SSLCertVerificationError) -> str:
        now = datetime.now(timezone.utc)
        peer = self._peer_certificate()
        if error.verify_code in (EXPIRED, NOT_YET_VALID):
            start, end = x509.validity(peer)
            side, limit = ("after", end) if now > end else ("before", start)
            stamp = "%Y-%m-%dT%H:%M:%SZ"
            return (
                f"certificate has expired or is not yet valid: current time {now.strftime(stamp)} "
                f"is {side} {limit.strftime(stamp)}"
            )
        if error.verify_code in (HOST_MISMATCH, ADDRESS_MISMATCH):
            dns, addresses = x509.names(peer)
            valid = addresses if _is_address(self.host) else dns
            return f"certificate is valid for {', '.join(valid)}, not {self.host}"
        candidate = next(
            (
                name
                for name in map(x509.common_name, x509.certificates(self.client.ca))
                if name == x509.common_name(peer, "issuer")
            ),
            None,
        )
        if candidate is None:
            return "certificate signed by unknown authority"
        return (
            'certificate signed by unknown authority (possibly because of "crypto/rsa: verification error" '
            f"while trying to verify candidate authority certificate {go_quote(candidate)})"
        )

    def _peer_certificate(self) -> str:
        return ssl.get_server_certificate((self.host, self.port))

    def _accepts(self) -> bool:
        try:
            socket.create_connection((self.host, self.port), timeout=2).close()
        except OSError:
            return False
        return True

    def _address(self) -> str:
        try:
            address = socket.getaddrinfo(self.host, self.port, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
        except OSError:
            address = self.host
        return f"{address}:{self.port}"


def _alive(sock: Any) -> bool:
    """Whether an idle connection is still open: a closed one is readable and gives nothing."""
    if sock is None:
        return False
    sock.settimeout(0)
    try:
        return bool(sock.recv(1))
    except (ssl.SSLWantReadError, BlockingIOError):
        return True
    except OSError:
        return False
    finally:
        sock.settimeout(None)


def _status_text(status: int, answer: Any) -> str:
    if status == 401:
        return "Unauthorized"
    return (
        str(answer.get("message") or f"the server responded with the status code {status}")
        if isinstance(answer, dict)
        else ""
    )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
