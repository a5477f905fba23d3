# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime answers the kubelet, but cannot run pods, or does it too slowly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from .._signatures._load import signature
from . import _cni, _logs, _quote, _runtime
from ._config import correct

REPEATED = timedelta(seconds=30)  # while it lasts, the kubelet says so every five seconds
NO_PODS = ("network/cni-pod-cannot-start", "network/cni-config-missing")


def _no_pods(node: Snapshot) -> Effect | None:
    """DOWN where no pod can start and the node waits for one, that of its network; else the cause's own effect."""
    return Effect.DOWN if _cni.not_ready(node) else None


@cause(
    "runtime/cgroup-driver-mismatch",
    title="kubelet and runtime use different cgroup drivers",
    effect=Effect.DEGRADED,
    explains=NO_PODS,
    compares=("config.cgroupDriver", "runtime.cgroup_driver"),
    healthy="Both use systemd (or both cgroupfs); newer kubelets ask the runtime and ignore their own setting.",
    see='No pod starts: *expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups*.',
    why="kubeadm's default is systemd since 1.22, containerd's is cgroupfs; a regenerated config.toml flips one side.",
    remedy=correct(
        "Set `SystemdCgroup = true` in the runc options of containerd's configuration (in the table of its version) and"
        " restart containerd; or, where it is this kubelet that differs from the others, set its cgroupDriver. Drain"
        " first when pods run."
    ),
    apart={
        "network/cni-config-missing": "when no sandbox starts, the CNI pods cannot either: this comes before it",
        "network/cni-pod-cannot-start": "there other pods start, and only the add-on's fails",
        "runtime/config-keys-wrong-version": "why a setting of containerd has no effect: its table is not read",
        "runtime/containerd-1x-near-end": "there the drivers agree; the kubelet only cannot ask for the runtime's",
        "runtime/runc-or-shim-missing": "there the text says that a program was not found, without *cgroupsPath*",
    },
    versions="since 1.34 the runtime's driver is used whenever the runtime can tell it",
    sources=("runc libcontainer/specconv", "kubernetes cmd/kubelet/app/server.go"),
)
def cgroup_driver_mismatch(node: Snapshot) -> Iterator[Hit]:
    """The runtime refuses pods for it now; a difference between the files alone harms nothing on newer kubelets."""
    said = _logs.current(node, "cgroup-driver-mismatch", window=_logs.POD_WINDOW)
    if said is None:
        return
    found = node.setting("cgroupDriver", "cgroup-driver")
    kubelet = f"kubelet: {found.value} ({found.place})" if found else "kubelet: cgroupfs (its default)"
    driver = "systemd" if said.groups.get("got") else said.groups.get("runtime", "another one")
    fatal = Effect.DOWN if _logs.starting_fails(node) else _no_pods(node)
    text = f"cgroup drivers differ: {kubelet}, runtime: {driver}; no pod can be created"
    wrong = "flags.cgroup-driver" if node.command_line.flag("cgroup-driver") else "config.cgroupDriver"
    quoted = (_quote.field(found),) if found else ()
    yield Hit(text, (*quoted, _quote.log(said)), fatal, at_fault=(wrong,))


@cause(
    "runtime/config-keys-wrong-version",
    title="containerd's options stand in tables that this version does not read",
    effect=Effect.RISK,
    explains=("runtime/cgroup-driver-mismatch", "runtime/sandbox-image-unpullable"),
    healthy="The plugin tables of config.toml belong to the file's own version line.",
    see="`containerd config dump` shows other values than the file; cgroupfs and the default pause image are in use.",
    why="Scripts edit a fresh default file whose keys have moved; containerd does not merge tables of mixed versions.",
    remedy=Remedy("Write the options under the plugin names of the file's version, then restart containerd."),
    apart={
        "runtime/cgroup-driver-mismatch": "its most visible effect",
        "runtime/sandbox-image-unpullable": "what follows when `sandbox_image` or `pinned_images.sandbox` is not read",
    },
    versions="containerd 2 reads version 3, and converts version 2 files whole",
    sources=("containerd docs/cri/config.md",),
)
def config_keys_wrong_version(node: Snapshot) -> Iterator[Hit]:
    """A version 3 file with CRI tables of version 2, or the other way round: a risk, until the pause image that is set
    there is missed."""
    data = _runtime.containerd_config(node)
    plugins: Any = data.get("plugins", {})
    version = data.get("version", 1)
    if not isinstance(plugins, dict) or not isinstance(version, int):
        return
    old, new = "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"
    wrong = (
        [old] if version >= 3 and _has_options(plugins.get(old)) else [new] if version < 3 and new in plugins else []
    )
    for name in wrong:
        path = _runtime.config_path(node)
        text = f"{path} is version {version} and sets options in {name}, which is not read"
        table = plugins.get(name)
        missed = isinstance(table, dict) and ("sandbox_image" in table or "pinned_images" in table)
        said = _logs.current(node, "sandbox-image-unpullable") if missed else None
        effect = (_no_pods(node) or Effect.DEGRADED) if said else None
        lines = (_quote.log(said),) if said else ()
        yield Hit(text, (Evidence("file", f"version = {version}; plugins.{name}", path), *lines), effect)


def _has_options(table: Any) -> bool:
    """True when a table of the old CRI plugin sets what moved to other tables in version 3."""
    moved = ("containerd", "cni", "sandbox_image", "registry", "image_decryption")
    return isinstance(table, dict) and any(key in table for key in moved)


@cause(
    "runtime/sandbox-image-unpullable",
    title="the pause image cannot be pulled, so no pod can start",
    effect=Effect.DEGRADED,
    explains=NO_PODS,
    healthy="The sandbox image is present, or its registry can be reached.",
    see='*failed to get sandbox image "..."* for every new pod.',
    why="The registry of the sandbox image cannot be reached, or an offline node lost the image to a clean-up.",
    remedy=Remedy(
        "Set a reachable sandbox image in the runtime's configuration, or import it, and restart the runtime."
    ),
    apart={
        "network/cni-config-missing": "a fresh node shows both: this is the cause",
        "network/cni-pod-cannot-start": "there other pods start, and only the add-on's fails",
        "runtime/config-keys-wrong-version": "why another image than that of config.toml is pulled",
    },
    sources=("containerd internal/cri/server",),
)
def sandbox_image_unpullable(node: Snapshot) -> Iterator[Hit]:
    """The runtime says so now."""
    said = _logs.current(node, "sandbox-image-unpullable")
    if said:
        text = f"the sandbox image {said.groups['image']} cannot be pulled: no new pod starts"
        yield Hit(text, (_quote.log(said),), _no_pods(node))


@cause(
    "runtime/runc-or-shim-missing",
    title="the OCI runtime or its shim is missing",
    effect=Effect.DEGRADED,
    explains=NO_PODS,
    healthy="runc (or crun) and the shim are on the runtime's PATH and can be executed.",
    see='*exec: "runc": executable file not found in $PATH* for every new pod.',
    why="runc was removed together with Docker, or lies outside the PATH of the service.",
    remedy=Remedy("Install the runc or crun that belongs to the runtime, and restart the runtime."),
    apart={
        "runtime/nvidia-default-runtime": "there the binary's name begins with nvidia",
        "system/exec-denied": "there it is permission denied, with records of SELinux or fapolicyd",
        "runtime/cgroup-driver-mismatch": "there the text names *cgroupsPath*: runc runs and refuses",
    },
    sources=("containerd runtime/v2 shim manager",),
)
def oci_runtime_missing(node: Snapshot) -> Iterator[Hit]:
    """The runtime says so now."""
    said = _logs.current(node, "oci-runtime-missing", window=_logs.POD_WINDOW)
    if said:
        text = f"{said.groups.get('binary', 'the OCI runtime or shim')} is missing: no new pod starts"
        yield Hit(text, (_quote.log(said),), _no_pods(node))


@cause(
    "runtime/nvidia-default-runtime",
    title="the nvidia runtime is the default and broken",
    effect=Effect.DEGRADED,
    explains=NO_PODS,
    healthy="The driver is loaded, or runc is the default runtime.",
    see="*nvidia-container-cli: initialization error: nvml error: driver not loaded* for every new pod.",
    why="After a kernel or driver update the module does not load, and every pod uses the nvidia runtime.",
    remedy=Remedy("Repair the driver, or set default_runtime_name back to runc and restart containerd."),
    apart={"runtime/runc-or-shim-missing": "there it is plain runc"},
    sources=("NVIDIA container toolkit",),
)
def nvidia_runtime(node: Snapshot) -> Iterator[Hit]:
    """The runtime says so now."""
    said = _logs.current(node, "nvidia-runtime-broken", window=_logs.POD_WINDOW)
    if said:
        text = f"the nvidia container runtime fails: {said.groups['why'][:120]}"
        yield Hit(text, (_quote.log(said),), _no_pods(node))


@cause(
    "runtime/grpc-message-too-large",
    title="the list of containers is too large for one answer",
    effect=Effect.DOWN,
    explains=("runtime/pleg-unhealthy",),
    healthy="Dead containers are removed; the list stays far below 16 MiB.",
    see="*grpc: received message larger than max*, and PLEG is not healthy.",
    why="Thousands of dead containers or sandboxes make the runtime's list larger than the fixed limit.",
    remedy=Remedy(
        "Remove exited containers and stale sandboxes (`crictl rm`, `crictl rmp`), and stop what makes them."
    ),
    apart={
        "runtime/hung": "there the code is DeadlineExceeded, here ResourceExhausted",
        "runtime/pleg-unhealthy": "what follows after three minutes",
    },
    sources=("kubernetes staging/src/k8s.io/cri-client/pkg/utils.go",),
)
def message_too_large(node: Snapshot) -> Iterator[Hit]:
    """The kubelet says so now."""
    said = _logs.current(node, "grpc-message-too-large")
    if said:
        text = f"the runtime's list of containers has {said.groups['got']} bytes, the limit is {said.groups['limit']}"
        yield Hit(text, (_quote.log(said),))


@cause(
    "runtime/pleg-unhealthy",
    title="listing pods takes more than three minutes",
    effect=Effect.DOWN,
    healthy="The kubelet lists all pods within a second or two.",
    see="*PLEG is not healthy: pleg was last seen active 3m5s ago; threshold is 3m0s*, Ready=False.",
    why="A hung runtime, overload, too many dead containers, a slow disk, or a stalled kernel.",
    remedy=Remedy("Find the slow layer: `time crictl ps -a`, pressure in /proc/pressure, processes in state D."),
    apart={
        "runtime/hung": "PLEG is what follows: where another finding names the slow layer, that one is the cause",
        "resource/cpu-io-starvation": "there the host is measurably overloaded: that is why",
        "resource/hung-storage": "there a mount does not answer: that is why",
        "runtime/grpc-message-too-large": "there the list of containers is too large: that is why",
    },
    sources=("kubernetes pkg/kubelet/pleg/generic.go",),
)
def pleg_unhealthy(node: Snapshot) -> Iterator[Hit]:
    """The kubelet or its Ready condition says so now; 'has yet to be successful' right after a start does not count."""
    said, ready = _logs.current(node, "pleg-unhealthy", window=REPEATED), node.cluster.ready
    named = signature("pleg-unhealthy").regex.search(ready.message) if ready and ready.status == "False" else None
    if said or named:
        ago = said.groups["ago"] if said else named["ago"] if named else ""
        evidence = (*((_quote.log(said),) if said else ()), *((_quote.condition(ready),) if named and ready else ()))
        yield Hit(f"PLEG was last active {ago} ago: listing pods is stuck or too slow", evidence)
