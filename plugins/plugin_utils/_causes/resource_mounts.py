# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The volumes of the kubelet and the runtime: not mounted, dead, or on a file system that cannot be measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _logs, _quote


@cause(
    "resource/var-lib-kubelet-not-mounted",
    title="the volume of /var/lib/kubelet or of the runtime is not mounted",
    effect=Effect.DOWN,
    gate=4,
    explains=(
        "config/kubelet-config-missing",
        "config/not-joined-yet",
        "certificate/client-pem-missing",
        "certificate/rotation-symlink-dangling",
        "certificate/tls-cert-file-missing",
        "kubeconfig/kubelet-conf-missing",
        "resource/disk-full",
    ),
    healthy="What fstab mounts on these directories is mounted.",
    see="The configuration file or certificates are gone; the directory is nearly empty; fstab has an entry for it.",
    why="A nofail mount failed, the device has another name, LVM is not active, or the mount came too late at boot.",
    remedy=Remedy("`mount /var/lib/kubelet` (and add RequiresMountsFor= to the unit); remove nothing."),
    apart={
        "config/kubelet-config-missing": "there fstab has no entry for the directory",
        "certificate/client-pem-missing": "there only the certificate is gone, and fstab has no such entry",
        "config/not-joined-yet": "there fstab has no entry for the directory: nothing was ever written",
    },
    sources=("systemd.unit(5), RequiresMountsFor=",),
)
def not_mounted(node: Snapshot) -> Iterator[Hit]:
    """fstab has an entry for the directory, and the file system found there is mounted elsewhere."""
    entries = _fstab(node)
    for path in (node.kubelet_root, "/var/lib/containerd"):
        mounted = _mount_point(node, path)
        if path not in entries or not mounted or mounted == path:
            continue
        line = entries[path]
        effect = Effect.DOWN if _logs.starting_fails(node) else Effect.RISK
        text = f"{path} is not mounted (it lies on {mounted}), although fstab has an entry for it"
        yield Hit(
            text, (Evidence("file", line[1], f"/etc/fstab:{line[0]}"), _quote.host(f"{path} is on {mounted}")), effect
        )


def _fstab(node: Snapshot) -> dict[str, tuple[int, str]]:
    """Mount points of /etc/fstab with their line number and text; swap and noauto entries left out."""
    found = {}
    for number, line in enumerate((node.file("/etc/fstab").content or "").splitlines(), 1):
        words = line.split()
        if len(words) >= 4 and not line.startswith("#") and "noauto" not in words[3].split(","):
            found[words[1].rstrip("/") or "/"] = (number, line.strip())
    return found


def _mount_point(node: Snapshot, path: str) -> str:
    """The mount point on which a measured path lies, or empty where the evidence does not say."""
    for entry in node.host.raw.get("filesystems") or ():
        if isinstance(entry, Mapping) and entry.get("path") == path:
            return str(entry.get("mount_point") or "")
    return ""


@cause(
    "resource/rootfs-info-unavailable",
    title="the kubelet cannot find the device of its directory",
    effect=Effect.DOWN,
    gate=20,
    healthy="The kubelet's directory lies on a plain ext4 or xfs file system.",
    see="*Failed to start ContainerManager ... failed to get rootfs info: ... could not find device*.",
    why="It lies on btrfs, overlay, tmpfs, NFS or ZFS that cAdvisor does not know, or its device was renamed.",
    remedy=Remedy(
        "Put the kubelet's directory on ext4 or xfs, or set `localStorageCapacityIsolation: false`, and restart."
    ),
    apart={"system/zfs-regression-1360": "there the file system is ZFS and the kubelet 1.36.0"},
    sources=("https://github.com/kubernetes/kubernetes/issues/71704",),
)
def rootfs_info(node: Snapshot) -> Iterator[Hit]:
    """The last start stopped at it."""
    said = _logs.current(node, "rootfs-info", window=None) if _logs.starting_fails(node) else None
    if said:
        text = f"cAdvisor finds no device for {node.kubelet_root}: {said.groups['why'][:140]}"
        yield Hit(text, (_quote.log(said),))


@cause(
    "resource/hung-storage",
    title="a dead mount blocks the kubelet",
    effect=Effect.DOWN,
    explains=("service/process-hung", "service/watchdog-kill", "runtime/pleg-unhealthy", "symptom/*"),
    healthy="Every mount answers; no process stays in state D.",
    see="The kubelet is active and silent; processes are in state D; `df` hangs.",
    why="A network file system or a volume lost its server, and a call that looks at it never returns.",
    remedy=Remedy("`umount -f -l` the dead mount, or bring its server back; then restart the kubelet (not before)."),
    apart={
        "runtime/hung": "there calls to the runtime time out with log lines, here nothing is logged",
        "resource/cpu-io-starvation": "there a local disk is busy, and answers late",
        "runtime/pleg-unhealthy": "what follows: where a mount does not answer, that is the cause",
    },
    sources=("https://github.com/kubernetes/kubernetes/issues/101622",),
)
def hung_storage(node: Snapshot) -> Iterator[Hit]:
    """Looking at a mount timed out on the node, and the kubelet's health does not answer."""
    entries = [e for e in node.host.raw.get("filesystems") or () if isinstance(e, Mapping)]
    stuck = [str(e.get("path")) for e in entries if e.get("status") == "timeout"]
    blocked = node.host.raw.get("blocked_processes")
    lost = _logs.of_kernel(node, "kernel-nfs-silent")
    if not stuck:
        return
    killed = _logs.current(node, "watchdog-timeout")
    effect = Effect.DOWN if killed or node.probes.healthz.status == "timeout" else Effect.DEGRADED
    detail = f"; {blocked} processes are blocked" if blocked else ""
    yield Hit(
        f"{', '.join(stuck)} does not answer: a mount there is dead{detail}",
        (
            *(_quote.host(f"statvfs of {path} timed out", path) for path in stuck),
            *((_quote.log(lost),) if lost else ()),
        ),
        effect,
    )
