# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One test host: make it, wait for it, run commands on it, throw it away."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import rootfs, ssh
from lab.podman import limits
from lab.shell import LabError

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from lab.podman import Podman
    from lab.settings import Settings
    from lab.topology import Host, Topology

LABEL = "nodeclinic.lab"
# Limits for a machine that is busy with something else; otherwise it is a few seconds.
_BOOT_SECONDS = 120
_READY_SECONDS = 180
_STEP_SECONDS = 180
_POLL_SECONDS = 0.5  # each look costs a quarter of a second of processor time
_JOURNAL_LINES = "40"


@dataclass(frozen=True)
class Hosts:
    """The containers of one lab."""

    podman: Podman
    settings: Settings
    topology: Topology

    def container(self, host: Host) -> str:
        return f"{self.settings.name}-{host.name}"

    def create(self, host: Host, archive: bytes) -> None:
        """Make a host from its image and its archive, replacing the one there is, and start it. It is not awaited."""
        name = self.container(host)
        self._remove(name)
        recipe = rootfs.recipe(host.release, control_plane=host.role == "controlplane")
        self.podman(
            "create", "--name", name, "--hostname", host.name, f"--label={LABEL}={self.settings.name}",
            "--systemd=always", "--privileged", *limits(),
            f"--cgroup-parent={cgroup_parent(self.settings.name)}",
            "--network", self.settings.name, "--ip", host.address, "--mac-address", mac_address(host.address),
            "--no-hosts", "--dns=none",
            f"--sysctl=net.ipv4.ip_forward={int(host.role == 'worker')}", recipe.image, "/sbin/init",
        )  # fmt: skip
        self.podman.extract(name, archive)
        self.podman("start", name)

    def wait(self, host: Host) -> None:
        """Return once the host lets root log in over SSH. Raises LabError with the end of its journal."""
        key = ssh.user_key(self.settings.state_dir)
        try:
            ssh.wait_until_answering(host.address, key, seconds=_BOOT_SECONDS)
        except LabError as error:
            raise LabError(f"{host.name} did not come up: {error}\n{self.last_words(host)}") from error

    def wait_until_ready(self, hosts: list[Host]) -> None:
        """Return once the control plane says Ready of each worker among these hosts.

        Raises LabError with the end of the journal of one that is not.
        """
        waiting = {host.name: host for host in hosts if host.role == "worker"}
        deadline = time.monotonic() + _READY_SECONDS
        while waiting:
            for name in self._ready_nodes():
                waiting.pop(name, None)
            if waiting and time.monotonic() > deadline:
                first = next(iter(waiting.values()))
                raise LabError(f"not Ready after {_READY_SECONDS} s: {', '.join(waiting)}\n{self.last_words(first)}")
            time.sleep(_POLL_SECONDS if waiting else 0)

    def forget_node(self, host: Host) -> None:
        """Remove what the cluster knows of a worker, as far as it can be asked; its kubelet registers again."""
        self._kubectl("delete", "--raw", f"/api/v1/nodes/{host.name}")

    def _ready_nodes(self) -> list[str]:
        done = self._kubectl("get", "--raw", "/api/v1/nodes")
        return ready_nodes(done.stdout) if done.returncode == 0 else []

    def _kubectl(self, *args: str) -> CompletedProcess[str]:
        command = ("kubectl", "--kubeconfig=/etc/kubernetes/admin.conf", *args)
        return self.podman.attempt("exec", self.container(self.topology.control_plane), *command)

    def execute(self, host: Host, script: str) -> str:
        """Run a shell script as root on the host, without SSH, and return its output. Raises LabError if it fails.

        Going past SSH means that a script may break the network.
        """
        return self.podman(
            "exec", "--interactive", self.container(host), "/bin/sh", "-eu", "-s",
            stdin=script.encode(), timeout=_STEP_SECONDS,
        )  # fmt: skip

    def states(self) -> dict[str, str]:
        """Return container name -> podman's word for its state."""
        listed = self.podman.json("ps", "--all", f"--filter=label={LABEL}={self.settings.name}")
        return {container["Names"][0]: container["State"] for container in listed or []}

    def last_words(self, host: Host) -> str:
        """Return what helps to see why a host is not well: its failed units and the end of its journal."""
        name = self.container(host)
        questions = {
            "failed units": ("exec", name, "systemctl", "--no-pager", "--plain", "--failed"),
            "journal": ("exec", name, "journalctl", "--no-pager", "-n", _JOURNAL_LINES),
            "console": ("logs", "--tail", "10", name),
        }
        answers = {title: self.podman.attempt(*question) for title, question in questions.items()}
        return "\n".join(f"--- {title} of {host.name}\n{done.stdout}{done.stderr}" for title, done in answers.items())

    def remove_all(self) -> None:
        """Remove the containers of this lab, whatever state they are in."""
        for name in self.states():
            self._remove(name)

    def _remove(self, container: str) -> None:
        """Remove a container if it is there. Podman fails when a process of it ends at the same moment: then, again."""
        command = ("rm", "--force", "--time", "0", "--ignore", container)
        if self.podman.attempt(*command).returncode != 0:
            self.podman(*command)


def mac_address(address: str) -> str:
    """Return the hardware address that goes with an IPv4 address.

    A host that is made anew must keep it: the others would go on sending to the old one for seconds.
    """
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def ready_nodes(node_list: str) -> list[str]:
    """Return the names of the nodes whose Ready condition is True, from a Kubernetes NodeList in JSON."""
    return [
        node["metadata"]["name"]
        for node in json.loads(node_list)["items"]
        for condition in node.get("status", {}).get("conditions", [])
        if condition["type"] == "Ready" and condition["status"] == "True"
    ]


def cgroup_parent(lab: str) -> str:
    return f"/nodeclinic-lab-{lab}"
