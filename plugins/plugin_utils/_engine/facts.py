# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small table of what was seen, and the sentence on the service's state."""

from __future__ import annotations

from typing import Any

from .._causes._api import Fault, conversation
from .._causes._quote import age, iso
from .._model.snapshot import Snapshot


def facts(snapshot: Snapshot) -> dict[str, Any]:
    """Table for the result: versions, service state, certificate expiry, endpoint, conditions. JSON-ready."""
    leaf = snapshot.certificate("client").leaf
    ready = snapshot.cluster.ready
    unit = snapshot.kubelet
    return {
        "state": state(snapshot),
        "profile": snapshot.profile,
        "kubelet_version": snapshot.host.kubelet_version or snapshot.cluster.kubelet_version or None,
        "runtime_version": snapshot.host.runtime_version or None,
        "service": f"{unit.active_state}/{unit.sub_state}" if unit.known else None,
        "enabled": unit.enabled or None,
        "restarts": unit.restarts if unit.known else None,
        "config": snapshot.config.path or None,
        "kubeconfig": snapshot.kubeconfig.path or None,
        "api_endpoint": snapshot.kubeconfig.server.value if snapshot.kubeconfig.server else None,
        "api_answer": _api_answer(snapshot),
        "client_certificate_expires": iso(leaf.not_after) if leaf else None,
        "ready": ready.status if ready else None,
        "ready_reason": ready.reason if ready else None,
        "ready_message": ready.message if ready else None,
        "ready_since": iso(ready.transition_at) if ready else None,
        "last_heartbeat": iso(ready.heartbeat_at) if ready else None,
        "cordoned": snapshot.cluster.unschedulable if snapshot.cluster.asked else None,
        "os": snapshot.host.os_name or None,
    }


def _api_answer(snapshot: Snapshot) -> str | None:
    """ "ok" when the API server serves this kubelet, else what is wrong with the conversation (names of ``Fault``);
    None when nobody knows. The fleet view compares it between nodes."""
    talk = conversation(snapshot)
    if talk.works or (talk.fault is Fault.NONE and snapshot.probes.node_object.code == 200):
        return "ok"
    return None if talk.fault is Fault.NONE else talk.fault.name.lower()


def state(snapshot: Snapshot) -> str:
    """What the service does, in one phrase with numbers and ages."""
    unit, now = snapshot.kubelet, snapshot.captured_at
    if not unit.known:
        return "state of the kubelet service unknown"
    if unit.load_state in ("not-found", "masked"):
        return f"{unit.name} is {unit.load_state}"
    if snapshot.crash_looping:
        at = unit.main_exit_at or unit.main_start_at
        last = f", last {age((now - at).total_seconds())} ago" if at else ""
        how = f", {'signal' if unit.exit_code in ('killed', 'dumped') else 'status'} {unit.exit_status}"
        return f"kubelet exits right after each start ({unit.restarts} restarts{last}{how})"
    if unit.running:
        since = f" since {age((now - unit.main_start_at).total_seconds())}" if unit.main_start_at else ""
        ready = snapshot.cluster.ready
        seen = f", node Ready={ready.status}" if ready else ""
        return f"kubelet runs{since}{seen}"
    since = f" since {age((now - unit.state_change_at).total_seconds())}" if unit.state_change_at else ""
    result = f", result {unit.result}" if unit.result not in ("", "success") else ""
    return f"kubelet is {unit.active_state} ({unit.sub_state}){since}{result}"
