# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps what was found on all hosts, and says what changed since the last time. Options are documented in modules/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.compare import Known, Run
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.compare import compare as compare_runs
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.record import fleet_causes, seen, unjudged
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit_files import METRICS, Kept, Place, keep
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import (
    checked_options,
    clear_failures,
    registered_results,
    show,
    undiagnosed,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import PEER_OPTIONS, with_peers
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._fleet import AUTO, OFF, compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.audit_screen import audit_screen, kept_where
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.gate import NEVER, SEVERITIES, failures

ARGUMENT_SPEC = {
    "registered": {"type": "str", "required": True},
    "directory": {"type": "path", "default": "./kubelet-audit"},
    "keep": {"type": "int", "default": 400},
    "metrics": {"type": "path"},
    "limited": {"type": "bool", "default": False},
    "fleet": {"type": "str", "default": AUTO, "choices": [AUTO, OFF]},
    **PEER_OPTIONS,
    "fail_on": {"type": "str", "default": NEVER, "choices": [NEVER, *SEVERITIES]},
}
ADVICE = (
    "Make room or give access there, or name other places with `kubelet_audit_dir` and `kubelet_audit_metrics`, and audit again; "
    "what was found is above and in the result files"
)


class ActionModule(ActionBase):
    """Does what `report` does, with the runs of before in view."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Fails as `report` does, and when something could not be kept; everything is shown and written before."""
        result = super().run(tmp, task_vars)
        del tmp
        task_vars = task_vars or {}
        options = checked_options(self, ARGUMENT_SPEC)
        entries, files = registered_results(task_vars, options["registered"])
        failed = undiagnosed(task_vars, options["registered"])
        if options["keep"] < 0 or not (entries or failed):
            raise AnsibleActionFail(_mistake(options))
        paths = [Path(file) for file in files]
        with clear_failures():
            peers = with_peers(entries, paths, options)
            overview, diagnoses = compare(peers.results, paths, wanted=options["fleet"] == AUTO)
        others = task_vars["groups"]["all"] if options["limited"] else task_vars["ansible_play_hosts_all"]

        def judge(at: str, known: Known) -> Run:
            nodes = [*(seen(found, at) for found in diagnoses), *(unjudged(*each, at) for each in failed.items())]
            causes = fleet_causes(overview, at)
            return compare_runs(nodes, causes, known, at=at, others=frozenset(others), notes=peers.notes)

        kept = keep(_place(options), judge, check=self._task.check_mode)
        _show(kept, diagnoses, overview, kept_where(kept.file, _place(options).directory, files))
        reasons = [*kept.problems, *([ADVICE] if kept.problems else []), failures(diagnoses, options["fail_on"])]
        if any(reasons):
            raise AnsibleActionFail(". ".join(filter(None, reasons)))
        return {**result, "changed": False, **_told(kept)}


def _mistake(options: Mapping[str, Any]) -> str:
    if options["keep"] < 0:
        return f"keep is {options['keep']}, but must be a number of runs, or 0 for all"
    return f"no host of this play has registered a diagnosis as {options['registered']}"


def _place(options: Mapping[str, Any]) -> Place:
    directory = Path(options["directory"])
    return Place(directory, Path(options["metrics"] or directory / METRICS), options["keep"])


def _show(kept: Kept, diagnoses: Sequence[Mapping[str, Any]], overview: Mapping[str, Any] | None, closing: str) -> None:
    last_at = kept.known.last["at"] if kept.known.last else ""

    def page(width: int, colour: bool) -> str:
        return f"{audit_screen(kept.run, diagnoses, overview, last_at, width=width, colour=colour)}\n\n{closing}"

    show(page)


def _told(kept: Kept) -> dict[str, Any]:
    run = kept.run
    return {"run_file": str(kept.file) if kept.file else None, **{key: run[key] for key in ("at", "counts", "changes")}}
