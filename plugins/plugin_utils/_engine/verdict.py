# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a node, and the sentence that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from .._model.diagnosis import SUMMARY_LIMIT, Unknown
from .._model.finding import Effect
from .._model.snapshot import Snapshot
from .order import Ordered

FILES = "files"  # part of the evidence contract
SETTLED = timedelta(seconds=60)  # the control plane has heard from a started kubelet by then


def verdict(snapshot: Snapshot, ordered: Ordered) -> str:
    """healthy, at_risk, degraded, down or unknown; "not looked at" is never healthy."""
    worst = max((f.effect for f in (*ordered.root_causes, *ordered.consequences)), default=Effect.RESOLVED)
    if worst == Effect.DOWN or not_up(snapshot):
        return "down"
    if worst == Effect.DEGRADED:
        return "degraded"
    if not seen_working(snapshot):
        return "unknown"
    if any(f.effect == Effect.RISK for f in (*ordered.risks, *ordered.consequences)):
        return "at_risk"
    return "healthy" if configuration_read(snapshot) else "unknown"


def not_up(snapshot: Snapshot) -> bool:
    """True when systemd says that no kubelet stays up, whether or not a known cause explains it."""
    unit = snapshot.kubelet
    return snapshot.crash_looping or (unit.known and unit.active_state in ("failed", "inactive"))


def configuration_read(snapshot: Snapshot) -> bool:
    """True when nobody was kept from the files that the kubelet starts with: what works now may not start again."""
    named = (snapshot.config, snapshot.kubeconfig)
    unread = any(f.configured and f.file.content is None and not f.file.absent for f in named)
    return not unread and snapshot.part(FILES).status in ("ok", "truncated")


def seen_working(snapshot: Snapshot) -> bool:
    """True when something positive says that the kubelet works: silence alone does not.

    Ready=True may be minutes old, so an API server that does not answer this node's own request outweighs it.
    """
    if not snapshot.kubelet.running:
        return False
    own = snapshot.probes.node_object
    # A kubelet that shows a token or asks a plugin (EKS) has no certificate for the probe to show.
    unknown = own.code in (401, 403) and not own.client_certificate
    if own.status in ("refused", "timeout", "unresolved") or ((own.code or 200) >= 400 and not unknown):
        return False
    ready = snapshot.cluster.ready
    if ready is not None and ready.status == "True":
        return True
    if snapshot.probes.healthz.code == 200 and snapshot.probes.node_object.code == 200:
        return snapshot.log.read
    return _spoke_lately(snapshot)


def _spoke_lately(snapshot: Snapshot) -> bool:
    """True when the running kubelet wrote to its log just now: all that is left to tell it from one that hangs."""
    said = [p.last_at for p in snapshot.log.patterns if p.newest and p.source != "systemd"]
    return bool(said) and snapshot.captured_at - max(said) <= SETTLED


def summary(snapshot: Snapshot, ordered: Ordered, given: str, state: str, unknowns: Sequence[Unknown]) -> str:
    """One sentence a person can act on. ``state`` says what the service does."""
    if ordered.root_causes:
        first, others = ordered.root_causes[0], len(ordered.root_causes) - 1
        more = f"; and {others} more root cause{'s' if others > 1 else ''}" if others else ""
        return cut(first.summary, more)
    if given in ("down", "degraded"):
        shown = f": {ordered.consequences[0].summary}" if ordered.consequences else ""
        again = "; it started moments ago: look again in a minute" if _young(snapshot) else ""
        return cut(f"{state}; no known cause explains it{shown}", again)
    if given == "at_risk":
        first = next(f for f in (*ordered.risks, *ordered.consequences) if f.effect == Effect.RISK)
        return cut(f"works, but: {first.summary}")
    if given == "unknown":
        return cut(f"could not be judged ({state}); {'; '.join(_gaps(unknowns))}".removesuffix("; "))
    return cut(state)


def _young(snapshot: Snapshot) -> bool:
    started = snapshot.kubelet.main_start_at
    runs = snapshot.kubelet.running and not snapshot.crash_looping
    return runs and started is not None and snapshot.captured_at - started < SETTLED


def _gaps(unknowns: Sequence[Unknown]) -> list[str]:
    """Why parts are missing, those with the same reason together."""
    parts: dict[str, list[str]] = {}
    for unknown in unknowns:
        parts.setdefault(unknown.reason, []).append(unknown.part)
    return [f"{', '.join(names)}: {reason}" for reason, names in parts.items()]


def cut(text: str, tail: str = "") -> str:
    """Text within the schema's limit, keeping ``tail`` whole."""
    room = SUMMARY_LIMIT - len(tail)
    return (text if len(text) <= room else text[: room - 1] + "…") + tail
