# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run other programs: bounded in time, with no terminal and a closed standard input."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class LabError(Exception):
    """Something the person at the keyboard can act on; its text is one or a few plain sentences."""


def run(
    argv: Sequence[str],
    *,
    timeout: float = 60,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever its exit status, and return its output as text.

    ``timeout`` is in seconds; the program is killed when it passes. Raises LabError when the program is missing or
    too slow.
    """
    try:
        done = subprocess.run(list(argv), input=stdin, capture_output=True, timeout=timeout, env=env, check=False)
    except FileNotFoundError as error:
        raise LabError(f"{argv[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(f"no answer within {timeout:g} s from: {' '.join(argv)}") from error
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )


def output(
    argv: Sequence[str],
    *,
    timeout: float = 60,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a program that must succeed and return its standard output. Raises LabError with its last words."""
    done = run(argv, timeout=timeout, stdin=stdin, env=env)
    if done.returncode != 0:
        last_words = (done.stderr or done.stdout).strip()[-2000:]
        raise LabError(f"exit status {done.returncode} from: {' '.join(argv)}\n{last_words}")
    return done.stdout
