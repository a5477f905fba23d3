# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a K3s or RKE2 agent speaks to the server it joins: by way of its own load balancer, but for the tunnel."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import re
import socket
import ssl
import time
from urllib.parse import urlsplit

from lab.standin import logrus

LOCAL = "127.0.0.1:6444"
SECONDS = 10
TUNNEL_RETRY_SECONDS = 5


class JoinError(Exception):
    """The server does not let this agent in, or does not answer; the text is the agent's."""


class Server:
    """The server of an agent's configuration."""

    def __init__(self, name: str, url: str, token: str) -> None:
        self.name, self.url, self.token = name, url, token
        self.ca = ""

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 443

    def validate(self) -> None:
        """Fetch the cluster's CA and compare it with the hash in the token."""
        status, self.ca = self._get("/cacerts", "failed to get CA certs: ")
        if status != 200:
            raise JoinError(
                f"failed to get CA certs: https://{LOCAL}/cacerts: {status} {http.client.responses[status]}"
            )
        given = re.match(r"K10([0-9a-f]{64})::", self.token)
        served = hashlib.sha256(self.ca.encode()).hexdigest()
        if given and given.group(1) != served:
            raise JoinError(
                f"token CA hash does not match the Cluster CA certificate hash: {given.group(1)} != {served}"
            )

    def configuration(self) -> None:
        """Ask for the cluster's configuration with the token's secret."""
        path = f"/v1-{self.name}/config"
        status = self._get(path, "failed to retrieve configuration from server: ", with_token=True)[0]
        if status != 200:
            said = f"https://{LOCAL}{path}: {status} {http.client.responses[status]}"
            raise JoinError(f"failed to retrieve configuration from server: {said}")

    def wait_until_ready(self) -> None:
        """Return when the API server says that it is ready."""
        while True:
            with contextlib.suppress(JoinError):
                if self._get("/readyz", "")[0] == 200:
                    return
            time.sleep(1)

    def keep_tunnel(self) -> None:
        """Hold the tunnel to the server itself, and say when it breaks."""
        host, port = self.address
        url = f"wss://{host}:{port}/v1-{self.name}/connect"
        logrus.log("info", "Connecting to proxy", url=url)
        while True:
            try:
                with socket.create_connection((host, port), SECONDS) as raw, _unverified().wrap_socket(raw) as stream:
                    stream.settimeout(None)
                    stream.recv(1)
                problem = "websocket: close 1006 (abnormal closure): unexpected EOF"
            except OSError as error:
                problem = f"dial tcp {host}:{port}: connect: {(error.strerror or str(error)).lower()}"
            logrus.log("error", "Remotedialer proxy error; reconnecting...", error=problem, url=url)
            time.sleep(TUNNEL_RETRY_SECONDS)

    def _get(self, path: str, prefix: str, with_token: bool = False) -> tuple[int, str]:
        secret = self.token.rpartition("::")[2].partition(":")[2] or self.token
        headers = {"Authorization": "Basic " + base64.b64encode(f"node:{secret}".encode()).decode()}
        host, _colon, port = LOCAL.partition(":")
        connection = http.client.HTTPSConnection(host, int(port), timeout=SECONDS, context=_unverified())
        try:
            connection.request("GET", path, headers=headers if with_token else {})
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            late = isinstance(error, socket.timeout)
            said = "context deadline exceeded" if late else "read: connection reset by peer"
            raise JoinError(f'{prefix}Get "https://{LOCAL}{path}": {said}') from error
        finally:
            connection.close()


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
