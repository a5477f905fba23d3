# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mount namespace in which every podman call runs where /sys/fs/cgroup is not plain cgroup2.

The namespace is kept by a bind mount of its own file, so no process has to stay for it. All labs of this machine share
it, because podman's storage must see the same mounts in every call.
"""

from __future__ import annotations

from pathlib import Path

from lab.cgroup import CGROUP_ROOT, needs_private_namespace
from lab.shell import output, run

_MOUNT_CGROUP2 = f"umount -R {CGROUP_ROOT} && mount -t cgroup2 cgroup2 {CGROUP_ROOT}"


def needed() -> bool:
    """Say whether this machine needs the namespace."""
    return needs_private_namespace(Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace"))


def command_prefix(run_dir: Path) -> list[str]:
    """Return what to put before a command so that it runs in the namespace: nothing where none is kept."""
    pin = _pin(run_dir)
    return ["nsenter", f"--mount={pin}"] if _is_mounted(pin) else []


def ensure(run_dir: Path) -> None:
    """Make and pin the namespace if this machine needs one and has none yet."""
    pin = _pin(run_dir)
    if not needed() or _is_mounted(pin):
        return
    pin.parent.mkdir(parents=True, exist_ok=True)
    # A namespace can be pinned only below a mount that does not propagate into that same namespace.
    if not _is_mounted(pin.parent):
        output(["mount", "--bind", str(pin.parent), str(pin.parent)])
        output(["mount", "--make-private", str(pin.parent)])
    pin.touch()
    output(["unshare", f"--mount={pin}", "sh", "-c", _MOUNT_CGROUP2])


def remove(run_dir: Path) -> None:
    """Let the namespace go; the kernel undoes its mounts with it."""
    pin = _pin(run_dir)
    for mount_point in (pin, pin.parent):
        if _is_mounted(mount_point):
            output(["umount", str(mount_point)])


def cannot_be_made() -> str | None:
    """Return why the namespace cannot be made here, or None; tried in a namespace that ends at once."""
    if not needed():
        return None
    if run(["unshare", "--mount", "sh", "-c", _MOUNT_CGROUP2]).returncode == 0:
        return None
    return f"{CGROUP_ROOT} is not cgroup2 and this machine does not allow mounting it in a private namespace"


def _pin(run_dir: Path) -> Path:
    return run_dir / "pin" / "mount-namespace"


def _is_mounted(path: Path) -> bool:
    mountinfo = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    return any(len(fields) > 4 and fields[4] == str(path) for fields in map(str.split, mountinfo.splitlines()))
