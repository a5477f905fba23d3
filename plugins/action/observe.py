# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what of one node can be compared with others. Options are documented in modules/."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import checked_options, clear_failures
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.observe import observe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._reading import (
    NODE_OPTIONS,
    judged_reading,
    read_node,
)

ARGUMENT_SPEC = {
    **{name: rule for name, rule in NODE_OPTIONS.items() if name != "extra_signatures"},
    "name": {"type": "str"},
}


class ActionModule(ActionBase):
    """Runs node_info and returns the values, without judging them."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Never fails because of the node: one that cannot be read has nothing observed, and the reason."""
        result = super().run(tmp, task_vars)
        del tmp
        options = checked_options(self, ARGUMENT_SPEC)
        reading = read_node(self, options, task_vars or {})
        reading = replace(reading, host_name=options.get("name") or reading.host_name)
        with clear_failures():
            judged = judged_reading(reading, options)
        found = judged.diagnosis.to_dict()
        return {
            **result,
            **reading.for_ansible,
            "changed": False,
            "name": reading.host_name,
            "observed": {} if reading.failure else observe(judged.node).to_dict(),
            "unreadable": reading.failure,
            "read_at": found["captured_at"],
            "verdict": found["verdict"],
            "summary": found["summary"],
        }
