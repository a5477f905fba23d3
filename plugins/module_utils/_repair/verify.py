# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a unit stays up: running with one main process for a while, no restarts, healthz ok."""

from __future__ import annotations

import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import plan as plans
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import units
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import StepError

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

_POLL_SECONDS = 0.5
_HEALTHZ_SECONDS = 2.0
_BETWEEN_HEALTHZ = 5.0


def verify(system: System, unit: str, wanted: plans.Verify) -> dict[str, t.Any]:
    """Watches a unit that was just started.

    It fails at once when the main process changes or systemd counts another restart, for what cannot stay up for
    stable_seconds does not need the whole time limit to prove it.

    :returns: ok, reason (empty when ok), seconds, unit (what systemd said last), healthz
    """
    started = system.monotonic()
    seen = _Seen()
    while True:
        elapsed = system.monotonic() - started
        try:
            seen.look(units.state(system, unit), elapsed)
        except StepError as exc:
            seen.reason = str(exc)
        stable = seen.since is not None and elapsed - seen.since >= wanted.stable_seconds
        if wanted.healthz and seen.since is not None and (stable or elapsed >= seen.next_healthz):
            seen.healthz, seen.next_healthz = healthz(system, wanted.healthz), elapsed + _BETWEEN_HEALTHZ
        well = not seen.reason and stable and (not wanted.healthz or seen.healthz == "ok")
        if well or seen.broken or elapsed >= wanted.timeout:
            return seen.to_dict(unit, well, elapsed, wanted)
        system.sleep(_POLL_SECONDS)


def healthz(system: System, url: str) -> str:
    """What a healthz endpoint answers: ok, or a word about why not."""
    host, port, path = plans.split_url(url)
    try:
        code, body = system.get(host, port, path, _HEALTHZ_SECONDS)
    except OSError as exc:
        return exc.strerror or str(exc) or type(exc).__name__
    return "ok" if code == 200 and body.strip() == "ok" else f"{code} {body.strip()[:200]}"


class _Seen:
    """What was seen of a unit so far. since: seconds when it began to run."""

    def __init__(self) -> None:
        self.since: float | None = None
        self.first: units.State = {}
        self.last: units.State = {}
        self.broken = False
        self.reason = ""
        self.healthz = ""
        self.next_healthz = 0.0

    def look(self, state: units.State, elapsed: float) -> None:
        """Takes in another look at the unit."""
        self.last, self.reason = state, ""
        up = state.get("ActiveState") == "active" and state.get("SubState") == "running"
        if not self.first:
            self.first = state
        if _number(state, "NRestarts") > _number(self.first, "NRestarts"):
            self._break(f"systemd restarted it (exit status {state.get('ExecMainStatus', 'unknown')})")
        elif self.since is None:
            if up:
                self.since, self.first = elapsed, state
            elif state.get("ActiveState") == "failed":
                self._break(f"it failed ({state.get('Result', 'no result')})")
        elif not up:
            self._break(f"it left the state running ({state.get('ActiveState')}/{state.get('SubState')})")
        elif state.get("MainPID") != self.first.get("MainPID"):
            self._break(f"its main process changed from {self.first.get('MainPID')} to {state.get('MainPID')}")

    def _break(self, reason: str) -> None:
        self.broken, self.reason = True, reason

    def to_dict(self, unit: str, well: bool, elapsed: float, wanted: plans.Verify) -> dict[str, t.Any]:
        """The verdict."""
        reason = self.reason
        if not well and not reason:
            reason = f"healthz says {self.healthz}" if self.since is not None else "it does not get to run"
            reason += f" after {wanted.timeout:g} s"
        return {
            "ok": well,
            "reason": "" if well else f"{unit}: {reason}.",
            "seconds": round(elapsed, 1),
            "unit": self.last,
            "healthz": self.healthz or None,
        }


def _number(state: units.State, key: str) -> int:
    return int(state[key]) if state.get(key, "").isdigit() else 0
