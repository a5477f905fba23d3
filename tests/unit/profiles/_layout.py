# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a layout of a worker is: its units and files as texts with placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CONFIG = """\
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: @client_ca_path@}
authorization: {mode: Webhook}
cgroupDriver: systemd
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://@socket@
"""
ROTATES = "rotateCertificates: true\nstaticPodPath: /etc/kubernetes/manifests\n"
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {@ca_setting@, server: "@server@"}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
users: [{name: u, user: {@user@}}]
"""
FILES = 'client-certificate: "@client_path@", client-key: "@key_path@"'
PAIR = "/var/lib/kubelet/pki/kubelet-client-current.pem"


@dataclass(frozen=True)
class Layout:
    """One worker. ``arguments`` are the kubelet's own; ``process`` is the main process of the unit where that is
    another program, ``child`` whether it starts the kubelet as a process of its own, ``announced`` whether it logs the
    arguments. ``client`` is the path of the client certificate (empty: in the kubeconfig, or none)."""

    profile: str
    unit: str
    unit_text: str
    program: str
    arguments: tuple[str, ...]
    kubeconfig: str
    config: str
    client: str
    client_key: str
    client_ca: str
    serving: str
    server: str = "https://api.example:6443"
    socket: str = "/run/containerd/containerd.sock"
    runtime: str = "containerd.service"
    ca_setting: str = 'certificate-authority-data: "@ca64@"'
    user: str = FILES
    config_text: str = CONFIG
    identifier: str = "kubelet"
    process: tuple[str, ...] = ()
    child: bool = False
    announced: bool = False
    log: str = ""
    cni: str = "/etc/cni/net.d"
    drop_ins: Mapping[str, str] = field(default_factory=dict)
    environment_files: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def embedded(self) -> bool:
        """Whether the kubelet is part of another program's unit."""
        return bool(self.process)

    @property
    def certificate_in_file(self) -> bool:
        """Whether the client certificate is a file of its own."""
        return bool(self.client)
