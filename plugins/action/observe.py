# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what of one node can be compared with others. Options are documented in modules/."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import checked_options, clear_failures
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import (
    OPTIONS,
    asked_of,
    check_options,
    compare_node,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._reading import (
    NODE_OPTIONS,
    judged_reading,
    read_node,
)

ARGUMENT_SPEC = {
    **{name: rule for name, rule in NODE_OPTIONS.items() if name != "extra_signatures"},
    **OPTIONS,
    "name": {"type": "str"},
    "results_dir": {"type": "path", "default": "./kubelet-results"},
}


class ActionModule(ActionBase):
    """Runs node_info and returns the node's values, and what is expected of it, without judging it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Never fails because of the node: of one that cannot be read nothing is known, and the reason is given."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        options = checked_options(self, ARGUMENT_SPEC)
        with clear_failures():
            check_options(options)
        reading = read_node(self, options, task_vars)
        reading = replace(reading, host_name=options.get("name") or reading.host_name)
        with clear_failures():
            judged = judged_reading(reading, options)
            comparison = compare_node(judged, asked_of(judged, options, task_vars)).registered()
        found = comparison.pop("bare")
        return {
            **result,
            **reading.for_ansible,
            "changed": False,
            "name": reading.host_name,
            "observed": {} if reading.failure else comparison["observed"],
            "unreadable": reading.failure,
            "diagnosis": {key: found[key] for key in ("host", "captured_at", "verdict", "summary", "unknowns")},
            "comparison": comparison,
            "unpublished": dict(judged.node.cluster.unread),
        }
