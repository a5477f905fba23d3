# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges bundles on the controller; no host is contacted. Options are documented in modules/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import checked_options, show_results
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._replay import replay
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.gate import NEVER, SEVERITIES, failures

ARGUMENT_SPEC = {
    "bundle_dir": {"type": "path", "required": True},
    "results_dir": {"type": "path", "default": "./kubelet-results"},
    "fail_on": {"type": "str", "default": NEVER, "choices": [NEVER, *SEVERITIES]},
}


class ActionModule(ActionBase):
    """Reads one bundle or a directory of bundles and writes a result for each."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Judges all bundles that can be read before it fails for those that cannot."""
        result = super().run(tmp, task_vars)
        del tmp
        options = checked_options(self, ARGUMENT_SPEC)
        done = replay(Path(options["bundle_dir"]), Path(options["results_dir"]))
        if done.results:
            show_results(done.results, done.files)
        reason = "; ".join(done.problems) or failures(done.results, options["fail_on"])
        if reason:
            raise AnsibleActionFail(reason)
        return {**result, "changed": False, "verdicts": {found["host"]: found["verdict"] for found in done.results}}
