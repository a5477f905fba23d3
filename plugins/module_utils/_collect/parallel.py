# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several things at once, each of which may hang, together within one time limit."""

from __future__ import annotations

import threading
import time
import typing as t
from dataclasses import dataclass, replace


@dataclass
class Outcome:
    """What became of a task: a value, or the exception that ended it, or neither when it did not end in time.
    seconds is how long it took, or was waited for."""

    value: t.Any = None
    failure: Exception | None = None
    finished: bool = False
    seconds: float = 0.0


def run_all(tasks: t.Mapping[str, t.Callable[[], t.Any]], seconds: float) -> dict[str, Outcome]:
    """Runs every task in a thread of its own; what has not ended after the time limit is left behind."""
    outcomes = {name: Outcome() for name in tasks}

    started = time.monotonic()

    def work(name: str) -> None:
        # A thread must hand over whatever ended it, or its part of the evidence would silently be missing.
        try:
            outcomes[name].value = tasks[name]()
        except Exception as exc:  # noqa: BLE001 - see above; the caller turns it into a status
            outcomes[name].failure = exc
        outcomes[name].seconds = time.monotonic() - started
        outcomes[name].finished = True

    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, started + seconds - time.monotonic()))
    # A task that ends later must not change what the caller works with.
    return {name: replace(out) if out.finished else Outcome(seconds=seconds) for name, out in outcomes.items()}
