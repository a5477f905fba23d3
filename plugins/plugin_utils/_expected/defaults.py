# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kubelet takes where its configuration leaves a field out, or sets it to nothing.

Source: SetDefaults_KubeletConfiguration, pkg/kubelet/apis/config/v1beta1/defaults.go of kubernetes 1.36. kubeadm writes
most fields with the zero value of their type, which means the default.
"""

from __future__ import annotations

from typing import Any

_ZERO = ("", 0, "0", "0s", None)
# Pointers in the type: here nothing is not the default, but off, without limit, or no file.
_EXPLICIT = (
    "containerLogMaxFiles",
    "eventRecordQPS",
    "healthzPort",
    "imageGCHighThresholdPercent",
    "imageGCLowThresholdPercent",
    "iptablesDropBit",
    "iptablesMasqueradeBit",
    "kubeAPIQPS",
    "nodeStatusMaxImages",
    "oomScoreAdj",
    "podPidsLimit",
    "registryPullQPS",
    "resolvConf",
)

DEFAULTS: dict[str, Any] = {
    "address": "0.0.0.0",  # noqa: S104 - the kubelet's own default
    "authentication.anonymous.enabled": False,
    "authentication.webhook.cacheTTL": "2m0s",
    "authentication.webhook.enabled": True,
    "authorization.mode": "Webhook",
    "authorization.webhook.cacheAuthorizedTTL": "5m0s",
    "authorization.webhook.cacheUnauthorizedTTL": "30s",
    "cgroupDriver": "cgroupfs",
    "cgroupsPerQOS": True,
    "configMapAndSecretChangeDetectionStrategy": "Watch",
    "containerLogMaxFiles": 5,
    "containerLogMaxSize": "10Mi",
    "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
    "contentType": "application/vnd.kubernetes.protobuf",
    "cpuCFSQuota": True,
    "cpuCFSQuotaPeriod": "100ms",
    "cpuManagerPolicy": "none",
    "cpuManagerReconcilePeriod": "10s",
    "enableControllerAttachDetach": True,
    "enableDebuggingHandlers": True,
    "enableServer": True,
    "enableSystemLogHandler": True,
    "enforceNodeAllocatable": ["pods"],
    "eventBurst": 100,
    "eventRecordQPS": 50,
    "evictionPressureTransitionPeriod": "5m0s",
    "failSwapOn": True,
    "fileCheckFrequency": "20s",
    "hairpinMode": "promiscuous-bridge",
    "healthzBindAddress": "127.0.0.1",
    "healthzPort": 10248,
    "httpCheckFrequency": "20s",
    "imageGCHighThresholdPercent": 85,
    "imageGCLowThresholdPercent": 80,
    "imageMinimumGCAge": "2m0s",
    "iptablesDropBit": 15,
    "iptablesMasqueradeBit": 14,
    "kubeAPIBurst": 100,
    "kubeAPIQPS": 50,
    "localStorageCapacityIsolation": True,
    "logging.flushFrequency": "5s",
    "logging.format": "text",
    "makeIPTablesUtilChains": True,
    "maxOpenFiles": 1000000,
    "maxPods": 110,
    "memoryManagerPolicy": "None",
    "nodeLeaseDurationSeconds": 40,
    "nodeStatusMaxImages": 50,
    "nodeStatusReportFrequency": "5m0s",
    "nodeStatusUpdateFrequency": "10s",
    "oomScoreAdj": -999,
    "podPidsLimit": -1,
    "port": 10250,
    "registerNode": True,
    "registryBurst": 10,
    "registryPullQPS": 5,
    "resolvConf": "/etc/resolv.conf",
    "runtimeRequestTimeout": "2m0s",
    "seccompDefault": False,
    "serializeImagePulls": True,
    "streamingConnectionIdleTimeout": "4h0m0s",
    "syncFrequency": "1m0s",
    "topologyManagerPolicy": "none",
    "topologyManagerScope": "container",
    "volumeStatsAggPeriod": "1m0s",
}

# What a kubelet has that is started without --config, as before there were configuration files
# (applyLegacyDefaults, cmd/kubelet/app/options/options.go).
LEGACY: dict[str, Any] = {
    "authentication.anonymous.enabled": True,
    "authentication.webhook.enabled": False,
    "authorization.mode": "AlwaysAllow",
    "readOnlyPort": 10255,
}


def effective(path: str, value: Any) -> Any:
    """What holds for a path (``config.maxPods``) where ``value`` is set; None where it is unset and has no default.

    Only fields of KubeletConfiguration have defaults. An explicit false stays.
    """
    found = given(path, value)
    return DEFAULTS.get(path.removeprefix("config.")) if found is None and path.startswith("config.") else found


def given(path: str, value: Any) -> Any:
    """The value of a path; None also where a field of KubeletConfiguration is written but sets nothing."""
    name = path.removeprefix("config.")
    return None if name not in (path, *_EXPLICIT) and _nothing(value) else value


def _nothing(value: Any) -> bool:
    """True for a value that sets nothing."""
    if isinstance(value, bool):
        return False
    return not value if isinstance(value, (list, dict)) else value in _ZERO


# Flags that set the same as a field, and win over it; those that are lists are separated by commas.
FLAGS: dict[str, str] = {
    "authentication.anonymous.enabled": "anonymous-auth",
    "authentication.webhook.enabled": "authentication-token-webhook",
    "authentication.x509.clientCAFile": "client-ca-file",
    "authorization.mode": "authorization-mode",
    "cgroupDriver": "cgroup-driver",
    "clusterDNS": "cluster-dns",
    "clusterDomain": "cluster-domain",
    "containerRuntimeEndpoint": "container-runtime-endpoint",
    "eventRecordQPS": "event-qps",
    "failSwapOn": "fail-swap-on",
    "hairpinMode": "hairpin-mode",
    "makeIPTablesUtilChains": "make-iptables-util-chains",
    "maxPods": "max-pods",
    "nodeStatusUpdateFrequency": "node-status-update-frequency",
    "podPidsLimit": "pod-max-pids",
    "protectKernelDefaults": "protect-kernel-defaults",
    "readOnlyPort": "read-only-port",
    "resolvConf": "resolv-conf",
    "rotateCertificates": "rotate-certificates",
    "seccompDefault": "seccomp-default",
    "staticPodPath": "pod-manifest-path",
    "streamingConnectionIdleTimeout": "streaming-connection-idle-timeout",
    "tlsCertFile": "tls-cert-file",
    "tlsCipherSuites": "tls-cipher-suites",
    "tlsMinVersion": "tls-min-version",
    "tlsPrivateKeyFile": "tls-private-key-file",
}
LISTS = ("clusterDNS", "tlsCipherSuites")
