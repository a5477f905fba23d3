# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the node is fit: runtime, pod network, pressure on disk and memory. Asked in loops, as the kubelet does."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path
from typing import Any, Callable

from . import go_yaml, node
from .cri import CriError
from .logs import Raw, go_quote
from .state import Kubelet

RUNTIME_DOWN_SECONDS = float(os.environ.get("NODELAB_RUNTIME_DOWN", "10"))  # 30 s in the real one
FIRST_CHECK_SECONDS = 3  # for the node to be listed, so that a healthy start complains no more than a real one
UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "": 1}
RECLAIMED = {
    "memory.available": ("memory", "MemoryPressure"),
    "nodefs.available": ("ephemeral-storage", "DiskPressure"),
}


class Condition:
    """The node's own view of its health."""

    def __init__(self, kubelet: Kubelet) -> None:
        self.kubelet = kubelet
        self.log = kubelet.log
        self.runtime_seen = time.monotonic()
        self.runtime_version = str(kubelet.runtime_info.get("version", "Unknown"))
        self.network_problem = ""
        self.pressure: set[str] = set()
        self.since: dict[str, tuple[str, str]] = {}
        self.was_ready: bool | None = None
        self.listed: threading.Event | None = None  # set once the informer knows our Node; None without an API server

    def start(self) -> None:
        if self.listed:
            self.listed.wait(FIRST_CHECK_SECONDS)
        for period, task in (
            (5, self.check_runtime), (1, self.relist_pods), (2, self.clean_pods),
            (10, self.check_eviction), (10, self.rotate_logs), (20, self.read_static_pods),
        ):  # fmt: skip
            threading.Thread(target=_forever, args=(period, task), daemon=True).start()

    def problem(self) -> str:
        """The message of Ready=False, "" when ready. A runtime that is down hides what it says about the network."""
        if time.monotonic() - self.runtime_seen > RUNTIME_DOWN_SECONDS:
            return "container runtime is down"
        return f"container runtime network not ready: {self.network_problem}" if self.network_problem else ""

    def node_status(self) -> dict[str, Any]:
        problem = self.problem()
        status = node.status(
            self.kubelet.node_name,
            self.kubelet.release.version,
            self.runtime_version,
            problem,
            self.pressure,
            self.since,
        )
        self._announce(status["conditions"][-1], bool(problem))
        return status

    def _announce(self, ready: dict[str, str], broken: bool) -> None:
        if broken and self.was_ready is not False:
            keys = ("type", "status", "lastHeartbeatTime", "lastTransitionTime", "reason", "message")
            text = ",".join(f"{go_quote(key)}:{go_quote(ready[key])}" for key in keys)
            self.log.info(
                "setters.go:547", "Node became not ready", node=self.kubelet.node_name, condition=Raw("{" + text + "}")
            )
        self.was_ready = not broken

    # ---- the runtime

    def check_runtime(self) -> None:
        answer = self._ask("status", "remote_runtime.go:801", "Status from runtime service failed")
        if isinstance(answer, str):
            self.log.error("kubelet.go:3262", "Container runtime sanity check failed", answer)
            if self.problem():
                self.log.error("kubelet.go:2661", "Skipping pod synchronization", "container runtime is down")
            return
        self.runtime_seen = time.monotonic()
        self.network_problem = str(answer.get("network", ""))
        if self.network_problem:
            self.log.info("kubelet.go:3277", "Container runtime network not ready", networkReady=self.network_problem)

    def relist_pods(self) -> None:
        answer = self._ask(
            "pods", "remote_runtime.go:347", "ListPodSandbox with filter from runtime service failed", filter=""
        )
        if isinstance(answer, str):
            self.log.error("generic.go:312", "GenericPLEG: Unable to retrieve pods", answer)

    def clean_pods(self) -> None:
        answer = self._ask(
            "pods", "remote_runtime.go:347", "ListPodSandbox with filter from runtime service failed", filter="state:{}"
        )
        if isinstance(answer, str):
            self.log.error("kubelet_pods.go:1277", "Error listing containers", answer)
            self.log.error("kubelet.go:2820", "Failed cleaning pods", answer)

    def rotate_logs(self) -> None:
        message = "ListContainers with filter from runtime service failed"
        answer = self._ask("pods", "remote_runtime.go:506", message, filter="")
        if isinstance(answer, str):
            problem = f"failed to list containers: {answer}"
            self.log.error("container_log_manager.go:154", "Failed to rotate container logs", problem)

    def _ask(self, question: str, where: str, message: str, **values: Any) -> dict[str, Any] | str:
        """The answer, or the text of the failure once it has been logged."""
        try:
            return self.kubelet.runtime.ask(question)
        except CriError as error:
            self.kubelet.runtime.log_dial_failure(self.log, error)
            self.log.error(where, message, str(error), **values)
            return str(error)

    # ---- pressure

    def check_eviction(self) -> None:
        if self.listed and not self.listed.is_set():
            place = self.kubelet.release.place("summary-stats")
            problem = f'failed to get node info: node "{self.kubelet.node_name}" not found'
            self.log.error(place, "Eviction manager: failed to get summary stats", problem)
            return
        answer = self._ask("pods", "remote_image.go:303", "ImageFsInfo from image service failed")
        if isinstance(answer, str):
            place = self.kubelet.release.place("summary-stats")
            message = "Eviction manager: failed to get summary stats"
            self.log.error(place, message, f"failed to get imageFs stats: {answer}")
            return
        self.pressure = set()
        for signal, limit in (self.kubelet.setting("evictionHard") or {}).items():
            resource, condition = RECLAIMED.get(signal, ("", ""))
            if resource and _available(signal, self.kubelet.data_directory) < _threshold(signal, str(limit)):
                self.pressure.add(condition)
                self._log_eviction(resource)

    def _log_eviction(self, resource: str) -> None:
        self.log.info("eviction_manager.go:381", "Eviction manager: attempting to reclaim", resourceName=resource)
        self.log.info(
            "eviction_manager.go:392", "Eviction manager: must evict pod(s) to reclaim", resourceName=resource
        )
        message = "Eviction manager: eviction thresholds have been met, but no pods are active to evict"
        self.log.error("eviction_manager.go:403", message, None)

    # ---- static pods

    def read_static_pods(self) -> None:
        shown = self.kubelet.setting("staticPodPath")
        folder = self.kubelet.path(shown) if shown else None
        if folder and not folder.exists():
            self.log.error("file.go:104", "Unable to read config path", "path does not exist, ignoring", path=shown)
        for path in sorted(folder.iterdir()) if folder and folder.is_dir() else []:
            problem = _pod_problem(path)
            if path.is_file() and problem:
                self.log.error("file.go:187", "Could not process manifest file", problem, path=f"{shown}/{path.name}")


def _pod_problem(path: Path) -> str | None:
    try:
        pod = go_yaml.load(path.read_text(errors="replace"))
    except go_yaml.GoYamlError as error:
        return f"couldn't parse as pod({error}), please check config file"
    if not isinstance(pod, dict) or pod.get("kind") != "Pod":
        return "couldn't parse as pod(Object 'Kind' is missing), please check config file"
    return None if (pod.get("spec") or {}).get("containers") else "invalid pod: [spec.containers: Required value]"


def _available(signal: str, directory: str) -> int:
    if signal == "memory.available":
        found = re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())
        return int(found.group(1)) * 1024 if found else 0
    disk = os.statvfs(directory if Path(directory).is_dir() else "/")
    return disk.f_bavail * disk.f_frsize


def _threshold(signal: str, text: str) -> float:
    if not text.endswith("%"):
        number, unit = re.fullmatch(r"([\d.]+)(\D*)", text).groups()  # type: ignore[union-attr]
        return float(number) * UNITS.get(unit, 1)
    if signal == "memory.available":
        found = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
        total = int(found.group(1)) * 1024 if found else 0
    else:
        disk = os.statvfs("/")
        total = disk.f_blocks * disk.f_frsize
    return total * float(text[:-1]) / 100


def _forever(period: float, task: Callable[[], None]) -> None:
    while True:
        task()
        time.sleep(period)
