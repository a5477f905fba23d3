# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges a repaired node once more, with the control plane's view of it. Options are documented in modules/."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import checked_options, clear_failures, show
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._files import write_result
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.outcome import not_ready, outcome
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._reading import NODE_OPTIONS
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._repair import Repair, failure, told
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._repairing import STAGES, Repairer
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.repair import repair_block
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._user_signatures import load

ARGUMENT_SPEC = {
    **NODE_OPTIONS,
    "repaired": {"type": "dict", "required": True},
    "results_dir": {"type": "path", "default": "./kubelet-results"},
}


class ActionModule(ActionBase):
    """Keeps a repair, or undoes all of it where the node is not as it should be."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fails after it has undone a repair."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        options = checked_options(self, ARGUMENT_SPEC)
        repaired = options["repaired"]
        if repaired["failure"]:
            show(partial(_page, repaired["diagnosis"]))
            return {**result, "changed": False, "failed": True, "msg": repaired["failure"]}
        said = repaired["diagnosis"]["repair"]
        repair = Repair(
            state=said["state"],
            reason=said["reason"],
            rounds=said["rounds"],
            not_offered=said["not_offered"],
            uncovered=said["uncovered"],
        )
        with clear_failures():
            own = load(options["extra_signatures"], task_vars)
        comparison = repaired["comparison"]
        repairer = Repairer(self, options, task_vars, own.causes, lambda _plan: None, comparison=comparison)
        now = repairer.read_after_start()
        after, ready = now.diagnosis.to_dict(), _ready(now.node)
        faults = outcome(repaired["before"], after, repair.actions, repaired["places"], STAGES).faults
        why = faults[0] if faults else not_ready(after, ready)
        if why:
            repairer.roll_back(repair, why, repair.rounds)
            now = repairer.read(with_cluster=False)
        told_now = told(repair, str(task_vars["inventory_hostname"]), ready)
        after_that = {"next": said["next"]} if "next" in said and not repair.failed else {}
        final = {**now.result, "repair": {**told_now, **after_that}}
        with clear_failures():
            path = write_result(Path(options["results_dir"]), final)
        show(partial(_page, final))
        return {
            **result,
            **repairer.for_ansible,
            "changed": bool(why),
            "failed": repair.failed,
            **({"msg": failure(repair)} if repair.failed else {}),
            "diagnosis": final,
            "result_file": str(path),
        }


def _ready(node: Any) -> str | None:
    """Status of the Ready condition; None where the control plane could not be asked."""
    if not node.cluster.asked or node.cluster.error:
        return None
    return str(node.cluster.ready.status) if node.cluster.ready else "Unknown"


def _page(result: dict[str, Any], width: int, colour: bool) -> str:
    return repair_block(result, width=width, colour=colour)
