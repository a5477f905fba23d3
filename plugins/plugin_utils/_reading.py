# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads one node for an action plugin: options, the one module run, and what it means when that fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..module_utils import _profiles, _schema
from . import _user_signatures
from ._boundary import ModuleRunner, run_module
from ._expected import declared
from ._judgement import (
    NOT_ASKED,
    Judged,
    OwnCauses,
    judged,
    unread,
    with_cluster,
)

NODE_INFO = "nodeclinic.kubelet.node_info"
AUTO = _profiles.AUTO
OFF = "off"

QUERY_OFF = "no control plane was asked: kubelet_cluster_query is off"

SUBSETS = ("all", "min", *_schema.NODE_PARTS, *(f"!{part}" for part in _schema.NODE_PARTS))

# Options that are handed on to node_info as they are.
NODE_INFO_OPTIONS: dict[str, dict[str, Any]] = {
    "unit": {"type": "str"},
    "runtime_unit": {"type": "str"},
    "profile": {"type": "str", "default": AUTO, "choices": list(_profiles.CHOICES)},
    "node_name": {"type": "str"},
    "journal_lines": {"type": "int", "default": _schema.MAX_JOURNAL_LINES},
    "journal_since": {"type": "str"},
    "gather_subset": {"type": "list", "elements": "str", "default": ["all"], "choices": list(SUBSETS)},
    "timeout": {"type": "int", "default": 30},
}
NODE_OPTIONS: dict[str, dict[str, Any]] = {
    **NODE_INFO_OPTIONS,
    **_user_signatures.OPTION,
    "cluster": {"type": "dict"},
    "cluster_query": {"type": "str", "default": AUTO, "choices": [AUTO, OFF]},
}


@dataclass(frozen=True)
class Reading:
    """Evidence of a node with the control plane's view of it, and why the node could not be read ('' when it was)."""

    host_name: str
    evidence: Mapping[str, Any]
    failure: str = ""
    for_ansible: Mapping[str, Any] = field(default_factory=dict)


def read_node(
    runner: ModuleRunner, options: Mapping[str, Any], task_vars: Mapping[str, Any], *, raw_journal: bool = False
) -> Reading:
    """Run node_info once on the task's host. ``options`` are plain values by the names of NODE_OPTIONS."""
    host_name = str(task_vars["inventory_hostname"])
    arguments = {name: options[name] for name in NODE_INFO_OPTIONS if options.get(name) not in (None, "", [])}
    expected = options.get("expected") or {}
    beside = {"files": sorted(declared.files(expected)), "sysctls": sorted(declared.sysctls(expected))}
    arguments.update({name: values for name, values in beside.items() if values})
    if raw_journal:
        arguments["raw_journal"] = True
    outcome = run_module(runner, NODE_INFO, arguments, task_vars)
    evidence = outcome.values.get("evidence")
    failure = outcome.failure or ("" if isinstance(evidence, dict) else f"{NODE_INFO} returned no evidence")
    if failure or not isinstance(evidence, dict):
        evidence = unread(failure, host_name=host_name, captured_at=_now())
    joined = with_cluster(
        evidence,
        cluster_answer(options.get("cluster")),
        node_name=options.get("node_name") or None,
        also_called=[host_name, str(task_vars.get("ansible_host") or host_name)],
        not_asked=QUERY_OFF if options["cluster_query"] == OFF else NOT_ASKED,
    )
    return Reading(host_name, joined, failure, outcome.for_ansible)


def judged_reading(reading: Reading, options: Mapping[str, Any], own_causes: OwnCauses | None = None) -> Judged:
    """What was read, judged with the names that ``options`` give. EvidenceError when it is no evidence."""
    profile = options.get("profile")
    return judged(
        reading.evidence,
        host_name=reading.host_name,
        node_name=options.get("node_name") or None,
        profile=None if profile == AUTO else profile,
        own_causes=own_causes,
    )


def cluster_answer(registered: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The control plane's answer in a registered result of cluster_info; None when it was not run."""
    answer = (registered or {}).get("cluster")
    return answer if isinstance(answer, dict) else None


def _now() -> str:
    """The only clock that is not the node's: nothing was read there."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
