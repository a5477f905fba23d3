# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Diagnoses one node: one module run on it, all else on the controller. Options are documented in modules/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import checked_options, clear_failures
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import (
    OPTIONS,
    asked_of,
    check_options,
    compare_node,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._files import write_result
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._reading import NODE_OPTIONS, judged_reading, read_node
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._signatures._load import signatures
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._user_signatures import load

# Read here, once, before Ansible starts a process for each host.
signatures()

ARGUMENT_SPEC = {
    **NODE_OPTIONS,
    **OPTIONS,
    "results_dir": {"type": "path", "default": "./kubelet-results"},
}


class ActionModule(ActionBase):
    """Runs node_info, judges its evidence, compares the node with what is expected of it, and writes the result file."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Never fails because of the node: one that cannot be read is a result with verdict unknown."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        options = checked_options(self, ARGUMENT_SPEC)
        with clear_failures():
            signatures = load(options["extra_signatures"], task_vars)
            check_options(options)
        reading = read_node(self, options, task_vars)
        with clear_failures():
            judged = judged_reading(reading, options, signatures.causes)
            compared = compare_node(judged, asked_of(judged, options, task_vars))
            path = write_result(Path(options["results_dir"]), compared.result)
        return {
            **result,
            **reading.for_ansible,
            "changed": False,
            "diagnosis": compared.result,
            "comparison": compared.registered(),
            "result_file": str(path),
        }
