# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which cgroup layout this machine has, read from mountinfo (proc_pid_mountinfo(5))."""

from __future__ import annotations

CGROUP_ROOT = "/sys/fs/cgroup"


def needs_private_namespace(mountinfo: str) -> bool:
    """Say whether /sys/fs/cgroup is anything but a plain cgroup2 mount.

    systemd in a container wants the unified hierarchy. Where the machine has the v1 or hybrid layout, containers get it
    from a mount namespace of their own that has cgroup2 mounted there.
    """
    return _filesystem_at(CGROUP_ROOT, mountinfo) != "cgroup2"


def _filesystem_at(mount_point: str, mountinfo: str) -> str | None:
    """Return the type of the topmost (last) mount at exactly this mount point."""
    found = None
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields = before.split()
        if separator and len(fields) > 4 and fields[4] == mount_point:
            found = after.split(" ", 1)[0]
    return found
