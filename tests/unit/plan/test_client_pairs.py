# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A broken client pair: another pair of the node takes its place where one is proven, else a new one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from unit.causes._certificate_nodes import CA, CURRENT, DATED, DAY, NOW, OTHER, PKI
from unit.causes._make import evidence, healthy, node_of, put, stopped
from unit.causes._pki import Issued
from unit.plan._plans import plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.plan import Plan, Renewal
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import Sources

KUBECONFIG, OLDER = "/etc/kubernetes/kubelet.conf", f"{PKI}/kubelet-client-2026-11-13-00-00-00.pem"
RENEWED = Sources(renewal=Renewal(planned=True))
Evidence = dict[str, Any]


def pair(**changed: Any) -> Issued:
    """A pair that another CA has issued to this node; the CA is trusted where :func:`with_older` puts it."""
    wanted = {"name": "system:node:worker-7", "group": "system:nodes", "begins": NOW - DAY, "ends": NOW + 100 * DAY}
    wanted |= {"name": f"system:node:{healthy().node_name}", **changed}
    return OTHER.issue(wanted.pop("name"), **wanted)


def with_older(changed: Evidence, path: str = OLDER) -> Evidence:
    """Another valid pair of this node beside the one in use."""
    issued = pair()
    put(changed, CA, changed["files"][CA]["content"] + OTHER.pem)
    put(changed, path, issued.pem, public_key_sha256=[issued.key_sha256])
    return changed


def dangling(changed: Evidence) -> None:
    """The link's target is gone."""
    put(changed, DATED, None)
    changed["files"][CURRENT]["resolves"] = False


def link_gone(changed: Evidence) -> None:
    """The link is gone; the pair of before may still be there."""
    put(changed, DATED, None)
    put(changed, CURRENT, None)


def other_key(changed: Evidence) -> None:
    """The key is another certificate's."""
    changed["files"][DATED]["public_key_sha256"] = ["0" * 64]


def damaged(changed: Evidence) -> None:
    """Nothing in the file can be read."""
    put(changed, DATED, "garbage")


def key_lost(changed: Evidence) -> None:
    """The certificate is there, its key is not."""
    pem = str(changed["files"][DATED]["content"])
    put(changed, DATED, pem[: pem.index("-----BEGIN EC")])


BROKEN = (dangling, link_gone, other_key, damaged, key_lost)


def planned(changed: Evidence, **options: Any) -> Plan:
    """The plan for a node whose kubelet ends at its start."""
    return plan_of(stopped(node_of(changed)), sources=RENEWED, **options)


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda each: each.__name__)
def test_older_pair_takes_its_place(breaks: Callable[[Evidence], None]) -> None:
    """Without being asked: the pair is proven to be this node's."""
    changed = evidence()
    breaks(changed)
    (action,) = planned(with_older(changed), allow=("safe",)).actions
    assert action.id == "relink-client-certificate"
    assert [step.values for step in action.steps] == [{"path": CURRENT, "target": OLDER}]


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda each: each.__name__)
def test_new_pair_where_there_is_no_other(breaks: Callable[[Evidence], None]) -> None:
    """The cluster signs one, on approval."""
    changed = evidence()
    breaks(changed)
    (action,) = planned(changed).actions
    assert (action.id, action.classification) == ("renew-client-certificate", "needs-approval")
    assert action.steps[-1].values["path"] == CURRENT
    assert planned(changed, allow=("safe",)).actions == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "system:node:other"},
        {"group": ""},
        {"usages": ("serverAuth",)},
        {"ends": NOW - DAY / 2},
        {"begins": NOW + DAY},
    ],
)
def test_pair_that_would_not_do_is_not_linked(wrong: dict[str, Any]) -> None:
    """Of another node, without the group or the usage, out of its time: whatever lies there is not taken."""
    changed = evidence()
    dangling(with_older(changed))
    issued = pair(**wrong)
    put(changed, OLDER, issued.pem, public_key_sha256=[issued.key_sha256])
    plan = planned(changed)
    assert "relink-client-certificate" not in [action.id for action in plan.actions]


def test_kubeconfig_that_names_another_pair() -> None:
    """Where the files that it names are broken and the rotated pair is in order, it names that one from then on."""
    changed = evidence()
    text = str(changed["files"][KUBECONFIG]["content"]).replace(CURRENT, "/etc/kubernetes/pki/kubelet.pem")
    put(changed, KUBECONFIG, text, sha256="f" * 64)
    put(changed, "/etc/kubernetes/pki/kubelet.pem", "garbage")
    (action,) = planned(changed).actions
    assert (action.id, action.classification) == ("set-kubeconfig-client-certificate", "needs-approval")


def test_serving_pair_is_not_renewed_with_the_clients() -> None:
    """A key that is not the serving certificate's is for a person, and the words are about that pair."""
    changed = evidence()
    changed["files"][f"{PKI}/kubelet.key"]["public_key_sha256"] = ["0" * 64]
    plan = planned(changed)
    assert plan.actions == ()
    assert "kubelet.crt and kubelet.key" in plan.not_offered[0].reason


def as_file(**facts: Any) -> Evidence:
    """A copy that followed the link: kubelet-client-current.pem is a file."""
    changed = evidence()
    whole = {"content": changed["files"][DATED]["content"], "sha256": "c" * 64, **facts}
    put(changed, CURRENT, public_key_sha256=changed["files"][DATED]["public_key_sha256"], **whole)
    return changed


def test_file_in_the_place_of_the_link() -> None:
    """The pair is kept under a name with a date and linked; nothing of it travels and nothing is restarted."""
    node = node_of(as_file())
    (action,) = plan_of(node, allow=("safe",), risks=True).actions
    dated = f"{PKI}/kubelet-client-{node.captured_at:%Y-%m-%d-%H-%M-%S}.pem"
    assert (action.id, action.restart) == ("relink-client-certificate", False)
    assert [(step.kind, dict(step.values)) for step in action.steps] == [
        ("copy", {"path": dated, "source": CURRENT, "sha256": "c" * 64}),
        ("replace_by_link", {"path": CURRENT, "target": dated, "sha256": "c" * 64}),
    ]
    assert "PRIVATE KEY" not in str(action)
    assert plan_of(node, allow=("safe",)).actions == ()


def test_file_that_is_there_twice() -> None:
    """Where the dated file has the same bytes, it is linked and nothing is copied."""
    changed = as_file()
    changed["files"][DATED]["sha256"] = "c" * 64
    (action,) = plan_of(node_of(changed), risks=True).actions
    assert [(step.kind, step.values["target"]) for step in action.steps] == [("replace_by_link", DATED)]


def test_file_that_is_no_pair_is_left() -> None:
    """Of a file whose key is not known to be the certificate's nothing is made."""
    changed = as_file()
    changed["files"][CURRENT]["public_key_sha256"] = []
    plan = plan_of(node_of(changed), risks=True)
    assert plan.actions == ()
    assert "could not be compared" in plan.not_offered[0].reason


def test_renewal_in_the_place_of_a_file() -> None:
    """What a file in the place of the link becomes in the end: its old bytes are in the record."""
    changed = as_file(content="garbage")
    (action,) = planned(changed).actions
    assert (action.id, action.steps[0].kind) == ("relink-client-certificate", "replace_by_link")
    put(changed, DATED, None)
    (action,) = planned(changed).actions
    assert action.id == "renew-client-certificate"
    assert (action.steps[1].kind, action.steps[1].values["sha256"]) == ("replace_by_link", "c" * 64)


def test_authority_of_another_cluster() -> None:
    """clientCAFile gets the CA of the kubeconfig, which signed what the API server presents, on approval."""
    changed = evidence()
    put(changed, CA, OTHER.pem, sha256="d" * 64)
    node = node_of(changed)
    (action,) = plan_of(node).actions
    assert (action.id, action.classification) == ("restore-ca-file", "needs-approval")
    for unproven in (
        {"certificates": {role: use for role, use in node.certificates.items() if role != "apiserver"}},
        {"files": {**node.files, CA: FileFact(CA, "link", resolves="/etc/ssl/shared.crt")}},
        {"files": {**node.files, "/etc/kubernetes/manifests/api.yaml": FileFact("", "file", content=f"--ca={CA}")}},
    ):
        plan = plan_of(replace(node, **unproven))  # type: ignore[arg-type]
        assert plan.actions == ()


def test_authorities_of_several_clusters_are_for_a_person() -> None:
    """Nobody here knows which of them is needed for something else."""
    changed = evidence()
    put(changed, CA, OTHER.pem + OTHER.pem, sha256="d" * 64)
    plan = plan_of(node_of(changed))
    assert plan.actions == ()
    assert "a person must say which stay" in plan.not_offered[0].reason
