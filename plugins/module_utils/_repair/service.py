# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules call: options in, a masked result out."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
import typing as t
from dataclasses import replace

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _redact
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import (
    detach,
    lock,
    rollback,
    room,
    transaction,
    units,
)
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import plan as plans
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import record as rec
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import verify as verifying
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import (
    NotEndedError,
    RefusedError,
    StepError,
)
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import SYSTEMCTL_SECONDS, System

_BACKUP_SECONDS = 60.0
_SWAPOFF_SECONDS = 600.0

VERIFY_SPEC: dict[str, dict[str, t.Any]] = {
    "stable_seconds": {"type": "float", "default": 20.0},
    "verify_timeout": {"type": "float", "default": 90.0},
    "healthz": {"type": "str"},
}


def apply(
    plan: plans.Plan, limits: transaction.Limits, check_mode: bool, system: System | None = None
) -> dict[str, t.Any]:
    """Executes a plan in a process of its own, or joins the one that executes this very plan.

    :returns: the result of `transaction.apply`, masked, and ok
    :raises RefusedError: another repair is going on
    :raises TimeoutError: it has not ended in time; it goes on
    """
    node = system or System()
    result = transaction.check(node, plan, limits) if check_mode else _apply_or_join(node, plan, limits)
    return masked(result, result["state"] in (rec.COMMITTED, rec.HELD, transaction.PLANNED))


def edit(step: t.Mapping[str, t.Any], unit: str, check_mode: bool, system: System | None = None) -> dict[str, t.Any]:
    """Makes one guarded edit, with a record and a way back but without any restart.

    :param step: path, sha256 and edits as in a plan
    :param unit: the kubelet's unit, for the record
    """
    node = system or System()
    stamp = node.now().replace("-", "").replace(":", "")
    data = {
        "format": plans.FORMAT,
        "run": f"{stamp}-{secrets.token_hex(3)}",
        "unit": unit,
        "reason": "file_edit",
        "actions": [{"id": "file-edit", "summary": f"edit {step['path']}", "steps": [{"kind": "edit", **step}]}],
    }
    return apply(plans.parse(data), transaction.Limits(), check_mode, node)


def roll_back(
    asked: rollback.Request, wanted: plans.Verify, check_mode: bool, system: System | None = None
) -> dict[str, t.Any]:
    """Undoes a repair in a process of its own.

    :returns: the result of `rollback.roll_back`, masked, and ok
    :raises RefusedError: a repair is going on
    :raises TimeoutError: it has not ended in time; it goes on
    """
    node = system or System()
    seconds = wanted.timeout + 6 * SYSTEMCTL_SECONDS + _BACKUP_SECONDS
    if check_mode:
        result = rollback.check(node, asked)
    else:
        last = rec.Records(node).last_committed()
        # Named, because a second try must not go on to the run before.
        named = replace(asked, run=asked.run or (last.run if last else None))
        try:
            result = detach.run(lambda: rollback.roll_back(node, named, wanted), seconds)
        except detach.KilledError:
            result = detach.run(lambda: rollback.roll_back(node, named, wanted), seconds)
    return masked(result, result["state"] in (rec.ROLLED_BACK, rollback.PLANNED, rollback.NOTHING))


def keep(run: str, check_mode: bool, system: System | None = None) -> dict[str, t.Any]:
    """Lets a run stand that is held.

    :returns: the result of `rollback.keep`, masked, and ok
    :raises RefusedError: a repair is going on
    """
    result = rollback.keep(system or System(), run, check_mode)
    return masked(result, result["state"] == rec.COMMITTED)


def restart(unit: str, wanted: plans.Verify, check_mode: bool, system: System | None = None) -> dict[str, t.Any]:
    """Restarts a unit, or starts it, and watches whether it stays up.

    :returns: ok, changed, reason, before, after, verify; masked
    :raises RefusedError: it cannot be started at all, or a repair is going on
    """
    node = system or System()
    try:
        before = units.state(node, unit)
        if before.get("LoadState") in ("not-found", "masked", "error", "bad-setting"):
            raise RefusedError(f"{unit} cannot be started: systemd says {before['LoadState']}.")
        result = {"changed": True, "reason": "", "before": before, "after": before, "verify": None}
        if check_mode:
            return masked(result, True)
        with lock.hold(node.lock, "restart", node.now()):
            with contextlib.suppress(NotEndedError):  # whether it comes up is seen below
                units.start_again(node, unit)
            seen = verifying.verify(node, unit, wanted)
    except StepError as exc:
        raise RefusedError(f"{exc}") from exc
    return masked({**result, "reason": seen["reason"], "after": seen["unit"], "verify": seen}, seen["ok"])


def verification(params: t.Mapping[str, t.Any]) -> plans.Verify:
    """What to verify, of a module's options of VERIFY_SPEC.

    :raises RefusedError: one of them cannot be used
    """
    keys = {"stable_seconds": "stable_seconds", "timeout": "verify_timeout", "healthz": "healthz"}
    return plans.verification({key: params[name] for key, name in keys.items()})


def require_root() -> None:
    """:raises RefusedError: this process may not change the node"""
    if os.geteuid() != 0:
        raise RefusedError("Repairs need root on the node (become: true).")


def masked(result: dict[str, t.Any], well: bool) -> dict[str, t.Any]:
    """A result without secrets, and whether it is what was asked for."""
    return {**_redact.redact_tree(result), "ok": well}


def _apply_or_join(node: System, plan: plans.Plan, limits: transaction.Limits) -> dict[str, t.Any]:
    """Executes a plan, or waits for the process that does already."""
    deadline = time.monotonic() + _patience(plan)
    while True:
        left = max(1.0, deadline - time.monotonic())
        try:
            result = detach.run(lambda: _watched(node, plan, lambda: transaction.apply(node, plan, limits)), left)
        except detach.KilledError:
            result = detach.run(lambda: _watched(node, plan, lambda: transaction.end_killed(node, plan)), left)
        if "busy" not in result:
            return result
        if result["busy"] != plan.run:
            raise RefusedError(result["reason"])
        joined = _join(node, plan.run, deadline)
        if joined is not None:
            return joined


def _watched(node: System, plan: plans.Plan, work: detach.Work) -> dict[str, t.Any]:
    """The result of work on a plan; a run that it leaves held is rolled back when nobody decides about it."""
    try:
        result = work()
    except lock.BusyError as exc:
        return {"busy": exc.run, "reason": str(exc)}
    if result["state"] == rec.HELD:  # only here, for a process that is started under the lock would go on to hold it
        node.later(lambda: rollback.give_up(node, plan.run, plan.verify))
    return result


def _join(node: System, run: str, deadline: float) -> dict[str, t.Any] | None:
    """Waits for the process that executes a run; its result, or None if it left none."""
    while time.monotonic() < deadline:
        try:
            lock.require_free(node.lock)
        except lock.BusyError as exc:
            if exc.run == run:
                time.sleep(0.5)
                continue
        record = rec.Records(node).find(run)
        return {**record.manifest["result"], "joined": True} if record and record.manifest.get("result") else None
    raise TimeoutError


def _patience(plan: plans.Plan) -> float:
    """Seconds within which a plan ends, even if every program takes as long as it may and all is rolled back."""
    acts = 2 + sum(step.kind == "unit" for step in plan.steps)
    swap = _SWAPOFF_SECONDS if any(step.kind == "swapoff" for step in plan.steps) else 0
    freeing = room.SECONDS * sum(step.kind in room.KINDS for step in plan.steps)
    return plan.verify.timeout + 2 * acts * SYSTEMCTL_SECONDS + swap + freeing + _BACKUP_SECONDS
