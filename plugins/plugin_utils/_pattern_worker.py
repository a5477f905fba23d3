# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches texts for a user's patterns in a process of its own, which can be ended: a program, not a library.

Standard input: ``{"seconds": limit of a pattern, "texts": [...], "tasks": [{"pattern": ..., "texts": [indexes]}]}``.
Standard output: a line for each task, in order, as soon as it is done: ``{"hits": [indexes]}`` or ``{"error": why}``.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import sys
from types import FrameType
from typing import Any

MEMORY_BYTES = 1024**3


class TookTooLongError(Exception):
    """The time of a pattern is up."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise TookTooLongError


def search(task: dict[str, Any], texts: list[str], seconds: float) -> dict[str, Any]:
    """Indexes of the task's texts in which its pattern occurs. Python's matcher heeds signals, so it can be stopped."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        regex = re.compile(task["pattern"])
        return {"hits": [index for index in task["texts"] if regex.search(texts[index])]}
    except TookTooLongError:
        return {"error": f"pattern took longer than {seconds:g} s and was stopped"}
    except (re.error, OverflowError, RecursionError) as error:
        return {"error": f"pattern cannot be used: {error}"}
    except MemoryError:
        return {"error": "pattern needs too much memory and was stopped"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main() -> None:
    """Read the work, do it, and say each answer at once: what was done before an early end is not lost."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    signal.signal(signal.SIGALRM, _stop)
    work = json.load(sys.stdin)
    for task in work["tasks"]:
        sys.stdout.write(json.dumps(search(task, work["texts"], work["seconds"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
