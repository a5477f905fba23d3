# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says which hosts of a run must not be repaired now, before any is touched. Options are documented in modules/."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import checked_options, registered_results
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.fleet import fleet
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.brakes import brake

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
        """Never fails; ``refused`` holds a reason for each host that must be left alone."""
        result = super().run(tmp, task_vars)
        del tmp
        options = checked_options(self, ARGUMENT_SPEC)
        entries, _files = registered_results(task_vars or {}, options["registered"])
        diagnoses = [entry["diagnosis"] for entry in entries]
        return {**result, "changed": False, "refused": brake(fleet(diagnoses).results, options["max_share"])}
