# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of tests, and their findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.cause import Cause, cause
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import (
    Effect,
    Evidence,
    Finding,
    Hit,
    Remedy,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

REMEDY = Remedy("Repair it.")
SEEN = (Evidence("host", "seen"),)


def rule(name: str, judge: Callable[[Snapshot], Iterable[Hit]], effect: Effect = Effect.DOWN, **more: Any) -> Cause:
    """A cause with this judgement."""
    texts = {"title": f"title of {name}", "healthy": "It is not so.", "see": "It.", "why": "Because."}
    return cause(name, effect=effect, remedy=REMEDY, **texts, **more)(judge)


def holding(name: str, effect: Effect = Effect.DOWN, **more: Any) -> Cause:
    """A cause that always holds."""
    return rule(name, lambda dummy: [Hit(f"{name} holds", SEEN)], effect, **more)


def found(made: Cause, effect: Effect | None = None) -> Finding:
    """The finding of a cause."""
    given = made.effect if effect is None else effect
    return Finding(made.id, made.title, given, f"{made.id} holds", SEEN, REMEDY, explains=made.explains, gate=made.gate)
