# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repairs one node in rounds, each a transaction on the node. Options are documented in modules/."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import checked_options, clear_failures, show
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import check
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._files import read_result, write_result
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._reading import NODE_OPTIONS
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._repair import Repair, failure, told
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._repairing import POLICY_OPTIONS, Repairer, policy_of
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.repair import plan_block, repair_block
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._signatures._load import signatures
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._user_signatures import load

# Read here, once, before Ansible starts a process for each host.
signatures()

ARGUMENT_SPEC = {
    **NODE_OPTIONS,
    **POLICY_OPTIONS,
    "diagnosed": {"type": "dict", "required": True},
    "brakes": {"type": "dict", "default": {}},
    "results_dir": {"type": "path", "default": "./kubelet-results"},
}


class ActionModule(ActionBase):
    """Plans from a fresh reading, has the node apply the plan, and compares the node with what it was."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Does not fail for what was tried and does not stand: repair_confirm does, after all hosts of the batch."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        options = checked_options(self, ARGUMENT_SPEC)
        with clear_failures():
            check(options["expected"])
            policy = policy_of(options)
        host, found = str(task_vars["inventory_hostname"]), options["diagnosed"].get("diagnosis") or {}
        brake = (options["brakes"].get("refused") or {}).get(host, "")
        untouched = found.get("verdict") == "healthy" and not (options["risks"] and found.get("differences"))
        if brake or untouched:
            repair, for_ansible, comparison = _untouched(brake), {}, None
            with clear_failures():
                before = after = read_result(Path(options["diagnosed"]["result_file"]), found)
        else:
            with clear_failures():
                own = load(options["extra_signatures"], task_vars)
            repairer = Repairer(self, options, task_vars, own.causes, _show_plan)
            repair, judged_before, judged_after = repairer.repair(check=self._task.check_mode)
            before, after = judged_before.diagnosis.to_dict(), dict(judged_after.result)
            for_ansible, comparison = repairer.for_ansible, repairer.comparison
        final = {**after, "repair": told(repair, host, policy=policy)}
        with clear_failures():
            path = write_result(Path(options["results_dir"]), final)
        to_confirm, failed = repair.state == "committed", failure(repair) if repair.failed else ""
        if not to_confirm and not failed:
            show(partial(_page, final))
        return {
            **result,
            **for_ansible,
            "changed": repair.changed,
            "to_confirm": to_confirm,
            "failure": failed,
            "before": before,
            "comparison": comparison,
            "diagnosis": final,
            "places": repair.places,
            "result_file": str(path),
            **({"diff": repair.diff} if repair.diff else {}),
        }


def _untouched(brake: str) -> Repair:
    return Repair(state="refused", reason=brake) if brake else Repair()


def _page(result: dict[str, Any], width: int, colour: bool) -> str:
    return repair_block(result, width=width, colour=colour)


def _show_plan(plan: Mapping[str, Any]) -> None:
    show(lambda width, colour: plan_block(plan, width=width, colour=colour))
