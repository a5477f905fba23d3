# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the stand-ins on this machine, below a directory, without a container."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from lab.standin import layout
from lab.standin.pki import Pki

TESTS = Path(__file__).resolve().parents[2]  # so that `lab` can be imported
NODE = "worker-1"
FLAGS = [
    "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
    "--kubeconfig=/etc/kubernetes/kubelet.conf",
    "--config=/var/lib/kubelet/config.yaml",
    "--container-runtime-endpoint=unix:///run/containerd/containerd.sock",
]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def unpack(root: Path, files: layout.Files) -> None:
    """Write the files of a host below a directory; links to absolute paths are kept below it too."""
    for name, (mode, content) in files.items():
        path = root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        elif content.startswith("-> "):
            path.symlink_to(root / content[4:])
        else:
            path.write_text(content)
            path.chmod(mode)


class Rig:
    """A control plane on localhost and a container runtime, for any number of kubelets one after the other."""

    def __init__(self, folder: Path, grace_seconds: float = 8) -> None:
        self.folder = folder
        self.pki = Pki(folder / "pki")
        self.port = free_port()
        self.grace_seconds = grace_seconds
        self._running: list[subprocess.Popen[bytes]] = []
        self._numbers = itertools.count(1)

    def start(self) -> None:
        """Start the API server; return when it listens."""
        root = self.folder / "controlplane"
        unpack(root, layout.control_plane_files("localhost", "127.0.0.1", self.pki))
        self._start("apiserver", root, {"NODELAB_API_PORT": str(self.port), "NODELAB_GRACE": str(self.grace_seconds)})
        _wait(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close())

    def node(self) -> Path:
        """The root of a healthy node, with a runtime that runs there. Its path is short: that of a socket may not have
        more than 107 bytes."""
        root = self.folder / f"node{next(self._numbers)}"
        unpack(root, layout.worker_files(NODE, f"https://localhost:{self.port}", self.pki))
        config = root / "var/lib/kubelet/config.yaml"
        ports = {"port": free_port(), "healthzPort": free_port()}
        text = config.read_text().replace("healthzPort: 10248\n", "")
        config.write_text(text + "".join(f"{key}: {value}\n" for key, value in ports.items()))
        self._start("containerd", root, {})
        _wait((root / "run/containerd/containerd.sock").stat)
        return root

    def kubelet(
        self, root: Path, extra: list[str], until: str = "", version: str = "", seconds: float = 20
    ) -> tuple[list[str], int | None]:
        """Run a kubelet until it ends or has written `until`: its lines, and its exit status (None: it still ran)."""
        environment = {"NODELAB_KUBELET_VERSION": version} if version else {}
        log = root / "kubelet.log"
        with log.open("wb") as stream:
            process = self._spawn("kubelet", root, environment, [*FLAGS, f"--hostname-override={NODE}", *extra], stream)
            end = time.monotonic() + seconds
            while process.poll() is None and time.monotonic() < end and not (until and until in log.read_text()):
                time.sleep(0.05)
            if process.poll() is None:
                time.sleep(0.5)  # for what belongs to it
            status = process.poll()
            if status is None:
                _end(process)
        return log.read_text().splitlines(), status

    def stop(self) -> None:
        """End what was started."""
        for process in self._running:
            _end(process)

    def _start(self, program: str, root: Path, environment: dict[str, str]) -> None:
        self._running.append(self._spawn(program, root, environment, [], subprocess.DEVNULL))

    @staticmethod
    def _spawn(
        program: str, root: Path, environment: dict[str, str], arguments: list[str], errors: object
    ) -> subprocess.Popen[bytes]:
        code = f"import sys; sys.path.insert(0, {str(TESTS)!r}); from lab.standin.{program} import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, "NODELAB_ROOT": str(root), **environment},
            stdout=subprocess.DEVNULL,
            stderr=errors,  # type: ignore[arg-type]
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end. Raises subprocess.TimeoutExpired, once it is killed, when it does not."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


def _wait(probe: Callable[[], object], seconds: float = 10) -> None:
    """Call until it no longer raises OSError. Raises TimeoutError when it still does in the end."""
    end = time.monotonic() + seconds
    while not _works(probe):
        if time.monotonic() > end:
            raise TimeoutError("a stand-in did not come up")
        time.sleep(0.05)


def _works(probe: Callable[[], object]) -> bool:
    try:
        probe()
    except OSError:
        return False
    return True
