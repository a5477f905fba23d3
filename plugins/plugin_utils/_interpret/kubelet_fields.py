# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1) up to kubelet 1.36 and their types.

Source: staging/src/k8s.io/kubelet/config/v1beta1/types.go of kubernetes, and what it refers to (component-base
logs/api/v1 and tracing/api/v1, core/v1 Taint). Names are case-sensitive. No field was ever removed from v1beta1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ListOf:
    """A list whose items are all of one type."""

    item: FieldType


@dataclass(frozen=True)
class MapOf:
    """A mapping with free keys whose values are all of one type."""

    item: FieldType


@dataclass(frozen=True)
class Struct:
    """A mapping with known keys."""

    fields: Mapping[str, FieldType]


# Scalars are named: bool, string, int32, int64, uint32, float64, duration ("1m30s"), duration-or-number (number of
# nanoseconds), quantity ("100Mi" or a number), time (RFC 3339).
FieldType = str | ListOf | MapOf | Struct


def _all(kind: FieldType, names: str) -> dict[str, FieldType]:
    return dict.fromkeys(names.split(), kind)


OUTPUT_ROUTING = Struct({"splitStream": "bool", "infoBufferSize": "quantity"})
LOGGING = Struct(
    {
        "format": "string",
        "flushFrequency": "duration-or-number",
        "verbosity": "uint32",
        "vmodule": ListOf(Struct({"filePattern": "string", "verbosity": "uint32"})),
        "options": Struct({"text": OUTPUT_ROUTING, "json": OUTPUT_ROUTING}),
    }
)
AUTHENTICATION = Struct(
    {
        "x509": Struct({"clientCAFile": "string"}),
        "webhook": Struct({"enabled": "bool", "cacheTTL": "duration"}),
        "anonymous": Struct({"enabled": "bool"}),
    }
)
AUTHORIZATION = Struct(
    {
        "mode": "string",
        "webhook": Struct({"cacheAuthorizedTTL": "duration", "cacheUnauthorizedTTL": "duration"}),
    }
)

KUBELET_CONFIGURATION = Struct(
    {
        "authentication": AUTHENTICATION,
        "authorization": AUTHORIZATION,
        "crashLoopBackOff": Struct({"maxContainerRestartPeriod": "duration"}),
        "featureGates": MapOf("bool"),
        "logging": LOGGING,
        "memorySwap": Struct({"swapBehavior": "string"}),
        "memoryThrottlingFactor": "float64",
        "registerWithTaints": ListOf(Struct({**_all("string", "key value effect"), "timeAdded": "time"})),
        "reservedMemory": ListOf(Struct({"numaNode": "int32", "limits": MapOf("quantity")})),
        "shutdownGracePeriodByPodPriority": ListOf(
            Struct({"priority": "int32", "shutdownGracePeriodSeconds": "int64"})
        ),
        "staticPodURLHeader": MapOf(ListOf("string")),
        "tlsCurvePreferences": ListOf("int32"),
        "tracing": Struct({"endpoint": "string", "samplingRatePerMillion": "int32"}),
        "userNamespaces": Struct({"idsPerPod": "int64"}),
        **_all(
            ListOf("string"),
            """allowedUnsafeSysctls clusterDNS enforceNodeAllocatable preloadedImagesVerificationAllowlist
            tlsCipherSuites""",
        ),
        **_all(
            MapOf("string"),
            """cpuManagerPolicyOptions evictionHard evictionMinimumReclaim evictionSoft evictionSoftGracePeriod
            kubeReserved qosReserved systemReserved topologyManagerPolicyOptions""",
        ),
        **_all(
            "bool",
            """cgroupsPerQOS cpuCFSQuota enableContentionProfiling enableControllerAttachDetach
            enableDebugFlagsHandler enableDebuggingHandlers enableProfilingHandler enableServer
            enableSystemLogHandler enableSystemLogQuery failCgroupV1 failSwapOn kernelMemcgNotification
            localStorageCapacityIsolation makeIPTablesUtilChains mergeDefaultEvictionSettings
            protectKernelDefaults registerNode rotateCertificates runOnce seccompDefault serializeImagePulls
            serverTLSBootstrap singleProcessOOMKill""",
        ),
        **_all(
            "string",
            """address apiVersion cgroupDriver cgroupRoot clusterDomain
            configMapAndSecretChangeDetectionStrategy containerLogMaxSize containerRuntimeEndpoint contentType
            cpuManagerPolicy hairpinMode healthzBindAddress imagePullCredentialsVerificationPolicy
            imageServiceEndpoint kind kubeReservedCgroup kubeletCgroups memoryManagerPolicy
            memoryReservationPolicy podCIDR podLogsDir providerID reservedSystemCPUs resolvConf
            showHiddenMetricsForVersion staticPodPath staticPodURL systemCgroups systemReservedCgroup tlsCertFile
            tlsMinVersion tlsPrivateKeyFile topologyManagerPolicy topologyManagerScope volumePluginDir""",
        ),
        **_all(
            "int32",
            """containerLogMaxFiles containerLogMaxWorkers eventBurst eventRecordQPS evictionMaxPodGracePeriod
            healthzPort imageGCHighThresholdPercent imageGCLowThresholdPercent iptablesDropBit
            iptablesMasqueradeBit kubeAPIBurst kubeAPIQPS maxParallelImagePulls maxPods
            nodeLeaseDurationSeconds nodeStatusMaxImages oomScoreAdj podsPerCore port readOnlyPort
            registryBurst registryPullQPS""",
        ),
        **_all("int64", "maxOpenFiles podPidsLimit"),
        **_all(
            "duration",
            """containerLogMonitorInterval cpuCFSQuotaPeriod cpuManagerReconcilePeriod
            draManagerReconcilePeriod evictionPressureTransitionPeriod fileCheckFrequency httpCheckFrequency
            imageMaximumGCAge imageMinimumGCAge nodeStatusReportFrequency nodeStatusUpdateFrequency
            runtimeRequestTimeout shutdownGracePeriod shutdownGracePeriodCriticalPods
            streamingConnectionIdleTimeout syncFrequency volumeStatsAggPeriod""",
        ),
    }
)

# Fields that hold a path; the kubelet resolves a relative one against the directory of the --config file
# (pkg/kubelet/apis/config/helpers.go).
PATH_FIELDS = (
    "authentication.x509.clientCAFile",
    "podLogsDir",
    "resolvConf",
    "staticPodPath",
    "tlsCertFile",
    "tlsPrivateKeyFile",
)
