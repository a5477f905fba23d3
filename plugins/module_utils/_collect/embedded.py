# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of the running kubelet, also where it is part of another program (K3s), or that program's child (RKE2).

K3s runs no process of the name; it logs the arguments once at each start: `Running kubelet --config-dir=... ...`.
"""

from __future__ import annotations

import posixpath
import re
import shlex
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import discovery

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.units import Show
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

_INVOCATION = re.compile(r"[0-9a-f]{32}")
_SECONDS = 3.0
_MOST_CHILDREN = 64


def located(host: Host, row: _profiles.Profile, show: Show) -> _profiles.Profile:
    """The row with the data directory of this installation: --data-dir of the unit, or its configuration file."""
    if not row.data:
        return row
    given = discovery.flags(show.get("ExecStart", "")).get("data-dir", [])
    given += [value for text in settings(host, row) for value in discovery.field(text, "data-dir")]
    return _profiles.moved(row, next((value for value in given if value.startswith("/")), ""))


def settings(host: Host, row: _profiles.Profile) -> list[str]:
    """Texts of the program's own configuration files, those that win last."""
    directories = ((directory, host.listdir(directory).names) for directory in row.text_directories)
    files = [f"{directory}/{name}" for directory, names in directories for name in sorted(names)]
    return [host.text(path) for path in (*row.texts, *(path for path in files if path.endswith(".yaml")))]


def kubelet_arguments(host: Host, row: _profiles.Profile, unit: str, show: Show) -> list[str]:
    """The command line of the running kubelet, empty when none runs; that of the program around it where nothing tells
    the kubelet's own."""
    pid = show.get("MainPID", "0")
    if not pid.isdigit() or pid == "0":
        return []
    own = _command_line(host, pid)
    if not row.announces:
        return own
    return (_child(host, pid) if row.kubelet_is_child else []) or _announced(host, row, unit, show) or own


def _command_line(host: Host, pid: str) -> list[str]:
    return [word for word in host.text(f"/proc/{pid}/cmdline").split("\0") if word]


def _child(host: Host, pid: str) -> list[str]:
    """The command line of the main process' child that is a kubelet."""
    for child in host.text(f"/proc/{pid}/task/{pid}/children").split()[:_MOST_CHILDREN]:
        words = _command_line(host, child)
        if words and posixpath.basename(words[0]) == "kubelet":
            return words
    return []


def _announced(host: Host, row: _profiles.Profile, unit: str, show: Show) -> list[str]:
    """What the running program logged as the kubelet's arguments."""
    invocation = show.get("InvocationID", "")
    if not _INVOCATION.fullmatch(invocation):
        return []
    argv = ["journalctl", f"_SYSTEMD_INVOCATION_ID={invocation}", f"--unit={unit}", f"--grep={row.announces}"]
    result = host.run([*argv, "--lines=1", "--output=cat", "--all", "--no-pager", "--quiet"], timeout=_SECONDS)
    text = result.out.rpartition(row.announces)[2].partition("\n")[0].rstrip('"')
    try:
        return ["kubelet", *shlex.split(text.replace('\\"', '"'))] if text.startswith("-") else []
    except ValueError:  # a quote that is never closed
        return ["kubelet", *text.split()]
