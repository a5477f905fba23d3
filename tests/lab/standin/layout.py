# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a lab host's Kubernetes side, as kubeadm lays them out; and of a node set up by hand.

Every function returns absolute path -> (mode, content). Content that starts with "-> " makes a symlink; a path that
ends in "/" is a directory.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path

from lab.standin.pki import Pki, variants

Files = dict[str, tuple[int, str]]

LIBRARIES = ("/opt/nodelab/lib", "/opt/nodelab/debs/usr/lib/python3/dist-packages")
KUBELET_PKI = "/var/lib/kubelet/pki"
CNI_PLUGINS = "bandwidth bridge dhcp firewall host-device host-local ipvlan loopback macvlan portmap ptp static tuning"
WANTS = "/etc/systemd/system/multi-user.target.wants"
VERSION = "v1.36.2"
CPU_MANAGER_STATE = '{"policyName":"none","defaultCpuSet":"","checksum":1353318690}'
MEMORY_MANAGER_STATE = '{"policyName":"None","machineState":{},"checksum":4236770233}'
_TEXTS = Path(__file__).with_name("files")


def node_files(node: str, role: str, hosts: dict[str, str], debian: int, pki_dir: Path) -> Files:
    """All files of one host. `hosts` maps every host's name to its address; the control plane is one of them."""
    del debian  # every release gets the same files
    control_plane = next(name for name in hosts if name.startswith("control"))
    pki = Pki(pki_dir)
    files: Files = {"/opt/nodelab/lib/lab/standin": (0o777, "-> /opt/nodelab/standin")}
    if role == "controlplane":
        files.update(control_plane_files(control_plane, hosts[control_plane], pki))
    else:
        files.update(worker_files(node, f"https://{control_plane}:6443", pki))
        files.update(_prepared(node, pki))
        hand = hand_files(node, f"https://{control_plane}:6443", pki)
        files.update({f"/opt/nodelab/hand{path}": entry for path, entry in hand.items()})
        files.update({f"/opt/nodelab/crio{path}": entry for path, entry in crio_files().items()})
    return files


def worker_files(node: str, server: str, pki: Pki) -> Files:
    """A worker that has joined by `kubeadm join`, with a rotated client certificate."""
    certificate, key = pki.node_client(node)
    current = f"{KUBELET_PKI}/{rotated_name(certificate)}"
    serving, serving_key = pki.serving(node)
    ca = pki.authority().certificate
    return {
        **_programs(),
        "/etc/default/kubelet": (0o644, "KUBELET_EXTRA_ARGS=\n"),
        "/etc/kubernetes/kubelet.conf": (0o600, text("kubelet.conf", ca=encoded(ca), server=server)),
        "/etc/kubernetes/manifests/": (0o755, ""),
        "/etc/kubernetes/pki/ca.crt": (0o644, ca),
        "/usr/lib/systemd/system/kubelet.service": (0o644, text("kubelet.service")),
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": (0o644, text("10-kubeadm.conf")),
        f"{WANTS}/kubelet.service": (0o777, "-> /usr/lib/systemd/system/kubelet.service"),
        "/var/lib/kubelet/config.yaml": (0o644, text("config.yaml")),
        "/var/lib/kubelet/kubeadm-flags.env": (0o644, text("kubeadm-flags.env")),
        "/var/lib/kubelet/cpu_manager_state": (0o600, CPU_MANAGER_STATE),
        "/var/lib/kubelet/memory_manager_state": (0o600, MEMORY_MANAGER_STATE),
        current: (0o600, certificate + key),
        f"{KUBELET_PKI}/kubelet-client-current.pem": (0o777, f"-> {current}"),
        f"{KUBELET_PKI}/kubelet.crt": (0o644, serving),
        f"{KUBELET_PKI}/kubelet.key": (0o600, serving_key),
    }


def hand_files(node: str, server: str, pki: Pki, expired: bool = True) -> Files:
    """A worker of an older cluster set up by hand: everything below /var/lib/kubelet, no rotation, no kubeadm."""
    certificate, key = pki.hand_client(node, expired)
    both = pki.hand_authority().certificate + pki.authority().certificate  # the CA was renamed later
    valid, valid_key = pki.hand_client(node, expired=False)
    values = {"node": node, "server": server}
    return {
        "/etc/systemd/system/kubelet.service": (0o644, text("by-hand-kubelet.service")),
        "/usr/local/bin/kubelet": (0o755, launcher("kubelet")),
        "/var/lib/kubelet/ca.crt": (0o644, both),
        "/var/lib/kubelet/kubeconfig": (0o600, text("by-hand-kubeconfig", **values)),
        "/var/lib/kubelet/kubelet-config.yaml": (0o644, text("by-hand-kubelet-config.yaml", **values)),
        f"/var/lib/kubelet/{node}.crt": (0o644, certificate),
        f"/var/lib/kubelet/{node}.key": (0o600, key),
        f"/var/lib/kubelet/{node}.crt.valid": (0o644, valid),
        f"/var/lib/kubelet/{node}.key.valid": (0o600, valid_key),
    }


def crio_files() -> Files:
    """What a worker has with CRI-O in the place of containerd."""
    return {
        "/usr/bin/crio": (0o755, launcher("crio")),
        "/usr/lib/systemd/system/crio.service": (0o644, text("crio.service")),
        "/etc/crio/crio.conf.d/10-crio.conf": (0o644, '[crio.runtime]\ncgroup_manager = "systemd"\n'),
    }


def control_plane_files(name: str, address: str, pki: Pki) -> Files:
    """The stand-in API server with its certificates, right and wrong ones, and an administrator's kubeconfig."""
    authority = pki.authority()
    folder = "/etc/kubernetes/pki"
    files: Files = {
        "/etc/nodelab/": (0o755, ""),
        "/usr/bin/kube-apiserver": (0o755, launcher("apiserver")),
        "/usr/lib/systemd/system/kube-apiserver.service": (0o644, text("kube-apiserver.service")),
        f"{WANTS}/kube-apiserver.service": (0o777, "-> /usr/lib/systemd/system/kube-apiserver.service"),
        f"{folder}/ca.crt": (0o644, authority.certificate),
        f"{folder}/ca.key": (0o600, authority.key),
        f"{folder}/client-ca.crt": (0o644, _client_authorities(pki)),
        "/var/lib/nodelab/seed.json": (0o644, _seed(f"https://{name}:6443", authority.certificate)),
    }
    for fault in ("", "expired", "other-ca"):
        certificate, key = pki.server(name, address, fault)
        stem = f"{folder}/apiserver{'-' + fault if fault else ''}"
        files.update({f"{stem}.crt": (0o644, certificate), f"{stem}.key": (0o600, key)})
    certificate, key = pki.admin()
    admin = text(
        "admin.conf",
        ca=encoded(authority.certificate),
        server=f"https://{name}:6443",
        crt=encoded(certificate),
        key=encoded(key),
    )
    files.update({"/etc/kubernetes/admin.conf": (0o600, admin), "/root/.kube/config": (0o600, admin)})
    return files


def _client_authorities(pki: Pki) -> str:
    """Whose client certificates the API server accepts: those of every kind of worker."""
    return "".join(ca.certificate for ca in (pki.authority(), pki.hand_authority(), pki.rancher_authority()))


def text(name: str, **values: str) -> str:
    """A file of files/, with @NAME@ replaced by the value of that name."""
    content = (_TEXTS / name).read_text()
    for key, value in values.items():
        content = content.replace(f"@{key}@", value)
    return content


def _programs() -> Files:
    """The runtime and the stand-in programs of a worker."""
    files: Files = {
        "/opt/nodelab/version": (0o644, VERSION + "\n"),
        "/usr/bin/kubelet": (0o755, launcher("kubelet")),
        "/usr/bin/containerd": (0o755, launcher("containerd")),
        "/usr/bin/crictl": (0o755, launcher("crictl")),
        "/usr/lib/systemd/system/containerd.service": (0o644, text("containerd.service")),
        f"{WANTS}/containerd.service": (0o777, "-> /usr/lib/systemd/system/containerd.service"),
        "/etc/containerd/config.toml": (0o644, text("containerd-config.toml")),
        "/etc/cni/net.d/10-lab.conflist": (0o644, text("10-lab.conflist")),
        "/opt/cni/bin": (0o777, "-> /usr/lib/cni"),
        "/usr/libexec/kubernetes/kubelet-plugins/volume/exec/": (0o755, ""),
        "/var/lib/containerd/": (0o700, ""),
        "/var/log/pods/": (0o750, ""),
    }
    files.update({f"/usr/lib/cni/{plugin}": (0o755, "#!/bin/sh\n") for plugin in CNI_PLUGINS.split()})
    return files


def _prepared(node: str, pki: Pki) -> Files:
    """What cases take from /opt/nodelab: wrong certificates, another cluster's CA, and the scripts that use them."""
    files: Files = {
        "/opt/nodelab/bin/use-certificate": (0o755, text("use-certificate")),
        "/opt/nodelab/bin/use-hand-layout": (0o755, text("use-hand-layout")),
        "/opt/nodelab/bin/use-crio": (0o755, text("use-crio")),
        "/opt/nodelab/bin/use-layout": (0o755, text("use-layout")),
        "/opt/nodelab/bin/use-elf": (0o755, launcher("elf")),
        "/opt/nodelab/certificates/other-ca.crt": (0o644, pki.other_authority().certificate),
    }
    for variant in (*variants(node), "wrong-key"):
        certificate, key = pki.node_client(node, variant)
        files[f"/opt/nodelab/certificates/{variant}.pem"] = (0o600, certificate + key)
    return files


def launcher(program: str, function: str = "main") -> str:
    """A script that passes for a program. -I keeps the host's environment and site packages out of it."""
    return (
        "#!/usr/bin/python3 -I\n"
        "import sys\n"
        f"sys.path[:0] = {list(LIBRARIES)!r}\n"
        f"from lab.standin.{program} import {function}\n"
        f"{function}()\n"
    )


def rotated_name(certificate: str) -> str:
    """The name under which the kubelet stores a client certificate, by its start."""
    done = subprocess.run(
        ["openssl", "x509", "-noout", "-startdate"],
        input=certificate.encode(), capture_output=True, check=True,
    )  # fmt: skip
    month, day, clock, year = re.match(r"notBefore=(\w+) +(\d+) ([\d:]+) (\d+)", done.stdout.decode()).groups()  # type: ignore[union-attr]
    number = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].index(month) + 1
    return f"kubelet-client-{year}-{number:02d}-{int(day):02d}-{clock.replace(':', '-')}.pem"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _seed(server: str, ca: str) -> str:
    """Objects that the API server starts with: config maps of kubeadm and of the controller manager."""
    cluster_info = text("cluster-info.yaml", ca=encoded(ca), server=server)
    maps = [
        ("kube-public", "cluster-info", {"kubeconfig": cluster_info}),
        ("kube-system", "kubelet-config", {"kubelet": text("config.yaml")}),
        (
            "kube-system",
            "kubeadm-config",
            {"ClusterConfiguration": text("cluster-configuration.yaml", server=server[8:])},
        ),
        ("kube-system", "kube-root-ca.crt", {"ca.crt": ca}),
    ]
    return json.dumps([{"metadata": {"namespace": space, "name": name}, "data": data} for space, name, data in maps])
