# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints, as JSON, everything on a host that a diagnosis might have changed: files, units, processes of services.

Given to a host's Python on standard input, so that it leaves no file itself. Standard library only. Arguments: the
directories to look at (default: `TREES`).
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

TREES = (
    "/etc",
    "/home",
    "/opt",
    "/root",
    "/run/systemd",
    "/tmp",
    "/usr/lib/systemd",
    "/usr/local",
    "/var/lib",
    "/var/spool",
    "/var/tmp",
)
# What an SSH login and the journal change by themselves, the task that runs this, and keys that a stand-in needs for a
# moment as files.
VOLATILE = (
    "/tmp/ansible_ansible.legacy.command_payload_",
    "/tmp/nodelab-",
    "/run/systemd/journal",
    "/run/systemd/sessions",
    "/run/systemd/units",
    "/run/systemd/users",
    "/var/lib/systemd/timers",
)
# A kubelet that starts again and again makes these anew.
MADE_AT_EACH_START = tuple(
    f"/var/lib/kubelet/{name}"
    for name in ("cpu_manager_state", "device-plugins", "memory_manager_state", "plugins", "pod-resources", "pods")
)


def files(trees: tuple[str, ...] = TREES) -> dict[str, list[object]]:
    """Mode, owner, group, size, times of modification and change, and what is in it, of each file and directory."""
    found = {}
    for tree in trees:
        for directory, _directories, names in os.walk(tree):
            for path in (Path(directory), *(Path(directory, name) for name in names)):
                if not str(path).startswith(VOLATILE):
                    found[str(path)] = _facts(path)
    return found


def _facts(path: Path) -> list[object]:
    try:
        seen = path.lstat()
        content = _content(path, seen.st_mode)
    except OSError as error:  # gone or unreadable: the same before and after
        return [type(error).__name__]
    times = (seen.st_mtime_ns, seen.st_ctime_ns)
    return [oct(seen.st_mode), seen.st_uid, seen.st_gid, seen.st_size, *times, content]


def _content(path: Path, mode: int) -> str:
    """SHA-256 of a file's bytes, target of a link, nothing of other kinds."""
    if stat.S_ISLNK(mode):
        return str(path.readlink())
    return hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(mode) else ""


def units() -> dict[str, str]:
    """Load, active and sub state of each unit but those of SSH logins, and what would be started at boot."""
    states = _words("systemctl", "list-units", "--all", "--plain", "--no-legend")
    enabled = _words("systemctl", "list-unit-files", "--plain", "--no-legend")
    found = {words[0]: " ".join(words[1:4]) for words in states if not words[0].startswith(("session-", "user"))}
    return {**found, **{f"file {words[0]}": " ".join(words[1:]) for words in enabled}}


def _words(*command: str) -> list[list[str]]:
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return [line.split() for line in done.stdout.splitlines() if line.split()]


def processes() -> dict[str, list[str]]:
    """Service -> pid, start time and command line of what systemd started; logins over SSH are left out."""
    found: dict[str, list[str]] = {}
    for directory in sorted(Path("/proc").glob("[0-9]*")):
        try:
            group = (directory / "cgroup").read_text().strip().rpartition("/")[2]
            status = (directory / "stat").read_text().rpartition(")")[2].split()
            command = (directory / "cmdline").read_text().replace("\0", " ").strip()
        except OSError:
            continue  # it has ended
        parent, started = status[1], status[19]
        if parent == "1" and not group.startswith(("session-", "user")):
            found.setdefault(group, []).append(f"{directory.name} {started} {command}")
    return found


if __name__ == "__main__":
    json.dump(
        {"files": files(tuple(sys.argv[1:]) or TREES), "units": units(), "processes": processes()},
        sys.stdout,
        sort_keys=True,
    )
