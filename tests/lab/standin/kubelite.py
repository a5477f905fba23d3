# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in kubelite of MicroK8s: one process that has the kubelet inside, with flags out of a file."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from lab.standin import _process
from lab.standin.kubelet.errors import CommandFailed, Exits
from lab.standin.kubelet.main import serve_forever
from lab.standin.kubelet.state import Kubelet

PLACE = "daemon.go:57"
FATAL_STATUS = 255  # of klog.Fatal


def main() -> None:
    """Run as kubelite until SIGTERM, or until the kubelet in it ends."""
    _process.exit_on_sigterm()
    _process.impersonate(sys.argv[0], sys.argv[1:])
    kubelet = Kubelet(_arguments(_file()))
    kubelet.log.printf("I", PLACE, "Starting Kubelet")
    try:
        serve_forever(kubelet)
    except CommandFailed as error:
        kubelet.log.plain(f"Error: {error}")
        kubelet.log.printf("F", PLACE, f"Kubelet exited {error}")
        sys.exit(FATAL_STATUS)
    except Exits:
        sys.exit(1)


def _file() -> str:
    given = (word.partition("=") for word in sys.argv[1:])
    return next((value for name, _equals, value in given if name == "--kubelet-args-file"), "")


def _arguments(path: str) -> list[str]:
    """The words of the file, without comments, with the variables that snapd sets."""
    lines = (line.strip() for line in Path(path).read_text().splitlines())
    return [word for line in lines if not line.startswith("#") for word in shlex.split(os.path.expandvars(line))]
