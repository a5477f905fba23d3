# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory, processes, file handles, watches and CPU time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.service import Directive
from .._model.snapshot import Snapshot
from . import _api, _logs, _quote
from ._api import Fault
from .resource_disk import pressure

KUBELET_NEEDS = 64 * 1024 * 1024  # bytes; an idle kubelet 1.36 uses 30 to 60 MiB
STALLED_SHARE = 20.0  # percent of time in which all tasks wait (PSI full avg60)
SLOW = ("runtime/pleg-unhealthy", "runtime/hung", "symptom/lease-failures", "service/watchdog-kill")


def _stall(node: Snapshot, resource: str) -> float | None:
    """PSI "full" avg60 of a resource in percent, or None where the kernel does not measure it."""
    found = node.host.raw.get("pressure")
    entry = found.get(resource) if isinstance(found, Mapping) else None
    value = entry.get("full_avg60") if isinstance(entry, Mapping) else None
    return float(value) if isinstance(value, int | float) else None


def _stalled(node: Snapshot) -> Effect | None:
    """DOWN where a stalled host costs the node its readiness; else the cause's own effect."""
    ready = node.cluster.ready
    if ready is None or ready.status == "True":
        return None
    if ready.status == "False":
        return Effect.DOWN if "PLEG" in ready.message or "container runtime is down" in ready.message else None
    return Effect.DOWN if _api.alive(node) and _api.conversation(node).fault in (Fault.NONE, Fault.SILENT) else None


@cause(
    "resource/memory-pressure",
    title="the node reports MemoryPressure",
    effect=Effect.DEGRADED,
    compares=("config.evictionHard.*",),
    healthy="More memory is available than evictionHard asks for (100Mi by default).",
    see="The condition MemoryPressure is True, the node is tainted, pods are evicted; Ready stays True.",
    why="Pods use more than the node has; or the threshold is set so high that it is always met.",
    remedy=Remedy("Reduce the load, set kubeReserved and systemReserved, or restore the threshold."),
    apart={"resource/memory-starvation": "there the host is so short that the kubelet itself stalls"},
    sources=("kubernetes pkg/kubelet/nodestatus/setters.go",),
)
def memory_pressure(node: Snapshot) -> Iterator[Hit]:
    """The condition is True, or without cluster access the eviction manager reclaims memory now."""
    yield from pressure(node, "MemoryPressure", "memory", ("memory.", "allocatableMemory."))


@cause(
    "resource/memory-starvation",
    title="the host stalls for lack of memory",
    effect=Effect.DEGRADED,
    explains=(*SLOW, "resource/cpu-io-starvation"),
    healthy="/proc/pressure/memory shows next to no time in which all tasks wait.",
    see="The node flaps between Ready and Unknown; there are gaps in the kubelet's log; the kernel kills processes.",
    why="Without limits and reserved memory, pods push the host into reclaim until the kubelet gets no time.",
    remedy=Remedy(
        "Reserve memory (systemReserved, kubeReserved, evictionHard) and limit the pods; reboot a host that hangs."
    ),
    apart={
        "apiserver/unreachable-timeout": "there the kubelet's log has no gaps",
        "system/machine-down": "there the boot id is another one afterwards",
        "resource/cgroup-leak": "there memory is free, and only making cgroups fails",
        "resource/memory-pressure": "there the kubelet still evicts in time and the host does not stall",
        "resource/pid-exhaustion": "there the text is *resource temporarily unavailable*, not *cannot allocate memory*",
        "system/swap-enabled": "there the kubelet refuses to start over swap, however much memory is free",
    },
    sources=("kubernetes pkg/controller/nodelifecycle", "Linux Documentation/accounting/psi.rst"),
)
def memory_starvation(node: Snapshot) -> Iterator[Hit]:
    """All tasks wait for memory much of the time."""
    stall, available, total = _stall(node, "memory"), node.host.memory_available, node.host.memory_total
    if stall is None or stall < STALLED_SHARE:
        return
    left = f", {available // 1024**2} of {total // 1024**2} MiB available" if available is not None and total else ""
    text = f"all tasks waited for memory {stall:.0f} % of the last minute{left}"
    killed = _logs.starting_fails(node) and node.kubelet.result == "oom-kill" and not _limit(node)
    effect = Effect.DOWN if killed else _stalled(node)
    explains = ("resource/oom-kill-kubelet",) if killed else ()
    yield Hit(text, (_quote.host(text, "/proc/pressure/memory"),), effect, explains=explains)


def _limit(node: Snapshot) -> Directive | None:
    """The memory limit of the kubelet's own unit."""
    return node.kubelet.setting("Service", "MemoryMax") or node.kubelet.setting("Service", "MemoryLimit")


@cause(
    "resource/cpu-io-starvation",
    title="CPU or disk are so busy that the kubelet misses its deadlines",
    effect=Effect.DEGRADED,
    explains=SLOW,
    healthy="/proc/pressure/io and cpu show little waiting; the load is near the number of CPUs.",
    see="*Housekeeping took longer than expected*, lease updates that time out, PLEG not healthy, all at a high load.",
    why="A noisy neighbour, used up burst credits, a failing disk, many images unpacked at once, steal time.",
    remedy=Remedy("Move the load away, reserve CPU for kubelet and runtime, use a faster disk."),
    apart={
        "runtime/hung": "there the load is normal",
        "apiserver/unreachable-timeout": "there calls to the runtime are fast",
        "resource/hung-storage": "there a mount answers never, and the load is made of waiting processes",
        "runtime/pleg-unhealthy": "what follows: where the host is measurably overloaded, that is the cause",
    },
    sources=("https://github.com/kubernetes/kubernetes/issues/45419", "Linux Documentation/accounting/psi.rst"),
)
def cpu_io_starvation(node: Snapshot) -> Iterator[Hit]:
    """The kubelet says that it is slow, and the host is measurably overloaded."""
    said = _logs.current(node, "housekeeping-slow") or _logs.current(node, "pleg-unhealthy")
    stall, cpus, load = _stall(node, "io"), node.host.cpus, node.host.load
    waiting = stall is not None and stall > 2 * STALLED_SHARE
    overloaded = bool(cpus and load and load[0] > 6 * cpus)
    if said is None or not (waiting or overloaded):
        return
    facts = (
        f"load {load[0]:.0f} on {cpus} CPUs"
        if overloaded
        else f"all tasks waited for the disk {stall:.0f} % of the last minute"
    )
    yield Hit(f"the host is overloaded: {facts}", (_quote.host(facts, "/proc"), _quote.log(said)), _stalled(node))


@cause(
    "resource/oom-kill-kubelet",
    title="the kubelet is killed for lack of memory",
    effect=Effect.DOWN,
    explains=("service/killed-repeatedly", "service/killed"),
    healthy="The unit has no MemoryMax= near what a kubelet needs, and the host has memory left.",
    see="*A process of this unit has been killed by the OOM killer*, Result=oom-kill, or signal 9 under MemoryMax=.",
    why="MemoryMax= on the unit or its slice is too small, or the whole host ran out of memory.",
    remedy=Remedy("Raise or drop MemoryMax= in the drop-in, daemon-reload and restart; reserve memory for the system."),
    apart={
        "service/watchdog-kill": "there the Result is watchdog",
        "service/killed-repeatedly": "there nothing limits the memory and no OOM is logged",
    },
    versions="OOMPolicy= since systemd 243",
    sources=("systemd src/core/cgroup.c",),
)
def oom_kill(node: Snapshot) -> Iterator[Hit]:
    """systemd or the kernel say so of the last end; or a small memory limit and ends by signal 9 go together."""
    unit = node.kubelet
    said = _logs.current(node, "oom-killed-unit")
    kernel = _logs.of_kernel(node, "kernel-oom-kill")
    if kernel and kernel.groups["pid"] != unit.get("ExecMainPID"):
        kernel = None  # another process, or another machine's kubelet that the same kernel runs
    limit = unit.number("MemoryMax")
    setting = _limit(node)
    killed = _logs.current(node, "main-process-killed")
    by_limit = bool(setting and limit and limit < KUBELET_NEEDS and killed and killed.groups["signal"].startswith("9/"))
    if not _logs.starting_fails(node) or not (unit.result == "oom-kill" or said or kernel or by_limit):
        return
    where = f": {setting.key}={setting.value} at {setting.place}" if setting else ""
    lines = tuple(_quote.log(each) for each in (said, kernel, killed) if each)
    yield Hit(
        f"the kubelet is killed when it needs more memory than it may use{where}",
        (
            *((_quote.directive(setting),) if setting else ()),
            *lines,
            _quote.unit(unit, "Result", "MemoryMax", "NRestarts"),
        ),
    )


@cause(
    "resource/pid-exhaustion",
    title="no more processes can be started",
    effect=Effect.DEGRADED,
    healthy="Far fewer processes run than kernel.pid_max and TasksMax= allow.",
    see="*failed to create new OS thread*, *fork/exec ...: resource temporarily unavailable*, or PIDPressure=True.",
    why="A fork bomb, zombies that nobody collects, a small pid_max or TasksMax=.",
    remedy=Remedy("Stop what starts the processes, raise kernel.pid_max or TasksMax=, set podPidsLimit."),
    apart={
        "resource/memory-starvation": "there the text is 'cannot allocate memory'",
        "system/kubelet-panic": "there the panic is about something else than new threads",
    },
    sources=("kubernetes pkg/kubelet/nodestatus/setters.go",),
)
def pid_exhaustion(node: Snapshot) -> Iterator[Hit]:
    """The condition is True, the kubelet cannot start threads, or the host is at its limit."""
    condition = node.cluster.conditions.get("PIDPressure")
    said = _logs.current(node, "no-more-threads")
    current, most = node.host.pids_current, node.host.pids_max
    full = bool(current and most and current > most * 0.97)
    if not said and not full and not (condition and condition.status == "True"):
        return
    count = f" ({current} of {most})" if current and most else ""
    hung = full and node.probes.runtime_socket.status == "timeout"
    effect = Effect.DOWN if hung or (said and _logs.starting_fails(node)) else None
    evidence = (
        *((_quote.condition(condition),) if condition and condition.status == "True" else ()),
        *((_quote.host(f"processes {current} of {most}", "kernel.pid_max"),) if full else ()),
        *((_quote.log(said),) if said else ()),
    )
    text = f"the node is out of processes or threads{count}"
    yield Hit(text, evidence, effect, explains=("runtime/hung",) if hung else ())


@cause(
    "resource/inotify-exhausted",
    title="inotify instances or watches are used up",
    effect=Effect.DEGRADED,
    explains=("network/cni-not-reloaded",),
    compares=("kernel.fs.inotify.*",),
    healthy="fs.inotify.max_user_instances and max_user_watches are well above the defaults.",
    see="*inotify ...: too many open files*, or *no space left on device* from inotify_add_watch.",
    why="Many pods with log shippers, or many nodes in one machine; root shares one budget.",
    remedy=Remedy(
        "`sysctl -w fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=524288`, kept in /etc/sysctl.d.",
        "raise-inotify-limits",
        "safe",
    ),
    apart={
        "resource/disk-full": "ENOSPC from inotify_add_watch means watches, not the disk",
        "resource/fd-exhaustion": "EMFILE without inotify in the text means file handles",
    },
    sources=("https://kind.sigs.k8s.io/docs/user/known-issues/",),
)
def inotify_exhausted(node: Snapshot) -> Iterator[Hit]:
    """The kubelet says so now."""
    said = _logs.current(node, "inotify-exhausted")
    if said and not _few_files(node):
        limits = [f"{k}={v}" for k, v in node.host.sysctl.items() if k.startswith("fs.inotify.")]
        detail = f" ({', '.join(limits)})" if limits else ""
        text = f"inotify is used up{detail}"
        effect = Effect.DOWN if _logs.starting_fails(node) else None
        yield Hit(text, (_quote.log(said), *(_quote.host(limit, "sysctl") for limit in limits)), effect)


@cause(
    "resource/fd-exhaustion",
    title="too many files are open",
    effect=Effect.DEGRADED,
    healthy="LimitNOFILE= of kubelet and runtime is in the hundred thousands, fs.file-max is not reached.",
    see="*too many open files* in the kubelet's or the runtime's log.",
    why="A low LimitNOFILE=, fs.file-max, or a leak.",
    remedy=Remedy("Raise LimitNOFILE= in a drop-in of the service that says so, and restart the one that leaks."),
    apart={"resource/inotify-exhausted": "a message that begins with inotify or fsnotify is about instances"},
    sources=("kubernetes cmd/kubelet/app/server.go",),
)
def fd_exhaustion(node: Snapshot) -> Iterator[Hit]:
    """The kubelet says so now; with a limit that low, of inotify as well, which gives the same error."""
    few = _few_files(node)
    said = _logs.current(node, "too-many-files") or (_logs.current(node, "inotify-exhausted") if few else None)
    if said is None:
        return
    limit = node.kubelet.setting("Service", "LimitNOFILE")
    where = f": LimitNOFILE={limit.value} ({limit.place})" if few and limit else ""
    effect = Effect.DOWN if _logs.starting_fails(node) else None
    quoted = (_quote.directive(limit),) if few and limit else ()
    yield Hit(
        f"a process is out of file handles{where or ': too many open files'}", (*quoted, _quote.log(said)), effect
    )


def _few_files(node: Snapshot) -> bool:
    """True when the unit allows fewer files than any kubelet opens (systemd's default is 1024 and more)."""
    limit = node.kubelet.number("LimitNOFILESoft") or node.kubelet.number("LimitNOFILE")
    return limit is not None and limit < 512


@cause(
    "resource/cgroup-leak",
    title="cgroups can no longer be created",
    effect=Effect.DEGRADED,
    healthy="Ended pods leave no cgroups behind.",
    see="*mkdir /sys/fs/cgroup/...: cannot allocate memory* (or *no space left on device*) for new pods.",
    why="Old kernels leak kernel memory accounting, or too many dying cgroups fill a table of 65535.",
    remedy=Remedy("Reboot the node; upgrade the kernel."),
    apart={
        "resource/disk-full": "there the path is not under /sys/fs/cgroup",
        "resource/memory-starvation": "there memory really is short",
    },
    sources=("runc and kernel reports on kmem accounting",),
)
def cgroup_leak(node: Snapshot) -> Iterator[Hit]:
    """The kubelet says so now."""
    said = _logs.current(node, "cgroup-creation-failed", window=_logs.POD_WINDOW)
    if said:
        yield Hit(f"the cgroup {said.groups['path']} cannot be made: {said.groups['errno']}", (_quote.log(said),))
