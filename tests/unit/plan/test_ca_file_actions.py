# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions that lead to the CA of client certificates: its path, and its file."""

from __future__ import annotations

from dataclasses import replace

from corpus._load import load_snapshot
from unit.plan._plans import files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import expectations
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import Sources


def test_corrupt_ca_file_is_written_from_the_kubeconfig() -> None:
    """All that is in the broken file is replaced by the CA that the kubeconfig embeds, under the guard of its hash."""
    node, action = load_snapshot("ca-file-corrupt"), plan_of("ca-file-corrupt").actions[0]
    path = "/etc/kubernetes/pki/ca.crt"
    written = files_after(node, plan_of("ca-file-corrupt"))[path]
    assert written.startswith("-----BEGIN CERTIFICATE-----\n")
    assert written.endswith("-----END CERTIFICATE-----\n")
    assert (action.classification, action.steps[0].values["sha256"]) == ("needs-approval", node.file(path).sha256)


def test_ca_file_must_be_proven() -> None:
    """Without a file that holds the kubeconfig's CA nothing is done without being asked."""
    node = load_snapshot("ca-path-wrong")
    bare = replace(
        node, files={path: fact for path, fact in node.files.items() if path != "/etc/kubernetes/pki/ca.crt"}
    )
    planned = plan_of(bare, allow=("safe",))
    assert planned.actions == ()
    assert planned.not_offered[0].finding == "certificate/client-ca-file-missing"


def test_declared_ca_file_must_exist() -> None:
    """A declared path that is not on the node is no repair."""
    sources = Sources(expectations({"config": {"authentication": {"x509": {"clientCAFile": "/etc/ssl/other.crt"}}}}))
    node = load_snapshot("ca-path-wrong")
    missing = replace(node, files={**node.files, "/etc/ssl/other.crt": FileFact("/etc/ssl/other.crt", "absent")})
    assert plan_of(missing, sources=sources).actions == ()
