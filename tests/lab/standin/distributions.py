# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workers of other distributions, ready to be unpacked by /opt/nodelab/bin/use-layout: the trees of files/layouts, as
the installers of those distributions write them, and the certificates and programs that go with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.standin.apiserver import supervisor
from lab.standin.layout import CNI_PLUGINS, Files, encoded, launcher, rotated_name
from lab.standin.pki import Pki

# What is enabled and started, in order.
UNITS = {
    "kubespray": ("containerd", "lab-static-pods", "kubelet"),
    "eks": ("containerd", "kubelet"),
    "microk8s": (
        "snap-microk8s-8612.mount",
        "snap.microk8s.daemon-containerd",
        "snap.microk8s.daemon-apiserver-proxy",
        "snap.microk8s.daemon-kubelite",
    ),
    "k3s": ("k3s-agent",),
    "rke2": ("rke2-agent",),
}
RKE2_DATA = "/var/lib/rancher/rke2/data/v1.36.2-rke2r1-5dc8fe68a0b1"
KUBELET_PKI = "/var/lib/kubelet/pki"
_TREES = Path(__file__).parent / "files/layouts"


@dataclass(frozen=True)
class Worker:
    """A worker of a lab, and its control plane."""

    name: str
    address: str
    control_plane: str
    server_address: str
    pki: Pki

    @property
    def server(self) -> str:
        return f"https://{self.control_plane}:6443"

    @property
    def ec2_name(self) -> str:
        """The name of its Node on EKS: EC2's private DNS name."""
        return f"ip-{self.address.replace('.', '-')}.eu-west-1.compute.internal"


def prepared(node: str, hosts: dict[str, str], pki_dir: Path) -> Files:
    """Everything below /opt/nodelab/layouts (and what K3s and RKE2 fetch from a server) for one worker."""
    control_plane = next(name for name in hosts if name.startswith("control"))
    worker = Worker(node, hosts[node], control_plane, hosts[control_plane], Pki(pki_dir))
    files: Files = {}
    for name, own in (("kubespray", kubespray), ("eks", eks), ("microk8s", microk8s), ("k3s", k3s), ("rke2", rke2)):
        base = f"/opt/nodelab/layouts/{name}"
        files.update({base + path: entry for path, entry in own(worker).items()})
        files[f"{base}.units"] = (0o644, " ".join(UNITS[name]) + "\n")
    return {**files, **_fetched(worker)}


def kubespray(worker: Worker) -> Files:
    """kubeadm's ways with Kubespray's paths, and an nginx on the node in front of the API servers."""
    certificate, key = worker.pki.node_client(worker.name)
    current = f"{KUBELET_PKI}/{rotated_name(certificate)}"
    serving, serving_key = worker.pki.serving(worker.name)
    return {
        **_tree("kubespray", worker, worker.name),
        **_containerd("/usr/local/bin"),
        "/usr/local/bin/kubelet": (0o755, launcher("kubelet")),
        "/opt/nodelab/bin/nginx-proxy": (0o755, launcher("balancer", "nginx")),
        "/etc/kubernetes/ssl/ca.crt": (0o644, worker.pki.authority().certificate),
        "/etc/kubernetes/pki": (0o777, "-> /etc/kubernetes/ssl"),
        current: (0o600, certificate + key),
        f"{KUBELET_PKI}/kubelet-client-current.pem": (0o777, f"-> {current}"),
        f"{KUBELET_PKI}/kubelet.crt": (0o644, serving),
        f"{KUBELET_PKI}/kubelet.key": (0o600, serving_key),
        "/etc/cni/net.d/10-calico.conflist": (0o644, (_TREES.parent / "10-lab.conflist").read_text()),
    }


def eks(worker: Worker) -> Files:
    """What nodeadm wrote at boot: no client certificate but a credential plugin, and a serving one from the cluster."""
    certificate, key = worker.pki.cluster_serving(worker.name, worker.ec2_name)
    current = f"{KUBELET_PKI}/{rotated_name(certificate).replace('client', 'server')}"
    return {
        **_tree("eks", worker, worker.ec2_name),
        **_containerd("/usr/bin"),
        "/usr/bin/kubelet": (0o755, launcher("kubelet")),
        "/usr/bin/nodeadm": (0o755, "#!/bin/sh\n"),
        "/usr/sbin/iptables": (0o755, "#!/bin/sh\n"),
        "/etc/eks/image-credential-provider/ecr-credential-provider": (0o755, "#!/bin/sh\n"),
        "/etc/kubernetes/pki/ca.crt": (0o644, worker.pki.authority().certificate),
        current: (0o600, certificate + key),
        f"{KUBELET_PKI}/kubelet-server-current.pem": (0o777, f"-> {current}"),
        **{f"/opt/cni/bin/{name}": (0o755, "#!/bin/sh\n") for name in ("aws-cni", "egress-cni")},
    }


def microk8s(worker: Worker) -> Files:
    """A snap: read-only programs, files of the revision, and what all revisions share."""
    data = "/var/snap/microk8s/8612"
    serving, serving_key = worker.pki.cluster_serving(worker.name, worker.name)
    snap = "/opt/nodelab/snap-microk8s"
    programs = {
        "kubelite": launcher("kubelite"),
        "bin/containerd": launcher("containerd"),
        "bin/traefik": launcher("balancer", "traefik"),
    }
    return {
        **_tree("microk8s", worker, worker.name),
        **{f"{snap}/{name}": (0o755, text) for name, text in programs.items()},
        **{f"{data}/opt/cni/bin/{name}": (0o755, "#!/bin/sh\n") for name in CNI_PLUGINS.split()},
        "/snap/microk8s/8612/": (0o755, ""),
        "/snap/microk8s/current": (0o777, "-> 8612"),
        "/var/snap/microk8s/current": (0o777, "-> 8612"),
        "/var/snap/microk8s/common/run/": (0o755, ""),
        "/var/snap/microk8s/common/var/lib/kubelet/": (0o755, ""),
        "/var/lib/kubelet": (0o777, "-> /var/snap/microk8s/common/var/lib/kubelet"),
        f"{data}/certs/ca.remote.crt": (0o644, worker.pki.authority().certificate),
        f"{data}/certs/ca.crt": (0o644, worker.pki.other_authority().certificate),
        f"{data}/certs/kubelet.crt": (0o644, serving),
        f"{data}/certs/kubelet.key": (0o600, serving_key),
    }


def k3s(worker: Worker) -> Files:
    """A K3s agent; most of its files come with its first start."""
    data = "/var/lib/rancher/k3s"
    plugins = [*CNI_PLUGINS.split(), "flannel"]
    return {
        **_tree("k3s", worker, worker.name),
        "/usr/local/bin/k3s": (0o755, launcher("rancher", "k3s")),
        f"{data}/bin/containerd": (0o755, launcher("containerd")),
        "/run/k3s/containerd/": (0o755, ""),
        "/var/lib/kubelet/": (0o755, ""),
        **{f"{data}/data/cni/{name}": (0o755, "#!/bin/sh\n") for name in plugins},
    }


def rke2(worker: Worker) -> Files:
    """An RKE2 agent, with the programs that it unpacks from an image."""
    return {
        **_tree("rke2", worker, worker.name),
        "/usr/local/bin/rke2": (0o755, launcher("rancher", "rke2")),
        f"{RKE2_DATA}/bin/kubelet": (0o755, launcher("kubelet")),
        f"{RKE2_DATA}/bin/containerd": (0o755, launcher("containerd")),
        "/var/lib/rancher/rke2/bin": (0o777, f"-> {RKE2_DATA}/bin"),
        "/run/k3s/containerd/": (0o755, ""),
        "/var/lib/kubelet/": (0o755, ""),
        **{f"/opt/cni/bin/{name}": (0o755, "#!/bin/sh\n") for name in CNI_PLUGINS.split()},
    }


def _fetched(worker: Worker) -> Files:
    """What a K3s or RKE2 server hands out to an agent that it accepts."""
    client, key = worker.pki.rancher_client(worker.name)
    serving, serving_key = worker.pki.cluster_serving(worker.name, worker.name)
    texts = {
        "client-ca.crt": worker.pki.rancher_authority().certificate,
        "server-ca.crt": worker.pki.authority().certificate,
        "client-kubelet.crt": client,
        "client-kubelet.key": key,
        "serving-kubelet.crt": serving,
        "serving-kubelet.key": serving_key,
    }
    expired, expired_key = worker.pki.rancher_client(worker.name, "expired")
    return {
        **{f"/opt/nodelab/rancher/{name}": (0o600, text) for name, text in texts.items()},
        "/opt/nodelab/certificates/rancher-expired.crt": (0o600, expired),
        "/opt/nodelab/certificates/rancher-expired.key": (0o600, expired_key),
    }


def _containerd(folder: str) -> Files:
    """A container runtime of its own unit, with the usual CNI plugins."""
    return {
        f"{folder}/containerd": (0o755, launcher("containerd")),
        "/opt/cni/bin/": (0o755, ""),
        **{f"/opt/cni/bin/{name}": (0o755, "#!/bin/sh\n") for name in CNI_PLUGINS.split()},
        "/var/lib/containerd/": (0o700, ""),
        "/var/log/pods/": (0o750, ""),
    }


def _tree(name: str, worker: Worker, node: str) -> Files:
    """The tree of a layout, with its placeholders filled; ``node`` is the name of the Node object."""
    base, ca = _TREES / name, worker.pki.authority().certificate
    client, key = worker.pki.node_client(worker.name)
    values = {
        "node": node, "address": worker.address, "server": worker.server, "server_address": worker.server_address,
        "control_plane": worker.control_plane, "ca64": encoded(ca), "client64": encoded(client), "key64": encoded(key),
        "token": supervisor.token(ca),
    }  # fmt: skip
    files: Files = {}
    for path in sorted(base.rglob("*")):
        if path.is_file():
            text = path.read_text()
            for key_name, value in values.items():
                text = text.replace(f"@{key_name}@", value)
            files[f"/{path.relative_to(base)}"] = (_mode(text), text)
    return files


def _mode(text: str) -> int:
    if text.startswith("#!"):
        return 0o755
    return 0o600 if any(word in text for word in ("client-key", "token", "TOKEN")) else 0o644
