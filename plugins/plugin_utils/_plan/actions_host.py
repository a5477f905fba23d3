# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on the machine: swap, kernel limits, directories, and our own unfinished repairs."""

from __future__ import annotations

from .._model.plan import NEEDS_APPROVAL, SAFE, Action, Step
from .context import Context, UnavailableError

END_UNFINISHED = "end-unfinished-repair"


def swap_off(at: Context) -> Action:
    """Swap off now and in fstab."""
    pods = "pages of running pods come back into memory: make sure that there is enough"
    return at.action(
        "swap-off",
        NEEDS_APPROVAL,
        "swapoff -a, and comment the swap entries of /etc/fstab",
        Step("swapoff"),
        pods=pods,
        way_back="fstab is put back, and swapon -a",
    )


def raise_inotify_limits(at: Context) -> Action:
    """More inotify instances and watches."""
    steps = (
        Step("sysctl", {"name": "fs.inotify.max_user_instances", "value": "8192"}),
        Step("sysctl", {"name": "fs.inotify.max_user_watches", "value": "524288"}),
    )
    text = "fs.inotify.max_user_instances=8192, fs.inotify.max_user_watches=524288"
    return at.action("raise-inotify-limits", SAFE, text, *steps, way_back="the limits are set back")


def create_static_pod_path(at: Context) -> Action:
    """Make the missing directory of static pods."""
    found = at.node.config.get("staticPodPath")
    if found is None or not isinstance(found.value, str) or not at.node.file(found.value).absent:
        raise UnavailableError("staticPodPath must be set, and its directory absent")
    step = Step("directory", {"path": found.value, "mode": "0755"})
    return at.action("create-static-pod-path", SAFE, f"create {found.value}", step, way_back="the directory is removed")


def end_unfinished_repair(at: Context) -> Action:
    """Nothing but what the node does first in any repair: end the runs that were interrupted."""
    left = [repair for repair in at.node.host.unfinished_repairs if not repair.running]
    if not left:
        raise UnavailableError("the repair that is at work must come to its end first")
    text = f"end the interrupted run {', '.join(repair.run for repair in left)}"
    return at.action(
        END_UNFINISHED,
        SAFE,
        f"{text}: roll back what was not verified",
        pods="running pods go on; the kubelet is restarted if the run had restarted it",
        way_back="none needed: this is the way back",
        restart=False,
    )
