# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State files and reservations that the container manager refuses when it starts."""

from __future__ import annotations

import json
from collections.abc import Iterator

from .._model.cause import cause
from .._model.common import Place
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _quote
from ._config import RESTART, correct, fields, leaves, said_at_start, where
from ._logs import starting_fails


def _state_policy(node: Snapshot, path: str) -> str:
    """policyName in a manager's state file, or empty."""
    try:
        data = json.loads(node.file(path).content or "{}")
    except ValueError:
        return ""
    return str(data.get("policyName", "")) if isinstance(data, dict) else ""


@cause(
    "config/cpu-manager-state-mismatch",
    title="the CPU manager's state file belongs to another policy or other CPUs",
    effect=Effect.DOWN,
    gate=20,
    compares=("config.cpuManagerPolicy",),
    healthy="cpu_manager_state names the policy of the configuration and CPUs that exist.",
    see="*start cpu manager error: could not restore state from checkpoint: configured policy ... differs*.",
    why=(
        "cpuManagerPolicy or the reserved CPUs were changed, or the machine has other CPUs than before, and the state"
        " file of the old setting was kept."
    ),
    remedy=Remedy(f"Drain the node, delete the state file, {RESTART}", "remove-cpu-manager-state", "needs-approval"),
    apart={"config/memory-manager-state-mismatch": "that one names the memory manager"},
    sources=("kubernetes pkg/kubelet/cm/cpumanager/state",),
)
def cpu_manager_state_mismatch(node: Snapshot) -> Iterator[Hit]:
    """The start failed on it; or the file and the configuration differ while the old process runs (a risk)."""
    path = f"{node.kubelet_root}/cpu_manager_state"
    wanted, kept = node.config.value("cpuManagerPolicy", "none"), _state_policy(node, path)
    differ = bool(kept) and isinstance(wanted, str) and kept.lower() != wanted.lower()
    said = said_at_start(node, "cpu-manager-state")
    place = where(node, "cpuManagerPolicy")
    policies = f"{path} was written by policy {kept}, cpuManagerPolicy is {wanted}{place}"
    quoted = (*fields(node, "cpuManagerPolicy"), _quote.place(Place(path), f"policyName: {kept}"))
    if said:
        text = policies if differ else f"{path} does not fit this machine: {said.groups['why'][:120]}"
        yield Hit(text, (*(quoted if differ else ()), _quote.log(said)))
    elif differ and not starting_fails(node):
        yield Hit(f"{policies}: the next restart of the kubelet fails", quoted, Effect.RISK)


@cause(
    "config/memory-manager-state-mismatch",
    title="the memory manager's state file belongs to another policy or other memory",
    effect=Effect.DOWN,
    gate=20,
    compares=("config.memoryManagerPolicy",),
    healthy="memory_manager_state names the policy of the configuration and the memory that exists.",
    see="*start memory manager error: could not restore state from checkpoint: ...*.",
    why="The policy or reservedMemory was changed, or memory was added or removed, and the state file was kept.",
    remedy=Remedy(f"Drain the node, delete the state file, {RESTART}", "remove-memory-manager-state", "needs-approval"),
    apart={"config/cpu-manager-state-mismatch": "that one names the CPU manager"},
    versions="1.21 and newer",
    sources=("kubernetes pkg/kubelet/cm/memorymanager/state",),
)
def memory_manager_state_mismatch(node: Snapshot) -> Iterator[Hit]:
    """The start failed on it."""
    said = said_at_start(node, "memory-manager-state")
    if said:
        path = f"{node.kubelet_root}/memory_manager_state"
        text = f"{path} does not fit the configuration or the machine: {said.groups['why'][:120]}"
        yield Hit(text, (*fields(node, "memoryManagerPolicy", "reservedMemory"), _quote.log(said)))


@cause(
    "config/checkpoint-corrupt",
    title="a state file of the kubelet cannot be read",
    effect=Effect.DOWN,
    gate=20,
    healthy="The checkpoint files under the kubelet's directory are whole.",
    see="*checkpoint is corrupted*, or a request to remove a state file after draining the node.",
    why="The file was cut short by a full disk or a crash, or written by a newer kubelet before a downgrade.",
    remedy=Remedy(f"Drain the node, move the state file that the message names away, {RESTART}"),
    apart={"resource/disk-full": "often where the truncation comes from"},
    sources=("kubernetes pkg/kubelet/checkpointmanager",),
)
def checkpoint_corrupt(node: Snapshot) -> Iterator[Hit]:
    """The last start stopped at a checkpoint."""
    said = said_at_start(node, "checkpoint-corrupt")
    if said and "cpu manager" not in said.pattern.text and "memory manager" not in said.pattern.text:
        yield Hit("a state file of the kubelet is corrupt: " + said.pattern.text[:150], (_quote.log(said),))


@cause(
    "config/reserved-cgroup-missing",
    title="enforceNodeAllocatable names a cgroup that does not exist",
    effect=Effect.DOWN,
    gate=20,
    healthy="The slices of systemReservedCgroup and kubeReservedCgroup exist before the kubelet starts.",
    see='*Failed to enforce Kube Reserved Cgroup Limits on "/kube-reserved.slice"*.',
    why="The kubelet never creates these cgroups itself.",
    remedy=correct(f"Create the slice as a systemd unit, or take the entry out of enforceNodeAllocatable, {RESTART}"),
    apart={
        "system/cgroup-v2-controllers-missing": "that one names kubepods",
        "config/reserved-exceeds-capacity": "that one is about amounts, not about cgroups",
    },
    sources=("kubernetes pkg/kubelet/cm/node_container_manager_linux.go",),
)
def reserved_cgroup_missing(node: Snapshot) -> Iterator[Hit]:
    """The last start could not enforce a reservation."""
    said = said_at_start(node, "reserved-cgroup-missing")
    if said:
        path = f"{said.groups['kind'].lower()}ReservedCgroup"
        text = f"the cgroup {said.groups['cgroup']} of {path}{where(node, path)} does not exist"
        wrong = tuple(f"config.{name}" for name in (path, "enforceNodeAllocatable") if node.config.get(name))
        yield Hit(text, (*fields(node, path, "enforceNodeAllocatable"), _quote.log(said)), at_fault=wrong)


@cause(
    "config/reserved-exceeds-capacity",
    title="more is reserved than the machine has",
    effect=Effect.DOWN,
    gate=20,
    healthy="kubeReserved, systemReserved and eviction thresholds together are less than the capacity.",
    see="*invalid Node Allocatable configuration. Resource ... has a reservation of ... but capacity of ...*.",
    why="The reservation was made for a bigger machine, or memory or disk shrank.",
    remedy=correct(f"Lower kubeReserved, systemReserved or evictionHard for that resource, {RESTART}"),
    apart={"config/reserved-cgroup-missing": "that one is about cgroups, not about amounts"},
    sources=("kubernetes pkg/kubelet/cm/node_container_manager_linux.go",),
)
def reserved_exceeds_capacity(node: Snapshot) -> Iterator[Hit]:
    """The last start refused the reservation."""
    said = said_at_start(node, "reserved-exceeds-capacity")
    if said:
        paths = ("kubeReserved", "systemReserved", "evictionHard")
        resource = said.groups["resource"]
        text = f"more {resource} is reserved{where(node, *paths)} than this machine has"
        own = [f"config.{name}.{resource}" for name in paths[:2]] + [f"config.evictionHard.{resource}.available"]
        wrong = tuple(path for name in paths for path in leaves(node, name) if path in own)
        yield Hit(text, (*fields(node, *paths), _quote.log(said)), at_fault=wrong)
