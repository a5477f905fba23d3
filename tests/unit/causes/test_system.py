# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of the operating system below the kubelet: each where it holds, and its neighbours where it must not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from unit.causes._make import evidence, files, findings, healthy, logged, node_of, put, roots, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

CONFIG = "/var/lib/kubelet/config.yaml"
SWAP = [{"name": "/dev/zram0", "type": "partition", "size_bytes": 1 << 30, "used_bytes": 0}]
SWAP_LINE = (
    'E1123 21:37:31.565112    1065 run.go:72] "command failed" err="failed to run Kubelet: running with swap on is not'
    ' supported, please disable swap or set --fail-swap-on flag to false"'
)
CGROUP_LINE = (
    'E1123 21:37:31.565112    1065 run.go:72] "command failed" err="failed to validate kubelet configuration, error:'
    " kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported and will be removed"
    ' in a future release, path: &TypeMeta{Kind:,APIVersion:,}"'
)
MANAGER = 'E1123 21:37:31.565112    1065 kubelet.go:1703] "Failed to start ContainerManager" err="{}"'
VALIDATING = "failed to initialize top level QOS containers: error validating root container [kubepods] : "
MISSING = MANAGER.format(VALIDATING + 'cgroup [\\"kubepods\\"] has some missing controllers: {}')
UNMOUNTED = MANAGER.format("system validation failed - Following Cgroup subsystem not mounted: [memory]")
ROOTFS = MANAGER.format('failed to get rootfs info: failed to get device for dir \\"/var/lib/kubelet\\": {}')
SANDBOX = (
    'E1123 21:37:31.565112    4750 log.go:32] "RunPodSandbox from runtime service failed" err="rpc error: code ='
    ' Unknown desc = {}"'
)


def on_host(settings: dict[str, str | None] | None = None, **facts: Any) -> Snapshot:
    """The healthy node with other facts of the host, and other settings in its configuration file (None: left out)."""
    changed = evidence()
    for key, value in facts.items():
        old = changed["host"].get(key)
        changed["host"][key] = {**old, **value} if isinstance(old, dict) else value
    lines = str(changed["files"][CONFIG]["content"]).splitlines()
    for key, wanted in (settings or {}).items():
        lines = [line for line in lines if not line.startswith(f"{key}:")] + ([f"{key}: {wanted}"] if wanted else [])
    put(changed, CONFIG, "\n".join(lines) + "\n")
    return node_of(changed)


# Swap


def test_swap_stops_the_start() -> None:
    """The device and the setting are named; the line alone suffices where the host was not read."""
    node = stopped(logged(on_host({"failSwapOn": "true"}, swaps=SWAP), SWAP_LINE))
    assert roots(node) == {"system/swap-enabled"}
    assert findings(node)["system/swap-enabled"].summary.startswith(
        f"swap is on (/dev/zram0) and failSwapOn is true ({CONFIG}:"
    )
    assert roots(stopped(logged(healthy(), SWAP_LINE))) == {"system/swap-enabled"}


def test_swap_is_a_risk_while_the_kubelet_runs() -> None:
    """It came after the start: the next one is refused. By default the kubelet is strict."""
    node = on_host({"failSwapOn": None}, swaps=SWAP)
    assert findings(node)["system/swap-enabled"].effect == Effect.RISK
    assert roots(node) == set()


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        ({"failSwapOn": "false"}, {"swaps": SWAP}),
        ({"failSwapOn": None}, {"swaps": []}),
    ],
    ids=["accepted", "no swap"],
)
def test_swap_that_is_accepted_or_off(settings: dict[str, str | None], facts: dict[str, Any]) -> None:
    """NodeSwap in use, or nothing to refuse."""
    assert "system/swap-enabled" not in findings(on_host(settings, **facts))


def test_swap_is_not_judged_without_the_configuration() -> None:
    """A file that could not be read may say failSwapOn: false; k3s sets it by itself."""
    node = on_host({"failSwapOn": None}, swaps=SWAP)
    unread = replace(node, config=replace(node.config, file=FileFact(CONFIG), fields={}))
    assert "system/swap-enabled" not in findings(unread)
    assert "system/swap-enabled" not in findings(replace(node, profile="k3s"))


def test_swap_line_of_an_earlier_start_is_over() -> None:
    """The kubelet runs since swap was turned off."""
    node = logged(healthy(), SWAP_LINE, ago=200, newest=False)
    assert "system/swap-enabled" not in findings(node)


# Control groups


def test_cgroup_v1_is_refused_by_the_new_default() -> None:
    """The kubelet's validation says so; it is no other fault of the configuration."""
    node = stopped(logged(on_host({"failCgroupV1": None}), CGROUP_LINE))
    assert roots(node) == {"system/cgroup-v1-refused"}
    assert "config/validation-failed" not in findings(node)


def test_cgroup_v1_is_a_risk_for_an_older_process() -> None:
    """After an upgrade without a restart the running process still works."""
    node = on_host({"failCgroupV1": "true"})
    assert findings(node)["system/cgroup-v1-refused"].effect == Effect.RISK
    assert CONFIG in findings(node)["system/cgroup-v1-refused"].summary


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        ({"failCgroupV1": "false"}, {}),
        ({"failCgroupV1": None}, {"cgroup": "v2"}),
        ({"failCgroupV1": None}, {"kubelet": {"version": "Kubernetes v1.34.2"}}),
        ({"failCgroupV1": None}, {"kubelet": {"version": None}}),
    ],
    ids=["accepted", "v2", "older release", "unknown release"],
)
def test_cgroup_that_is_accepted(settings: dict[str, str | None], facts: dict[str, Any]) -> None:
    """An explicit opt-out, cgroup v2, a release that only warns, or no release to judge by."""
    node = on_host(settings, **facts)
    if "kubelet" in facts:
        node = replace(node, cluster=replace(node.cluster, kubelet_version=""))
    assert "system/cgroup-v1-refused" not in findings(node)


def test_masked_unit_says_nothing_about_settings() -> None:
    """Without the unit's command line nobody knows which file it reads."""
    node = on_host({"failCgroupV1": None, "failSwapOn": None}, swaps=SWAP)
    masked = replace(node, command_line=type(node.command_line)(), config=type(node.config)())
    assert not {"system/cgroup-v1-refused", "system/swap-enabled"} & set(findings(masked))


def test_memory_controller_is_disabled() -> None:
    """cgroup v1 names it as not mounted; on v2 it alone is missing, or the kernel does not offer it."""
    assert roots(stopped(logged(healthy(), UNMOUNTED))) == {"system/cgroup-memory-disabled"}
    assert roots(stopped(logged(healthy(), MISSING.format("memory")))) == {"system/cgroup-memory-disabled"}
    kernel = on_host(cgroup="v2", cgroup_controllers=["cpuset", "cpu", "io", "pids"])
    node = stopped(logged(kernel, MISSING.format("hugetlb, memory")))
    assert roots(node) == {"system/cgroup-memory-disabled"}


def test_controllers_are_not_handed_down() -> None:
    """Several are missing although the kernel has them; a reserved group is another cause's."""
    kernel = on_host(cgroup="v2", cgroup_controllers=["cpuset", "cpu", "io", "memory", "hugetlb", "pids"])
    for node in (healthy(), kernel):
        broken = stopped(logged(node, MISSING.format("cpu, cpuset, hugetlb, memory, pids")))
        assert roots(broken) == {"system/cgroup-v2-controllers-missing"}
    assert roots(stopped(logged(kernel, MISSING.format("memory")))) == {"system/cgroup-v2-controllers-missing"}
    reserved = MISSING.format("cpu").replace("kubepods", "system.slice")
    assert "system/cgroup-v2-controllers-missing" not in findings(stopped(logged(kernel, reserved)))


# Kernel settings


def test_forwarding_is_off() -> None:
    """Pods of a Ready node cannot talk past it; a node that runs none yet may break by it."""
    node = on_host(sysctl={"net.ipv4.ip_forward": "0"})
    assert roots(node) == {"system/kernel-modules-missing"}
    assert findings(node)["system/kernel-modules-missing"].effect == Effect.DEGRADED
    unseen = replace(node, cluster=type(node.cluster)())
    assert findings(unseen)["system/kernel-modules-missing"].effect == Effect.RISK
    only_six = replace(node, cluster=replace(node.cluster, pod_cidr="fd00:10::/64"))
    assert "system/kernel-modules-missing" not in findings(only_six)


def test_bridge_without_netfilter() -> None:
    """It matters where the network uses a bridge, and not elsewhere."""
    bridge = '{"cniVersion": "1.0.0", "name": "n", "plugins": [{"type": "bridge", "bridge": "cni0"}]}'
    routed = bridge.replace('"bridge", "bridge": "cni0"', '"ptp"')
    for content, expected in ((bridge, {"system/kernel-modules-missing"}), (routed, set())):
        changed = evidence()
        changed["host"]["sysctl"]["net.bridge.bridge-nf-call-iptables"] = "0"
        for path in [p for p in changed["files"] if p.startswith("/etc/cni/net.d/")]:
            del changed["files"][path]
        put(changed, "/etc/cni/net.d/10-net.conflist", content)
        changed["files"]["/etc/cni/net.d"] = {"type": "directory", "entries": ["10-net.conflist"]}
        found = {name for name in findings(node_of(changed)) if name.startswith("system/")}
        assert found == expected


# Devices, rights, panics


def test_kmsg_is_missing() -> None:
    """The start ends there; a node that runs has it."""
    text = (
        'E1123 21:37:31.565112    1065 run.go:72] "command failed" err="failed to run Kubelet: failed to create'
        ' kubelet: open /dev/kmsg: no such file or directory"'
    )
    assert roots(stopped(logged(healthy(), text))) == {"system/dev-kmsg-missing"}
    assert "system/dev-kmsg-missing" not in findings(logged(healthy(), text))


def test_execution_is_denied() -> None:
    """Programs of the host, not those in containers, nor the kubelet itself, nor the credential plugin."""
    denied = SANDBOX.format("plugin failed (add): fork/exec /opt/cni/bin/loopback: operation not permitted")
    node = logged(on_host(selinux="enforcing"), denied, count=3)
    assert "system/exec-denied" in findings(node)
    assert "SELinux is enforcing" in findings(node)["system/exec-denied"].summary
    container = SANDBOX.format('unable to start container process: exec: \\"/run.sh\\": permission denied: unknown')
    assert "system/exec-denied" not in findings(logged(healthy(), container))
    systemd = replace(
        logged(healthy(), "kubelet.service: Failed at step EXEC spawning /usr/bin/kubelet: Permission denied"),
        kubelet=stopped(healthy()).kubelet,
    )
    assert "system/exec-denied" not in findings(systemd)
    plugin = SANDBOX.format("getting credentials: exec: fork/exec /usr/bin/aws: permission denied")
    assert "system/exec-denied" not in findings(logged(healthy(), plugin))
    parser = SANDBOX.format('exec: \\"apparmor_parser\\": executable file not found in $PATH')
    assert "apparmor_parser" in findings(logged(healthy(), parser))["system/exec-denied"].summary


def test_panic() -> None:
    """A panic of the newest start; feature gates and missing threads have causes of their own."""
    down = unit(stopped(healthy()), ExecMainStatus="2")
    assert roots(logged(down, "panic: runtime error: index out of range [3] with length 3")) == {"system/kubelet-panic"}
    gate = (
        "panic: failed to merge global and in-flight KubeletConfiguration while setting defaults, error: unrecognized"
        " feature gate: X"
    )
    assert roots(logged(down, gate)) == {"config/feature-gate-unknown"}
    threads = logged(
        down, "runtime: failed to create new OS thread (have 12 already; errno=11)", "fatal error: newosproc"
    )
    assert "system/kubelet-panic" not in findings(threads)
    assert "resource/pid-exhaustion" in findings(threads)
    recovered = "E1123 21:37:31.565112    4750 runtime.go:77] Observed a panic: runtime error: index out of range"
    assert "system/kubelet-panic" not in findings(logged(down, recovered))
    assert "system/kubelet-panic" not in findings(logged(healthy(), "panic: old", newest=False))


def test_zfs_of_the_one_release() -> None:
    """Only 1.36.0 on ZFS; everything else is the general cause."""
    mounts = [{"path": "/", "type": "zfs", "size_bytes": 10**12, "available_bytes": 9 * 10**11}]
    text = ROOTFS.format("could not find device with major: 0, minor: 44 in cached partitions map")

    def judged(version: str, type_: str) -> set[str]:
        facts = {"kubelet": {"version": f"Kubernetes {version}"}, "filesystems": [{**mounts[0], "type": type_}]}
        return roots(stopped(logged(on_host(**facts), text)))

    assert judged("v1.36.0", "zfs") == {"system/zfs-regression-1360"}
    assert judged("v1.36.1", "zfs") == {"resource/rootfs-info-unavailable"}
    assert judged("v1.36.0", "btrfs") == {"resource/rootfs-info-unavailable"}


def test_disk_errors() -> None:
    """An error that the kubelet met, or the node itself; a read-only file system is another cause."""
    text = 'E1123 21:37:31.565112    4750 x.go:1] "x" err="open /var/lib/kubelet/pods/u/volumes: input/output error"'
    assert findings(logged(healthy(), text))["system/disk-io-errors"].effect == Effect.DEGRADED
    unread = files(healthy(), FileFact("/var/lib/kubelet/x", type="error", error="Input/output error"))
    assert roots(unread) == {"system/disk-io-errors"}
    readonly = text.replace("input/output error", "read-only file system")
    assert "system/disk-io-errors" not in findings(logged(healthy(), readonly))
