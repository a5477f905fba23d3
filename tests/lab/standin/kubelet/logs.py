# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""klog on standard error, in its text format and in its JSON format."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

# The JSON format gives the source with its directory, the text format without.
DIRECTORIES = {
    "server.go": "app", "run.go": "cli", "bootstrap.go": "bootstrap", "kubelet.go": "kubelet",
    "kubelet_node_status.go": "kubelet", "controller.go": "lease", "reflector.go": "cache", "event.go": "record",
    "eviction_manager.go": "eviction", "remote_runtime.go": "cri-client", "remote_image.go": "cri-client",
}  # fmt: skip


class Raw(str):
    """A value that klog writes without quotes, such as a struct given as JSON."""


def go_quote(text: str) -> str:
    """Quote as Go's strconv.Quote does."""
    return json.dumps(text, ensure_ascii=False)


class Log:
    """Writes whole lines, from any thread. `json_format` may be switched on once the configuration is known."""

    def __init__(self) -> None:
        self.json_format = False
        self._lock = threading.Lock()

    def plain(self, text: str) -> None:
        """A line without any header, as pflag and the Go runtime write them."""
        with self._lock:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()

    def info(self, where: str, message: str, **values: Any) -> None:
        self._structured("I", where, message, values)

    def error(self, where: str, message: str, err: str | None, **values: Any) -> None:
        self._structured("E", where, message, values if err is None else {"err": err, **values})

    def printf(self, severity: str, where: str, text: str) -> None:
        """A line that the source writes with klog.Infof and the like: no quotes, no keys."""
        if self.json_format:
            self._json(severity, where, text, {})
        else:
            self.plain(self._header(severity, where) + text)

    def _structured(self, severity: str, where: str, message: str, values: dict[str, Any]) -> None:
        if self.json_format:
            self._json(severity, where, message, values)
            return
        pairs = "".join(f" {key}={_text_value(value)}" for key, value in values.items())
        self.plain(f"{self._header(severity, where)}{go_quote(message)}{pairs}")

    def _json(self, severity: str, where: str, message: str, values: dict[str, Any]) -> None:
        name = where.split(":", 1)[0]
        directory = DIRECTORIES.get(name)
        line: dict[str, Any] = {"ts": round(time.time() * 1000, 3)}
        line["caller"] = f"{directory}/{where}" if directory else where
        line["msg"] = message
        if severity == "I":
            line["v"] = 0
        line.update(values)
        self.plain(json.dumps(line, ensure_ascii=False, separators=(",", ":")))

    @staticmethod
    def _header(severity: str, where: str) -> str:
        now = time.time()
        clock = time.strftime("%m%d %H:%M:%S", time.localtime(now))
        return f"{severity}{clock}.{int(now % 1 * 1_000_000):06d} {os.getpid():7d} {where}] "


def _text_value(value: Any) -> str:
    if isinstance(value, Raw):
        return str(value)
    return go_quote(value) if isinstance(value, str) else json.dumps(value)
