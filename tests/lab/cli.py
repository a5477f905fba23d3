# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line: ``python3 -m lab {can-run,up,down,status,cases,break,heal,podman}``."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from lab import cases, machine, settings
from lab.lifecycle import Lab
from lab.shell import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run one command; return 0, 1 after one clear message on standard error, or 130 when interrupted."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments, Lab(settings.from_environment(os.environ), say))
    except KeyboardInterrupt:
        return 130
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        return 1


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _run(arguments: argparse.Namespace, lab: Lab) -> int:
    if arguments.command == "can-run":
        reason = machine.cannot_run()
        say(reason or "the lab can run on this machine")
        return 1 if reason else 0
    if arguments.command == "up":
        lab.up()
    elif arguments.command == "down":
        lab.down()
    elif arguments.command == "status":
        say("\n".join(lab.status()))
    elif arguments.command == "cases":
        say("\n".join(cases.names()))
    elif arguments.command == "break":
        lab.break_host(arguments.case, arguments.host)
    elif arguments.command == "heal":
        lab.heal(arguments.host)
    elif arguments.command == "podman":
        lab.look_inside(arguments.arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab",
        description="Debian hosts with systemd, journald and sshd to test on. "
        "LAB_NAME, WORKERS, RELEASES and LAB_MIRROR in the environment choose what is made.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("can-run", help="say whether the lab can run on this machine (exit status 1 when not)")
    commands.add_parser("up", help="bring up all hosts, pristine")
    commands.add_parser("down", help="remove everything but the built images")
    commands.add_parser("status", help="show the hosts and what they are broken with")
    commands.add_parser("cases", help="list the cases that a host can be broken with")
    breaking = commands.add_parser("break", help="break a host in one known way")
    breaking.add_argument("case", help="id of a case")
    breaking.add_argument("host", nargs="?", default="worker-2", help="name of a host (default: worker-2)")
    healing = commands.add_parser("heal", help="make a host pristine again")
    healing.add_argument("host", nargs="?", help="name of a host (default: every broken one)")
    looking = commands.add_parser("podman", help="run podman on the lab's containers, such as: exec -it NAME bash")
    looking.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser
