# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in agents of K3s and RKE2: one supervisor, which joins a server, writes the node's files anew at each start
and runs the container runtime as its child; K3s has the kubelet inside, RKE2 runs it as a second child.

What a server would sign for the node lies in /opt/nodelab/rancher and is taken from there once the server has accepted
the token.
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from lab.standin import _process, logrus
from lab.standin.balancer import Balancer
from lab.standin.join import JoinError, Server
from lab.standin.kubelet import go_yaml
from lab.standin.kubelet.errors import CommandFailed, Exits
from lab.standin.kubelet.main import serve_forever
from lab.standin.kubelet.state import Kubelet

VERSIONS = {"k3s": "v1.36.2+k3s1 (3dd98cc5)", "rke2": "v1.36.2+rke2r1 (5dc8fe68a0b1)"}
FETCHED = Path("/opt/nodelab/rancher")
TEMPLATES = Path(__file__).parent / "files/rancher"
CONTAINERD_SOCKET = "/run/k3s/containerd/containerd.sock"
RKE2_FLAGS = ("--volume-plugin-dir=/var/lib/kubelet/volumeplugins", "--file-check-frequency=5s", "--sync-frequency=30s")
RETRY_SECONDS, CHILD_SECONDS = 2, 5


def k3s() -> None:
    """Run as `k3s agent` until SIGTERM, or until a part of it ends."""
    Agent("k3s").run()


def rke2() -> None:
    """Run as `rke2 agent` until SIGTERM, or until containerd ends."""
    Agent("rke2").run()


class Agent:
    """One start of the supervisor."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.settings = _settings(name)
        self.data = Path(self.settings.get("data-dir") or f"/var/lib/rancher/{name}")
        self.agent = self.data / "agent"
        self.server = Server(name, str(self.settings.get("server") or ""), str(self.settings.get("token") or ""))
        self.node = str(self.settings.get("node-name") or socket.gethostname())
        self.children: list[subprocess.Popen[bytes]] = []
        self.notify = os.environ.pop("NOTIFY_SOCKET", "")

    def run(self) -> None:
        """Join, write the files, start the runtime, start the kubelet."""
        _process.exit_on_sigterm(self._end_children)
        _process.impersonate(f"/usr/local/bin/{self.name}", sys.argv[1:], f"{self.name}-agent")
        logrus.log("info", f"Starting {self.name} agent {VERSIONS[self.name]}")
        if not self.server.url or not self.server.token:
            missing = "--server" if not self.server.url else "--token"
            logrus.log("fatal", f"Error: {missing} is required")
            sys.exit(1)
        self._balance()
        self._join()
        self._write_files()
        self._start_containerd()
        threading.Thread(target=self.server.keep_tunnel, daemon=True).start()
        arguments = self._kubelet_arguments()
        logrus.log("info", f"Running kubelet {shlex.join(arguments)}")
        if self.name == "rke2":
            threading.Thread(target=self._run_child, args=(arguments,), daemon=True).start()
            self._ready()
            signal.pause()
        self.server.wait_until_ready()
        self._ready()
        self._run_inside(arguments)

    def _balance(self) -> None:
        """The load balancers: K3s has one for both, RKE2's server joins on one port and serves the API on another."""
        host, port = self.server.address
        balancers = [("agent-load-balancer", 6444, port)]
        balancers += [("api-server-agent-load-balancer", 6443, 6443)] if self.name == "rke2" else []
        for service, local, remote in balancers:
            shown = f"{host}:{remote}"
            logrus.log("info", f"Updated load balancer {self.name}-{service} default server: {shown}")
            text = f"Running load balancer {self.name}-{service} 127.0.0.1:{local} -> [] [default: {shown}]"
            logrus.log("info", text)
            Balancer(local, lambda remote=remote: [(host, remote)]).start()  # type: ignore[misc]

    def _join(self) -> None:
        for check, level, prefix in (
            (self.server.validate, "error", f"Failed to validate connection to cluster at {self.server.url}: "),
            (self.server.configuration, "info", "Waiting to retrieve agent configuration; server is not ready: "),
        ):
            while True:
                try:
                    check()
                except JoinError as error:
                    logrus.log(level, f"{prefix}{error}")
                    time.sleep(RETRY_SECONDS)
                    continue
                break

    def _write_files(self) -> None:
        """All that a start writes: certificates as fetched, kubeconfig, kubelet's defaults, containerd's file."""
        for source in FETCHED.iterdir():
            self._write(source.name, source.read_text())
        api = "https://127.0.0.1:6443" if self.name == "rke2" else "https://127.0.0.1:6444"
        network = ("/etc/cni/net.d", "/opt/cni/bin")
        if self.name == "k3s":
            network = (f"{self.agent}/etc/cni/net.d", f"{self.data}/data/cni")
        values = {"server": api, "cni_configurations": network[0], "cni_plugins": network[1]}
        for target, template in (
            ("kubelet.kubeconfig", "kubeconfig"),
            (f"etc/kubelet.conf.d/00-{self.name}-defaults.conf", "defaults.conf"),
            ("etc/containerd/config.toml", "containerd.toml"),
        ):
            text = (TEMPLATES / template).read_text()
            for name, value in {**values, "agent": str(self.agent)}.items():
                text = text.replace(f"@{name}@", value)
            self._write(target, text)
        (self.agent / "pod-manifests").mkdir(exist_ok=True)

    def _write(self, name: str, text: str) -> None:
        path = self.agent / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text)
        path.chmod(0o600)

    def _start_containerd(self) -> None:
        log, config = self.agent / "containerd/containerd.log", self.agent / "etc/containerd/config.toml"
        logrus.log("info", f"Logging containerd to {log}")
        logrus.log("info", f"Running containerd -c {config}")
        child = self._spawn([str(self.data / "bin/containerd"), "-c", str(config)], log)
        while not Path(CONTAINERD_SOCKET).exists() and child.poll() is None:
            time.sleep(0.1)
        threading.Thread(target=self._follow_containerd, args=(child,), daemon=True).start()
        if child.poll() is None:
            logrus.log("info", "containerd is now running")
        else:
            time.sleep(60)  # the thread above ends this process

    def _follow_containerd(self, child: subprocess.Popen[bytes]) -> None:
        status = child.wait()
        said = f"exit status {status}" if status >= 0 else f"signal: {signal.strsignal(-status)}".lower()
        self._shut_down(f"containerd exited: {said}")

    def _shut_down(self, why: str) -> None:
        """What every part of the supervisor does that cannot go on. The exit status is 0, as of a wanted end."""
        logrus.log("error", f"Shutdown request received: {why}")
        self._end_children()
        sys.stderr.flush()
        os._exit(0)

    def _kubelet_arguments(self) -> list[str]:
        """Flags in alphabetical order, those of the user (kubelet-arg) last."""
        flags = {
            "cloud-provider": "external",
            "config-dir": f"{self.agent}/etc/kubelet.conf.d",
            "hostname-override": self.node,
            "kubeconfig": f"{self.agent}/kubelet.kubeconfig",
            "node-labels": "",
            "read-only-port": "0",
        }
        given = self.settings.get("kubelet-arg") or []
        own = [f"--{name}={value}" for name, value in sorted(flags.items())]
        return own + [f"--{word}" for word in (given if isinstance(given, list) else [given])]

    def _run_inside(self, arguments: list[str]) -> None:
        kubelet = Kubelet(arguments)
        try:
            serve_forever(kubelet)
        except CommandFailed as error:
            kubelet.log.plain(f"Error: {error}")
            self._shut_down(f"kubelet exited: {error}")
        except Exits:
            self._end_children()
            os._exit(1)

    def _run_child(self, arguments: list[str]) -> None:
        while True:
            child = self._spawn(
                [str(self.data / "bin/kubelet"), *RKE2_FLAGS, *arguments], self.agent / "logs/kubelet.log"
            )
            status = child.wait()
            said = f"exit status {status}" if status >= 0 else f"signal: {signal.strsignal(-status)}".lower()
            logrus.log("error", f"Kubelet exited: {said}")
            time.sleep(CHILD_SECONDS)

    def _spawn(self, command: list[str], log: Path) -> subprocess.Popen[bytes]:
        """A child that does not outlive this process and writes into a log file."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream:
            child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *command], stdout=stream, stderr=stream)
        self.children.append(child)
        return child

    def _end_children(self) -> None:
        for child in self.children:
            if child.poll() is None:
                child.terminate()

    def _ready(self) -> None:
        logrus.log("info", f"{self.name} agent is up and running")
        os.environ["NOTIFY_SOCKET"] = self.notify
        _process.notify_ready()
        del os.environ["NOTIFY_SOCKET"]


def _settings(name: str) -> dict[str, Any]:
    """config.yaml, then config.yaml.d in order, then the environment's server and token, then arguments."""
    folder = Path(f"/etc/rancher/{name}")
    found: dict[str, Any] = {}
    for path in [folder / "config.yaml", *sorted((folder / "config.yaml.d").glob("*.yaml"))]:
        found.update(go_yaml.load(path.read_text()) or {} if path.exists() else {})
    prefix = name.upper()
    for key, variable in (("server", f"{prefix}_URL"), ("token", f"{prefix}_TOKEN")):
        if os.environ.get(variable):
            found[key] = os.environ[variable]
    for word, value in zip(sys.argv[1:], sys.argv[2:]):
        if word.startswith("--"):
            found[word[2:]] = value
    return found
