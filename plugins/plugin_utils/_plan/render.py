# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as text for the screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def plan_lines(plan: Mapping[str, Any]) -> Iterator[str]:
    """Lines of one plan: what would be done, in order, what it means, and what is left to a person."""
    actions, refused = plan.get("actions", []), plan.get("not_offered", [])
    if not actions:
        yield f"{plan['host']}  nothing to do by itself"
    for number, action in enumerate(actions, 1):
        yield f"{plan['host']}  {number}. {action['id']} ({action['class']})  for {action['finding']}"
        yield f"     {action['summary']}"
        yield f"     pods: {action['pods']}; way back: {action['way_back']}"
    if plan.get("restart"):
        yield f"     then restart {plan['unit']} and watch it for {plan['verify'].get('stable_seconds', 0)} s"
    for item in refused:
        name = f"{item['action']} " if item["action"] else ""
        yield f"  not done: {name}({item['class']}) for {item['finding']}: {item['reason']}"
