# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One repair as a transaction: prepare, back up, apply, restart, verify, commit; or everything back as it was found."""

from __future__ import annotations

import contextlib
import traceback
import typing as t
from dataclasses import dataclass

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import (
    acts,
    client_key,
    lock,
    operations,
    paths,
    prepare,
    room,
    undo,
    units,
    verify,
)
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import record as rec
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.attempts import Attempts
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import (
    NotEndedError,
    RefusedError,
    StepError,
)

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Plan
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

REFUSED = "refused"
PLANNED = "planned"


@dataclass(frozen=True)
class Limits:
    """How many failed attempts for a finding are allowed within a window of seconds; 0 attempts is no limit."""

    attempts: int = 3
    window: float = 3600.0


def apply(system: System, plan: Plan, limits: Limits) -> dict[str, t.Any]:
    """Executes a plan.

    :returns: run, state (committed, held, rolled_back, failed or refused), changed, steps, reason, record, verify,
        recovered, diff
    :raises lock.BusyError: another repair is going on
    """
    with lock.hold(system.lock, plan.run, system.now()):
        transaction = _Transaction(system, plan, limits)
        try:
            return transaction.execute()
        except RefusedError as exc:
            return transaction.result(REFUSED, str(exc))
        except OSError as exc:  # before the first change; from then on it leads to a rollback
            return transaction.result(REFUSED, f"The records of this node cannot be used: {exc}.")


def end_killed(system: System, plan: Plan) -> dict[str, t.Any]:
    """Ends a run whose process was killed: back to the state before it, unless it was already verified.

    :raises RefusedError: that cannot be done now, or another repair is going on
    """
    with lock.hold(system.lock, plan.run, system.now()):
        transaction = _Transaction(system, plan, Limits())
        return transaction.end_killed()


def check(system: System, plan: Plan, limits: Limits) -> dict[str, t.Any]:
    """What `apply` would do, without changing anything: state planned or refused."""
    transaction = _Transaction(system, plan, limits)
    try:
        lock.require_free(system.lock)
        return transaction.rehearse()
    except (RefusedError, OSError) as exc:
        return transaction.result(REFUSED, str(exc))


class _Transaction:
    def __init__(self, system: System, plan: Plan, limits: Limits) -> None:
        self._system = system
        self._plan = plan
        self._limits = limits
        self._records = rec.Records(system)
        self._attempts = Attempts(system)
        self._prepared = operations.Prepared()
        self._record: rec.Record | None = None
        self._recovered: list[str] = []
        self._verify: dict[str, t.Any] | None = None

    def rehearse(self) -> dict[str, t.Any]:
        """Everything up to the first change."""
        self._recovered = [
            f"Run {record.run} was interrupted in state {record.state}; it would be ended first."
            for record in self._records.unfinished()
        ]
        earlier = self._earlier()
        if earlier is not None:
            return earlier
        self._attempts.require_left(self._plan.findings, self._limits.attempts, self._limits.window)
        self._prepared = prepare.prepare(self._system, self._plan, self._records, rehearsal=True)
        return self.result(PLANNED, changed=not self._nothing_to_do())

    def execute(self) -> dict[str, t.Any]:
        """The whole transaction."""
        self._recovered = undo.recover(self._system, self._records, self._attempts, self._plan.run)
        self._records.prune()
        earlier = self._earlier()
        if earlier is not None:
            return earlier
        self._records.set_apart(self._plan.run)
        self._attempts.require_left(self._plan.findings, self._limits.attempts, self._limits.window)
        freed = room.make(self._system, self._plan)
        self._prepared.operations[:] = freed  # they are told also where the rest is refused
        self._prepared = prepare.prepare(self._system, self._plan, self._records)
        self._prepared.operations[:0] = freed
        if self._nothing_to_do():
            return self.result(rec.COMMITTED, changed=False)
        record = self._record = self._back_up()
        try:
            self._apply(record)
            down = self._start(record)
            if down:
                return self._hold(record, down)
        except (StepError, RefusedError, OSError) as exc:
            return self._roll_back(record, f"{exc}".rstrip(".") + ".")
        except Exception:  # noqa: BLE001 - even a bug of ours must not leave the node half repaired
            return self._roll_back(record, f"Internal error: {traceback.format_exc()[-2000:]}")
        return self._commit(record)

    def end_killed(self) -> dict[str, t.Any]:
        """What the next run would do first."""
        said = undo.recover(self._system, self._records, self._attempts, self._plan.run)
        self._record = self._records.find(self._plan.run)
        state = self._record.state if self._record else REFUSED
        reason = " ".join(["The process that did the repair was killed.", *said])
        return self.result(state, reason, changed=self._record is not None)

    def result(self, state: str, reason: str = "", changed: bool = False) -> dict[str, t.Any]:
        """The result of the run in its present state."""
        return {
            "run": self._plan.run,
            "state": state,
            "changed": changed,
            "reason": reason,
            "record": self._record.directory if self._record else "",
            "steps": self._prepared.steps(),
            "restart": self._plan.restart and not self._nothing_to_do(),
            "verify": self._verify,
            "recovered": self._recovered,
            "diff": self._prepared.differences(),
        }

    def _nothing_to_do(self) -> bool:
        """Whether everything is as wanted: all steps done already, and no restart needed for the kubelet to know."""
        if not self._prepared.operations:
            return not self._plan.restart
        found = self._prepared.units.get(self._plan.unit, {})
        return self._prepared.idle and (not self._plan.restart or found.get("ActiveState") == "active")

    def _earlier(self) -> dict[str, t.Any] | None:
        """The result of this very run, if it has come to an end before."""
        earlier = self._records.find(self._plan.run)
        if earlier is None or earlier.state not in (*rec.FINAL, rec.HELD):
            return None
        if earlier.interrupted and earlier.state != rec.COMMITTED:
            return None
        changed = [entry["path"] for entry in earlier.manifest["changes"] if not _holds(entry)]
        if earlier.state == rec.COMMITTED and changed:
            raise RefusedError(f"Run {self._plan.run} was done before, and {', '.join(changed)} was changed since.")
        result: dict[str, t.Any] = dict(earlier.manifest.get("result") or self.result(earlier.state))
        result.update(changed=False, recovered=self._recovered, diff=[])
        return result

    def _back_up(self) -> rec.Record:
        """A record with everything that the way back needs.

        :raises RefusedError: it cannot be written; nothing of it is left then
        """
        plan, changes = self._plan, [change for change in self._prepared.changes if change.status == operations.PLANNED]
        record = None
        try:
            record = self._records.create(
                plan.run,
                {
                    **plan.about,
                    "created_at": self._system.now(),
                    "unit": plan.unit,
                    "actions": list(plan.actions),
                    "findings": list(plan.findings),
                    "changes": [change.entry(number) for number, change in enumerate(changes)],
                    "acts": [act.entry() for act in self._prepared.acts if act.status != operations.ALREADY],
                    "units": self._prepared.units,
                    "restart": plan.restart,
                    "verify": plan.verify.to_dict(),
                },
            )
            for number, change in enumerate(changes):
                if change.old.type == paths.FILE:
                    record.back_up(str(number), change.old_data)
            record.enter(rec.BACKED_UP)
        except OSError as exc:
            if record is not None:
                self._records.discard(record)
            raise RefusedError(f"The files cannot be backed up below {self._records.directory}: {exc}.") from exc
        return record

    def _apply(self, record: rec.Record) -> None:
        for item in self._prepared.operations:
            if item.status != operations.PLANNED:
                continue
            if isinstance(item, operations.Change):
                paths.put(item.path, item.old, item.new, item.data, self._system.mark)
            else:
                acts.do(self._system, item)
            item.status = operations.CHANGED
        record.enter(rec.APPLIED)
        if any(step.kind == "client_certificate" for step in self._plan.steps):
            client_key.discard(self._system)

    def _start(self, record: rec.Record) -> str:
        """Restarts and watches; why the kubelet does not stay up where the plan says hold, else empty.

        :raises StepError: it does not stay up
        """
        try:
            if self._plan.restart:
                with contextlib.suppress(NotEndedError):  # one that takes long to start is watched as any other
                    units.start_again(self._system, self._plan.unit)
                record.enter(rec.RESTARTED)
            if self._plan.restart or self._touches_kubelet():
                self._verify = verify.verify(self._system, self._plan.unit, self._plan.verify)
                if not self._verify["ok"]:
                    raise StepError(self._verify["reason"])
        except StepError as exc:
            if self._plan.verify.hold:
                return str(exc)
            raise
        record.enter(rec.VERIFIED)
        return ""

    def _touches_kubelet(self) -> bool:
        """Whether a step starts or restarts the kubelet itself."""
        words = [act.words for act in self._prepared.acts if act.status == operations.CHANGED]
        return any(word.get("unit") == self._plan.unit and word["verb"] in ("start", "restart") for word in words)

    def _commit(self, record: rec.Record) -> dict[str, t.Any]:
        result = self.result(rec.COMMITTED, changed=True)
        record.manifest["result"] = {**result, "diff": []}
        with contextlib.suppress(OSError):  # that it is verified is durable; the next run ends the record then
            record.enter(rec.COMMITTED)
            self._records.prune()
        return result

    def _hold(self, record: rec.Record, reason: str) -> dict[str, t.Any]:
        """Leaves everything as it is until somebody decides: keep it, or roll it back, which the next run does too."""
        result = self.result(rec.HELD, reason, changed=True)
        record.manifest["result"] = {**result, "diff": []}
        record.enter(rec.HELD, reason)
        return result

    def _roll_back(self, record: rec.Record, reason: str) -> dict[str, t.Any]:
        done = undo.undo(self._system, record, reason)
        for item in self._prepared.operations:
            if item.status == operations.CHANGED and item.kind not in room.KINDS and not done.problems:
                item.status = operations.UNDONE
        state = rec.ROLLED_BACK if done.state == rec.ROLLED_BACK else rec.FAILED
        result = self.result(state, " ".join([reason, *done.problems]), changed=True)
        undo.finish(record, done, {**result, "diff": []})
        self._attempts.failed(self._plan.findings)
        return result


def _holds(entry: t.Mapping[str, t.Any]) -> bool:
    return paths.look(entry["path"])[0].same(paths.PathState(**entry["after"]))
