# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The small table of what was seen, and the sentence on the service's state."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any

from .._causes._api import Fault, conversation
from .._causes._quote import age, counted, iso
from .._model.certificate import CertificateUse
from .._model.snapshot import Snapshot

STATES = {"inactive": "is stopped", "deactivating": "is being stopped", "activating": "is starting"}

IN_USE = ("client", "serving", "client-ca", "server-ca", "bootstrap-ca", "apiserver")


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
        "config": snapshot.config.path or next((file.path for file in snapshot.config.drop_ins), None),
        "kubeconfig": snapshot.kubeconfig.path or None,
        "api_endpoint": snapshot.kubeconfig.server.value if snapshot.kubeconfig.server else None,
        "api_answer": _api_answer(snapshot),
        "client_certificate_expires": iso(leaf.not_after) if leaf else None,
        "certificates": [
            _certificate(use) for role, use in snapshot.certificates.items() if role in IN_USE and use.certificates
        ],
        "ready": ready.status if ready else None,
        "ready_reason": ready.reason if ready else None,
        "ready_message": ready.message if ready else None,
        "ready_since": iso(ready.transition_at) if ready else None,
        "last_heartbeat": iso(ready.heartbeat_at) if ready else None,
        "cordoned": snapshot.cluster.unschedulable if snapshot.cluster.asked else None,
        "os": snapshot.host.os_name or None,
    }


def _certificate(use: CertificateUse) -> dict[str, Any]:
    """How long a certificate in use holds; a bundle of CAs holds until the last of them expires."""
    bundle = use.role.endswith("-ca")
    last = max(use.certificates, key=attrgetter("not_after")) if bundle else use.certificates[0]
    return {
        "use": use.role,
        "path": use.path or None,
        "not_before": iso(last.not_before),
        "not_after": iso(last.not_after),
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
    unit = snapshot.kubelet
    if not unit.known:
        return "state of the kubelet service unknown"
    if unit.load_state in ("not-found", "masked") and not unit.running:
        return f"{unit.name} is {unit.load_state}"
    if snapshot.crash_looping:
        ends = f"{counted(unit.restarts, 'restart')}{_last_end(snapshot)}"
        if snapshot.child_ended_at is not None:
            ends = f"{unit.name} starts it again{_ago(snapshot, snapshot.child_ended_at)}"
        return f"kubelet exits right after each start ({ends})"
    if unit.running:
        ready = snapshot.cluster.ready
        seen = f", node Ready={ready.status}" if ready else ""
        does = STATES["activating"] if unit.active_state == "activating" else "runs"
        return f"kubelet {does}{_since(snapshot, unit.main_start_at)}{seen}"
    result = f", result {unit.result}" if unit.result not in ("", "success") else ""
    if unit.active_state == "failed" and unit.state_change_at:
        return f"kubelet failed {age((snapshot.captured_at - unit.state_change_at).total_seconds())} ago{result}"
    does = STATES.get(unit.active_state, f"is {unit.active_state}")
    return f"kubelet {does}{_since(snapshot, unit.state_change_at)}{result}"


def _since(snapshot: Snapshot, moment: datetime | None) -> str:
    return f" since {age((snapshot.captured_at - moment).total_seconds())}" if moment else ""


def _ago(snapshot: Snapshot, moment: datetime | None) -> str:
    return f", last {age((snapshot.captured_at - moment).total_seconds())} ago" if moment else ""


def _last_end(snapshot: Snapshot) -> str:
    """When and how the last process ended: as systemd says, or as the journal says where another one runs already."""
    unit, ended = snapshot.kubelet, [start for start in snapshot.log.starts if start.exit_at]
    if unit.running and ended:
        at, signal, status = ended[-1].exit_at, ended[-1].exit_code != "exited", ended[-1].exit_status.partition("/")[0]
    else:
        at, signal, status = unit.main_exit_at or unit.main_start_at, unit.exit_code in ("killed", "dumped"), ""
        status = "" if unit.exit_status is None else str(unit.exit_status)
    last = _ago(snapshot, at)
    return f"{last}, {'signal' if signal else 'status'} {status}" if status else last
