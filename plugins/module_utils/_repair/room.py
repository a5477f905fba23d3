# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes room: deletes old journals and unused images. There is no way back, so it is done before anything is recorded.

It comes first for another reason too: on a full disk nothing could be recorded.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.operations import ALREADY, CHANGED, Act
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import failure

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Plan, Step
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

KINDS = ("vacuum_journal", "prune_images")
SECONDS = 300.0


def make(system: System, plan: Plan) -> list[Act]:
    """Does those steps of a plan, each with what was available before and after it.

    :raises RefusedError: one fails; what was deleted until then stays deleted, and is said
    """
    done: list[Act] = []
    for step in (step for step in plan.steps if step.kind in KINDS):
        act = Act(step.action, step.kind, step.words, available(system, step.path))
        problem = _run(system, step)
        act.after = available(system, step.path)
        act.status = CHANGED if any(act.after[key] > act.before[key] for key in act.after) else ALREADY
        done.append(act)
        if problem:
            freed = "; ".join(said(item) for item in done if item.status == CHANGED)
            raise RefusedError(f"{problem}{f' (freed before that: {freed})' if freed else ''}.")
    return done


def available(system: System, path: str) -> dict[str, int]:
    """Bytes and inodes that are available on the file system of a path, or of its nearest parent that exists."""
    place = Path(system.root + path)
    while not place.exists() and place != place.parent:
        place = place.parent
    facts = os.statvfs(place)
    return {"bytes": facts.f_bavail * facts.f_frsize, "inodes": facts.f_favail}


def said(act: Act) -> str:
    """What became of an act, for people."""
    freed = (act.after["bytes"] - act.before["bytes"]) / 1024**2
    return f"{act.words['path']}: {freed:.0f} MiB, {act.after['inodes'] - act.before['inodes']} inodes"


def _run(system: System, step: Step) -> str:
    """Why the program failed; empty when it did not."""
    if step.kind == "vacuum_journal":
        argv = ["journalctl", f"--vacuum-size={step.words['size']}"]
    else:
        argv = ["crictl", f"--runtime-endpoint={step.words['endpoint']}", "rmi", "--prune"]
    result = system.run(argv, SECONDS)
    if result.status == _schema.ABSENT:
        return f"There is no {argv[0]} on this node"
    problem = failure(result)
    return f"{' '.join(argv)}: {problem}" if problem else ""
