# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kubelet listens on: healthz on 10248, its own API with its serving certificate on 10250."""

from __future__ import annotations

import http.server
import socketserver
import ssl
import threading
from http import HTTPStatus


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    open_paths = ("/healthz",)

    def do_GET(self) -> None:
        if self.path.split("?")[0] in self.open_paths:
            self._answer(HTTPStatus.OK, "ok")
        else:
            self._answer(HTTPStatus.NOT_FOUND, "404 page not found\n")

    def _answer(self, status: HTTPStatus, text: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def version_string(self) -> str:
        return "kubelet"

    def log_message(self, *_arguments: object) -> None:
        """The kubelet does not log requests at its default verbosity."""


class _ApiHandler(_Handler):
    """Anonymous requests are refused, as with authentication.anonymous.enabled: false."""

    def do_GET(self) -> None:
        self._answer(HTTPStatus.UNAUTHORIZED, "Unauthorized")


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def server_bind(self) -> None:
        """Bind without asking DNS for the name of this host, which may take long and is not used."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, *_arguments: object) -> None:
        """A client that breaks its connection is no event of ours."""


def healthz(address: str, port: int) -> None:
    """Serve /healthz. Raises OSError when the port is taken."""
    _start(_Server((address, port), _Handler))


def kubelet_api(port: int, certificate: str, key: str) -> None:
    """Serve the kubelet's API with TLS. Raises OSError when the port is taken."""
    server = _Server(("0.0.0.0", port), _ApiHandler)  # noqa: S104 -- as the kubelet does
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    _start(server)


def _start(server: _Server) -> None:
    threading.Thread(target=server.serve_forever, daemon=True).start()
