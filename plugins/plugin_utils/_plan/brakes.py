# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a fleet must not be repaired node by node: the fault is not theirs, or it is too many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._model.plan import NEVER

CONTROL_PLANE = ("apiserver/", "certificate/apiserver-", "fleet/")
FLOOR = 3  # below this number of nodes with one cause, a share says nothing


def brake(results: Sequence[Mapping[str, Any]], max_share: float) -> dict[str, str]:
    """Host -> why it must not be repaired now, from the diagnoses of all hosts of the run (as in the result schema)."""
    judged = [result for result in results if result.get("verdict") != "unknown"]
    refused: dict[str, str] = {}
    by_cause: dict[str, list[str]] = {}
    for result in judged:
        roots = [str(finding["id"]) for finding in result.get("root_causes", ())]
        others = [str(finding["id"]) for finding in result.get("root_causes", ()) if _never(finding)]
        foreign = [root for root in (*result.get("fleet_causes", ()), *others) if root.startswith(CONTROL_PLANE)]
        if foreign:
            refused[str(result["host"])] = f"{foreign[0]} is a fault of the control plane, not of this node"
        for root in roots:
            by_cause.setdefault(root, []).append(str(result["host"]))
    for root, hosts in by_cause.items():
        if len(hosts) >= FLOOR and len(hosts) > max_share * len(judged):
            share = f"{len(hosts)} of {len(judged)} nodes share {root}"
            for host in hosts:
                refused.setdefault(host, f"{share}: look for what they have in common before repairing them one by one")
    return refused


def _never(finding: Mapping[str, Any]) -> bool:
    """True when nothing on the node can repair it (a wrong address in its kubeconfig can look like a wrong server)."""
    return bool((finding.get("remedy") or {}).get("automatic", NEVER) == NEVER)
