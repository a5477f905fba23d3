# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine, probes and the control plane's view: typed where they can be read, default where they cannot."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from _certificates import issue, request

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.cluster import cluster
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.host import host
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.probes import probes

NODE = {
    "metadata": {"name": "worker-1"},
    "spec": {
        "unschedulable": True,
        "podCIDR": "10.244.1.0/24",
        "taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}, {"key": "c", "effect": "NoExecute"}],
    },
    "status": {
        "conditions": [{"type": "Ready", "status": "Unknown", "lastHeartbeatTime": "2026-11-23T21:00:00Z"}],
        "nodeInfo": {"kubeletVersion": "v1.36.2"},
        "addresses": [{"type": "InternalIP", "address": "10.240.0.11"}],
    },
}


def test_host_facts() -> None:
    """Facts of a host come out typed, text answers of timedatectl included."""
    found = host(
        {
            "hostname": "worker-1",
            "clock": {"ntp_synchronized": "no"},
            "load": ["1.24", "0.5", "x"],
            "swaps": [{"name": "/swapfile"}, "/dev/zram0"],
            "filesystems": [{"path": "/", "size_bytes": 10, "read_only": False}],
            "listening": [{"address": "0.0.0.0", "port": 10250, "process": "kubelet", "pid": 3}, {"port": "x"}],  # noqa: S104
            "kubelet": {"version": "Kubernetes v1.36.2", "pid": 0, "started_at": None},
        }
    )
    assert found.read
    assert (found.ntp_synchronized, found.load) == (False, (1.24, 0.5))
    assert found.swaps == ("/swapfile", "/dev/zram0")
    assert found.listener(10250) is not None
    assert found.listener(10248) is None
    (filesystem,) = found.filesystems
    assert (filesystem.path, filesystem.size, filesystem.available, filesystem.read_only) == ("/", 10, None, False)
    assert found.kubelet_pid is None


def test_unknown_is_not_none_listening() -> None:
    """Without a list of listening ports nothing is known of them; an empty list says that nobody listens."""
    assert host({"hostname": "x"}).listeners is None
    assert host({"listening": []}).listeners == ()


@pytest.mark.parametrize("odd", [None, {}, [], "x", 3])
def test_missing_host_is_not_read(odd: object) -> None:
    """A host part that is missing or of another type is not read."""
    assert not host(odd).read


def test_hostile_host_values_give_defaults() -> None:
    """Values of any type in any place never fail."""
    keys = ("os_release", "memory", "pids", "kubelet", "runtime", "clock", "sysctl", "load", "swaps", "filesystems")
    for value in (None, True, 7, "x", [1, None], {"name": []}):
        assert host(dict.fromkeys((*keys, "listening", "systemd", "uptime_seconds", "addresses"), value)).read


def http(url: str, **more: Any) -> dict[str, Any]:
    """An HTTP probe."""
    return {"probe": "http", "url": url, "status": "ok", "code": 200, **more}


def test_probes_by_question() -> None:
    """Each probe stands under the question that it answers, with its date and certificate."""
    pem = issue("kube-apiserver").pem
    found = probes(
        [
            {"probe": "resolve", "name": "api", "addresses": ["10.0.0.1"], "status": "ok"},
            {
                "probe": "connect",
                "host": "api",
                "port": 6443,
                "address": "10.0.0.1",
                "status": "refused",
                "error": "no",
            },
            {"probe": "tls", "host": "api", "port": 6443, "status": "ok", "peer_certificate": pem},
            http("https://api:6443/readyz", date="Mon, 23 Nov 2026 20:58:07 GMT", client_certificate=None),
            http("https://api:6443/api/v1/nodes/worker-1", client_certificate="/pki/current.pem", code=403),
            http("http://127.0.0.1:10248/healthz", status="refused"),
            {"probe": "unix", "path": "/run/containerd/containerd.sock", "status": "absent"},
        ]
    )
    assert found.resolve.addresses == ("10.0.0.1",)
    assert (found.connect.status, found.connect.target) == ("refused", "api:6443")
    assert [c.common_name for c in found.tls.certificates] == ["kube-apiserver"]
    assert found.readyz.date == datetime(2026, 11, 23, 20, 58, 7, tzinfo=UTC)
    assert (found.node_object.code, found.node_object.client_certificate) == (403, "/pki/current.pem")
    assert found.healthz.status == "refused"
    assert found.runtime_socket.status == "absent"
    assert len(found.all) == 7


def test_own_server_and_socket_come_first() -> None:
    """Where several endpoints were probed, those of the kubeconfig and of the configured runtime count."""
    found = probes(
        [
            {"probe": "connect", "host": "lb", "port": 6443, "status": "refused"},
            {"probe": "connect", "host": "10.0.0.1", "port": 443, "status": "ok"},
            http("https://lb:6443/readyz", status="refused"),
            http("https://10.0.0.1/readyz"),
            {"probe": "unix", "path": "/run/containerd/containerd.sock", "status": "absent"},
            {"probe": "unix", "path": "/run/crio/crio.sock", "status": "ok"},
        ],
        server="https://10.0.0.1",
        runtime_socket="/run/crio/crio.sock",
    )
    assert (found.connect.status, found.readyz.status, found.runtime_socket.status) == ("ok", "ok", "ok")


def test_probes_not_made_stay_unknown() -> None:
    """What nobody probed is not_collected, whatever stands in the evidence."""
    for odd in (None, {}, "x", [None, 3, {}], [{"probe": "http", "url": "http://[bad/readyz", "status": "ok"}]):
        found = probes(odd, server="https://[also-bad")
        assert not any(p.made for p in (found.resolve, found.connect, found.tls, found.readyz, found.healthz))


def test_a_peer_that_sends_no_certificate() -> None:
    """A peer certificate that cannot be read leaves none, and the probe as it was."""
    found = probes([{"probe": "tls", "host": "api", "port": 6443, "status": "ok", "peer_certificate": "garbage"}])
    assert (found.tls.status, found.tls.certificates) == ("ok", ())


def test_cluster_view_of_a_node() -> None:
    """Conditions, taints, version and lease of a node."""
    lease = {"spec": {"renewTime": "2026-11-23T20:57:56.389678Z"}}
    found = cluster({"node": NODE, "lease": lease, "csrs": [], "version": "v1.36.2"})
    assert (found.asked, found.node_found, found.error) == (True, True, "")
    assert found.ready is not None
    assert found.ready.status == "Unknown"
    assert found.taints == ("a=b:NoSchedule", "c:NoExecute")
    assert (found.kubelet_version, found.api_version) == ("v1.36.2", "v1.36.2")
    assert found.unschedulable
    assert found.lease_renewed_at == datetime(2026, 11, 23, 20, 57, 56, 389678, UTC)
    assert found.addresses == ("10.240.0.11",)


@pytest.mark.parametrize(
    ("evidence", "asked", "found", "error"),
    [
        (None, False, None, ""),
        ("x", False, None, ""),
        ({"error": "connection refused"}, True, None, "connection refused"),
        ({"node": {"error": 'Error from server (NotFound): nodes "w" not found'}}, True, False, ""),
        ({"node": {"error": "Unable to connect: host not found"}}, True, None, "Unable to connect: host not found"),
        ({"lease": {}}, True, None, "the control plane's answer holds no Node object"),
    ],
)
def test_a_node_that_was_not_found(evidence: object, asked: bool, found: bool | None, error: str) -> None:
    """No access is unknown; only the API server's own word means that there is no such node."""
    view = cluster(evidence, "w")
    assert (view.asked, view.node_found, view.error) == (asked, found, error)


def test_only_own_requests_are_kept() -> None:
    """Certificate requests of other nodes, and those that cannot be read, are not this node's."""

    def csr(name: str, **spec: str) -> dict[str, Any]:
        return {"metadata": {"name": name}, "spec": spec}

    def encoded(node: str) -> str:
        return base64.b64encode(request(f"system:node:{node}").encode()).decode()

    requests = [
        csr("renewal", username="system:node:worker-1"),
        csr("bootstrap", username="system:bootstrap:abcdef", request=encoded("worker-1")),
        csr("other", username="system:bootstrap:abcdef", request=encoded("worker-2")),
        csr("broken", username="system:bootstrap:abcdef", request="%%%"),
        csr("nothing"),
    ]
    kept = cluster({"node": NODE, "csrs": requests}, "ignored-when-the-node-says-its-name").csrs
    assert [entry["metadata"]["name"] for entry in kept] == ["renewal", "bootstrap"]
