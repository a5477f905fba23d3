# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control groups: of the wrong version, or without the controllers that the kubelet needs."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _api, _quote
from ._config import BY_APPROVAL, SET_FIELD, fields, said_at_start
from ._machine import enabled

REFUSES_SINCE = (1, 35)  # failCgroupV1 defaults to true


@cause(
    "system/cgroup-v1-refused",
    title="this kubelet refuses to run on cgroup v1",
    effect=Effect.DOWN,
    gate=8,
    explains=("config/validation-failed", "service/start-limit-hit"),
    healthy="`stat -fc %T /sys/fs/cgroup` says cgroup2fs; or failCgroupV1 is false.",
    see="*kubelet is configured to not run on a host using cgroup v1* after an upgrade to 1.35 or newer.",
    why="failCgroupV1 is true by default since 1.35, and this system boots the old (or hybrid) hierarchy.",
    remedy=Remedy(
        "Boot with systemd.unified_cgroup_hierarchy=1 on the kernel's command line (WSL: cgroup_no_v1=all). As a"
        " stop-gap set `failCgroupV1: false`, then `systemctl restart kubelet`.",
        SET_FIELD,
        BY_APPROVAL,
    ),
    apart={"config/validation-failed": "same beginning of the line, but about a value of the configuration"},
    versions="default since 1.35; the field exists since 1.31",
    sources=("kubernetes pkg/kubelet/apis/config/validation/validation_linux.go", "KEP-5573"),
)
def cgroup_v1_refused(node: Snapshot) -> Iterator[Hit]:
    """The last start said so; or the host has cgroup v1 and nothing tells this release to accept it."""
    said = said_at_start(node, "cgroup-v1-refused")
    version = node.kubelet_version
    default = version is not None and version >= REFUSES_SINCE
    unread = node.config.file.content is None and not node.config.file.absent
    set_so = not unread and enabled(node, "failCgroupV1", "fail-cgroupv1", default=default)
    refuses = set_so and node.host.cgroup == "v1"
    if said is None and (not refuses or version is None):
        return
    release = f"kubelet {version[0]}.{version[1]}" if version else "the kubelet"
    given = fields(node, "failCgroupV1")
    why = f"failCgroupV1 is true ({node.config.path})" if given else "failCgroupV1 is true by default"
    text = f"the host uses cgroup v1, which {release} refuses: {why}"
    evidence = (_quote.host("cgroup v1", "/sys/fs/cgroup"), *given, *_lines(said))
    yield Hit(text, evidence, Effect.DOWN if said else _api.start_effect(node))


@cause(
    "system/cgroup-memory-disabled",
    title="the kernel runs without the memory controller",
    effect=Effect.DOWN,
    gate=20,
    explains=("service/start-limit-hit", "apiserver/csinode-not-initialized"),
    healthy="The controller memory is listed in /sys/fs/cgroup/cgroup.controllers (v2) or /proc/cgroups (v1).",
    see="*Failed to start ContainerManager ... Cgroup subsystem not mounted: [memory]*, or *missing controllers*.",
    why="Raspberry Pi OS and some ARM and Debian kernels boot with the memory controller switched off.",
    remedy=Remedy(
        "Append `cgroup_enable=cpuset cgroup_enable=memory cgroup_memory=1` to the one line of"
        " /boot/firmware/cmdline.txt (elsewhere: GRUB_CMDLINE_LINUX) and reboot."
    ),
    apart={"system/cgroup-v2-controllers-missing": "there the kernel has them and does not hand them down"},
    sources=("kubernetes pkg/kubelet/cm/container_manager_linux.go",),
)
def cgroup_memory_disabled(node: Snapshot) -> Iterator[Hit]:
    """The last start missed memory, and on cgroup v2 the kernel does not offer it or nothing else is missing."""
    mounted = said_at_start(node, "cgroup-subsystem-missing")
    missing = said_at_start(node, "cgroup-controllers-missing")
    said = mounted or (missing if missing and _kernel_lacks_memory(node, missing) else None)
    if said is None or "memory" not in _names(said):
        return
    text = f"the kernel offers no control group controller for memory (missing: {', '.join(_names(said))})"
    yield Hit(text, (*_offered(node), _quote.log(said)))


@cause(
    "system/cgroup-v2-controllers-missing",
    title="control group controllers are not handed down to the kubelet",
    effect=Effect.DOWN,
    gate=20,
    explains=("service/start-limit-hit", "apiserver/csinode-not-initialized"),
    healthy="/sys/fs/cgroup/cgroup.subtree_control lists cpu, cpuset, memory, pids and hugetlb.",
    see="*Failed to start ContainerManager ... cgroup [kubepods] has some missing controllers: cpu, cpuset, ...*.",
    why=(
        "Nested in LXC, WSL or a container without delegation; processes in the root control group; a kubepods group"
        " left behind by another driver."
    ),
    remedy=Remedy(
        "Enable delegation (Delegate=yes, LXC nesting, WSL systemd=true), or write"
        " `+cpu +cpuset +memory +pids +hugetlb` to /sys/fs/cgroup/cgroup.subtree_control; remove a stale kubepods."
    ),
    apart={
        "system/cgroup-memory-disabled": "there only memory is missing: the kernel boots without it",
        "config/reserved-cgroup-missing": "there the group is one of systemReservedCgroup or kubeReservedCgroup",
    },
    versions="cgroup v2 only",
    sources=("kubernetes pkg/kubelet/cm/cgroup_v2_manager_linux.go",),
)
def cgroup_controllers_missing(node: Snapshot) -> Iterator[Hit]:
    """The last start named controllers that its control group does not have."""
    said = said_at_start(node, "cgroup-controllers-missing")
    if said is None or "kubepods" not in said.groups["group"] or _kernel_lacks_memory(node, said):
        return
    text = f"the control group {said.groups['group']} lacks the controllers {', '.join(_names(said))}"
    yield Hit(text, (*_offered(node), _quote.log(said)))


def _names(said: Match) -> list[str]:
    return [name for name in said.groups["controllers"].replace(",", " ").split() if name]


def _controllers(node: Snapshot) -> list[str]:
    """What the kernel offers at the root (cgroup v2); empty where it is unknown."""
    found = node.host.raw.get("cgroup_controllers")
    return [str(name) for name in found] if isinstance(found, list) else []


def _kernel_lacks_memory(node: Snapshot, said: Match) -> bool:
    offered = _controllers(node)
    return "memory" not in offered if offered else _names(said) == ["memory"]


def _offered(node: Snapshot) -> tuple[Evidence, ...]:
    offered = _controllers(node)
    return (_quote.host("offers " + " ".join(offered), "/sys/fs/cgroup/cgroup.controllers"),) if offered else ()


def _lines(said: Match | None) -> tuple[Evidence, ...]:
    return (_quote.log(said),) if said else ()
