# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often repairs for a finding have failed on this node, so that what does not help is not tried forever."""

from __future__ import annotations

import calendar
import contextlib
import json
import time
import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import paths
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

_MAX_FINDINGS = 100
_MAX_TIMES = 20


class Attempts:
    """Times of failed attempts by finding."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._file = f"{system.records}/attempts.json"

    def require_left(self, findings: t.Iterable[str], limit: int, window: float) -> None:
        """Makes sure that none of the findings has had too many failed attempts.

        :param limit: failed attempts that are allowed within the window of seconds; 0 is no limit
        :raises RefusedError: one has
        """
        failed, now = self._load(), _seconds(self._system.now())
        for finding in findings if limit else ():
            # A time to come is of a clock that was wrong: one far ahead must not forbid repairs until then.
            recent = [at for at in failed.get(finding, []) if abs(now - _seconds(at)) < window]
            if len(recent) >= limit:
                wait = int(window - (now - _seconds(recent[-limit])))
                raise RefusedError(
                    f"{len(recent)} repairs for {finding} have failed on this node within {window / 60:g} min, "
                    f"the last at {recent[-1]}; the next is allowed in {wait} s (max_attempts, attempt_window)."
                )

    def failed(self, findings: t.Iterable[str]) -> None:
        """Remembers a failed attempt. A later success does not forget it, only time does: what was committed may still
        be undone by who asked for it, and a repair that helps and fails by turns does not help."""
        known = self._load()
        for finding in findings:
            known[finding] = [*known.pop(finding, []), self._system.now()][-_MAX_TIMES:]
        self._save(dict(list(known.items())[-_MAX_FINDINGS:]))

    def _load(self) -> dict[str, list[str]]:
        try:
            known = json.loads(Path(self._file).read_bytes())
        except (OSError, ValueError):  # they are a brake, and no reason to fail
            return {}
        if not isinstance(known, dict):
            return {}
        return {key: [at for at in value if _seconds(at)] for key, value in known.items() if isinstance(value, list)}

    def _save(self, known: t.Mapping[str, list[str]]) -> None:
        temp = paths.temp_of(self._file)
        with contextlib.suppress(OSError):  # a full disk here must not turn the result of a repair into another one
            paths.remove_leftover(self._file)
            paths.write_private(temp, json.dumps(known, indent=1).encode())
            Path(temp).replace(self._file)


def _seconds(at: str) -> int:
    try:
        return calendar.timegm(time.strptime(at, "%Y-%m-%dT%H:%M:%SZ"))
    except (TypeError, ValueError):
        return 0
