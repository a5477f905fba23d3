# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each distribution lays a worker out: its units and files, as its own installer writes them, in short.

In texts, ``@ca@`` and the like stand for certificates in PEM form, ``@ca64@`` for the same in base64, ``@server@`` for
the API endpoint, ``@node@`` for the node's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from unit.profiles._layout import CONFIG, PAIR, ROTATES, Layout

KUBEADM_DROP_IN = """\
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \
--kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
"""
KUBEADM_ARGUMENTS = (
    "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
    "--kubeconfig=/etc/kubernetes/kubelet.conf",
    "--config=/var/lib/kubelet/config.yaml",
)
CNI = {"/etc/cni/net.d/10-net.conflist": '{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"bridge"}]}'}
PLUGINS = {"/opt/cni/bin/bridge": "#!/bin/sh\n"}


def _unit(command: str, after: str = "", more: str = "") -> str:
    order = f"After={after}\n" if after else ""
    install = "[Install]\nWantedBy=multi-user.target\n"
    return (
        f"[Unit]\nDescription=Kubernetes node\n{order}\n[Service]\nExecStart={command}\nRestart=always\n{more}{install}"
    )


def _kubeadm(profile: str, runtime: str, socket: str, **others: Mapping[str, str]) -> Layout:
    return Layout(
        profile,
        "kubelet.service",
        _unit("/usr/bin/kubelet", "network-online.target", "RestartSec=10\n"),
        "/usr/bin/kubelet",
        KUBEADM_ARGUMENTS,
        "/etc/kubernetes/kubelet.conf",
        "/var/lib/kubelet/config.yaml",
        PAIR,
        PAIR,
        "/etc/kubernetes/pki/ca.crt",
        "/var/lib/kubelet/pki/kubelet.crt",
        socket=socket,
        runtime=runtime,
        config_text=CONFIG + ROTATES,
        drop_ins={"/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": KUBEADM_DROP_IN},
        environment_files=("/var/lib/kubelet/kubeadm-flags.env", "/etc/default/kubelet"),
        files={
            "/var/lib/kubelet/kubeadm-flags.env": 'KUBELET_KUBEADM_ARGS=""\n',
            "/etc/kubernetes/manifests/": "",
            **CNI,
            **PLUGINS,
            **others.get("files", {}),
        },
    )


def _rancher(name: str, program: str, **others: object) -> Layout:
    """K3s or RKE2. The supervisor fetches certificates from a server and writes everything below its own directory."""
    agent = f"/var/lib/rancher/{name}/agent"
    settings: dict[str, object] = {
        "profile": name,
        "unit": f"{name}-agent.service",
        "unit_text": _unit(
            f"{program} agent",
            "network-online.target",
            f"Type=notify\nKillMode=process\nDelegate=yes\nRestartSec=5s\nEnvironmentFile=-/etc/default/{name}-agent\n",
        ),
        "program": program,
        "arguments": (
            "--cloud-provider=external",
            f"--config-dir={agent}/etc/kubelet.conf.d",
            "--hostname-override=@node@",
            f"--kubeconfig={agent}/kubelet.kubeconfig",
            "--node-labels=",
            "--read-only-port=0",
        ),
        "kubeconfig": f"{agent}/kubelet.kubeconfig",
        "config": f"{agent}/etc/kubelet.conf.d/00-{name}-defaults.conf",
        "client": f"{agent}/client-kubelet.crt",
        "client_key": f"{agent}/client-kubelet.key",
        "client_ca": f"{agent}/client-ca.crt",
        "serving": f"{agent}/serving-kubelet.crt",
        "server": "https://127.0.0.1:6443" if name == "rke2" else "https://127.0.0.1:6444",
        "socket": "/run/k3s/containerd/containerd.sock",
        "runtime": "",
        "ca_setting": f'certificate-authority: "{agent}/server-ca.crt"',
        "config_text": CONFIG
        + f"staticPodPath: {agent}/pod-manifests\ntlsCertFile: {agent}/serving-kubelet.crt\n"
        + f"tlsPrivateKeyFile: {agent}/serving-kubelet.key\nfailSwapOn: false\n",
        "identifier": name,
        "process": (program, "agent"),
        "announced": True,
        "files": {
            f"/etc/rancher/{name}/config.yaml": "server: https://api.example:9345\n",
            f"{agent}/server-ca.crt": "@ca@",
            f"{agent}/serving-kubelet.key": "@key@",
            f"{agent}/pod-manifests/": "",
            f"{agent}/etc/containerd/config.toml": "version = 3\n",
        },
    }
    return Layout(**{**settings, **others})  # type: ignore[arg-type]


_K3S_CNI = "/var/lib/rancher/k3s/agent/etc/cni/net.d"
_RKE2 = _rancher("rke2", "/usr/local/bin/rke2", child=True, log="/var/lib/rancher/rke2/agent/logs/kubelet.log")
_K3S = _rancher("k3s", "/usr/local/bin/k3s", cni=_K3S_CNI)
_SNAP = "/var/snap/microk8s/current"


def _with(layout: Layout, files: Mapping[str, str]) -> Layout:
    return replace(layout, files={**layout.files, **files})


LAYOUTS = (
    _kubeadm("kubeadm", "containerd.service", "/run/containerd/containerd.sock"),
    _kubeadm(
        "crio",
        "crio.service",
        "/var/run/crio/crio.sock",
        files={
            "/etc/crio/crio.conf.d/10-crio.conf": '[crio.runtime]\ndefault_runtime = "crun"\n'
            '[crio.runtime.runtimes.crun]\nmonitor_path = "/usr/libexec/crio/conmon"\n'
        },
    ),
    Layout(
        "manual",
        "kubelet.service",
        _unit(
            "/usr/local/bin/kubelet --config=/var/lib/kubelet/kubelet-config.yaml"
            " --kubeconfig=/var/lib/kubelet/kubeconfig --v=2",
            "containerd.service",
            "RestartSec=5\n",
        ),
        "/usr/local/bin/kubelet",
        ("--config=/var/lib/kubelet/kubelet-config.yaml", "--kubeconfig=/var/lib/kubelet/kubeconfig", "--v=2"),
        "/var/lib/kubelet/kubeconfig",
        "/var/lib/kubelet/kubelet-config.yaml",
        "/var/lib/kubelet/@node@.crt",
        "/var/lib/kubelet/@node@.key",
        "/var/lib/kubelet/ca.crt",
        "/var/lib/kubelet/@node@-serving.crt",
        ca_setting='certificate-authority: "/var/lib/kubelet/ca.crt"',
        config_text=CONFIG + "tlsCertFile: /var/lib/kubelet/@node@-serving.crt\n"
        "tlsPrivateKeyFile: /var/lib/kubelet/@node@.key\n",
        files={**CNI, **PLUGINS},
    ),
    _with(_K3S, files={f"{_K3S_CNI}/10-flannel.conflist": CNI["/etc/cni/net.d/10-net.conflist"]}),
    _with(_RKE2, files={**CNI, **PLUGINS}),
    Layout(
        "microk8s",
        "snap.microk8s.daemon-kubelite.service",
        _unit("/usr/bin/snap run microk8s.daemon-kubelite", "", "Environment=X=1\n"),
        "/usr/bin/snap",
        (
            "--kubeconfig=${SNAP_DATA}/credentials/kubelet.config",
            "--cert-dir=${SNAP_DATA}/certs",
            "--client-ca-file=${SNAP_DATA}/certs/ca.crt",
            "--anonymous-auth=false",
            "--root-dir=${SNAP_COMMON}/var/lib/kubelet",
            "--fail-swap-on=false",
            '--eviction-hard="memory.available<100Mi,nodefs.available<1Gi,imagefs.available<1Gi"',
            "--container-runtime-endpoint=${SNAP_COMMON}/run/containerd.sock",
            "--authentication-token-webhook=true",
            "--read-only-port=0",
        ),
        f"{_SNAP}/credentials/kubelet.config",
        "",
        "",
        "",
        f"{_SNAP}/certs/ca.crt",
        f"{_SNAP}/certs/kubelet.crt",
        server="https://127.0.0.1:16443",
        socket="/var/snap/microk8s/common/run/containerd.sock",
        runtime="snap.microk8s.daemon-containerd.service",
        user='client-certificate-data: "@client64@", client-key-data: "@key64@"',
        identifier="microk8s.daemon-kubelite",
        process=("/snap/microk8s/8000/kubelite", f"--kubelet-args-file={_SNAP}/args/kubelet"),
        cni=f"{_SNAP}/args/cni-network",
        files={
            f"{_SNAP}/args/kubelet": "# flags of the kubelet\n@argument_lines@",
            f"{_SNAP}/certs/kubelet.key": "@key@",
            f"{_SNAP}/args/cni-network/cni.conflist": CNI["/etc/cni/net.d/10-net.conflist"],
            f"{_SNAP}/opt/cni/bin/bridge": "#!/bin/sh\n",
            f"{_SNAP}/args/containerd.toml": "version = 2\n",
        },
    ),
    Layout(
        "eks",
        "kubelet.service",
        _unit(
            "/usr/bin/kubelet $NODEADM_KUBELET_ARGS",
            "containerd.service",
            "EnvironmentFile=/etc/eks/kubelet/environment\n",
        ),
        "/usr/bin/kubelet",
        (
            "--cloud-provider=external",
            "--hostname-override=@node@",
            "--kubeconfig=/var/lib/kubelet/kubeconfig",
            "--config=/etc/kubernetes/kubelet/config.json",
            "--config-dir=/etc/kubernetes/kubelet/config.json.d",
        ),
        "/var/lib/kubelet/kubeconfig",
        "/etc/kubernetes/kubelet/config.json",
        "",
        "",
        "/etc/kubernetes/pki/ca.crt",
        "/var/lib/kubelet/pki/kubelet-server-current.pem",
        server="https://abc.gr7.eu-west-1.eks.example",
        ca_setting='certificate-authority: "/etc/kubernetes/pki/ca.crt"',
        user="exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [eks, get-token]}",
        config_text='{"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration","authentication":'
        '{"x509":{"clientCAFile":"@client_ca_path@"},"webhook":{"enabled":true}},"cgroupDriver":"systemd","clusterDNS":'
        '["172.20.0.10"],"containerRuntimeEndpoint":"unix://@socket@","serverTLSBootstrap":true}',
        environment_files=("/etc/eks/kubelet/environment",),
        files={
            "/etc/eks/kubelet/environment": 'NODEADM_KUBELET_ARGS="@argument_words@"\n',
            "/etc/kubernetes/kubelet/config.json.d/40-nodeadm.conf": '{"apiVersion":"kubelet.config.k8s.io/v1beta1",'
            '"kind":"KubeletConfiguration","maxPods":58}',
            "/etc/cni/net.d/10-aws.conflist": CNI["/etc/cni/net.d/10-net.conflist"],
            **PLUGINS,
        },
    ),
    Layout(
        "kubespray",
        "kubelet.service",
        _unit(
            "/usr/local/bin/kubelet $KUBE_LOGTOSTDERR $KUBE_LOG_LEVEL $KUBELET_ADDRESS $KUBELET_HOSTNAME $KUBELET_ARGS",
            "containerd.service",
            "EnvironmentFile=-/etc/kubernetes/kubelet.env\nRestartSec=10s\n",
        ),
        "/usr/local/bin/kubelet",
        (
            "--hostname-override=@node@",
            "--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf",
            "--config=/etc/kubernetes/kubelet-config.yaml",
            "--kubeconfig=/etc/kubernetes/kubelet.conf",
        ),
        "/etc/kubernetes/kubelet.conf",
        "/etc/kubernetes/kubelet-config.yaml",
        PAIR,
        PAIR,
        "/etc/kubernetes/ssl/ca.crt",
        "/var/lib/kubelet/pki/kubelet.crt",
        server="https://localhost:6443",
        config_text=CONFIG + ROTATES,
        environment_files=("/etc/kubernetes/kubelet.env",),
        files={
            "/etc/kubernetes/kubelet.env": 'KUBE_LOG_LEVEL="--v=2"\nKUBELET_HOSTNAME="--hostname-override=@node@"\n'
            'KUBELET_ARGS="--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \\\n'
            '--config=/etc/kubernetes/kubelet-config.yaml \\\n--kubeconfig=/etc/kubernetes/kubelet.conf "\n',
            "/etc/kubernetes/manifests/": "",
            **CNI,
            **PLUGINS,
        },
    ),
)
BY_NAME = {layout.profile: layout for layout in LAYOUTS}
