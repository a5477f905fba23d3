"""The texts of the files of a lab host. Those of a kubeadm node are as kubeadm and the packages leave them."""

from __future__ import annotations

KUBELET_UNIT = """\
[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
"""

KUBEADM_DROPIN = """\
# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# This is a file that "kubeadm init" and "kubeadm join" generates at runtime, populating the KUBELET_KUBEADM_ARGS variable dynamically
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# This is a file that the user can use for overrides of the kubelet args as a last resort. Preferably, the user should use
# the .NodeRegistration.KubeletExtraArgs object in the configuration files instead. KUBELET_EXTRA_ARGS should be sourced from this file.
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
"""

CONTAINERD_UNIT = """\
[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target dbus.service

[Service]
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/bin/containerd

Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5

LimitNPROC=infinity
LimitCORE=infinity

TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
"""

CONTAINERD_CONFIG = """\
version = 3

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true

  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['/opt/cni/bin']
    conf_dir = '/etc/cni/net.d'

  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = 'runc'

    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'

      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        SystemdCgroup = true
"""

CNI_CONFIG = """\
{
  "cniVersion": "1.0.0",
  "name": "lab",
  "plugins": [
    {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false,
     "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.7.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
"""

KUBELET_CONF = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {ca}
    server: {server}
  name: default-cluster
contexts:
- context:
    cluster: default-cluster
    namespace: default
    user: default-auth
  name: default-context
current-context: default-context
kind: Config
users:
- name: default-auth
  user:
    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem
    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem
"""

KUBELET_CONFIG = """\
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    cacheTTL: 0s
    enabled: true
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
  webhook:
    cacheAuthorizedTTL: 0s
    cacheUnauthorizedTTL: 0s
cgroupDriver: systemd
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
containerRuntimeEndpoint: ""
cpuManagerReconcilePeriod: 0s
crashLoopBackOff: {}
evictionPressureTransitionPeriod: 0s
failCgroupV1: false
fileCheckFrequency: 0s
healthzBindAddress: 127.0.0.1
healthzPort: 10248
httpCheckFrequency: 0s
imageMaximumGCAge: 0s
imageMinimumGCAge: 0s
kind: KubeletConfiguration
logging:
  flushFrequency: 0
  options:
    json:
      infoBufferSize: "0"
    text:
      infoBufferSize: "0"
  verbosity: 0
memorySwap: {}
nodeStatusReportFrequency: 0s
nodeStatusUpdateFrequency: 0s
rotateCertificates: true
runtimeRequestTimeout: 0s
shutdownGracePeriod: 0s
shutdownGracePeriodCriticalPods: 0s
staticPodPath: /etc/kubernetes/manifests
streamingConnectionIdleTimeout: 0s
syncFrequency: 0s
volumeStatsAggPeriod: 0s
"""

KUBEADM_FLAGS = """\
KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock"
"""

CPU_MANAGER_STATE = '{"policyName":"none","defaultCpuSet":"","checksum":1353318690}'
MEMORY_MANAGER_STATE = '{"policyName":"None","machineState":{},"checksum":4236770233}'

HAND_UNIT = """\
[Unit]
Description=Kubernetes Kubelet
Documentation=https://kubernetes.io/docs/
After=containerd.service
Requires=containerd.service

[Service]
ExecStart=/usr/local/bin/kubelet \\
  --config=/var/lib/kubelet/kubelet-config.yaml \\
  --kubeconfig=/var/lib/kubelet/kubeconfig \\
  --v=2
Restart=on-failure
RestartSec=5

[Install]
WantedBy=multi-user.target
"""

HAND_KUBECONFIG = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority: /var/lib/kubelet/ca.crt
    server: {server}
  name: kubernetes-by-hand
contexts:
- context:
    cluster: kubernetes-by-hand
    user: system:node:{node}
  name: default
current-context: default
kind: Config
preferences: {{}}
users:
- name: system:node:{node}
  user:
    client-certificate: /var/lib/kubelet/{node}.crt
    client-key: /var/lib/kubelet/{node}.key
"""

HAND_CONFIG = """\
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: /var/lib/kubelet/ca.crt
authorization:
  mode: Webhook
cgroupDriver: systemd
clusterDomain: cluster.local
clusterDNS:
- 10.96.0.10
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
failCgroupV1: false
resolvConf: /etc/resolv.conf
runtimeRequestTimeout: 15m
tlsCertFile: /var/lib/kubelet/{node}.crt
tlsPrivateKeyFile: /var/lib/kubelet/{node}.key
"""

APISERVER_UNIT = """\
[Unit]
Description=Stand-in Kubernetes API server

[Service]
Type=notify
ExecStart=/usr/bin/kube-apiserver
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
"""

ADMIN_CONF = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {ca}
    server: {server}
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: kubernetes-admin
  name: kubernetes-admin@kubernetes
current-context: kubernetes-admin@kubernetes
kind: Config
preferences: {{}}
users:
- name: kubernetes-admin
  user:
    client-certificate-data: {crt}
    client-key-data: {key}
"""

CLUSTER_INFO = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {ca}
    server: {server}
  name: ""
contexts: null
current-context: ""
kind: Config
preferences: {{}}
users: null
"""

CLUSTER_CONFIGURATION = """\
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: kubernetes
certificatesDir: /etc/kubernetes/pki
controlPlaneEndpoint: {server}
kubernetesVersion: v1.36.2
networking:
  dnsDomain: cluster.local
  serviceSubnet: 10.96.0.0/12
"""

# Puts one of the prepared client certificates in the place of the rotated one, under the name the kubelet would give it.
USE_CERTIFICATE = """\
#!/bin/sh -eu
pki=/var/lib/kubelet/pki
new=/opt/nodelab/certificates/$1.pem
started=$(date -u -d "$(openssl x509 -in "$new" -noout -startdate | cut -d= -f2)" +%F-%H-%M-%S)
rm -f "$(readlink -f $pki/kubelet-client-current.pem)"
install -m 600 "$new" "$pki/kubelet-client-$started.pem"
ln -sfn "$pki/kubelet-client-$started.pem" $pki/kubelet-client-current.pem
"""

# Turns a kubeadm node into one that was set up by hand. With "valid", its certificate has not expired.
USE_HAND_LAYOUT = """\
#!/bin/sh -eu
systemctl stop kubelet
rm -rf /etc/kubernetes /etc/default/kubelet /var/lib/kubelet/config.yaml /var/lib/kubelet/kubeadm-flags.env
rm -rf /var/lib/kubelet/pki /usr/lib/systemd/system/kubelet.service /usr/lib/systemd/system/kubelet.service.d
rm -f /usr/bin/kubelet
cp -a /opt/nodelab/hand/. /
for file in /var/lib/kubelet/*.valid; do
  if [ "${1:-}" = valid ]; then mv "$file" "${file%.valid}"; else rm "$file"; fi
done
ln -sfn /etc/systemd/system/kubelet.service /etc/systemd/system/multi-user.target.wants/kubelet.service
systemctl daemon-reload
systemctl start kubelet
"""
