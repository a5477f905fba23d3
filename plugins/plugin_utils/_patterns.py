# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a user's patterns with limits on time and memory, in a process that is ended when they are reached."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PATTERN_SECONDS = 1.0
RUN_SECONDS = 10.0
_WORKER = Path(__file__).with_name("_pattern_worker.py")
_TIME_UP = f"the {RUN_SECONDS:g} s for all signatures of a node were up"


@dataclass(frozen=True)
class Search:
    """One pattern, and the indexes of the texts to search."""

    pattern: str
    texts: Sequence[int]


@dataclass(frozen=True)
class Found:
    """Indexes of the texts in which the pattern occurs, or why it could not be used."""

    hits: tuple[int, ...] = ()
    error: str = ""


def run(searches: Sequence[Search], texts: Sequence[str]) -> list[Found]:
    """What each search found. OSError when no process can be started."""
    if not any(search.texts for search in searches):
        return [Found() for _search in searches]
    tasks = [{"pattern": search.pattern, "texts": list(search.texts)} for search in searches]
    lines, ended = _answers(json.dumps({"seconds": PATTERN_SECONDS, "texts": list(texts), "tasks": tasks}))
    answers = [json.loads(line) for line in lines]
    found = [Found(tuple(answer.get("hits", ())), answer.get("error", "")) for answer in answers]
    return found + [Found(error=f"pattern was not searched for: {ended}") for _search in searches[len(found) :]]


def _answers(work: str) -> tuple[list[str], str]:
    """Whole lines of the worker's output, those before it was ended too, and why it may not have answered all."""
    command = [sys.executable, "-I", str(_WORKER)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, no shell
            command, input=work.encode(), capture_output=True, timeout=RUN_SECONDS, check=False
        )
        output, ended = done.stdout, f"the search ended early (exit status {done.returncode})"
    except subprocess.TimeoutExpired as expired:
        output, ended = expired.stdout or b"", _TIME_UP
    return [line.decode() for line in output.splitlines(keepends=True) if line.endswith(b"\n")], ended
