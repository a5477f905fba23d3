# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lost kubelet.conf is written anew only of what is proven: this node's pair, its CA, and a server with that CA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from corpus._load import load_snapshot
from unit.causes._pki import Authority
from unit.plan._plans import files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import expectations
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import x509
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret._yaml import load
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import (
    Expectation,
    Matcher,
    Origin,
    Source,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.plan import Plan
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import Sources

MISSING, CASES = "kubelet-conf-missing", ("kubelet-conf-missing", "kubelet-conf-empty", "kubelet-conf-malformed")
KUBECONFIG, CA = "/etc/kubernetes/kubelet.conf", "/etc/kubernetes/pki/ca.crt"
LINK = "/var/lib/kubelet/pki/kubelet-client-current.pem"
SERVER = "https://controlplane:6443"


@pytest.fixture(scope="module")
def node() -> Snapshot:
    """A node without kubelet.conf, whose rotated pair is in order."""
    return load_snapshot(MISSING)


def authority_of(node: Snapshot) -> str:
    """SHA-256 of the CA that is on a node."""
    return x509.certificates(node.file(CA).content or "")[0].fingerprint_sha256


def published(node: Snapshot, ca: str | None = None) -> Sources:
    """What the control plane of this node's cluster says."""
    return Sources.of((), {"server": SERVER, "ca_sha256": authority_of(node) if ca is None else ca}, node)


def expects(origin: Origin, **values: Any) -> tuple[Expectation, ...]:
    """What others expect of the kubeconfig."""
    return tuple(
        Expectation(f"kubeconfig.{name}", Matcher("exact", value), Source(origin, "3 of 3 peers"))
        for name, value in values.items()
    )


def planned(node: Snapshot, sources: Sources | None = None) -> Plan:
    """The plan for a node that may differ from the recorded one in what was not looked at for the diagnosis."""
    return plan_of(node, sources=sources or published(node), diagnosis=diagnose(load_snapshot(MISSING)))


def written(node: Snapshot, plan: Plan) -> Mapping[str, Any]:
    """The kubeconfig that a plan writes."""
    (action,) = plan.actions
    (step,) = action.steps
    text = step.values["content"] if step.kind == "create" else files_after(node, plan)[KUBECONFIG]
    tree = load(text, KUBECONFIG).tree
    assert tree is not None
    found: Mapping[str, Any] = tree.plain()
    return found


@pytest.mark.parametrize("case", CASES)
def test_lost_kubeconfig_is_written(case: str) -> None:
    """With the pair, the CA and the server, on approval alone; what is there is replaced as a whole under its hash."""
    node = load_snapshot(case)
    plan = plan_of(node, sources=published(node))
    (action,) = plan.actions
    (step,) = action.steps
    assert (action.id, action.classification, action.restart) == ("restore-kubeconfig", "needs-approval", True)
    assert plan_of(node, sources=published(node), allow=("safe",)).actions == ()
    if case == MISSING:
        assert (step.kind, step.values["mode"]) == ("create", "0600")
    else:
        assert (step.kind, step.values["sha256"]) == ("edit", node.file(KUBECONFIG).sha256)
    kubeconfig = written(node, plan)
    assert kubeconfig["users"][0]["user"] == {"client-certificate": LINK, "client-key": LINK}
    assert kubeconfig["clusters"][0]["cluster"]["server"] == SERVER
    assert kubeconfig["current-context"] == kubeconfig["contexts"][0]["name"]
    assert "PRIVATE KEY" not in str(plan)


def test_declared_server_comes_first(node: Snapshot) -> None:
    """kubelet_expected, before what the control plane publishes; no control plane is needed then."""
    declared = expectations({"kubeconfig": {"server": "https://lb.example:6443"}})
    for sources in (Sources(declared), replace(published(node), expectations=declared)):
        cluster = written(node, planned(node, sources))["clusters"][0]["cluster"]
        assert cluster["server"] == "https://lb.example:6443"


def test_server_of_other_nodes_comes_with_their_authority(node: Snapshot) -> None:
    """What peers or a baseline have counts only where their kubeconfigs have the CA that is on this node."""
    own, server = authority_of(node), "https://lb:6443"
    for origin in (Origin.PEERS, Origin.REFERENCE):
        for ca in (own, [own, "0" * 64]):
            sources = Sources(expects(origin, server=server, ca_sha256=ca))
            assert written(node, planned(node, sources))["clusters"][0]["cluster"]["server"] == server
        for others in ({}, {"ca_sha256": "0" * 64}):
            assert planned(node, Sources(expects(origin, server=server, **others))).actions == ()
    mixed = (*expects(Origin.PEERS, server=server), *expects(Origin.REFERENCE, ca_sha256=own))
    assert planned(node, Sources(mixed)).actions == ()


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (Sources(), "kubelet_expected.kubeconfig.server, from cluster-info"),
        (Sources(endpoint=SERVER), "from cluster-info of the control plane"),
        (Sources(endpoint=SERVER, endpoint_ca="0" * 64), "another cluster"),
        (
            Sources(expectations({"kubeconfig": {"server": SERVER}}), endpoint=SERVER, endpoint_ca="0" * 64),
            "another cluster",
        ),
    ],
)
def test_server_must_be_known_and_of_this_cluster(sources: Sources, words: str, node: Snapshot) -> None:
    """An endpoint without a CA proves nothing, one with another CA is another cluster's."""
    plan = planned(node, sources)
    assert plan.actions == ()
    assert (plan.not_offered[0].action, words in plan.not_offered[0].reason) == ("restore-kubeconfig", True)


def test_server_that_is_no_plain_value(node: Snapshot) -> None:
    """What YAML would read as something else is not written."""
    for server in ("http://lb:6443", "https://lb:"):
        assert planned(node, Sources(expectations({"kubeconfig": {"server": SERVER}}))).actions
        wanted = expects(Origin.DECLARED, server=server)
        assert planned(node, Sources(wanted)).actions == ()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "system:node:other"}, "must be a client certificate of"),
        ({"group": "system:masters"}, "must be a client certificate of"),
        ({"usages": ("serverAuth",)}, "must be a client certificate of"),
        ({"ends": timedelta(minutes=-1)}, "valid now"),
        ({"begins": timedelta(minutes=1)}, "valid now"),
    ],
)
def test_pair_must_be_this_nodes_and_valid(changed: dict[str, Any], words: str, node: Snapshot) -> None:
    """Another name, group, usage or time than a kubelet's of this node is no pair to log in with."""
    day, now = timedelta(days=1), node.captured_at
    cluster = Authority("kubernetes", now - day, now + day)
    wanted = {"name": f"system:node:{node.node_name}", "group": "system:nodes", "begins": -day, "ends": day, **changed}
    moments = {key: now + wanted.pop(key) for key in ("begins", "ends")}
    issued = cluster.issue(wanted.pop("name"), **moments, **wanted)
    pair = replace(node.certificate("client"), certificates=x509.certificates(issued.pem), key_match=True)
    plan = planned(replace(node, certificates={**node.certificates, "client": pair}))
    assert plan.actions == ()
    assert words in plan.not_offered[0].reason


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ({"key_match": False}, "is another certificate's"),
        ({"key_match": None}, "could not be compared"),
        ({"certificates": ()}, f"must be in {LINK}"),
    ],
)
def test_pair_must_be_whole(pair: dict[str, Any], words: str, node: Snapshot) -> None:
    """A key that is not the certificate's, one that nobody could compare, or no certificate."""
    rotated = replace(node.certificate("client"), **pair)
    plan = planned(replace(node, certificates={**node.certificates, "client": rotated}))
    assert plan.actions == ()
    assert words in plan.not_offered[0].reason


def test_authority_must_be_on_the_node_and_have_signed_the_pair(node: Snapshot) -> None:
    """No CA file, another cluster's, or one whose time is over: nothing says that the server is the right one."""
    now, day = node.captured_at, timedelta(days=1)
    foreign = Authority("kubernetes", now - day, now + day).pem
    fact = node.file(CA)
    for changed in (FileFact(CA, "absent"), replace(fact, content=foreign), replace(fact, content="no certificate")):
        plan = planned(replace(node, files={**node.files, CA: changed}), published(node))
        assert plan.actions == ()
        assert f"{CA} must hold the CA that signed {LINK}" in plan.not_offered[0].reason
    later = replace(node, captured_at=x509.certificates(fact.content or "")[0].not_after + day)
    assert planned(later).actions == ()


@pytest.mark.parametrize("profile", ["k3s", "rke2", "microk8s", "eks", "manual"])
def test_kubeconfigs_of_others_are_theirs(profile: str, node: Snapshot) -> None:
    """Where something else than kubeadm writes the kubeconfig, it is not written here."""
    plan = planned(replace(node, profile=profile))
    assert plan.actions == ()
    assert "must be kubeadm's" in plan.not_offered[0].reason


def test_what_is_no_file_is_left_alone(node: Snapshot) -> None:
    """A directory, a link to nothing and what nobody looked at are not replaced."""
    for fact in (FileFact(KUBECONFIG, "directory"), FileFact(KUBECONFIG, "link"), FileFact(KUBECONFIG)):
        plan = planned(replace(node, files={**node.files, KUBECONFIG: fact}))
        assert plan.actions == ()
        assert "must be absent, or a file that can be read" in plan.not_offered[0].reason


def test_login_with_a_token_or_a_program_is_not_kubeadms(node: Snapshot) -> None:
    """Such a kubeconfig is another tool's, so a new one is not made in its place."""
    plan = planned(replace(node, kubeconfig=replace(node.kubeconfig, has_token=True)))
    assert plan.actions == ()
    assert "logs in with a token or a program" in plan.not_offered[0].reason
