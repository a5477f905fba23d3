# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new client certificate: when it is asked for, and what is done with the one that the cluster issued."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from corpus._load import load_evidence, load_snapshot
from unit.causes._pki import Authority
from unit.plan._plans import files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import x509
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.plan import Plan, Renewal
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.actions_renewal import refusal, renewal_of
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import Sources
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.policy import Policy

CASE = "cert-expired"
LINK = "/var/lib/kubelet/pki/kubelet-client-current.pem"
ALLOWED = Policy(allow=("safe", "renew-client-certificate"))


@pytest.fixture(scope="module")
def node() -> Snapshot:
    """A node whose client certificate has expired, in a cluster whose CA we have."""
    return load_snapshot(CASE)


@pytest.fixture(scope="module")
def authority(node: Snapshot) -> Authority:
    """The CA of the cluster."""
    return Authority("kubernetes", node.captured_at - timedelta(days=9), node.captured_at + timedelta(days=999))


def planned(node: Snapshot, authority: Authority, name: str = "", **changed: Any) -> Plan:
    """The plan with a certificate that the authority has issued, or one that differs in one thing."""
    begins = changed.pop("begins", node.captured_at - timedelta(minutes=5))
    ends = changed.pop("ends", node.captured_at + timedelta(days=365))
    name = name or f"system:node:{node.node_name}"
    issued = authority.issue(name, begins=begins, ends=ends, **{"group": "system:nodes", **changed})
    ca = replace(node.kubeconfig.ca, certificates=x509.certificates(authority.pem))
    seen = replace(node, kubeconfig=replace(node.kubeconfig, ca=ca))
    sources = Sources(renewal=Renewal(issued.pem, issued.key_sha256))
    return plan_of(seen, sources=sources, diagnosis=diagnose(load_snapshot(CASE)))


def test_new_pair_is_put_beside_the_old_ones(node: Snapshot, authority: Authority) -> None:
    """A dated file with the certificate, the link to it, and nothing else, for the kubeconfig names the link."""
    (action,) = planned(node, authority).actions
    path = f"/var/lib/kubelet/pki/kubelet-client-{node.captured_at:%Y-%m-%d-%H-%M-%S}.pem"
    assert (action.id, action.classification, action.restart) == ("renew-client-certificate", "needs-approval", True)
    assert [(step.kind, step.values["path"]) for step in action.steps] == [("client_certificate", path), ("link", LINK)]
    assert action.steps[0].values["content"].startswith("-----BEGIN CERTIFICATE-----")
    assert "PRIVATE KEY" not in str(action)


def test_embedded_certificate_becomes_the_link(authority: Authority) -> None:
    """The kubeconfig names the pair from then on."""
    embedded = load_snapshot("kubeconfig-embedded-cert-expired")
    evidence = copy.deepcopy(load_evidence("kubeconfig-embedded-cert-expired"))
    for path in [path for path in evidence["files"] if "/kubelet-client-" in path]:
        evidence["files"][path] = {"type": "absent"}
    node = snapshot(evidence, host_name="worker-2")
    (action,) = planned(node, authority).actions
    after = files_after(node, planned(node, authority))[embedded.kubeconfig.path]
    assert after.count(f"client-certificate: {LINK}") == after.count(f"client-key: {LINK}") == 1
    assert "certificate-data" not in after.replace("certificate-authority-data", "")
    assert [step.kind for step in action.steps][-1] == "edit"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "system:node:worker-1"}, "another subject"),
        ({"group": "system:masters"}, "another subject"),
        ({"hosts": ("worker-2",)}, "another subject"),
        ({"usages": ("serverAuth",)}, "cannot be used as a client's"),
        ({"ends": timedelta(minutes=-1)}, "cannot be used as a client's"),
        ({"begins": timedelta(days=1)}, "cannot be used as a client's"),
    ],
)
def test_certificate_that_was_not_asked_for_is_not_used(
    changed: dict[str, Any], words: str, node: Snapshot, authority: Authority
) -> None:
    """Another subject, usage or time than a kubelet needs."""
    moments = {key: node.captured_at + value for key, value in changed.items() if isinstance(value, timedelta)}
    seen = planned(node, authority, **{**changed, **moments})
    assert seen.actions == ()
    assert words in seen.not_offered[0].reason


def test_certificate_of_another_key_or_authority_is_not_used(node: Snapshot, authority: Authority) -> None:
    """It must be for the key that the node has, and signed by the CA that its kubeconfig trusts."""
    begins, ends = node.captured_at, node.captured_at + timedelta(days=1)
    issued = authority.issue(f"system:node:{node.node_name}", begins=begins, ends=ends, group="system:nodes")
    for renewal, words in (
        (Renewal(issued.pem, "0" * 64), "another key"),
        (Renewal(issued.pem, issued.key_sha256), "not signed by the CA of the kubeconfig"),
        (Renewal("no certificate", issued.key_sha256), "cannot be read"),
        (Renewal(reason="nobody signed it"), "nobody signed it"),
        (Renewal(), "kubeadm kubeconfig user --org system:nodes --client-name system:node:"),
    ):
        seen = plan_of(node, sources=Sources(renewal=renewal))
        assert seen.actions == ()
        assert words in seen.not_offered[0].reason


def test_check_mode_plans_without_a_certificate(node: Snapshot) -> None:
    """Nothing was asked of the cluster; the same files are named."""
    (action,) = plan_of(node, sources=Sources(renewal=Renewal(planned=True))).actions
    assert [step.kind for step in action.steps] == ["client_certificate", "link"]
    assert action.steps[0].values["content"] == ""


@pytest.mark.parametrize(
    ("policy", "cluster", "needed", "words"),
    [
        (ALLOWED, {"nodes": {}}, True, ""),
        (Policy(allow=("needs-approval",)), {"nodes": {}}, True, ""),
        (Policy(), {"nodes": {}}, True, "kubelet_repair_allow"),
        (Policy(ALLOWED.allow, deny=("renew-client-certificate",)), {"nodes": {}}, True, "kubelet_repair_allow"),
        (Policy(ALLOWED.allow, enabled=False), {"nodes": {}}, True, "kubelet_repair_allow"),
        (ALLOWED, None, True, "group kubelet_control_plane"),
        (ALLOWED, {"error": "connection refused"}, True, "connection refused"),
    ],
)
def test_certificate_is_asked_for_where_it_can_be_had(
    policy: Policy, cluster: Any, needed: bool, words: str, node: Snapshot
) -> None:
    """The action must be allowed and a control plane known; without them the plan says so."""
    got = refusal(diagnose(node).to_dict(), policy, cluster)
    assert got[0] is needed
    assert (words in got[1]) if words else got[1] == ""


def test_other_nodes_are_not_asked() -> None:
    """A node without such a cause needs none, whatever is allowed."""
    assert refusal(diagnose(load_snapshot("ca-path-wrong")).to_dict(), ALLOWED, {"nodes": {}}) == (False, "")


@pytest.mark.parametrize(
    ("requested", "issued", "renewal"),
    [
        ({}, {}, Renewal()),
        ({"reason": "no openssl"}, {"skipped": True}, Renewal(reason="no openssl")),
        ({"planned": True}, {"skipped": True, "msg": "x"}, Renewal(planned=True)),
        ({"public_key_sha256": "ab"}, {"certificate": "PEM"}, Renewal("PEM", "ab")),
        (
            {"public_key_sha256": "ab"},
            {"msg": "No certificate was issued"},
            Renewal(reason="No certificate was issued"),
        ),
    ],
)
def test_registered_results_of_the_role(requested: dict[str, Any], issued: dict[str, Any], renewal: Renewal) -> None:
    """What the two tasks before it have registered, also when one was skipped or failed."""
    assert renewal_of(requested, issued) == renewal
