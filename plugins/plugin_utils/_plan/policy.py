# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user allows a run to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """What a run may do. ``allow``: classes (safe, needs-approval) or action ids; ``deny``: action ids."""

    allow: tuple[str, ...] = ("safe",)
    deny: tuple[str, ...] = ()
    enabled: bool = True
    risks: bool = False

    def refusal(self, action: str, classification: str) -> str:
        """Why an action (by id, with its class) is not allowed, or empty."""
        if not self.enabled:
            return "repair is switched off for this host (kubelet_repair_enabled)"
        if action in self.deny:
            return f"kubelet_repair_deny names {action}"
        if action in self.allow or classification in self.allow:
            return ""
        return f"{classification}: add {action} to kubelet_repair_allow to approve it"
