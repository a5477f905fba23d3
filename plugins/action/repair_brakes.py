# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says which hosts of a run must not be repaired now, before any is touched. Options are documented in modules/."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import checked_options, registered_results
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.fleet import fleet
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.brakes import brake
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._repair import unable

ARGUMENT_SPEC = {
    "registered": {"type": "str", "required": True},
    "max_share": {"type": "float", "default": 0.3},
}


class ActionModule(ActionBase):
    """Compares the diagnoses that `diagnose` registered on all hosts of the play, those of other batches included."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """``refused`` holds a reason for each host that must be left alone, ``unable`` for each that cannot be repaired.
        Fails where not all hosts were diagnosed."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        options = checked_options(self, ARGUMENT_SPEC)
        if not 0 <= options["max_share"] <= 1:
            raise AnsibleActionFail(f"kubelet_repair_max_share must be from 0 to 1, not {options['max_share']:g}")
        entries, _files = registered_results(task_vars, options["registered"])
        diagnoses = [entry["diagnosis"] for entry in entries]
        missing = set(task_vars["ansible_play_batch"]) - {str(found["host"]) for found in diagnoses}
        if missing:
            raise AnsibleActionFail(
                f"{', '.join(sorted(missing))}: not diagnosed yet, so that nothing can be said about the hosts together"
                " (the strategy must be linear)"
            )
        return {
            **result,
            "changed": False,
            "refused": brake(fleet(diagnoses).results, options["max_share"]),
            "unable": {str(found["host"]): unable(found) for found in diagnoses if found["verdict"] == "unknown"},
        }
