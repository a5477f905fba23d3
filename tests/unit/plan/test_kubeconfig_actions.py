# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on the kubeconfig: the address of the API server, and the client certificate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from corpus._load import load_snapshot
from unit.plan._plans import changed_lines, files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import expectations
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.configuration import Credential
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import Sources

KUBECONFIG = "/etc/kubernetes/kubelet.conf"


def test_stale_certificate_is_pointed_at_the_rotated_one() -> None:
    """Certificate and key, both embedded, become the path of the rotated pair."""
    case = "kubeconfig-embedded-cert-expired"
    node, planned = load_snapshot(case), plan_of(case)
    lines = changed_lines(node.file(KUBECONFIG).content or "", files_after(node, planned)[KUBECONFIG])
    pair = "/var/lib/kubelet/pki/kubelet-client-current.pem"
    assert [new.strip() for _n, _old, new in lines] == [f"client-certificate: {pair}", f"client-key: {pair}"]


def test_expired_certificate_is_for_a_person() -> None:
    """Nothing is done, even when everything is allowed, and the plan says where a new certificate comes from."""
    planned = plan_of("cert-expired")
    assert planned.actions == ()
    assert "kubeadm kubeconfig user" in planned.not_offered[0].reason


@pytest.mark.parametrize("case", ["server-host-unresolvable", "server-port-wrong"])
def test_address_without_the_control_plane_is_never_safe(case: str) -> None:
    """An address that only other files of the node name needs approval, or is not offered."""
    planned = plan_of(case, allow=("safe",), sources=Sources())
    assert planned.actions == ()
    assert planned.not_offered[0].action == "set-kubeconfig-server"


def test_declared_address_wins() -> None:
    """kubelet_expected comes before what the control plane publishes."""
    sources = Sources(
        expectations({"kubeconfig": {"server": "https://lb.example:6443"}}), endpoint="https://controlplane:6443"
    )
    node, planned = load_snapshot("server-port-wrong"), plan_of("server-port-wrong", sources=sources)
    assert "server: https://lb.example:6443\n" in files_after(node, planned)[KUBECONFIG]


@pytest.mark.parametrize("published", ["https://controlplane:6553", "https://CONTROLPLANE:6553/", "http://c:6443", ""])
def test_same_or_unusable_address_is_no_repair(published: str) -> None:
    """The address that the node has already, however it is written, and one that is no https URL change nothing."""
    planned = plan_of("server-port-wrong", allow=("safe",), sources=Sources(endpoint=published))
    assert planned.actions == ()


def test_endpoint_of_another_cluster_is_not_used() -> None:
    """What a control plane with another CA publishes is no wanted value for this node."""
    node = load_snapshot("server-port-wrong")
    own = node.kubeconfig.ca.certificates[0].fingerprint_sha256
    server = "https://controlplane:6443"
    assert Sources.of({}, {"server": server, "ca_sha256": "0" * 64}, node).endpoint == ""
    assert Sources.of({}, {"server": server, "ca_sha256": own}, node).endpoint == server
    assert Sources.of({}, {"server": server, "ca_sha256": None}, node).endpoint == server
    assert Sources.of({}, None, node).endpoint == ""
    unread = replace(node, kubeconfig=replace(node.kubeconfig, ca=Credential()))
    assert Sources.of({}, {"server": server, "ca_sha256": "0" * 64}, unread).endpoint == ""
    assert Sources.of({}, {"server": server, "ca_sha256": own}, unread).endpoint == server
