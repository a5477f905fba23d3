# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repair would do: actions in order, each with its steps, its class, and its way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PLAN_FORMAT = "node-repair/1"
SAFE, NEEDS_APPROVAL, NEVER = "safe", "needs-approval", "never"
BLOCKED = "blocked"  # only of what is not offered: another fault, or another action, is in the way


@dataclass(frozen=True)
class Splice:
    """New text for a span of a file. Offsets are bytes in the file as diagnosed, end exclusive."""

    start: int
    end: int
    text: str

    def to_dict(self) -> dict[str, Any]:
        """As the node side wants it."""
        return {"start": self.start, "end": self.end, "text": self.text}


@dataclass(frozen=True)
class Step:
    """One thing that the node does. ``kind`` is edit, create, client_certificate, attributes, copy, directory, link,
    replace_by_link, move_aside, unit, sysctl, swapoff, vacuum_journal or prune_images; ``values`` are the keys of that
    kind (see module_utils/_repair/plan.py)."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As the node side wants it."""
        return {"kind": self.kind, **self.values}


@dataclass(frozen=True)
class Renewal:
    """A client certificate that the cluster has issued for a key on the node (PEM, with the SHA-256 of the public key
    that the node reported). Without one: ``reason`` why not, or ``planned`` where check mode leaves it at that."""

    certificate: str = ""
    public_key_sha256: str = ""
    reason: str = ""
    planned: bool = False


@dataclass(frozen=True)
class Action:
    """One repair action: the finding that it answers, what it does in one sentence with values and file:line, its
    class, what it means for running pods, and how it is undone."""

    id: str
    finding: str
    classification: str
    summary: str
    steps: tuple[Step, ...]
    pods: str
    way_back: str
    restart: bool = True

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "id": self.id,
            "finding": self.finding,
            "class": self.classification,
            "summary": self.summary,
            "pods": self.pods,
            "way_back": self.way_back,
            "steps": [step.to_dict() for step in self.steps],
        }


@dataclass(frozen=True)
class NotOffered:
    """A finding that gets no action, and why: what it would need, or which rule forbids it."""

    finding: str
    action: str
    classification: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """JSON-ready."""
        return {
            "finding": self.finding,
            "action": self.action,
            "class": self.classification,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Plan:
    """Ordered actions for one node, and the findings that get none. ``run`` names the record on the node."""

    run: str
    host: str
    diagnosed_at: str
    unit: str
    actions: tuple[Action, ...] = ()
    not_offered: tuple[NotOffered, ...] = ()
    verify: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, as the node side wants it."""
        return {
            "format": PLAN_FORMAT,
            "run": self.run,
            "host": self.host,
            "diagnosed_at": self.diagnosed_at,
            "unit": self.unit,
            "reason": ", ".join(action.finding for action in self.actions),
            "actions": [action.to_dict() for action in self.actions],
            "not_offered": [item.to_dict() for item in self.not_offered],
            "restart": any(action.restart for action in self.actions),
            "verify": dict(self.verify),
        }
