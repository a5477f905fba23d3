# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection to the container runtime's socket: one line asked, one JSON line answered."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from .logs import Log, go_quote

CONNECT_SECONDS = 5


class CriError(Exception):
    """The runtime cannot be used; the text is gRPC's."""


class Runtime:
    """A runtime endpoint such as unix:///run/containerd/containerd.sock."""

    def __init__(self, endpoint: str, root: Path) -> None:
        self.endpoint = endpoint
        self.path = endpoint.removeprefix("unix://")
        self.real = root / self.path.lstrip("/")

    def ask(self, question: str, seconds: float = CONNECT_SECONDS) -> dict[str, Any]:
        """Put one question. Raises CriError with the text of the gRPC error's description."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.settimeout(seconds)
                sock.connect(str(self.real))
                sock.sendall(question.encode() + b"\n")
                answer = sock.makefile("rb").readline()
        except socket.timeout as error:
            raise CriError(
                self._unavailable(
                    f"error reading server preface: raw-read unix @->{self.path}: use of closed network connection"
                )
            ) from error
        except OSError as error:
            problem = {2: "no such file or directory", 111: "connection refused"}.get(
                error.errno or 0, str(error.strerror).lower()
            )
            raise CriError(
                self._unavailable(f"transport: Error while dialing: dial unix {self.path}: connect: {problem}")
            ) from error
        if not answer:
            raise CriError(self._unavailable("error reading server preface: EOF"))
        reply: dict[str, Any] = json.loads(answer)
        if "error" in reply:
            raise CriError(reply["error"])
        return reply

    def _unavailable(self, description: str) -> str:
        return f"rpc error: code = Unavailable desc = connection error: desc = {go_quote(description)}"

    def log_dial_failure(self, log: Log, error: CriError) -> None:
        """The line that gRPC itself writes for each failed connection."""
        text = str(error)
        if "connection error: desc = " not in text:
            return
        log.printf(
            "W",
            "logging.go:55",
            "[core] [Channel #1 SubChannel #2] grpc: addrConn.createTransport failed to connect to "
            f'{{Addr: "{self.path}", ServerName: "localhost", }}. Err: {text.split("desc = ", 1)[1]}',
        )
