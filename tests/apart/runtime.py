# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node per cause of the container runtime that was not recorded."""

from __future__ import annotations

from accuracy._bundles import Bundle, load, put
from apart._nodes import TOML, Made, host, not_ready, older, runtime_says, says, state
from redteam._nodes import ends_on, failed, probes, show

POD = 'log.go:32] "RunPodSandbox from runtime service failed" err="rpc error: code = {0} desc = {1}"'
_VALIDATE = 'failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint "{0}": {1}'
SOCKET = "unix:///run/containerd/containerd.sock"
_UNIMPLEMENTED = "rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"
_GONE = 'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix {0}'


def refusing(error: str, endpoint: str = SOCKET) -> Bundle:
    """A node whose kubelet ends at the runtime."""
    return ends_on(failed(_VALIDATE.format(endpoint, error)))


def failing(*lines: str) -> Bundle:
    """A node whose containerd ends at each start with these lines, and whose kubelet runs."""
    bundle = load("containerd-stopped")
    bundle = show(
        bundle,
        "containerd.service",
        ActiveState="activating",
        SubState="auto-restart",
        Result="exit-code",
        NRestarts="14",
        ExecMainStatus="1",
    )
    return runtime_says(state(bundle, "containerd.service", active="activating"), *lines)


def _dockershim() -> Bundle:
    path = "/var/run/dockershim.sock"
    bundle = refusing(_GONE.format(path) + ': connect: no such file or directory"', f"unix://{path}")
    bundle = put(
        bundle,
        "/var/lib/kubelet/kubeadm-flags.env",
        f'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix://{path}"\n',
    )
    gone = {"path": path, "status": "absent", "error": "[Errno 2] No such file or directory"}
    return probes(bundle, lambda p: gone if p["probe"] == "unix" else {})


def unread_tables() -> Bundle:
    text = (
        "version = 3\n[plugins.'io.containerd.grpc.v1.cri']\n  sandbox_image = 'registry.example/pause:3.9'\n"
        "[plugins.'io.containerd.grpc.v1.cri'.containerd.runtimes.runc.options]\n  SystemdCgroup = true\n"
    )
    return put(load("healthy"), TOML, text)


def _pleg() -> Bundle:
    words = "PLEG is not healthy: pleg was last seen active 3m5s ago; threshold is 3m0s"
    bundle = older(not_ready(words), 4000)
    return says(bundle, f'kubelet.go:2661] "Skipping pod synchronization" err="{words}"', every=5)


def large() -> Bundle:
    return says(
        older(load("healthy"), 4000),
        'log.go:32] "ListContainers with filter from runtime service failed" err="rpc error: code = ResourceExhausted'
        ' desc = grpc: received message larger than max (16783412 vs. 16777216)"',
        every=5,
    )


def _old(version: str, bundle: Bundle) -> Bundle:
    return host(bundle, runtime={"version": f"containerd github.com/containerd/containerd {version} abc"})


DRIVER = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create"
    " failed: expected"
    ' cgroupsPath to be of format \\"slice:prefix:name\\" for systemd cgroups, got \\"/kubepods/besteffort/pod5b/7c\\"'
    " instead: unknown"
)
NODES: dict[str, tuple[Made, ...]] = {
    "runtime/cgroup-driver-mismatch": (lambda: says(load("healthy"), POD.format("Unknown", DRIVER)),),
    "runtime/sandbox-image-unpullable": (
        lambda: says(
            load("healthy"),
            POD.format(
                "DeadlineExceeded",
                'failed to get sandbox image \\"registry.k8s.io/pause:3.10\\": failed to pull image'
                ' \\"registry.k8s.io/pause:3.10\\": dial tcp 34.96.108.209:443: i/o timeout',
            ),
        ),
    ),
    "runtime/runc-or-shim-missing": (
        lambda: says(
            load("healthy"),
            POD.format(
                "Unknown",
                "failed to create containerd task: failed to create shim task: OCI runtime create failed: unable to"
                ' retrieve OCI runtime error: exec: \\"runc\\": executable file not found in $PATH: unknown',
            ),
        ),
    ),
    "runtime/nvidia-default-runtime": (
        lambda: says(
            load("healthy"),
            POD.format(
                "Unknown",
                "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create"
                " failed: error running hook: nvidia-container-cli: initialization error: nvml error: driver not"
                " loaded:"
                " unknown",
            ),
        ),
    ),
    "runtime/pleg-unhealthy": (_pleg,),
    "runtime/grpc-message-too-large": (large,),
    "runtime/dockershim-removed": (_dockershim,),
    "runtime/config-invalid": (
        lambda: failing(
            "containerd: failed to load TOML from /etc/containerd/config.toml: (12, 3): unexpected token table key"
        ),
    ),
    "runtime/state-corrupt": (
        lambda: failing("panic: freepages: failed to get all reachable pages (page 42: multiple references)"),
    ),
    "runtime/config-keys-wrong-version": (unread_tables,),
    "runtime/containerd-1x-near-end": (
        lambda: _old(
            "v1.7.22",
            says(
                load("healthy"),
                'server.go:862] "CRI implementation should be updated to support RuntimeConfig. Falling back to using'
                ' cgroupDriver from kubelet config."',
                level="I",
                times=1,
                ago=85,
            ),
        ),
    ),
    "runtime/cri-v1alpha2-only": (lambda: _old("1.5.11", refusing(_UNIMPLEMENTED)),),
    "runtime/cri-plugin-load-failed": (
        lambda: runtime_says(
            refusing(_UNIMPLEMENTED),
            'time="2026-11-23T21:30:00Z" level=warning msg="failed to load plugin" error="invalid plugin config:'
            " `systemd_"
            'cgroup` only works for runtime io.containerd.runtime.v1.linux" id=io.containerd.grpc.v1.cri'
            " type=io.containerd.grpc.v1",
        ),
    ),
    "runtime/version-too-old": (
        lambda: _old(
            "v1.7.22",
            ends_on(
                failed(
                    "failed to run Kubelet: failed to get the runtime config: CRI implementation must support"
                    " RuntimeConfig: rpc error: code = Unimplemented desc = unknown method RuntimeConfig"
                )
            ),
        ),
    ),
}
