# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One bounded HTTP GET. `http.client` would do, but costs 40 ms to import on a slow node, and has no total limit."""

from __future__ import annotations

import contextlib
import re
import socket
import time
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _redact, _schema

if t.TYPE_CHECKING:
    import ssl

_MAX_RESPONSE_BYTES = 8192
_STATUS_LINE = re.compile(rb"HTTP/\d\.\d (\d{3})")
_DATE = re.compile(rb"^date:[ \t]*([^\r\n]{1,64})", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding:[ \t]*chunked", re.IGNORECASE | re.MULTILINE)


def dial(addresses: t.Sequence[str], port: int, seconds: float) -> socket.socket:
    """A connection to the first of some addresses that takes one, as the kubelet would try them.

    :raises OSError: what the last address answered
    """
    for address in addresses[:-1]:
        with contextlib.suppress(OSError):
            return socket.create_connection((address, port), seconds / len(addresses))
    return socket.create_connection((addresses[-1], port), seconds / len(addresses))


def get(
    addresses: t.Sequence[str], port: int, path: str, context: ssl.SSLContext | None, seconds: float, name: str = ""
) -> dict[str, t.Any]:
    """Status code, date and start of the body of a GET request; over TLS with a context.

    :param addresses: where to connect; name: the server's name for TLS and the Host header, else the first address
    :raises OSError: no connection, no TLS session, or no HTTP answer
    """
    deadline = time.monotonic() + seconds
    with dial(addresses, port, seconds) as plain:
        if context is None:
            return _parse(_exchange(plain, name or addresses[0], path, deadline))
        with context.wrap_socket(plain, server_hostname=name or addresses[0]) as secured:
            return _parse(_exchange(secured, name or addresses[0], path, deadline))


def _exchange(connection: socket.socket, name: str, path: str, deadline: float) -> bytes:
    host = f"[{name}]" if ":" in name else name
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: nodeclinic.kubelet\r\nConnection: close\r\n\r\n"
    connection.sendall(request.encode("utf-8"))
    answer = b""
    while len(answer) < _MAX_RESPONSE_BYTES:
        left = deadline - time.monotonic()
        if left <= 0:  # who sends byte by byte is no faster than who sends nothing
            raise TimeoutError("timed out")
        connection.settimeout(left)
        chunk = connection.recv(4096)
        answer += chunk
        dummy, separator, body = answer.partition(b"\r\n\r\n")
        if not chunk or (separator and len(body) > 2 * _schema.MAX_PROBE_BODY_BYTES):
            break
    return answer


def _parse(answer: bytes) -> dict[str, t.Any]:
    status = _STATUS_LINE.match(answer)
    if status is None:
        raise OSError("the answer is not HTTP" if answer else "the connection was closed without an answer")
    head, dummy, body = answer.partition(b"\r\n\r\n")
    if _CHUNKED.search(head):
        body = _joined(body)
    date = _DATE.search(head)
    text = _redact.redact(body[: _schema.MAX_PROBE_BODY_BYTES].decode("utf-8", "backslashreplace"))
    return {"code": int(status.group(1)), "date": date.group(1).decode("latin-1") if date else None, "body": text}


def _joined(body: bytes) -> bytes:
    """The content of a body in chunks (RFC 9112, 7.1), as far as it has come."""
    joined = b""
    while body:
        size, dummy, rest = body.partition(b"\r\n")
        length = re.match(rb"[0-9a-fA-F]{1,8}", size)
        if length is None or int(length.group(), 16) == 0:
            break
        joined += rest[: int(length.group(), 16)]
        body = rest[int(length.group(), 16) + 2 :]
    return joined
