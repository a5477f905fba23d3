# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node per cause of the configuration that was not recorded."""

from __future__ import annotations

from accuracy._bundles import CONFIG, Bundle, edit_json, load, put
from apart._nodes import Made, says
from apart.apiserver import refused
from redteam._nodes import KUBECONFIG, absent, added, ends_late, ends_on, fact, failed, flags, show

_FLAG = "failed to parse kubelet flag: unknown flag: --{0}"
_PKI = "/var/lib/kubelet/pki"
_DIR = "/etc/kubelet.conf.d"
_LOAD = f"failed to load kubelet config file, path: {CONFIG}, error: failed to load Kubelet config file {CONFIG}, error"
_SANDBOX = (
    'pod_workers.go:1324] "Error syncing pod, skipping" err="failed to \\"CreatePodSandbox\\" for'
    ' \\"web-1_default(5b1f)\\" with CreatePodSandboxError: \\"Failed to create sandbox for pod:'
    ' open {0}: no such file or directory\\"" pod="default/web-1"'
)


def _unknown_flag(flag: str) -> Bundle:
    value = f"--{flag}" if flag == "logtostderr" else f"--{flag}=remote"
    return flags(ends_on(failed(_FLAG.format(flag)), at="flags"), value)


def empty() -> Bundle:
    error = f'{_LOAD} failed to read kubelet config file "{CONFIG}", error: kubelet config file "{CONFIG}" was empty'
    return put(ends_on(failed(error), at="version"), CONFIG, "")


def _never_joined() -> Bundle:
    bundle = absent(load("config-missing"), CONFIG, KUBECONFIG, "/var/lib/kubelet/kubeadm-flags.env")
    own = [path[5:] for path in bundle if path.startswith(f"files{_PKI}/")]
    bundle = absent(bundle, *own, f"{_PKI}/kubelet-client-current.pem", "/etc/kubernetes/pki/ca.crt")
    bundle = edit_json(bundle, "files.json", lambda f: {k: v for k, v in f.items() if not k.startswith(f"{_PKI}/")})
    bundle = edit_json(bundle, "files.json", lambda f: {**f, _PKI: {"type": "absent"}})
    return edit_json(bundle, "cluster.json", lambda _view: {"error": "no access"})


def _broken_drop_in() -> Bundle:
    error = (
        f'failed to merge kubelet configs: failed to walk through kubelet dropin directory "{_DIR}": failed to load'
        f" kubelet dropin file, path: {_DIR}/10-a.conf, error: yaml: line 2: could not find expected ':'"
    )
    bundle = put(ends_on(failed(error), at="version"), f"{_DIR}/10-a.conf", "kind: KubeletConfiguration\nmaxPods\n x")
    return fact(flags(bundle, f"--config-dir={_DIR}"), _DIR, type="directory", entries=["10-a.conf"], mode="0755")


def _resolv_conf() -> Bundle:
    path = "/run/systemd/resolve/resolv.conf"
    return absent(says(added(load("healthy"), f"resolvConf: {path}\n"), _SANDBOX.format(path)), path)


def _labels_at_registration() -> Bundle:
    """The flag passed the kubelet's own check, the API server's NodeRestriction refuses the label."""
    return flags(
        refused(
            'nodes \\"worker-6\\" is forbidden: node \\"worker-6\\" is not allowed to set the following labels: '
            "node-role.kubernetes.io/worker",
            201,
        ),
        "--node-labels=node-role.kubernetes.io/worker=",
    )


def _late(words: str, status: str = "1") -> Bundle:
    bundle = ends_late(f'kubelet.go:1722] "Failed to start ContainerManager" err="{words}"')
    return show(bundle, ExecMainStatus=status)


NODES: dict[str, tuple[Made, ...]] = {
    "config/not-joined-yet": (_never_joined,),
    "config/kubelet-config-empty": (empty,),
    "config/dropin-dir-broken": (_broken_drop_in,),
    "config/removed-flag-container-runtime": (lambda: _unknown_flag("container-runtime"),),
    "config/removed-flag-logging": (lambda: _unknown_flag("logtostderr"),),
    "config/resolvconf-missing": (_resolv_conf,),
    "config/unknown-field-ignored": (
        lambda: says(
            added(load("healthy"), "maxPodz: 5\n"),
            'server.go:301] "Using lenient decoding as strict decoding failed" err="strict decoding error: unknown'
            ' field \\"maxPodz\\""',
            times=1,
            ago=80,
        ),
    ),
    "config/checkpoint-corrupt": (
        lambda: ends_on(failed("failed to run Kubelet: failed to create kubelet: checkpoint is corrupted")),
    ),
    "config/memory-manager-state-mismatch": (
        lambda: added(
            _late(
                "start memory manager error: could not restore state from checkpoint: [memorymanager] configured policy"
                ' \\"Static\\" differs from state checkpoint policy \\"None\\", please drain this node and delete the'
                ' memory manager checkpoint file \\"/var/lib/kubelet/memory_manager_state\\" before restarting Kubelet'
            ),
            "memoryManagerPolicy: Static\n",
        ),
    ),
    "config/reserved-cgroup-missing": (
        lambda: added(
            _late(
                'Failed to enforce Kube Reserved Cgroup Limits on \\"/kube-reserved.slice\\": [\\"kube-reserved\\"]'
                " cgroup does not exist"
            ),
            "kubeReservedCgroup: /kube-reserved.slice\nkubeReserved:\n  cpu: 500m\nenforceNodeAllocatable:\n- pods\n"
            "- kube-reserved\n",
        ),
    ),
    "config/credential-provider-missing": (
        lambda: flags(
            ends_on(
                'kubelet.go:401] "Failed to register CRI auth plugins" err="plugin binary executable'
                ' /opt/bin/ecr-credential-provider did not exist"'
            ),
            "--image-credential-provider-bin-dir=/opt/bin --image-credential-provider-config=/etc/kubernetes/cp.yaml",
        ),
    ),
    "config/node-labels-forbidden": (
        lambda: flags(
            ends_on(
                failed(
                    "failed to validate kubelet flags: unknown 'kubernetes.io' or 'k8s.io' labels specified with"
                    " --node-labels: [node-role.kubernetes.io/worker]"
                ),
                at="flags",
            ),
            "--node-labels=node-role.kubernetes.io/worker=",
        ),
        _labels_at_registration,
    ),
    "config/cloud-provider-in-tree": (
        lambda: flags(
            ends_on(
                failed(
                    'failed to run Kubelet: failed to create kubelet: cloud provider "aws" was specified, but built-in'
                    " cloud providers are disabled. Please set --cloud-provider=external and migrate to an external"
                    " cloud provider"
                )
            ),
            "--cloud-provider=aws",
        ),
    ),
    "config/eviction-thresholds-dropped": (
        lambda: added(load("healthy"), "evictionHard:\n  imagefs.available: 15%\n"),
    ),
    "config/static-pod-invalid": (lambda: load("static-pod-invalid"),),
    "config/feature-gate-locked": (
        lambda: added(
            ends_on(
                failed(
                    "failed to set feature gates from initial flags-based config: cannot set feature gate"
                    " KubeletTracing to false, feature is locked to true"
                ),
                at="version",
            ),
            "featureGates:\n  KubeletTracing: false\n",
        ),
    ),
}
