# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operating system below the kubelet: swap, kernel settings, devices, rights to execute, and the kubelet's own
failures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _api, _cni, _logs, _quote
from ._config import RESTART, fields, said_at_start, where
from ._machine import enabled

BRIDGED = ("bridge", "flannel")  # CNI plugins that attach pods to a Linux bridge
BRIDGE_CALLS = "net.bridge.bridge-nf-call-iptables"
IP_FORWARD = "net.ipv4.ip_forward"
ALL_OF_IT = (
    "Write overlay and br_netfilter to /etc/modules-load.d/k8s.conf, net.ipv4.ip_forward=1 and"
    " net.bridge.bridge-nf-call-iptables=1 to /etc/sysctl.d/k8s.conf; `modprobe -a overlay br_netfilter`,"
    " `sysctl --system`."
)
PREREQUISITES = "https://kubernetes.io/docs/setup/production-environment/container-runtimes/"


@cause(
    "system/swap-enabled",
    title="swap is on and the kubelet does not accept it",
    effect=Effect.DOWN,
    gate=17,
    explains=("service/start-limit-hit",),
    compares=("swap.*", "config.failSwapOn"),
    healthy="/proc/swaps lists nothing, or failSwapOn is false.",
    see="*failed to run Kubelet: running with swap on is not supported, please disable swap*.",
    why=(
        "Swap came back with a reboot: a line in /etc/fstab, a systemd swap unit, zram-generator (Fedora),"
        " dphys-swapfile (Raspberry Pi OS), or an image's default."
    ),
    remedy=Remedy(
        "`swapoff -a` (look first whether the used part fits into free memory), make it last (/etc/fstab,"
        f" `systemctl mask` of the swap unit, zram-generator), {RESTART} Or accept it with `failSwapOn: false`.",
        "swap-off",
        "needs-approval",
    ),
    apart={"resource/memory-starvation": "there memory runs short while the kubelet runs"},
    versions="failSwapOn is true by default in all releases; NodeSwap (1.34) does not change that",
    sources=("kubernetes pkg/kubelet/cm/container_manager_linux.go",),
)
def swap_enabled(node: Snapshot) -> Iterator[Hit]:
    """Swap is in use and failSwapOn is in force; or the last start said so."""
    said = said_at_start(node, "swap-refused")
    strict = enabled(node, "failSwapOn", "fail-swap-on", default=True)
    if said is None and not (node.host.swaps and strict and node.kubelet.known):
        return
    devices = ", ".join(node.host.swaps[:3])
    setting = f"failSwapOn is true{where(node, 'failSwapOn') or ' by default'}"
    if devices:
        text = f"swap is on ({devices}) and {setting}"
        text += "" if said or not _api.alive(node) else ": the kubelet that runs cannot be started again"
    else:
        text = "the last start was refused because swap was on" + ("; it is off by now" if node.host.read else "")
    evidence = ((_quote.host(devices, "/proc/swaps"),) if devices else ()) + fields(node, "failSwapOn")
    lines = (_quote.log(said),) if said else ()
    restart = None if devices or not node.host.read else Remedy("`systemctl reset-failed kubelet`, " + RESTART)
    yield Hit(text, (*evidence, *lines), Effect.DOWN if said else _api.start_effect(node), restart)


@cause(
    "system/kernel-modules-missing",
    title="the kernel does not forward the traffic of pods",
    effect=Effect.DEGRADED,
    explains=("network/cni-pod-cannot-start", "network/flannel-subnet-env-missing"),
    compares=("kernel.net.*",),
    healthy="net.ipv4.ip_forward is 1; with a bridge for pods br_netfilter is loaded and bridge-nf-call-iptables is 1.",
    see="The node is Ready; pods reach neither each other on other nodes nor services. The kubelet checks none of it.",
    why="modprobe and sysctl were run by hand and not made to last; or a new kernel lacks the modules' package.",
    remedy=Remedy(ALL_OF_IT, "enable-forwarding", "needs-approval"),
    apart={"config/protect-kernel-defaults": "there the kubelet itself refuses to start over other settings"},
    sources=(PREREQUISITES,),
)
def kernel_modules_missing(node: Snapshot) -> Iterator[Hit]:
    """Forwarding is off; or pods hang on a bridge whose traffic does not pass iptables; or something says so now."""
    said = _logs.current(node, "kernel-setting-missing")
    lines = (_quote.log(said),) if said else ()
    if node.host.sysctl.get(IP_FORWARD) == "0" and "." in (node.cluster.pod_cidr or "."):
        text = f"{IP_FORWARD} is 0: the node does not forward the traffic of its pods"
        ready = node.cluster.ready
        in_use = said is not None or (ready is not None and ready.status == "True")
        evidence = (_quote.host(f"{IP_FORWARD} = 0", "sysctl"), *lines)
        yield Hit(text, evidence, Effect.DEGRADED if in_use else Effect.RISK, _to_one(IP_FORWARD))
    bridge = _bridge_plugin(node)
    setting = _bridge_setting(node)
    if bridge and setting:
        text = f"{setting}: with the CNI plugin {bridge}, traffic to services may miss their rules"
        remedy = _to_one(BRIDGE_CALLS) if setting.startswith(BRIDGE_CALLS) else Remedy(ALL_OF_IT)
        yield Hit(text, (_quote.host(setting, "sysctl"), *lines), Effect.DEGRADED if said else Effect.RISK, remedy)
    elif said and not _there_all_the_same(node, said):
        text = f"the kernel lacks what containers need: {said.groups['what']}"
        yield Hit(text, lines, remedy=Remedy(ALL_OF_IT))


def _to_one(setting: str) -> Remedy:
    """How a setting becomes 1, and stays so. Only a person loads a module."""
    text = f"`sysctl -w {setting}=1`, and {setting}=1 in /etc/sysctl.d/k8s.conf, so that it lasts."
    return Remedy(text, "enable-forwarding", "needs-approval")


def _there_all_the_same(node: Snapshot, said: Match) -> bool:
    """True when modprobe failed for a module that is part of the kernel, or comes from the machine below a container:
    K3s and containerd try to load theirs before each start, and ignore when that fails."""
    name, modules, ready = said.groups.get("module"), node.host.raw.get("modules"), node.cluster.ready
    if not name:
        return False
    loaded = isinstance(modules, Mapping) and modules.get(name) is True
    return loaded or (ready is not None and ready.status == "True")


def _bridge_setting(node: Snapshot) -> str:
    """What is wrong with br_netfilter; empty when it is in order or unknown."""
    value = node.host.sysctl.get(BRIDGE_CALLS)
    if value == "0":
        return f"{BRIDGE_CALLS} is 0"
    modules = node.host.raw.get("modules")
    absent = isinstance(modules, Mapping) and modules.get("br_netfilter") is False
    return "the module br_netfilter is not loaded" if absent and value is None else ""


def _bridge_plugin(node: Snapshot) -> str:
    """The CNI plugin in use that attaches pods to a bridge; empty when there is none."""
    for fact in _cni.configurations(node, _cni.conf_dir(node))[:1]:
        data, _problem = _cni.parse(fact)
        return next((name for name in _cni.plugin_types(data) if name in BRIDGED), "")
    return ""


@cause(
    "system/dev-kmsg-missing",
    title="the kubelet may not read the kernel's messages",
    effect=Effect.DOWN,
    gate=18,
    explains=("service/start-limit-hit",),
    healthy="/dev/kmsg exists and can be opened.",
    see="*failed to create kubelet: open /dev/kmsg: no such file or directory*.",
    why="The kubelet watches /dev/kmsg for kills of the OOM killer; LXC and rootless containers do not provide it.",
    remedy=Remedy("Bind /dev/kmsg into the container (lxc.mount.entry), or use the gate KubeletInUserNamespace."),
    apart={"service/not-root": "there the kubelet says which user it needs"},
    sources=("kubernetes pkg/kubelet/kubelet.go",),
)
def dev_kmsg_missing(node: Snapshot) -> Iterator[Hit]:
    """The last start stopped at it."""
    said = said_at_start(node, "kmsg-missing")
    if said:
        yield Hit(f"the kubelet cannot open /dev/kmsg: {said.groups['errno']}", (_quote.log(said),))


@cause(
    "system/exec-denied",
    title="SELinux, AppArmor or an allow list keeps programs from being executed",
    effect=Effect.DEGRADED,
    explains=("network/cni-pod-cannot-start", "runtime/runc-or-shim-missing"),
    healthy="The runtime's and the CNI plugins' programs may be executed.",
    see="*fork/exec /opt/cni/bin/...: operation not permitted* while the file is there with mode 0755.",
    why=(
        "container-selinux is missing or old, a directory of one's own has no file context, fapolicyd does not trust"
        " the program; or the kernel has AppArmor and its tools are not installed."
    ),
    remedy=Remedy(
        "Look for records: `ausearch -m AVC,FANOTIFY -ts recent`, `journalctl -k -g apparmor`. Then install"
        " container-selinux and `restorecon -Rv` the directory, add fapolicyd trust, or install apparmor."
    ),
    apart={
        "service/binary-not-executable": "there systemd cannot execute the kubelet itself",
        "kubeconfig/exec-plugin-failed": "there it is the credential plugin of the kubeconfig",
        "runtime/runc-or-shim-missing": "there the program is not there at all: *executable file not found*",
    },
    sources=("https://docs.rke2.io/install/quickstart",),
)
def exec_denied(node: Snapshot) -> Iterator[Hit]:
    """The kubelet or the runtime was refused the execution of a program of the host."""
    selinux = str(node.host.raw.get("selinux") or "unknown")
    said = _logs.current(node, "exec-denied-on-host")
    if said:
        path, fact = said.groups["path"], node.file(said.groups["path"])
        shown: tuple[Evidence, ...] = (_quote.file(fact),) if fact.exists else ()
        text = f"{path} may not be executed ({said.groups['errno']}); SELinux is {selinux}"
        yield Hit(text, (_quote.log(said), *shown))
    parser = _logs.current(node, "apparmor-parser-missing")
    if parser:
        yield Hit("the kernel has AppArmor on, and apparmor_parser is not installed", (_quote.log(parser),))


@cause(
    "system/kubelet-panic",
    title="the kubelet ends in a Go panic",
    effect=Effect.DOWN,
    explains=("service/start-limit-hit",),
    healthy="The kubelet does not panic.",
    see="*panic: ...* or *fatal error: ...* and goroutine traces; systemd shows status=2/INVALIDARGUMENT.",
    why="A bug of this release, a state file that it cannot take, or broken memory.",
    remedy=Remedy(
        "Search the first frame of the trace in the issues of kubernetes/kubernetes; take a release with the fix, or"
        " the former one. `journalctl -u kubelet -g 'panic|fatal error' -n 5` shows the beginning."
    ),
    apart={
        "config/feature-gate-unknown": "there the panic names a feature gate",
        "resource/pid-exhaustion": "there it is 'newosproc': no new thread could be made",
    },
    sources=("Go runtime: exit status 2 after a panic",),
)
def kubelet_panic(node: Snapshot) -> Iterator[Hit]:
    """The newest start ended in a panic that no other cause explains."""
    said = said_at_start(node, "kubelet-panic")
    if said is None or said_at_start(node, "no-more-threads"):
        return
    exit_status = (_quote.unit(node.kubelet, "ExecMainCode", "ExecMainStatus"),) if node.kubelet.known else ()
    release = f" {node.host.kubelet_version.split()[-1]}" if node.host.kubelet_version else ""
    yield Hit(f"the kubelet{release} panics: {said.pattern.sample[:160]}", (_quote.log(said), *exit_status))


@cause(
    "system/zfs-regression-1360",
    title="kubelet 1.36.0 does not know ZFS",
    effect=Effect.DOWN,
    gate=20,
    explains=("resource/rootfs-info-unavailable",),
    healthy="On ZFS: any release but 1.36.0.",
    see="*Failed to start ContainerManager ... failed to get rootfs info* right after an upgrade to 1.36.0.",
    why="cAdvisor's ZFS plugin was left out of that one release.",
    remedy=Remedy("Upgrade the kubelet to 1.36.1 or newer."),
    apart={"resource/rootfs-info-unavailable": "there the release or the file system is another one"},
    versions="1.36.0 only",
    sources=("kubernetes CHANGELOG-1.36.md (#138590)",),
)
def zfs_regression(node: Snapshot) -> Iterator[Hit]:
    """This release, its directory on ZFS, and a start that stopped there."""
    said = said_at_start(node, "rootfs-info")
    release = node.host.kubelet_version.split()[-1:] or [""]
    if said is None or release[0] != "v1.36.0" or _filesystem_type(node, node.kubelet_root) != "zfs":
        return
    text = f"kubelet 1.36.0 cannot measure {node.kubelet_root}, which is on ZFS"
    yield Hit(text, (_quote.host(f"{node.kubelet_root} zfs", "filesystems"), _quote.log(said)))


def _filesystem_type(node: Snapshot, path: str) -> str:
    """Type of the file system that holds a measured path; empty where it is unknown."""
    listed = node.host.raw.get("filesystems")
    types = {
        str(entry.get("path")): str(entry.get("type") or "")
        for entry in (listed if isinstance(listed, list) else ())
        if isinstance(entry, Mapping)
    }
    return types.get(path) or types.get("/", "")
