# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TCP load balancer on this node in front of the API servers: the one inside K3s and RKE2, nginx of kubespray,
traefik of MicroK8s.

All of them accept a connection first and call a server then, so that a client of theirs sees an API server that is down
as a connection that is cut, never as one that is refused.
"""

from __future__ import annotations

import contextlib
import re
import socket
import socketserver
import sys
import threading
import time
from pathlib import Path
from typing import Callable

from lab.standin import _process

Servers = Callable[[], "list[tuple[str, int]]"]
CONNECT_SECONDS = 3
NGINX = "/etc/nginx/nginx.conf"
STATIC_POD = Path("/etc/kubernetes/manifests/nginx-proxy.yml")


class _Handler(socketserver.BaseRequestHandler):
    server: Balancer

    def handle(self) -> None:
        for target in self.server.servers():
            with contextlib.suppress(OSError), socket.create_connection(target, CONNECT_SECONDS) as upstream:
                upstream.settimeout(None)
                self.server.open.append(self.request)
                threading.Thread(target=_copy, args=(upstream, self.request), daemon=True).start()
                _copy(self.request, upstream)
                return


class Balancer(socketserver.ThreadingTCPServer):
    """Listens on 127.0.0.1 at once; ``servers`` is asked anew for each connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, servers: Servers) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.servers = servers
        self.open: list[socket.socket] = []

    def start(self) -> None:
        """Serve in a thread."""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End as a process does: nobody listens, and every connection is cut."""
        self.shutdown()
        self.server_close()
        for client in self.open:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_arguments: object) -> None:
        """A client that breaks its connection is no event of ours."""


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes until one side ends."""
    with contextlib.suppress(OSError):
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
    for side in (source, target):
        with contextlib.suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)


def addresses(path: str, pattern: str) -> Servers:
    """Servers that a configuration file names, as host and port in the two groups of a pattern."""

    def read() -> list[tuple[str, int]]:
        with contextlib.suppress(OSError):
            return [(host, int(port)) for host, port in re.findall(pattern, Path(path).read_text(errors="replace"))]
        return []

    return read


def nginx() -> None:
    """What the kubelet would run of the static pod nginx-proxy: listen for as long as its manifest is there."""
    _process.exit_on_sigterm()
    _process.impersonate("nginx: master process nginx -g daemon off;", [], "nginx")
    servers, running = addresses(NGINX, r"server\s+([\w.-]+):(\d+);"), None
    while True:
        if STATIC_POD.exists() and running is None:
            running = Balancer(6443, servers)
            running.start()
        elif not STATIC_POD.exists() and running is not None:
            running.stop()
            running = None
        time.sleep(0.5)


def traefik() -> None:
    """The API server proxy of a MicroK8s worker."""
    _process.exit_on_sigterm()
    _process.impersonate(sys.argv[0], sys.argv[1:])
    folder = Path(sys.argv[1].partition("=")[2]).parent
    servers = addresses(str(folder / "provider.yaml"), r'address: "([\w.-]+):(\d+)"')
    Balancer(16443, servers).serve_forever()
