# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on the machine: swap, kernel settings, the kubelet's program, space, and our own unfinished repairs."""

from __future__ import annotations

from .._causes import _program, _runtime
from .._causes.system_kernel import BRIDGE_CALLS, IP_FORWARD
from .._model.plan import NEEDS_APPROVAL, SAFE, Action, Step
from .context import Context, UnavailableError

END_UNFINISHED = "end-unfinished-repair"
FREE_SPACE = "free-space"
ROOM = ("vacuum_journal", "prune_images")  # kinds of steps without a way back
_INOTIFY = {"fs.inotify.max_user_instances": 8192, "fs.inotify.max_user_watches": 524288}
_JOURNAL, _JOURNAL_SIZE = "/var/log/journal", "200M"
_IMAGES = {False: "/var/lib/containerd", True: "/var/lib/containers"}
_CRICTL = ("/usr/bin/crictl", "/usr/local/bin/crictl")


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
    """More inotify instances and watches; a limit that is as high already stays as it is."""
    known = at.node.host.sysctl
    low = {name: most for name, most in _INOTIFY.items() if known.get(name, "").isdigit() and int(known[name]) < most}
    if not low:
        raise UnavailableError(
            "a limit must be known and low; where they are high, a person must find what uses so much (`lsof | grep"
            " inotify`)"
        )
    steps = (Step("sysctl", {"name": name, "value": str(most)}) for name, most in low.items())
    text = ", ".join(f"{name}={most} ({known[name]} now)" for name, most in low.items())
    return at.action("raise-inotify-limits", SAFE, text, *steps, way_back="the limits are set back")


def enable_forwarding(at: Context) -> Action:
    """Have the kernel forward the traffic of pods, where a setting alone keeps it from that."""
    names = [
        name
        for name in (IP_FORWARD, BRIDGE_CALLS)
        if at.node.host.sysctl.get(name) == "0" and any(name in item.excerpt for item in at.finding.evidence)
    ]
    if not names:
        raise UnavailableError(
            "only settings are set; a kernel module is for a person, because loading one cannot be undone for certain"
        )
    return at.action(
        "enable-forwarding",
        NEEDS_APPROVAL,
        f"{', '.join(f'{name}=1' for name in names)}, now and at boot",
        *(Step("sysctl", {"name": name, "value": "1"}) for name in names),
        pods="none are stopped; a host with several networks forwards between them from then on",
        way_back="the settings are set back",
        restart=False,
    )


def make_kubelet_executable(at: Context) -> Action:
    """Give the kubelet's program its execute permission back, where nothing else is wrong with the file."""
    program = _program.binary(at.node, at.node.command_line.binary)
    elf = _program.architecture(program) and _program.runs_on(program, at.node.host.machine)
    if not elf or program.uid != 0 or program.gid is None or not _program.closed(program.mode):
        raise UnavailableError(
            "the kubelet must be an ELF program for this machine that belongs to root and lacks nothing but its execute"
            " permission; otherwise look at the mount options of its file system, its SELinux label, and fapolicyd"
        )
    return at.action(
        "make-kubelet-executable",
        NEEDS_APPROVAL,
        f"chmod 0755 {program.path} (mode {program.mode})",
        Step("attributes", {"path": program.path, "mode": "0755", "uid": "0", "gid": str(program.gid)}),
        way_back="the mode is put back",
    )


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


def free_space(at: Context) -> Action:
    """Delete old journals, and images that no container uses, where they lie on a file system that is full."""
    if at.finding.id == "resource/disk-pressure":
        raise UnavailableError(
            "the condition stays for minutes after the space is there, so that no repair can be verified by it; by hand"
            f" `journalctl --vacuum-size={_JOURNAL_SIZE}` and `crictl rmi --prune`, or restore evictionHard"
        )
    steps, words = [], []
    if _is_full(at, "/var/log"):
        steps.append(Step("vacuum_journal", {"size": _JOURNAL_SIZE, "path": _JOURNAL}))
        words.append(f"archived journals beyond {_JOURNAL_SIZE}")
    endpoint, images = _runtime.endpoint(at.node), _IMAGES.get(_runtime.uses_crio(at.node), "")
    crictl = any(at.node.file(path).exists for path in _CRICTL)
    if crictl and endpoint.path and _is_full(at, images):
        steps.append(Step("prune_images", {"endpoint": f"unix://{endpoint.path}", "path": images}))
        words.append("images that no container uses (crictl rmi --prune)")
    if not steps:
        hint = "" if crictl else "; unused images can be removed where crictl is installed"
        raise UnavailableError(
            "what may be deleted (archived journals, unused images) must lie on the file system that is full; a person"
            f" must find what fills it (`du -x`){hint}"
        )
    return at.action(
        FREE_SPACE,
        NEEDS_APPROVAL,
        f"delete {' and '.join(words)} ({at.finding.evidence[0].excerpt})",
        *steps,
        pods="running pods keep their images; later ones may have to pull theirs again",
        way_back="none: what is deleted is gone",
        restart=not at.node.kubelet.running or at.node.crash_looping,
    )


def _is_full(at: Context, path: str) -> bool:
    """True when a path lies on a file system that the finding quotes: the same size, and the same left of it."""
    figures = {each.path: (each.size, each.available, each.inodes_available) for each in at.node.host.filesystems}
    quoted = {figures.get(item.locator) for item in at.finding.evidence} - {None}
    return figures.get(path) in quoted
