# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in container runtime: answers one question per connection on containerd's socket.

version -> {"name": "containerd", "version": "..."}
status  -> {"network": ""}, or the text of a network that is not ready
pods    -> {"pods": []}
images, containers, remove ID: see images.py
"""

from __future__ import annotations

import json
import os
import re
import socketserver
import sys
from pathlib import Path
from typing import Any

from lab.standin import _process, logrus
from lab.standin.images import Images

try:
    import tomllib
except ImportError:  # Python before 3.11
    tomllib = None
TOML_LINE = re.compile(r"\s*(#.*|\[+[^\]]+\]+|[\w.\"'-]+\s*=.*|[\]},'\"].*)?")

VERSION = "2.1.9+unknown"
ROOT = Path(os.environ.get("NODELAB_ROOT", "/"))
CONFIG = "/etc/containerd/config.toml"
SOCKET = "/run/containerd/containerd.sock"
IMAGES = "/var/lib/containerd/images"
CRI_PLUGIN = re.compile(r"io\.containerd\.grpc\.v1\.cri|\bcri\b")
UNIMPLEMENTED = "rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"
NOT_INITIALIZED = (
    "NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
)


def main() -> None:
    """Run as containerd until SIGTERM."""
    if "--version" in sys.argv[1:] or sys.argv[1:2] == ["-v"]:
        sys.stdout.write(f"containerd github.com/containerd/containerd/v2 {VERSION} \n")
        return
    _process.impersonate(sys.argv[0], sys.argv[1:])
    log("info", "starting containerd", revision="", version=VERSION)
    text = _read_config(_argument("-c", "--config") or CONFIG)
    address = re.search(r"^\s*address\s*=\s*['\"]([^'\"]+)", text, re.MULTILINE)
    socket = ROOT / (_argument("-a", "--address") or (address.group(1) if address else SOCKET)).lstrip("/")
    _process.exit_on_sigterm(lambda: _stop(socket))
    runtime = Runtime(text)
    server = listen(socket, runtime)
    if runtime.serves_cri:
        log("info", "Start cni network conf syncer for default")
    log("info", "serving...", address=f"{socket}.ttrpc")
    log("info", "serving...", address=str(socket))
    _process.notify_ready()
    log("info", "containerd successfully booted in 0.039558s")
    server.serve_forever()


def listen(path: Path, runtime: Runtime) -> socketserver.BaseServer:
    """A server of the runtime on a socket."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    server = _Server(str(path), _Handler)
    server.runtime = runtime
    path.chmod(0o660)
    return server


def _argument(*names: str) -> str:
    """The value of an argument; empty when it is not given."""
    given = zip(sys.argv[1:], sys.argv[2:])
    return next((value for name, value in given if name in names), "")


def _stop(socket: Path) -> None:
    log("info", "Stop CRI service")
    socket.unlink(missing_ok=True)


def log(level: str, message: str, **values: str) -> None:
    """One line in containerd's format."""
    logrus.log(level, message, nanoseconds=True, **values)


def _read_config(shown: str) -> str:
    """The configuration's text. Ends the process as containerd does when it is not TOML."""
    path = ROOT / shown.lstrip("/")
    text = path.read_text(errors="replace") if path.exists() else ""
    problem = _toml_problem(text)
    if problem:
        sys.stderr.write(f"containerd: failed to load TOML from {path}: {problem}\n")
        sys.exit(1)
    return text


def _toml_problem(text: str) -> str:
    """What is wrong with a TOML text, "" when nothing is."""
    if tomllib is None:
        broken = [number for number, line in enumerate(text.splitlines(), 1) if not TOML_LINE.fullmatch(line)]
        return f"(at line {broken[0]}): not a line of TOML" if broken else ""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return str(error)
    return ""


class Runtime:
    """What the configuration makes of the runtime."""

    def __init__(self, config: str) -> None:
        disabled = re.search(r"^\s*disabled_plugins\s*=\s*\[(.*?)\]", config, re.MULTILINE | re.DOTALL)
        self.serves_cri = not (disabled and CRI_PLUGIN.search(disabled.group(1)))
        found = re.search(r"^\s*conf_dir\s*=\s*['\"]([^'\"]+)", config, re.MULTILINE)
        self.network_directory = ROOT / (found.group(1) if found else "/etc/cni/net.d").lstrip("/")
        self._images = Images(ROOT / IMAGES.lstrip("/"))
        self._reported = ""
        self._first = True

    def answer(self, question: str) -> dict[str, Any]:
        if not self.serves_cri:
            return {"error": UNIMPLEMENTED}
        if question == "version":
            return {"name": "containerd", "version": VERSION}
        if question == "status":
            return {"network": "" if self._network_ready() else NOT_INITIALIZED}
        return {"pods": [], **self._images.answer(question)}

    def _network_ready(self) -> bool:
        """Whether the first configuration in lexical order can be loaded; a failure is logged once per change."""
        problem = _network_problem(self.network_directory)
        if problem != self._reported and problem:
            message = (
                "failed to load cni during init, please check CRI plugin status before setting up network for pods"
                if self._first
                else "failed to reload cni configuration after receiving fs change event"
                f'(WRITE         "{self.network_directory}")'
            )
            log("error", message, error=f"cni config load failed: {problem}")
        self._reported, self._first = problem, False
        return not problem


def _network_problem(directory: Path) -> str:
    files = sorted(path for path in _entries(directory) if path.suffix in (".conf", ".conflist", ".json"))
    if not files:
        return f"no network config found in {directory}: cni plugin not initialized: failed to load cni config"
    path = files[0]
    prefix = f"failed to load CNI config list file {path}: error parsing configuration list: "
    suffix = ": invalid cni config: failed to load cni config"
    try:
        text = path.read_text(errors="replace")
        network = json.loads(text)
    except json.JSONDecodeError as error:
        ended = error.pos >= len(text.rstrip())
        return prefix + ("unexpected end of JSON input" if ended else f"invalid character {text[error.pos]!r}") + suffix
    if not isinstance(network, dict) or not network.get("name"):
        return prefix + "missing 'name'" + suffix
    return ""


def _entries(directory: Path) -> list[Path]:
    try:
        return list(directory.iterdir())
    except OSError:
        return []


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        question = self.rfile.readline().decode(errors="replace").strip()
        if question:
            self.wfile.write(json.dumps(self.server.runtime.answer(question)).encode() + b"\n")  # type: ignore[attr-defined]


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128
    runtime: Runtime

    def handle_error(self, *_arguments: object) -> None:
        """A client that hangs up early is no event of ours."""
