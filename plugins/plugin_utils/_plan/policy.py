# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user allows a run to do."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

APPROVE, RISKS = "kubelet_repair_allow", "kubelet_repair_risks"


class PolicyError(ValueError):
    """The user's policy cannot be used; one sentence."""


@dataclass(frozen=True)
class Policy:
    """What a run may do. ``allow`` and ``deny``: classes (safe, needs-approval) or action ids."""

    allow: tuple[str, ...] = ("safe",)
    deny: tuple[str, ...] = ()
    enabled: bool = True
    risks: bool = False

    def require_known(self, names: Collection[str]) -> None:
        """:raises PolicyError: ``allow`` or ``deny`` has a name that no class and no action has"""
        for variable, given in (("allow", self.allow), ("deny", self.deny)):
            for name in given:
                if name not in names:
                    meant = "".join(f" Did you mean {near}?" for near in get_close_matches(name, names, 1))
                    known = ", ".join(sorted(names))
                    raise PolicyError(f"kubelet_repair_{variable}: there is no {name}.{meant} There are {known}.")

    def refusal(self, action: str, classification: str) -> str:
        """Why an action (by id, with its class) is not allowed, or empty."""
        if not self.enabled:
            return "repair is switched off for this host (kubelet_repair_enabled)"
        for denied in (action, classification):
            if denied in self.deny:
                return f"kubelet_repair_deny names {denied}"
        if action in self.allow or classification in self.allow:
            return ""
        return f"{classification}: add {action} to {APPROVE} to approve it"
