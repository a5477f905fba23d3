# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of recorded nodes, and files as they would be after them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from corpus._load import load_evidence, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.diagnosis import Diagnosis
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.plan import Plan, Splice
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.plan import Sources, plan
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.policy import Policy
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.yaml_edit import apply

BY_ID = {cause.id: cause for cause in CATALOGUE}
ALL = ("safe", "needs-approval")
PUBLISHED = Sources(endpoint="https://controlplane:6443")


def plan_of(
    node: str | Snapshot,
    *,
    allow: tuple[str, ...] = ALL,
    sources: Sources = PUBLISHED,
    diagnosis: Diagnosis | None = None,
    **policy: Any,
) -> Plan:
    """The plan for a recorded node (by case name) or a changed one."""
    seen = load_snapshot(node) if isinstance(node, str) else node
    return plan(
        seen,
        diagnosis or diagnose(seen),
        Policy(allow=allow, **policy),
        sources,
        run="20261124T070000Z-ab12cd",
        verify={"stable_seconds": 20},
    )


def changed_node(case: str, path: str, content: str) -> Snapshot:
    """A recorded node with another content of one file."""
    evidence = copy.deepcopy(load_evidence(case))
    evidence["files"][path] |= {"content": content, "size": len(content.encode()), "sha256": "f" * 64}
    return snapshot(evidence, host_name=case)


def files_after(node: Snapshot, planned: Plan) -> Mapping[str, str]:
    """Contents of the files that a plan edits, by path, as they are after it."""
    splices: dict[str, list[Splice]] = {}
    for step in (step for action in planned.actions for step in action.steps if step.kind == "edit"):
        splices.setdefault(step.values["path"], []).extend(
            Splice(edit["start"], edit["end"], edit["text"]) for edit in step.values["edits"]
        )
    return {
        path: apply(node.file(path).content or "", tuple(sorted(found, key=lambda splice: splice.start)))
        for path, found in splices.items()
    }


def changed_lines(before: str, after: str) -> list[tuple[int, str, str]]:
    """(number, old, new) of each line that differs, of texts with the same number of lines."""
    pairs = zip(before.split("\n"), after.split("\n"), strict=True)
    return [(number, old, new) for number, (old, new) in enumerate(pairs, 1) if old != new]
