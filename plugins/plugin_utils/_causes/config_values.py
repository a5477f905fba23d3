# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of the configuration that the kubelet refuses while it starts, or that do harm without a word."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _layout, _logs, _quote
from ._config import RESTART, SET_FLAG, at_fault, correct, fields, leaves, said_at_start, where

EVICTION_DEFAULTS = ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available")


@cause(
    "config/validation-failed",
    title="the configuration is readable and its values are refused",
    effect=Effect.DOWN,
    gate=8,
    healthy="Every value is in its range and no two contradict each other.",
    see="*failed to validate kubelet configuration, error: invalid configuration: ...*.",
    why="A value is out of range, two settings contradict each other, or a field needs a feature gate that is off.",
    remedy=correct(f"Change the field that the message names, {RESTART}"),
    apart={
        "system/cgroup-v1-refused": "same beginning, but it says that the host uses cgroup v1",
        "config/type-mismatch": "that one fails earlier, when the file is read",
        "config/eviction-threshold-invalid": "there the text is about a threshold, without *invalid configuration*",
    },
    versions="rules grow with every release",
    sources=("kubernetes pkg/kubelet/apis/config/validation",),
)
def validation_failed(node: Snapshot) -> Iterator[Hit]:
    """The last start refused the configuration for something other than cgroup v1."""
    said = said_at_start(node, "validation-failed") or said_at_start(node, "value-refused")
    if said is None or "cgroup v1" in said.groups["why"]:
        return
    why = said.groups["why"]
    name = next((word for word in why.replace("(", " ").split() if node.config.get(word)), "") or _field_of(node, why)
    wrong = at_fault(node, why) or (tuple(leaves(node, name, why)) if name else ())
    text = f"{node.config.path}{where(node, name)} is refused: {why[:150]}"
    yield Hit(text, (*fields(node, name), _quote.log(said)), at_fault=wrong)


_FIELDS = (
    ("[cpumanager]", "cpuManagerPolicy"),
    ("unknown policy", "cpuManagerPolicy"),
    ("unknown policy", "memoryManagerPolicy"),
    ("the total amount", "reservedMemory"),
    ("the total amount", "memoryManagerPolicy"),
    ("--kube-reserved", "kubeReserved"),
    ("--system-reserved", "systemReserved"),
    ("--qos-reserved", "qosReserved"),
    ("cgroup-root", "cgroupRoot"),
    ("LimitedSwap", "memorySwap.swapBehavior"),
    ("authorization mode", "authorization.mode"),
    ("topology manager", "topologyManagerPolicyOptions"),
)


def _field_of(node: Snapshot, why: str) -> str:
    """The field that a message is about that does not name it; of a policy, the one that has the named value."""
    fitting = [path for words, path in _FIELDS if words in why and node.config.get(path) is not None]
    named = [path for path in fitting if f'"{node.config.value(path)}"' in why]
    return next(iter(named or fitting), "")


@cause(
    "config/protect-kernel-defaults",
    title="kernel settings differ from what the kubelet wants, and it may not change them",
    effect=Effect.DOWN,
    gate=20,
    compares=("config.protectKernelDefaults",),
    healthy="The kernel settings have the kubelet's values, or protectKernelDefaults is false.",
    see="*Failed to start ContainerManager ... invalid kernel flag: vm/overcommit_memory, expected value: 1*.",
    why=(
        "With protectKernelDefaults (CIS hardening, RKE2 and k3s profiles, EKS) the kubelet refuses instead of setting"
        " them, and the sysctl file is missing after a reboot or an upgrade of the OS."
    ),
    remedy=Remedy(
        "Put vm.overcommit_memory=1, vm.panic_on_oom=0, kernel.panic=10, kernel.panic_on_oops=1,"
        " kernel.keys.root_maxkeys=1000000 and kernel.keys.root_maxbytes=25000000 into /etc/sysctl.d/90-kubelet.conf,"
        f" run `sysctl --system`, {RESTART}"
    ),
    apart={"system/kernel-modules-missing": "that is about modules and forwarding, not about these settings"},
    sources=("kubernetes pkg/kubelet/cm/container_manager_linux.go",),
)
def protect_kernel_defaults(node: Snapshot) -> Iterator[Hit]:
    """The last start named kernel settings that differ."""
    said = said_at_start(node, "kernel-flag-invalid")
    if said is None:
        return
    groups = said.groups
    name = groups["flag"].replace("/", ".")
    text = f"{name} is {groups['got']}, the kubelet wants {groups['want']} and may not set it"
    place = where(node, "protectKernelDefaults")
    yield Hit(f"{text}: protectKernelDefaults{place}", (*fields(node, "protectKernelDefaults"), _quote.log(said)))


@cause(
    "config/tls-cipher-or-version-invalid",
    title="tlsCipherSuites or tlsMinVersion has a value that the kubelet does not know",
    effect=Effect.DOWN,
    gate=9,
    compares=("config.tlsCipherSuites", "config.tlsMinVersion"),
    healthy="Cipher suites have Go's names, the version is VersionTLS12 or VersionTLS13.",
    see="*failed to construct kubelet dependencies: Cipher suite X not supported or doesn't exist*.",
    why="Hardening guides list OpenSSL names, suites of TLS 1.3, or suites that Go has dropped.",
    remedy=correct(f"Use Go's names of TLS 1.2 suites, {RESTART}"),
    apart={"certificate/*": "those name a file or say x509"},
    sources=("kubernetes staging/src/k8s.io/component-base/cli/flag/ciphersuites_flag.go",),
)
def tls_setting_invalid(node: Snapshot) -> Iterator[Hit]:
    """The last start refused a TLS setting."""
    said = said_at_start(node, "tls-cipher-invalid") or said_at_start(node, "tls-version-invalid")
    if said:
        value = said.groups["value"]
        place = where(node, "tlsCipherSuites", "tlsMinVersion")
        text = f"{value}{place} is no cipher suite or TLS version of this kubelet"
        given = ((path, flag, node.command_line.flag(flag)) for path, flag in _TLS.items())
        here = {f"flags.{name}" if flag else f"config.{path}": node.value(path, "", name) for path, name, flag in given}
        wrong = tuple(path for path, found in here.items() if value in _items(found))
        yield Hit(text, (*fields(node, *_TLS), _quote.log(said)), at_fault=wrong)


_TLS = {"tlsCipherSuites": "tls-cipher-suites", "tlsMinVersion": "tls-min-version"}


def _items(here: object) -> list[str]:
    return [str(item) for item in here] if isinstance(here, list) else str(here).split(",")


@cause(
    "config/eviction-threshold-invalid",
    title="an eviction threshold is not valid",
    effect=Effect.DOWN,
    gate=18,
    compares=("config.evictionHard.*", "config.evictionSoft.*"),
    healthy="evictionHard and evictionSoft name known signals, and every soft one has a grace period.",
    see="*unsupported eviction signal*, or *grace period must be specified for the soft eviction threshold*.",
    why="A signal is misspelt, a quantity does not parse, or evictionSoft has no evictionSoftGracePeriod.",
    remedy=correct(f"Complete or correct the map, {RESTART}"),
    apart={"config/validation-failed": "these maps are parsed later, so the text lacks 'invalid configuration'"},
    sources=("kubernetes pkg/kubelet/eviction/helpers.go",),
)
def eviction_threshold_invalid(node: Snapshot) -> Iterator[Hit]:
    """The last start refused a threshold."""
    said = said_at_start(node, "eviction-threshold-invalid") or said_at_start(node, "quantity-malformed")
    if said:
        paths = ("evictionHard", "evictionSoft", "evictionSoftGracePeriod")
        text = f"eviction settings{where(node, *paths)} are refused: {said.groups['why'][:150]}"
        yield Hit(text, (*fields(node, *paths), _quote.log(said)), at_fault=_thresholds(node, said.groups["why"]))


def _thresholds(node: Snapshot, why: str) -> tuple[str, ...]:
    """The thresholds that a message names. That a soft one lacks its grace period is the fault of both maps."""
    maps = [name for name in ("evictionHard", "evictionSoft", "evictionSoftGracePeriod") if node.config.get(name)]
    if "grace period" in why:
        maps = [name for name in maps if name != "evictionHard"]
    said = [word.strip('"\\,') for word in why.split()]
    return tuple(path for name in maps for path in leaves(node, name) if path.removeprefix(f"config.{name}.") in said)


@cause(
    "config/credential-provider-missing",
    title="the image credential provider or its configuration is missing",
    effect=Effect.DOWN,
    gate=18,
    healthy="The paths of --image-credential-provider-config and -bin-dir exist and hold the provider.",
    see="*Failed to register CRI auth plugins*, and the kubelet exits.",
    why="The flags name files that a new machine image removed or renamed.",
    remedy=correct(
        "Restore the provider's binary, correct the path, or remove both flags, then restart the kubelet.", SET_FLAG
    ),
    apart={"runtime/*": "the kubelet ends right after 'Container runtime initialized': the runtime is fine"},
    versions="1.20 and newer",
    sources=("kubernetes pkg/credentialprovider/plugin/plugin.go",),
)
def credential_provider_missing(node: Snapshot) -> Iterator[Hit]:
    """The last start could not load the provider."""
    said = said_at_start(node, "credential-provider-missing")
    if said:
        names = ("image-credential-provider-config", "image-credential-provider-bin-dir")
        flags = [flag for name in names if (flag := node.command_line.flag(name))]
        text = f"the image credential provider cannot be loaded: {said.groups['why'][:150]}"
        wrong = tuple(f"flags.{flag.name}" for flag in flags)
        yield Hit(text, (*(_quote.flag(flag) for flag in flags), _quote.log(said)), at_fault=wrong)


@cause(
    "config/resolvconf-missing",
    title="resolvConf names a file that is not on this node",
    effect=Effect.DEGRADED,
    explains=("network/cni-pod-cannot-start", "network/cni-config-missing"),
    compares=("config.resolvConf",),
    healthy="The file of resolvConf (default /etc/resolv.conf) exists.",
    see="Every new pod fails with *open /run/systemd/resolve/resolv.conf: no such file or directory*.",
    why=(
        "kubeadm stored the first node's resolvConf for the whole cluster; nodes without systemd-resolved lack that"
        " file."
    ),
    remedy=Remedy(
        f"Enable systemd-resolved, or set `resolvConf: /etc/resolv.conf` in the configuration file, {RESTART}",
        "set-config-field",
        "needs-approval",
    ),
    apart={"network/cni-pod-cannot-start": "this is one reason for it: no pod can be created at all"},
    sources=("https://github.com/kubernetes/kubeadm/issues/1124", "https://github.com/kubernetes/kubeadm/issues/3034"),
)
def resolvconf_missing(node: Snapshot) -> Iterator[Hit]:
    """The file is absent, or the kubelet says that it could not open it."""
    found = node.setting("resolvConf", "resolv-conf")
    path = found.value if found is not None and isinstance(found.value, str) else "/etc/resolv.conf"
    said = _logs.current(node, "resolvconf-missing")
    if not path or not (node.file(path).absent or (said is not None and said.groups["path"] == path)):
        return
    place = f"{found.place}: " if found else ""
    yield Hit(
        f"{place}resolvConf {path} does not exist: no pod can be created",
        (
            *((_quote.field(found),) if found else ()),
            _quote.file(node.file(path)),
            *((_quote.log(said),) if said else ()),
        ),
    )


@cause(
    "config/eviction-thresholds-dropped",
    title="evictionHard sets some thresholds, and so drops the defaults of the others",
    effect=Effect.INFO,
    explains=("resource/disk-full",),
    compares=("config.evictionHard.*", "config.evictionSoft.*"),
    healthy="evictionHard lists all four thresholds, or mergeDefaultEvictionSettings is true.",
    see="Nothing, until the node meets a full disk or a kernel OOM without any pressure condition before.",
    why="A user's evictionHard replaces the defaults whole, unless mergeDefaultEvictionSettings is true.",
    remedy=Remedy(f"List all thresholds or set `mergeDefaultEvictionSettings: true`, {RESTART}"),
    apart={"resource/disk-full": "this is why such a node is not warned by DiskPressure before"},
    sources=("kubernetes cmd/kubelet/app/server.go",),
)
def eviction_thresholds_dropped(node: Snapshot) -> Iterator[Hit]:
    """The map is there and incomplete, and not because the distribution wants it so."""
    found = node.config.get("evictionHard")
    if found is None or not isinstance(found.value, dict) or not found.value:
        return
    if found.place.path in _layout.row(node).own_configs:
        return
    missing = [name for name in EVICTION_DEFAULTS if name not in found.value]
    if missing and node.config.value("mergeDefaultEvictionSettings") is not True:
        text = f"{found.place}: evictionHard drops the defaults of {', '.join(missing)}"
        yield Hit(text, (_quote.field(found),))


@cause(
    "config/static-pod-invalid",
    title="the kubelet cannot read a static pod manifest",
    effect=Effect.RISK,
    compares=("config.staticPodPath",),
    healthy="Every file in staticPodPath is a valid Pod.",
    see="*Could not process manifest file ... invalid pod*, every 20 seconds; the pod does not run.",
    why="A manifest was edited by hand, or a stray file (a backup, an editor's copy) lies in the directory.",
    remedy=Remedy("Correct the manifest or move the file out of the directory; no restart is needed."),
    apart={"config/yaml-invalid": "that is about the kubelet's own configuration"},
    sources=("kubernetes pkg/kubelet/config/file.go",),
)
def static_pod_invalid(node: Snapshot) -> Iterator[Hit]:
    """The kubelet says so now; harmless for the node itself."""
    said = _logs.current(node, "static-pod-invalid", window=None)
    if said:
        path = said.groups.get("path", "a manifest")
        yield Hit(f"{path} is not a valid pod: {said.groups['why'][:150]}", (_quote.log(said),))
