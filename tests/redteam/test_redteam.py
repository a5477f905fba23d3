# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that nobody recorded, made from recorded ones: every root cause, and nothing else (see README.md)."""

from __future__ import annotations

import pytest
from accuracy._bundles import Bundle
from accuracy._judge import bad_texts
from redteam import cases_config, cases_files, cases_moments, cases_network, cases_units
from redteam._case import Case

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot

GROUPS = (cases_files, cases_config, cases_network, cases_units, cases_moments)
CASES = [pytest.param(case, id=case.name.replace(" ", "-")) for group in GROUPS for case in group.CASES]


def _files(bundle: Bundle) -> dict[str, bytes]:
    return {path: text.encode("utf-8", "surrogateescape") for path, text in bundle.items()}


@pytest.mark.parametrize("case", CASES)
def test_truth_and_nothing_else(case: Case) -> None:
    """Each root cause is named once, no other is, the verdict is right, and a person can read the sentences."""
    result = diagnose(snapshot(_bundle.read(_files(case.make())), host_name="node")).to_dict()
    named = [finding["id"] for finding in result["root_causes"]]
    wanted = [set(ids.split("|")) for ids in case.roots]
    assert len(named) == len(wanted), (named, result["summary"])
    assert all(any(found in ids for found in named) for ids in wanted), (named, result["summary"])
    assert result["verdict"] in case.verdicts.split(), result["summary"]
    assert not result["rule_errors"]
    assert not bad_texts(result)
