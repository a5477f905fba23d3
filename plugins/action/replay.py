# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges bundles on the controller; no host is contacted. Options are documented in modules/."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import (
    checked_options,
    clear_failures,
    show_results,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import (
    ON,
    OPTIONS,
    asked_of,
    check_options,
    compare_node,
    with_peers,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._fleet import AUTO, OFF, compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import Judged
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._replay import replay
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.gate import NEVER, SEVERITIES, failures
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._user_signatures import OPTION, load

SAME_MOMENT = timedelta(minutes=10)  # bundles that may be compared with each other
ARGUMENT_SPEC = {
    "bundle_dir": {"type": "path", "required": True},
    "results_dir": {"type": "path", "default": "./kubelet-results"},
    **OPTION,
    **OPTIONS,
    "fleet": {"type": "str", "default": OFF, "choices": [AUTO, OFF]},
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
        # Bundles are of nobody knows which fleets: they are peers only where the user says so.
        options["peers"] = ON if options["peers"] == ON else OFF
        with clear_failures():
            signatures = load(options["extra_signatures"], task_vars or {})
            check_options(options)

        def entry(judged: Judged) -> dict[str, Any]:
            compared = compare_node(judged, asked_of(judged, options, task_vars or {}))
            return {"diagnosis": compared.result, "comparison": compared.registered()}

        with clear_failures():
            done = replay(Path(options["bundle_dir"]), Path(options["results_dir"]), entry, signatures.causes)
            files = [Path(file) for file in done.files]
            peers = with_peers(done.entries, files, options)
            overview, results = compare(peers.results, files, wanted=options["fleet"] == AUTO, within=SAME_MOMENT)
        if results:
            show_results(results, done.files, overview, peers.notes)
        reason = "; ".join(done.problems) or failures(results, options["fail_on"])
        if reason:
            raise AnsibleActionFail(reason)
        verdicts = {found["host"]: found["verdict"] for found in results}
        return {**result, "changed": False, "verdicts": verdicts, "fleet": overview}
