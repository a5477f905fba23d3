# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves one node's evidence as a bundle on the controller. Options are documented in modules/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import checked_options, clear_failures
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import (
    OPTIONS,
    asked_of,
    check_options,
    compare_node,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._files import (
    occupied,
    safe_file_name,
    write_result,
    write_tree,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._reading import NODE_OPTIONS, judged_reading, read_node
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._user_signatures import load

ARGUMENT_SPEC = {
    **NODE_OPTIONS,
    **OPTIONS,
    "bundle_dir": {"type": "path", "required": True},
    "results_dir": {"type": "path"},
    "overwrite": {"type": "bool", "default": False},
}


class ActionModule(ActionBase):
    """Runs node_info with the journal's lines and writes what it returned, without judging it."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fails for a node that cannot be read: a bundle of nothing would only mislead."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        options = checked_options(self, ARGUMENT_SPEC)
        bundle = Path(options["bundle_dir"]) / safe_file_name(str(task_vars["inventory_hostname"]))
        if occupied(bundle) and not options["overwrite"]:
            raise AnsibleActionFail(f"{bundle} is there already; kubelet_bundle_overwrite (overwrite) replaces it")
        with clear_failures():
            signatures = load(options["extra_signatures"], task_vars)
            check_options(options)
        reading = read_node(self, options, task_vars, raw_journal=True)
        if reading.failure:
            raise AnsibleActionFail(reading.failure)
        saved = {**result, **reading.for_ansible, "changed": True, "bundle": str(bundle)}
        if self._task.check_mode:
            return saved
        with clear_failures():
            write_tree(bundle, _bundle.write(reading.evidence), overwrite=options["overwrite"])
            if options.get("results_dir"):
                judged = judged_reading(reading, options, signatures.causes)
                compared = compare_node(judged, asked_of(judged, options, task_vars), alone=True)
                saved["result_file"] = str(write_result(Path(options["results_dir"]), compared.result))
        return saved
