# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration file that is no YAML, written anew from the cluster's; one that can be read is never replaced."""

from __future__ import annotations

from dataclasses import replace

import pytest
from corpus._load import load_snapshot
from unit.plan._plans import PUBLISHED, files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact

CONFIG = "/var/lib/kubelet/config.yaml"
WHOLE = """apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
kind: KubeletConfiguration
"""
SOURCES = replace(PUBLISHED, kubelet_config=WHOLE)


def test_file_that_is_no_yaml_is_replaced_on_approval() -> None:
    """By the whole of kubelet-config, guarded by its hash; the plan warns that local changes are lost from it."""
    node = load_snapshot("config-yaml-syntax")
    planned = plan_of(node, sources=SOURCES)
    (action,) = planned.actions
    assert (action.id, action.classification) == ("restore-kubelet-config", "needs-approval")
    assert (action.finding, action.steps[0].kind) == ("config/yaml-invalid", "edit")
    assert action.steps[0].values["sha256"] == node.file(CONFIG).sha256
    assert "what was changed on this node alone is lost from it, and stays in the record" in action.summary
    assert files_after(node, planned) == {CONFIG: WHOLE}
    assert plan_of(node, sources=SOURCES, allow=("safe",)).actions == ()


@pytest.mark.parametrize("sources", [PUBLISHED, replace(PUBLISHED, kubelet_config="kind: ConfigMap\n")])
def test_without_the_cluster_a_person_corrects_the_line(sources: object) -> None:
    """The plan names the line at fault."""
    node = load_snapshot("config-yaml-syntax")
    planned = plan_of(node, sources=sources)  # type: ignore[arg-type]
    assert planned.actions == ()
    if sources is PUBLISHED:
        assert f"correct {node.config.problem.place if node.config.problem else ''} (" in planned.not_offered[0].reason


@pytest.mark.parametrize(
    "fact",
    [
        FileFact(CONFIG, "link", resolves="/srv/config.yaml", sha256="f" * 64),
        FileFact(CONFIG, "file", size=None, sha256="f" * 64),
        FileFact(CONFIG, "file", size=10),
    ],
)
def test_file_of_which_too_little_is_known_stays(fact: FileFact) -> None:
    """A link, a file of unknown size, and one without a hash cannot be guarded."""
    seen = load_snapshot("config-yaml-syntax")
    node = replace(seen, files={**seen.files, CONFIG: fact})
    assert plan_of(node, sources=SOURCES, diagnosis=diagnose(seen)).actions == ()


def test_file_that_the_kubelet_did_not_refuse_stays() -> None:
    """What we cannot read may be too large for us, and no fault of the file."""
    seen = load_snapshot("config-yaml-syntax")
    node = replace(seen, log=replace(seen.log, patterns=()))
    planned = plan_of(node, sources=SOURCES)
    assert planned.actions == ()
    assert "by the kubelet's own word" in planned.not_offered[0].reason


def test_file_that_can_be_read_is_not_replaced() -> None:
    """A value of the wrong type is no reason to lose all others."""
    planned = plan_of("config-wrong-type", sources=SOURCES)
    assert [action.id for action in planned.actions] == ["set-config-field"]
