# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the diagnoses of a play's hosts on the controller. Options are documented in modules/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import (
    checked_options,
    clear_failures,
    registered_results,
    show_results,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import PEER_OPTIONS, with_peers
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._fleet import AUTO, OFF, compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.gate import NEVER, SEVERITIES, failures

ARGUMENT_SPEC = {
    "registered": {"type": "str", "required": True},
    "fleet": {"type": "str", "default": AUTO, "choices": [AUTO, OFF]},
    **PEER_OPTIONS,
    "fail_on": {"type": "str", "default": NEVER, "choices": [NEVER, *SEVERITIES]},
}


class ActionModule(ActionBase):
    """Collects the results that `diagnose` registered on each host, compares them and shows them together."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fails when no node could be judged, and when findings reach `fail_on`."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        options = checked_options(self, ARGUMENT_SPEC)
        entries, files = registered_results(task_vars, options["registered"])
        paths = [Path(file) for file in files]
        with clear_failures():
            peers = with_peers(entries, paths, options)
            overview, diagnoses = compare(peers.results, paths, wanted=options["fleet"] == AUTO)
        show_results(diagnoses, files, overview, peers.notes)
        reason = failures(diagnoses, options["fail_on"])
        if reason:
            raise AnsibleActionFail(reason)
        return {
            **result,
            "changed": False,
            "verdicts": _verdicts(diagnoses),
            "fleet": overview,
            "split": list(peers.split),
            "notes": list(peers.notes),
        }


def _verdicts(diagnoses: list[dict[str, Any]]) -> dict[str, str]:
    return {found["host"]: found["verdict"] for found in diagnoses}
