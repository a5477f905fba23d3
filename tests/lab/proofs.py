# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which case of repair_score proves which action of a repair on a real host, and what else is proven, and where.

The score sees that the action was done in its case, tests/unit/lab/test_repair_score.py that each action has one.
"""

from __future__ import annotations

ACTIONS: dict[str, str] = {
    "correct-drop-in": "dropin-local-no-reset",
    "create-static-pod-path": "static-pod-path-missing",
    "daemon-reload": "dropin-no-daemon-reload",
    "enable-cri-plugin": "cri-plugin-disabled",
    "enable-forwarding": "forwarding-off",
    "enable-kubelet": "kubelet-not-enabled",
    "free-space": "disk-full-journal",
    "make-kubelet-executable": "binary-not-executable",
    "raise-inotify-limits": "inotify-exhausted",
    "relink-client-certificate": "cert-link-stale",
    "remove-cpu-manager-state": "cpu-manager-state",
    "remove-feature-gate": "unknown-feature-gate",
    "remove-flag": "extra-args-unknown-flag",
    "remove-memory-manager-state": "memory-manager-state",
    "remove-unknown-field": "config-unknown-field",
    "renew-client-certificate": "cert-expired",
    "reset-failed-and-start": "start-limit-hit",
    "restart-kubelet": "kubelet-sigstop",
    "restart-runtime": "containerd-hung-restart",
    "restore-ca-file": "ca-file-corrupt",
    "restore-kubeconfig": "kubelet-conf-missing",
    "restore-kubelet-config": "config-missing",
    "set-aside-config-drop-in": "config-dropin-broken",
    "set-aside-drop-in": "dropin-requires-missing-unit-stopped",
    "set-client-ca-file": "ca-path-wrong",
    "set-config-field": "config-wrong-kind",
    "set-current-context": "kubeconfig-context-missing",
    "set-expected-config": "expected-values-differ",
    "set-expected-file": "expected-values-differ",
    "set-expected-flag": "expected-values-differ",
    "set-flag": "extra-args-value-invalid",
    "set-kubeconfig-ca": "kubeconfig-ca-wrong",
    "set-kubeconfig-client-certificate": "kubeconfig-embedded-cert-expired",
    "set-kubeconfig-server": "server-port-wrong",
    "set-runtime-endpoint": "runtime-endpoint-wrong",
    "start-kubelet": "kubelet-stopped-disabled",
    "start-runtime": "containerd-stopped",
    "swap-off": "swap-enabled",
    "unmask-kubelet": "kubelet-masked",
}

# What is proven by a live test instead: a run has to be killed for it, or it is a task of its own.
LIVE = {
    "end-unfinished-repair": "tests/live/test_repair_tasks.py",
    "file_edit": "tests/live/test_repair_tasks.py",
    "kubelet_restart": "tests/live/test_repair_tasks.py",
}


def of(case: str) -> set[str]:
    """The actions that a case proves."""
    return {action for action, proof in ACTIONS.items() if proof == case}
