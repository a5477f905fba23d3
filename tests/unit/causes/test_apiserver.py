# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversation with the API server: each fault gives its one cause, and a node that talks gives none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.causes._api_nodes import (
    ENDPOINT,
    REFUSED,
    answered,
    deaf,
    failing,
    lease,
    probed,
    refused,
    request,
    silent,
    unprobed,
    written,
)
from unit.causes._make import findings, healthy, logged, roots, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import Field, Place
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import ClusterView, Probe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

FORBIDDEN = '{"message":"nodes \\"worker-7\\" is forbidden: User \\"system:node:worker-7\\" cannot get resource"}'


def test_api_server_that_answers_nobody_is_down_not_misaddressed() -> None:
    """Refused here and for the control plane's own client: the API server is down."""
    node = refused(deaf())
    assert roots(node) == {"apiserver/connection-refused"}
    assert "refuses others too" in findings(node)["apiserver/connection-refused"].summary


def test_refused_without_the_control_plane_s_word_is_not_called_a_wrong_address() -> None:
    """Nobody could ask the control plane and nothing else is known here."""
    assert roots(refused(unit(replace(healthy(), cluster=ClusterView()), started_ago=120))) == {
        "apiserver/connection-refused"
    }


def test_refused_only_here_although_the_file_has_worked() -> None:
    """The control plane heard from this node after the file was written: a firewall or a balancer, not the address."""
    node = written(refused(silent()), ago=3600)
    assert roots(node) == {"apiserver/connection-refused"}
    assert "firewall" in findings(node)["apiserver/connection-refused"].summary


@pytest.mark.parametrize(
    ("probes", "error", "expected"),
    [
        (failing("timeout", "timed out"), "dial tcp 10.240.0.10:6443: i/o timeout", "apiserver/unreachable-timeout"),
        (
            failing("error", "[Errno 113] No route to host"),
            "dial tcp 10.240.0.10:6443: connect: no route to host",
            "network/no-route",
        ),
        (
            {"resolve": Probe("resolve", "unresolved", "controlplane", "[Errno -2] Name or service not known")},
            "dial tcp: lookup controlplane on 10.0.0.2:53: no such host",
            "apiserver/dns-failure",
        ),
        (
            {"tls": Probe("tls", "timeout", ENDPOINT, "handshake timed out")},
            "net/http: TLS handshake timeout",
            "apiserver/not-answering",
        ),
    ],
)
def test_each_way_of_not_reaching_it(probes: dict[str, Probe], error: str, expected: str) -> None:
    """Probes and the kubelet's own words give the same cause, together and each alone."""
    node = written(silent(), ago=3600)
    said = logged(node, request(error), count=9)
    assert roots(probed(said, **probes)) == {expected}
    assert roots(probed(node, **probes)) == {expected}
    assert roots(unprobed(said)) == {expected}


def test_a_kubelet_that_renews_its_lease_is_not_accused() -> None:
    """Probes may fail where a proxy is needed; a fresh lease says that the kubelet gets through."""
    assert findings(probed(healthy(), **failing("timeout", "timed out"))) == {}


def test_an_outage_of_half_a_minute_outweighs_a_lease_of_half_a_minute() -> None:
    """Packets vanish 25 s after a start: the lease was renewed once, nothing connects any more."""
    node = unit(healthy(), started_ago=27)
    node = replace(node, cluster=replace(node.cluster, lease_renewed_at=node.captured_at - timedelta(seconds=25)))
    assert roots(node) == set()
    assert roots(written(probed(node, **failing("timeout", "timed out")), ago=3600)) == {
        "apiserver/unreachable-timeout"
    }


def test_a_quiet_kubelet_is_not_accused_without_cluster_access() -> None:
    """No complaint for minutes means that requests succeed, whatever a probe says."""
    node = unit(replace(healthy(), cluster=ClusterView()), started_ago=600)
    assert roots(probed(node, **failing("refused", "refused"))) == set()


def test_an_outage_that_is_over_is_no_cause() -> None:
    """Old complaints of a node that works now are told as a resolved event."""
    node = logged(unit(healthy(), started_ago=3600), request(REFUSED), ago=1200, count=40)
    assert {f.id: f.effect for f in findings(node).values()} == {"apiserver/connection-refused": Effect.RESOLVED}


def test_recovery_without_cluster_access_is_seen_within_a_minute() -> None:
    """The last failed lease is a minute old and the own Node can be read: it works again."""
    node = unit(replace(healthy(), cluster=ClusterView()), started_ago=3600)
    assert roots(logged(node, request(REFUSED), ago=60, count=40)) == set()


@pytest.mark.parametrize(("code", "expected"), [(503, "apiserver/unavailable"), (429, "apiserver/overloaded")])
def test_error_answers(code: int, expected: str) -> None:
    """5xx is unavailability, 429 is overload."""
    assert roots(answered(silent(), code)) == {expected}


def test_requests_that_never_complete_while_readyz_answers() -> None:
    """etcd is gone: the API server is there and its requests time out."""
    own = replace(healthy().probes.node_object, status="timeout", code=None)
    assert roots(probed(silent(), node_object=own)) == {"apiserver/unavailable"}
    timeout = Probe("http", "timeout", f"https://{ENDPOINT}/readyz")
    assert roots(probed(silent(), node_object=own, readyz=timeout)) == {"apiserver/not-answering"}


def test_nodes_without_rights() -> None:
    """403 for the node's own name with a right certificate is the API server's fault; 403 as a stranger is not."""
    assert roots(answered(silent(), 403, FORBIDDEN)) == {"apiserver/rbac-missing"}
    other = FORBIDDEN.replace("system:node:worker-7", "system:node:worker-99")
    assert roots(answered(silent(), 403, other)) == {"certificate/client-cn-mismatch"}


def test_answers_to_a_request_without_certificate_say_nothing_about_it() -> None:
    """A probe that could not use the client certificate gets 401 or 403 from every cluster."""
    own = replace(healthy().probes.node_object, code=403, client_certificate=None)
    assert roots(probed(silent(), node_object=own)) == set()


def test_webhook_that_blocks_leases() -> None:
    """The webhook's name is in the kubelet's line."""
    error = 'Internal error occurred: failed calling webhook "v.kyverno.svc": failed to call webhook: EOF'
    node = unprobed(logged(silent(), lease(error)))
    assert roots(node) == {"apiserver/webhook-blocks-node-writes"}
    assert "v.kyverno.svc" in findings(node)["apiserver/webhook-blocks-node-writes"].summary


def test_proxy_in_the_environment() -> None:
    """With a proxy set the kubelet fails although direct connections work; NO_PROXY takes the suspicion away."""
    place = Place("/etc/systemd/system/kubelet.service.d/http-proxy.conf", 2)
    proxy = {"HTTPS_PROXY": ("http://10.9.9.9:3128", place)}
    node = logged(replace(silent(), environment=proxy), request("context deadline exceeded"))
    assert roots(node) == {"apiserver/proxy-env"}
    exempt = {**proxy, "NO_PROXY": ("controlplane,10.0.0.0/8", place)}
    assert roots(replace(node, environment=exempt)) == {"apiserver/not-answering"}


def test_deleted_node_object() -> None:
    """404 for the own Node while the kubelet runs; not in the first minute of a start."""
    node = unit(answered(healthy(), 404), started_ago=600)
    view = ClusterView(asked=True, error='nodes "worker-7" not found', node_found=False)
    assert roots(replace(node, cluster=view)) == {"apiserver/node-object-deleted"}
    assert roots(unit(replace(node, cluster=view), started_ago=10)) == set()
    assert roots(stopped(replace(node, cluster=view))) == set()


def test_deleted_node_object_by_the_kubelets_words_alone() -> None:
    """Nobody could ask: the kubelet's own 404 counts after its start has settled."""
    text = (
        'E1123 21:37:33.776545    4750 kubelet_node_status.go:549] "Error updating node status, will retry"'
        ' err="error getting node \\"worker-7\\": nodes \\"worker-7\\" not found"'
    )
    node = unprobed(logged(replace(healthy(), cluster=ClusterView()), text, count=9))
    assert roots(unit(node, started_ago=600)) == {"apiserver/node-object-deleted"}
    assert findings(logged(healthy(), text)) == {}


@pytest.mark.parametrize(
    ("kubelet", "server", "skewed"),
    [
        ("v1.36.2", "v1.35.0", True),
        ("v1.36.2", "v1.36.0", False),
        ("v1.33.0", "v1.36.0", False),
        ("v1.32.0", "v1.36.0", True),
        ("v1.24.0", "v1.27.0", True),
        ("v1.36.2", "", False),
        ("v1.36.2", "nonsense", False),
    ],
)
def test_version_skew(kubelet: str, server: str, skewed: bool) -> None:
    """A risk when the kubelet is newer, or older than supported; silence when a version is unknown."""
    node = replace(
        healthy(),
        host=replace(healthy().host, kubelet_version=kubelet),
        cluster=replace(healthy().cluster, api_version=server),
    )
    assert ("apiserver/version-skew" in findings(node)) is skewed


def ready_false(message: str) -> Snapshot:
    """The healthy node with Ready=False and this message."""
    ready = replace(healthy().cluster.conditions["Ready"], status="False", reason="KubeletNotReady", message=message)
    return replace(healthy(), cluster=replace(healthy().cluster, conditions={"Ready": ready}))


def test_csinode() -> None:
    """Ready=False that waits for CSINode after the start has settled; normal in the first seconds."""
    node = ready_false("CSINode is not yet initialized")
    assert roots(unit(node, started_ago=300)) == {"apiserver/csinode-not-initialized"}
    assert "apiserver/csinode-not-initialized" not in findings(unit(node, started_ago=5))


def test_breaking_connections_are_a_risk() -> None:
    """Many broken connections beside answers are a risk, one is nothing."""
    assert "apiserver/lb-half-broken" in findings(logged(healthy(), request("EOF"), count=9))
    assert findings(logged(healthy(), request("EOF"), count=1)) == {}


def test_symptoms_need_a_conversation_that_fails_now() -> None:
    """Lines of a healthy start are noise; the same lines are consequences when the cause is there."""
    noise = (
        'E1123 21:37:31.936746    4750 kubelet_node_status.go:446] "Error getting the current node from lister"'
        ' err="node \\"worker-7\\" not found"'
    )
    assert findings(logged(healthy(), noise)) == {}
    found = findings(logged(refused(deaf()), noise))
    assert {"symptom/lease-failures", "symptom/node-not-found-local"} <= found.keys()


def test_hostile_values_break_nothing() -> None:
    """Lists, numbers and escapes where text is expected give no error."""
    server = Field("clusters[0].cluster.server", ["x"], Place("/etc/kubernetes/kubelet.conf", 5))
    node = replace(silent(), kubeconfig=replace(healthy().kubeconfig, server=server, host="", scheme=""))
    broken = replace(node, cluster=replace(node.cluster, csrs=({"spec": 3, "status": [], "metadata": None},)))
    assert isinstance(findings(refused(broken)), dict)
