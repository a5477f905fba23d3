"""The fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1) with their Go types, and the feature gates."""

from __future__ import annotations

STRING = """
address authentication.x509.clientCAFile authorization.mode cgroupDriver cgroupRoot clusterDomain
containerLogMaxSize containerRuntimeEndpoint cpuManagerPolicy hairpinMode healthzBindAddress imageServiceEndpoint
kubeReservedCgroup kubeletCgroups memoryManagerPolicy memorySwap.swapBehavior podCIDR providerID reservedSystemCPUs
resolvConf staticPodPath staticPodURL systemCgroups systemReservedCgroup tlsCertFile tlsMinVersion
tlsPrivateKeyFile topologyManagerPolicy topologyManagerScope volumePluginDir logging.format imagePullCredentialsVerificationPolicy
""".split()
BOOL = """
authentication.anonymous.enabled authentication.webhook.enabled cgroupsPerQOS configMapAndSecretChangeDetectionStrategy
cpuCFSQuota enableContentionProfiling enableControllerAttachDetach enableDebugFlagsHandler enableDebuggingHandlers
enableProfilingHandler enableServer enableSystemLogHandler enableSystemLogQuery failCgroupV1 failSwapOn localStorageCapacityIsolation
makeIPTablesUtilChains memoryThrottlingFactor protectKernelDefaults registerNode rotateCertificates
serializeImagePulls serverTLSBootstrap runOnce
""".split()
INT32 = """
containerLogMaxFiles containerLogMaxWorkers eventBurst eventRecordQPS evictionMaxPodGracePeriod healthzPort
imageGCHighThresholdPercent imageGCLowThresholdPercent iptablesDropBit iptablesMasqueradeBit kubeAPIBurst kubeAPIQPS
maxParallelImagePulls maxPods nodeLeaseDurationSeconds nodeStatusMaxImages oomScoreAdj podsPerCore port readOnlyPort
registryBurst registryPullQPS maxOpenFiles podPidsLimit
""".split()
DURATION = """
authentication.webhook.cacheTTL authorization.webhook.cacheAuthorizedTTL authorization.webhook.cacheUnauthorizedTTL
containerLogMonitorInterval cpuCFSQuotaPeriod cpuManagerReconcilePeriod evictionPressureTransitionPeriod fileCheckFrequency
httpCheckFrequency imageMaximumGCAge imageMinimumGCAge nodeStatusReportFrequency nodeStatusUpdateFrequency
runtimeRequestTimeout shutdownGracePeriod shutdownGracePeriodCriticalPods streamingConnectionIdleTimeout
syncFrequency volumeStatsAggPeriod
""".split()
LIST = "clusterDNS enforceNodeAllocatable allowedUnsafeSysctls registerWithTaints reservedMemory tlsCipherSuites".split()
# fields that hold structures whose insides the stand-in does not look into
STRUCT = """
apiVersion kind cpuManagerPolicyOptions crashLoopBackOff evictionHard evictionMinimumReclaim evictionSoft
evictionSoftGracePeriod featureGates kubeReserved logging logging.flushFrequency logging.options logging.verbosity
logging.vmodule memorySwap qosReserved showHiddenMetricsForVersion shutdownGracePeriodByPodPriority staticPodURLHeader
systemReserved topologyManagerPolicyOptions tracing userNamespaces authentication authentication.anonymous
authentication.webhook authentication.x509 authorization authorization.webhook preloadedImagesVerificationAllowlist
mergeDefaultEvictionSettings singleProcessOOMKill imagePullServiceAccount
""".split()

TYPES: dict[str, str] = {}
for _names, _type in ((STRING, "string"), (BOOL, "bool"), (INT32, "int32"), (LIST, "[]string"), (STRUCT, "")):
    TYPES.update(dict.fromkeys(_names, _type))
TYPES.update(dict.fromkeys(DURATION, "duration"))

# the Go struct that holds a nested field, for "cannot unmarshal ... into Go struct field STRUCT.path"
STRUCTS = {
    "authentication.anonymous": "KubeletAnonymousAuthentication",
    "authentication.webhook": "KubeletWebhookAuthentication",
    "authentication.x509": "KubeletX509Authentication",
    "authentication": "KubeletAuthentication",
    "authorization": "KubeletAuthorization",
    "authorization.webhook": "KubeletWebhookAuthorization",
    "memorySwap": "MemorySwapConfiguration",
}

# Not all gates of a release: those that tests and examples name. Locked ones cannot be turned off.
LOCKED_GATES = {"CPUManager", "DevicePlugins", "KubeletTracing", "SidecarContainers", "NodeSwap", "DisableNodeKubeProxyVersion"}
KNOWN_GATES = LOCKED_GATES | {
    "AllAlpha", "AllBeta", "CPUManagerPolicyAlphaOptions", "CPUManagerPolicyBetaOptions", "CPUManagerPolicyOptions",
    "ContainerCheckpoint", "CustomCPUCFSQuotaPeriod", "DynamicResourceAllocation", "GracefulNodeShutdown",
    "GracefulNodeShutdownBasedOnPodPriority", "ImageMaximumGCAge", "ImageVolume", "InPlacePodVerticalScaling",
    "KubeletCgroupDriverFromCRI", "KubeletInUserNamespace", "KubeletPodResourcesGet", "LocalStorageCapacityIsolation",
    "MemoryManager", "MemoryQoS", "NodeLogQuery", "PodAndContainerStatsFromCRI", "PodLevelResources",
    "RotateKubeletServerCertificate", "SeparateTaintEvictionController", "TopologyManagerPolicyOptions",
    "UserNamespacesSupport", "WatchList",
}  # fmt: skip
