# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the reports of the newest audit again. Options are documented in modules/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit_files import newest, write_reports
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import (
    checked_options,
    clear_failures,
    show,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.words import visible

ARGUMENT_SPEC = {"directory": {"type": "path", "default": "./kubelet-audit"}}


class ActionModule(ActionBase):
    """Reads what audits have kept and makes of it what they made."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fails without a run, and when a report cannot be written."""
        result = super().run(tmp, task_vars)
        del tmp
        directory = Path(checked_options(self, ARGUMENT_SPEC)["directory"])
        with clear_failures():
            known = newest(directory)
        if known.last is None:
            raise AnsibleActionFail(f"no audit has been kept in {directory}; playbooks/audit.yml makes one")
        at = str(known.last["at"])
        problems = [] if self._task.check_mode else write_reports(directory, known.last, known.past)
        if problems:
            raise AnsibleActionFail("; ".join(problems))
        said = visible(f"Reports of the audit at {at} are in {directory}")
        show(lambda _width, _colour: said)
        return {**result, "changed": False, "at": at, "directory": str(directory)}
