# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node per cause of the machine and its resources that was not recorded."""

from __future__ import annotations

import json
from typing import Any

from accuracy._bundles import CONFIG, Bundle, edit_json, load, put
from apart._nodes import Made, condition, host, node_object, not_ready, older, says
from redteam._nodes import absent, config, ends_late, ends_on, fact, failed

POD = 'pod_workers.go:1324] "Error syncing pod, skipping" err="{0}" pod="default/web-1" podUID="5b1f"'
_MANAGER = 'kubelet.go:1722] "Failed to start ContainerManager" err="{0}"'


def filesystems(bundle: Bundle, path: str, **facts: Any) -> Bundle:
    """The bundle with other facts of one measured path."""

    def change(listed: dict[str, Any]) -> dict[str, Any]:
        return {**listed, "filesystems": [{**m, **facts} if m["path"] == path else m for m in listed["filesystems"]]}

    return edit_json(bundle, "host.json", change)


def _unmounted() -> Bundle:
    """A separate volume for /var/lib/kubelet did not come up after the boot."""
    bundle = put(load("config-missing"), "/etc/fstab", "/dev/vdb1 /var/lib/kubelet ext4 defaults,nofail 0 2\n")
    own = [path[5:] for path in bundle if path.startswith("files/var/lib/kubelet/")]
    bundle = absent(bundle, CONFIG, *own, "/var/lib/kubelet/pki/kubelet-client-current.pem", "/var/lib/kubelet/pki")
    return filesystems(bundle, "/var/lib/kubelet", mount_point="/", type="ext4")


def starved(bundle: Bundle | None = None) -> Bundle:
    """Pods without limits took the memory: the node flaps, the kubelet's log has gaps."""
    if bundle is None:
        words = "kubelet is posting ready status"
        bundle = older(condition(load("healthy"), "Ready", "True", "KubeletReady", words, since=20), 9000)
    pressure = {"memory": {"some_avg60": 88.1, "full_avg60": 61.4}, "io": {"full_avg60": 20.0}, "cpu": {}}
    memory = {"total_bytes": 2 * 2**30, "available_bytes": 40 * 2**20, "swap_total_bytes": 0, "swap_free_bytes": 0}
    return host(bundle, pressure=pressure, memory=memory, oom_kills=12)


def busy() -> Bundle:
    bundle = host(older(load("healthy"), 9000), load=["61.2", "58.0", "40.1"], cpus=2)
    return says(
        bundle,
        'kubelet.go:2570] "Housekeeping took longer than expected" err="housekeeping took too long" expected="1s"'
        ' actual="14.2s"',
    )


def _no_threads() -> Bundle:
    bundle = host(older(load("healthy"), 9000), pids={"current": 32760, "max": 32768})
    error = "fork/exec /usr/bin/mount: resource temporarily unavailable"
    return says(
        condition(bundle, "PIDPressure", "True", "KubeletHasInsufficientPID", "kubelet has insufficient PID available"),
        POD.format(error),
    )


def _no_watches() -> Bundle:
    return says(
        host(
            older(load("healthy"), 9000),
            sysctl={
                "fs.inotify.max_user_instances": "128",
                "net.ipv4.ip_forward": "1",
                "net.bridge.bridge-nf-call-iptables": "1",
            },
        ),
        'watcher.go:152] "Failed to watch directory" err="inotify_add_watch /sys/fs/cgroup/kubepods/pod5b: no'
        ' space left on device"',
    )


def _dead_mount() -> Bundle:
    bundle = older(load("kubelet-sigstop"), 4000)
    return edit_json(
        bundle,
        "host.json",
        lambda h: {
            **h,
            "filesystems": [*h["filesystems"], {"path": "/mnt/nfs", "status": "timeout"}],
            "blocked_processes": 4,
            "kubelet": {**h["kubelet"], "state": "D"},
        },
    )


def _gone() -> Bundle:
    """Nothing answers: the control plane's word is all there is."""
    view = json.loads(
        condition(
            load("server-port-wrong"),
            "Ready",
            "Unknown",
            "NodeStatusUnknown",
            "Kubelet stopped posting node status.",
            700,
            740,
        )["cluster.json"]
    )
    reason = "Failed to connect to the host via ssh: ssh: connect to host 10.240.0.16 port 22: No route to host"
    header = {**json.loads(load("server-port-wrong")["bundle.json"])}
    parts = {name: {"status": "error", "reason": reason} for name in ("units", "journal", "files", "host", "probes")}
    return {"bundle.json": json.dumps({**header, "parts": parts}), "cluster.json": json.dumps(view)}


_V1 = (
    "failed to validate kubelet configuration, error: kubelet is configured to not run on a host using cgroup"
    " v1. cgroup"
    " v1 support is unsupported and will be removed in a future release, path: &TypeMeta{Kind:,APIVersion:,}"
)
NODES: dict[str, tuple[Made, ...]] = {
    "resource/var-lib-kubelet-not-mounted": (_unmounted,),
    "resource/memory-starvation": (starved,),
    "resource/cpu-io-starvation": (busy,),
    "resource/pid-exhaustion": (_no_threads,),
    "resource/inotify-exhausted": (_no_watches,),
    "resource/hung-storage": (_dead_mount,),
    "resource/rootfs-info-unavailable": (
        lambda: filesystems(
            ends_late(
                _MANAGER.format(
                    'failed to get rootfs info: failed to get device for dir \\"/var/lib/kubelet\\": with major:'
                    " 0, minor:"
                    " 40: could not find device in cached partitions map"
                )
            ),
            "/var/lib/kubelet",
            type="btrfs",
        ),
    ),
    "resource/cgroup-leak": (
        lambda: says(
            load("healthy"),
            POD.format(
                "failed to ensure that the pod: 5b1f cgroups exist and are correctly applied: failed to create"
                " container"
                " for [kubepods burstable pod5b1f] : mkdir /sys/fs/cgroup/memory/kubepods/burstable/pod5b1f: cannot"
                " allocate memory"
            ),
        ),
    ),
    "system/machine-down": (_gone,),
    "system/cgroup-v1-refused": (
        lambda: config(
            ends_on(failed(_V1), at="version"), lambda text: text.replace("failCgroupV1: false", "failCgroupV1: true")
        ),
    ),
    "system/cgroup-memory-disabled": (
        lambda: ends_late(
            _MANAGER.format("system validation failed - Following Cgroup subsystem not mounted: [memory]")
        ),
    ),
    "system/cgroup-v2-controllers-missing": (
        lambda: host(
            ends_late(
                _MANAGER.format(
                    "failed to initialize top level QOS containers: error validating root container [kubepods] : cgroup"
                    ' [\\"kubepods\\"] has some missing controllers: cpu, cpuset, hugetlb, memory, pids'
                )
            ),
            cgroup="v2",
            cgroup_controllers=[],
        ),
    ),
    "system/kernel-modules-missing": (
        lambda: host(
            load("healthy"),
            sysctl={"net.ipv4.ip_forward": "0", "net.bridge.bridge-nf-call-iptables": "1"},
        ),
    ),
    "system/dev-kmsg-missing": (
        lambda: ends_on(
            failed("failed to run Kubelet: failed to create kubelet: open /dev/kmsg: no such file or directory")
        ),
    ),
    "system/disk-io-errors": (
        lambda: fact(
            ends_on(
                failed(
                    f"failed to load kubelet config file, path: {CONFIG}, error: failed to read kubelet config file"
                    f' "{CONFIG}", error: read {CONFIG}: input/output error'
                ),
                at="version",
            ),
            "/var/lib/kubelet/memory_manager_state",
            type="error",
            error="[Errno 5] Input/output error",
        ),
    ),
    "system/exec-denied": (
        lambda: says(
            host(load("healthy"), selinux="enforcing"),
            POD.format(
                'failed to setup network for sandbox \\"7c\\": plugin type=\\"loopback\\" failed (add): fork/exec'
                " /opt/cni/bin/loopback: operation not permitted"
            ),
        ),
    ),
    "system/graceful-shutdown-stuck": (
        lambda: says(
            config(
                older(not_ready("node is shutting down", since=900), 9000),
                lambda text: text.replace("shutdownGracePeriod: 0s", "shutdownGracePeriod: 30s"),
            ),
            'nodeshutdown_manager_linux.go:265] "Shutdown manager detected new shutdown event, isNodeShuttingDownNow"'
            ' event="shutdown"',
            level="I",
            times=1,
            ago=900,
        ),
    ),
    "system/kubelet-panic": (
        lambda: ends_on(
            "panic: runtime error: invalid memory address or nil pointer dereference",
            "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x2d1f0a3]",
            "goroutine 1 [running]:",
            status="2/INVALIDARGUMENT",
        ),
    ),
    "system/unplanned-package-upgrade": (
        lambda: node_object(
            load("removed-flag-pod-infra"),
            status={"nodeInfo": {"kubeletVersion": "v1.34.9", "bootID": "9bb856c0-7eb3-442f-9b4b-13e13a055b93"}},
        ),
    ),
    "system/zfs-regression-1360": (
        lambda: filesystems(
            host(
                ends_late(
                    _MANAGER.format(
                        'failed to get rootfs info: failed to get device for dir \\"/var/lib/kubelet\\": with major: 0,'
                        " minor: 40: could not find device in cached partitions map"
                    )
                ),
                kubelet={"version": "Kubernetes v1.36.0", "pid": 0},
            ),
            "/var/lib/kubelet",
            type="zfs",
        ),
    ),
}
