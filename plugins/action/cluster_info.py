# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the control plane on the task's host; having no access is an answer. Options are documented in modules/."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import run_module, to_native_tree


class ActionModule(ActionBase):
    """Runs the module of the same name and never fails because of the host it runs on."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, or one whose ``cluster.error`` says why there is none."""
        result = super().run(tmp, task_vars)
        del tmp
        arguments = to_native_tree(self._task.args)
        outcome = run_module(
            self, "nodeclinic.kubelet.cluster_info", arguments, task_vars or {}, where="the control plane's host"
        )
        cluster = {"error": outcome.failure} if outcome.failure else outcome.values.get("cluster")
        return {**result, **outcome.for_ansible, "changed": False, "cluster": cluster}
