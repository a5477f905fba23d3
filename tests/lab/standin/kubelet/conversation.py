# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The conversation with the API server: lease, registration and status, informers, events. One thread each."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable

from . import node, startup
from .api import Api, ApiError
from .condition import Condition
from .state import Kubelet

# The real kubelet renews every 10 s; the lab's grace period is shortened in the same proportion.
HEARTBEAT_SECONDS = float(os.environ.get("NODELAB_HEARTBEAT", "2"))
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
INFORMERS = {  # type: (path, its own query)
    "*v1.Node": ("/api/v1/nodes", "fieldSelector=metadata.name%3D{node}&"),
    "*v1.Service": ("/api/v1/services", "fieldSelector=spec.clusterIP%21%3DNone&"),
    "*v1.CSIDriver": ("/apis/storage.k8s.io/v1/csidrivers", ""),
    "*v1.RuntimeClass": ("/apis/node.k8s.io/v1/runtimeclasses", ""),
}
STRATEGIC_PATCH = "strategic-merge-patch+json"


class Conversation:
    """Everything the kubelet asks of the API server."""

    def __init__(self, kubelet: Kubelet, condition: Condition) -> None:
        assert kubelet.client is not None
        self.kubelet = kubelet
        self.name = kubelet.node_name
        self.log = kubelet.log
        self.place = kubelet.release.place
        self.condition = condition
        self.api = Api(kubelet.client, kubelet.root)
        self.registered = threading.Event()
        self.listed = threading.Event()  # the informer knows our Node
        self.uid = ""
        self.have_lease = False

    def start(self) -> None:
        tasks: list[Callable[[], None]] = [
            self.keep_lease,
            self.keep_status,
            self.write_event,
            self.wait_for_mirror_pods,
        ]
        tasks += [lambda kind=kind: self.inform(kind) for kind in INFORMERS]  # type: ignore[misc]
        for task in tasks:
            threading.Thread(target=task, daemon=True).start()

    def adopt(self, pem: str, file: str) -> None:
        """Go on with a new client certificate."""
        assert self.kubelet.client is not None
        self.kubelet.client = self.kubelet.client.with_pair(pem, file)
        self.kubelet.bootstrap = None
        self.api = Api(self.kubelet.client, self.kubelet.root)

    # ---- lease

    def keep_lease(self) -> None:
        while True:
            if not (self.have_lease and self._update_lease()):
                self._ensure_lease()
            time.sleep(HEARTBEAT_SECONDS)

    def _ensure_lease(self) -> None:
        message = "Failed to ensure lease exists, will retry"
        for seconds in _doubling(0.2, 7):
            error = _failure(self._get_or_create_lease)
            if error is None:
                self.have_lease = True
                return
            interval = f"{seconds:g}s" if seconds >= 1 else f"{round(seconds * 1000)}ms"
            self.log.error(self.place("lease-ensure"), message, str(error), interval=interval)
            time.sleep(seconds)

    def _get_or_create_lease(self) -> None:
        try:
            self.api.request("GET", f"{LEASES}/{self.name}?timeout=10s", seconds=10)
        except ApiError as error:
            if error.code != 404:
                raise
            self.api.request("POST", f"{LEASES}?timeout=10s", node.lease(self.name, self.uid), seconds=10)
        else:
            self._put_lease()

    def _put_lease(self) -> None:
        self.api.request("PUT", f"{LEASES}/{self.name}?timeout=10s", node.lease(self.name, self.uid), seconds=10)

    def _update_lease(self) -> bool:
        for _attempt in range(5):
            error = _failure(self._put_lease)
            if error is None:
                return True
            self.log.error(self.place("lease-update"), "Failed to update lease", str(error))
        self.log.info(
            self.place("lease-fallback"), "failed to update lease using latest lease, fallback to ensure lease",
            err="failed 5 attempts to update lease",
        )  # fmt: skip
        self.have_lease = False
        return False

    # ---- registration and status

    def keep_status(self) -> None:
        for seconds in _doubling(0.2, 7):
            self.log.info(self.place("register-attempt"), "Attempting to register node", node=self.name)
            if self._register():
                break
            time.sleep(seconds)
        self.registered.set()
        startup.write(self.kubelet, "registered")
        while True:
            self._post_status()
            time.sleep(HEARTBEAT_SECONDS)

    def _register(self) -> bool:
        where, message = self.place("register-failed"), "Unable to register node with API server"
        try:
            self._create_or_get_node()
        except _GetExistingError as error:
            message += ", error getting existing node"
            self.log.error(self.place("register-get-failed"), message, str(error), node=self.name)
            return False
        except ApiError as error:
            self.log.error(where, message, str(error), node=self.name)
            return False
        self.log.info(self.place("register-done"), "Successfully registered node", node=self.name)
        return True

    def _create_or_get_node(self) -> None:
        try:
            made = self.api.request("POST", "/api/v1/nodes", node.registration(self.name, self.condition.node_status()))
        except ApiError as error:
            if error.code not in (403, 409):
                raise
            try:
                made = self.api.request("GET", f"/api/v1/nodes/{self.name}?timeout=10s")
            except ApiError as second:
                raise _GetExistingError(str(second), second.code) from second
            self.log.info(self.place("register-previous"), "Node was previously registered", node=self.name)
        self.uid = made["metadata"]["uid"]

    def _post_status(self) -> None:
        for _attempt in range(5):
            error = _failure(self._patch_status)
            if error is None:
                return
            text = f'error getting node "{self.name}": {error}'
            self.log.error(self.place("status-retry"), "Error updating node status, will retry", text)
        problem = "update node status exceeds retry count"
        self.log.error(self.place("status-exceeded"), "Unable to update node status", problem)

    def _patch_status(self) -> None:
        path, status = f"/api/v1/nodes/{self.name}", {"status": self.condition.node_status()}
        self.api.request("GET", f"{path}?timeout=10s", seconds=10)
        self.api.request("PATCH", f"{path}/status?timeout=10s", status, 10, STRATEGIC_PATCH)

    # ---- informers

    def inform(self, kind: str) -> None:
        path, own = INFORMERS[kind]
        query = own.format(node=self.name) + "limit=500&resourceVersion=0"
        waits = _doubling(0.8, 30)
        while True:
            error = _failure(lambda: self._list(kind, f"{path}?{query}"))
            if error is None:
                waits = _doubling(0.8, 30)
                time.sleep(0.1 if kind == "*v1.Node" and not self.listed.is_set() else 30)
            else:
                self._log_list_failure(kind, error)
                time.sleep(next(waits))

    def _list(self, kind: str, path: str) -> None:
        answer = self.api.request("GET", path, seconds=600)  # informers wait for as long as it takes
        if kind == "*v1.Node" and answer.get("items"):
            self.listed.set()

    def _log_list_failure(self, kind: str, error: ApiError) -> None:
        if self.kubelet.release.minor < 36:
            factory = "k8s.io/client-go/informers/factory.go:160"
            self.log.printf("W", "reflector.go:561", f"{factory}: failed to list {kind}: {error}")
            text = f"{factory}: Failed to watch {kind}: failed to list {kind}: {error}"
            self.log.error(self.place("reflector"), "Unhandled Error", text, logger="UnhandledError")
        elif not error.refused:  # 1.36 backs off in silence when the connection is refused
            self.log.error(
                self.place("reflector"), "Failed to watch", f"failed to list {kind}: {error}", logger="UnhandledError",
                reflector=f"k8s.io/client-go@{self.kubelet.release.version}/tools/cache/reflector.go:343", type=kind,
            )  # fmt: skip

    # ---- what complains while the node is unknown

    def write_event(self) -> None:
        while True:
            error = _failure(lambda: self.api.request("POST", "/api/v1/namespaces/default/events", self._event()))
            if error is None:
                return
            if error.code:
                self._event_failed("event.go:359", "Server rejected event (will not retry!)", error)
                return
            self._event_failed("event.go:368", "Unable to write event (may retry after sleeping)", error)
            time.sleep(10)

    def _event(self) -> dict[str, Any]:
        involved = {"kind": "Node", "name": self.name, "apiVersion": "v1"}
        metadata = {"name": f"{self.name}.{time.time_ns():016x}", "namespace": "default"}
        return {
            "kind": "Event",
            "metadata": metadata,
            "involvedObject": involved,
            "reason": "Starting",
            "type": "Normal",
        }

    def _event_failed(self, where: str, message: str, error: ApiError) -> None:
        event = (
            f"&Event{{ObjectMeta:{{{self.name}.18eaca553ca3788b  default    0 0001-01-01 00:00:00 +0000 UTC "
            f"<nil> <nil> map[] map[] [] [] []}},"
            f"InvolvedObject:ObjectReference{{Kind:Node,Namespace:,Name:{self.name},UID:,APIVersion:v1,ResourceVersion:,FieldPath:,}},"
            f"Reason:Starting,Message:Starting kubelet.,Source:EventSource{{Component:kubelet,Host:{self.name},}},}}"
        )
        self.log.error(where, message, str(error), event=event)

    def wait_for_mirror_pods(self) -> None:
        """Ten lines a second for as long as the informer has not seen our Node; the real one does this too."""
        while not self.listed.wait(0.1):
            self.log.error(
                self.place("mirror-pod"), "Unable to register mirror pod because node is not registered yet",
                f'node "{self.name}" not found', node=self.name,
            )  # fmt: skip


class _GetExistingError(ApiError):
    """The Node could not be created, and could not be read either."""


def _failure(action: Callable[[], Any]) -> ApiError | None:
    """Do it, and return what went wrong."""
    try:
        action()
    except ApiError as error:
        return error
    return None


def _doubling(first: float, limit: float) -> Iterator[float]:
    """first, twice that, and so on, up to the limit, then the limit for ever."""
    seconds = first
    while True:
        yield min(seconds, limit)
        seconds *= 2
