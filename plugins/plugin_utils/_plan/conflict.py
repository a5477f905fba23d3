# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several actions on one file. The node writes all edits of a file at once, so they must fit together."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from .._model.plan import Action, Step


def conflict(actions: Iterable[Action], new: Action) -> str:
    """Why a new action cannot be in the same plan as these, or empty.

    Edits of one file go together as long as they touch different bytes; anything else on one path does not.
    """
    steps = [(action, step) for action in actions for step in action.steps if step.values.get("path")]
    for step in new.steps:
        beside = [(action, other) for action, other in steps if other.values["path"] == step.values.get("path")]
        if any(kind != "edit" for _action, other in beside for kind in (other.kind, step.kind)) or (
            beside and _overlap([step, *(other for _action, other in beside)])
        ):
            return f"{beside[0][0].id} changes {step.values['path']} first; the next run comes back to this"
    return ""


def _overlap(steps: Iterable[Step]) -> bool:
    spans = sorted((edit["start"], edit["end"]) for step in steps for edit in step.values["edits"])
    return any(second[0] < first[1] or second == first for first, second in pairwise(spans))
