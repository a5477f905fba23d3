# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk space, inodes, mounts and file systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.host import Filesystem
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._cni import not_ready
from ._logs import starting_fails
from ._writes import emptied, runtime_ended, unpulled

EMPTY_BYTES, EMPTY_SHARE = 64 * 1024 * 1024, 0.005
WRITES_FAIL = (
    "config/kubelet-config-empty",
    "config/checkpoint-corrupt",
    "runtime/state-corrupt",
    "resource/disk-pressure",
)
RUNTIME_ENDS = ("runtime/service-down", "runtime/state-corrupt")
EVICTION = "https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/"


def _gib(size: int | None) -> str:
    return "?" if size is None else f"{size / 1024**3:.1f} GiB" if size >= 1024**3 else f"{size / 1024**2:.0f} MiB"


def _space(entry: Filesystem) -> Evidence:
    return _quote.host(f"{entry.path}: {_gib(entry.available)} of {_gib(entry.size)} available", entry.path)


def _full(node: Snapshot) -> list[Filesystem]:
    """File systems without room: nothing left, or less than half a percent and 64 MiB."""
    return [
        entry
        for entry in node.host.filesystems
        if entry.size
        and entry.available is not None
        and (entry.available == 0 or (entry.available < EMPTY_BYTES and entry.available / entry.size < EMPTY_SHARE))
    ]


@cause(
    "resource/disk-full",
    title="a file system that the node needs is full",
    effect=Effect.DEGRADED,
    explains=WRITES_FAIL,
    healthy="/, /var, the kubelet's and the runtime's directory have room.",
    see="*no space left on device* from the kubelet and the runtime; files written meanwhile may be empty.",
    why="Images, container logs, emptyDir volumes, the journal, core dumps or another service filled the disk.",
    remedy=Remedy(
        "Free space outside Kubernetes first (`journalctl --vacuum-size=200M`, package cache, core dumps), then"
        " `crictl rmi --prune`; delete nothing by hand under /var/lib/kubelet or /var/lib/containerd.",
        "free-space",
        "needs-approval",
    ),
    apart={
        "resource/inodes-exhausted": "there `df -i` is at 100 % while `df` shows room",
        "resource/inotify-exhausted": "the same error text from inotify_add_watch is a limit of watches",
        "resource/cgroup-leak": "the same error text under /sys/fs/cgroup is a limit of cgroups",
        "certificate/pem-corrupt": "what a rotation leaves behind: an empty file, while older dated ones are whole",
        "config/checkpoint-corrupt": "what it leaves behind: a state file that was cut short",
        "config/eviction-thresholds-dropped": "why nothing was evicted before the disk was full",
        "config/kubelet-config-empty": "what it leaves behind when the file is written then",
        "kubeconfig/unparseable": "what it leaves behind when the file is written then: size 0",
        "resource/disk-pressure": "the stage before: there still is some room",
        "runtime/state-corrupt": "what it leaves behind in the runtime; there room may be free again",
    },
    sources=(EVICTION,),
)
def disk_full(node: Snapshot) -> Iterator[Hit]:
    """A file system has no room left; down when the kubelet cannot start, or the runtime."""
    for entry in _full(node):
        text = f"{entry.path} is full: {_gib(entry.available)} of {_gib(entry.size)} available"
        yield _unwritable(node, entry, text, _space(entry))


def _unwritable(node: Snapshot, entry: Filesystem, text: str, measured: Evidence) -> Hit:
    """The finding of a file system without room, with what it has already broken."""
    said, runtime = _logs.current(node, "no-space", window=None), runtime_ended(node, "no-space")
    left = emptied(node, entry)
    pulls = unpulled(node)
    down = runtime is not None or (pulls and bool(not_ready(node))) or (starting_fails(node) and bool(said or left))
    lines = tuple(_quote.log(line) for line in (said, runtime) if line)
    shown = tuple(_quote.file(fact, "empty") for fact in left.values())
    effect = Effect.DOWN if down else Effect.DEGRADED
    follows = (*left, *(RUNTIME_ENDS if runtime else ()), *(("runtime/sandbox-image-unpullable",) if pulls else ()))
    return Hit(text, (measured, *lines, *shown), effect, explains=follows)


@cause(
    "resource/inodes-exhausted",
    title="a file system has no free inodes",
    effect=Effect.DEGRADED,
    explains=WRITES_FAIL,
    healthy="`df -i` shows free inodes where the kubelet and the runtime write.",
    see="*no space left on device* although `df` shows room.",
    why="Millions of small files: image layers, session files, a mail queue.",
    remedy=Remedy(
        "Remove what makes the files, prune images with `crictl rmi --prune`.", "free-space", "needs-approval"
    ),
    apart={"resource/disk-full": "there the blocks are used up"},
    sources=(EVICTION,),
)
def inodes_exhausted(node: Snapshot) -> Iterator[Hit]:
    """No inodes left on a file system that counts them."""
    for entry in node.host.filesystems:
        if entry.inodes and entry.inodes_available is not None and entry.inodes_available < entry.inodes * 0.001:
            text = f"{entry.path} has {entry.inodes_available} of {entry.inodes} inodes left"
            yield _unwritable(node, entry, text, _quote.host(text, entry.path))


@cause(
    "resource/disk-pressure",
    title="the node reports DiskPressure",
    effect=Effect.DEGRADED,
    compares=("config.evictionHard.*",),
    healthy="More than 10 % of nodefs, 15 % of imagefs and 5 % of inodes are free.",
    see="The condition DiskPressure is True, the node is tainted, pods are evicted; Ready stays True.",
    why="nodefs or imagefs is below evictionHard; or a threshold is set so high that it is always met.",
    remedy=Remedy(
        "Free space, or restore the threshold; the condition clears after evictionPressureTransitionPeriod (5 min).",
        "free-space",
        "needs-approval",
    ),
    apart={"resource/disk-full": "the end stage: nothing can be written"},
    sources=("kubernetes pkg/kubelet/nodestatus/setters.go", EVICTION),
)
def disk_pressure(node: Snapshot) -> Iterator[Hit]:
    """The condition is True, or without cluster access the eviction manager reclaims storage now."""
    yield from pressure(node, "DiskPressure", "ephemeral-storage", ("nodefs.", "imagefs.", "containerfs."))


def pressure(node: Snapshot, condition: str, resource: str, signals: tuple[str, ...]) -> Iterator[Hit]:
    """A pressure condition with the thresholds that belong to it."""
    found = node.cluster.conditions.get(condition)
    said = _logs.current(node, "eviction-reclaim")
    reclaiming = said if said and said.groups["resource"] == resource else None
    if found is not None and found.status != "True":
        return
    if found is None and (reclaiming is None or node.cluster.asked):
        return
    fields = [f for path in ("evictionHard", "evictionSoft") for f in _thresholds(node, path, signals)]
    where = f"; {fields[0].excerpt} ({fields[0].locator})" if fields else ""
    why = f": {found.message}" if found else ": the eviction manager reclaims"
    yield Hit(
        f"{condition}{why}{where}",
        (
            *((_quote.condition(found),) if found else ()),
            *fields,
            *(
                _space(e)
                for e in node.host.filesystems
                if e.path in ("/", node.kubelet_root) and condition == "DiskPressure"
            ),
            *((_quote.log(reclaiming),) if reclaiming else ()),
        ),
    )


def _thresholds(node: Snapshot, path: str, signals: tuple[str, ...]) -> list[Evidence]:
    """Thresholds of a map of the configuration for some signals, each with its own line where it is known."""
    found = node.config.get(path)
    if found is None or not isinstance(found.value, Mapping):
        return []
    names = [name for name in found.value if str(name).startswith(signals)]
    own = [node.config.get(f"{path}.{name}") for name in names]
    return [_quote.field(f) for f in own if f] or ([_quote.field(found)] if names else [])


@cause(
    "resource/readonly-filesystem",
    title="a file system that the node writes to is read-only",
    effect=Effect.DOWN,
    gate=19,
    explains=("certificate/rotation-overdue",),
    healthy="The kubelet's and the runtime's directories can be written.",
    see="*read-only file system* for paths under /var/lib/kubelet or /var/lib/containerd.",
    why="The kernel protects a damaged or failing disk, or somebody mounted it that way.",
    remedy=Remedy(
        "Look at `journalctl -k` for file system errors; check or replace the disk; then remount it read-write."
    ),
    apart={"system/disk-io-errors": "often what comes before: look at the kernel's log"},
    versions="/usr is read-only by design on image based systems, and is not judged",
    sources=("Linux file systems, errors=remount-ro",),
)
def readonly_filesystem(node: Snapshot) -> Iterator[Hit]:
    """statvfs says read-only for a directory that must be writable; or only the unit's own view of it is so."""
    said = _logs.current(node, "read-only", window=None)
    kernel, runtime = _logs.of_kernel(node, "kernel-remounted"), runtime_ended(node, "read-only")
    yield from _sandboxed(node, said)
    wanted = (node.kubelet_root, "/var/lib/containerd", "/var/lib/containers", "/var/log")
    for entry in node.host.filesystems:
        if entry.path in wanted and entry.read_only:
            text = f"{entry.path} is mounted read-only"
            broken = _logs.starting_fails(node) or said is not None or runtime is not None
            effect = Effect.DOWN if broken else Effect.DEGRADED
            lines = tuple(_quote.log(each) for each in (said, kernel, runtime) if each)
            explains = RUNTIME_ENDS if runtime else ()
            yield Hit(text, (_quote.host(text, entry.path), *lines), effect, explains=explains)


def _sandboxed(node: Snapshot, said: Match | None) -> Iterator[Hit]:
    """The kubelet cannot write what the host can: a setting of its unit gives it a read-only view (systemd.exec(5))."""
    kinds = [
        d for key in _SANDBOX if (d := node.kubelet.setting("Service", key)) and d.value not in ("", "no", "false")
    ]
    if said is None or not kinds or any(entry.read_only for entry in node.host.filesystems):
        return
    setting = kinds[0]
    text = f"{setting.key}={setting.value} ({setting.place}) makes {said.groups['path']} read-only for the kubelet"
    advice = Remedy(f"Remove {setting.key}= from {setting.place.path}, `systemctl daemon-reload`, restart the kubelet.")
    effect = Effect.DOWN if _logs.starting_fails(node) else Effect.DEGRADED
    yield Hit(text, (_quote.directive(setting), _quote.log(said)), effect, advice)


_SANDBOX = (
    "ReadOnlyPaths",
    "ReadOnlyDirectories",
    "ProtectSystem",
    "TemporaryFileSystem",
    "RootDirectory",
    "DynamicUser",
)
