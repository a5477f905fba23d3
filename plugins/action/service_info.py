# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and interprets the state of the kubelet's and the runtime's units. Options are documented in modules/."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import run_interpreted
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.service_facts import service_facts


class ActionModule(ActionBase):
    """Runs the module of the same name on the node and gives meaning to what it read."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """The module's result, interpreted."""
        result = super().run(tmp, task_vars)
        del tmp
        return {**result, **run_interpreted(self, "nodeclinic.kubelet.service_info", service_facts, task_vars or {})}
