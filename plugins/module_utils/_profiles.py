# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How distributions lay a node out, one row each: which units, which files, where the runtime and the network are.

The node side reads what a row names, the controller side tells the row from what was read. docs/profiles.md explains
the rows to users and names the sources of these facts.
"""

from __future__ import annotations

import typing as t

DEFAULT = "kubeadm"
RUNTIME_LOG = "containerd.log"  # stands where a unit's name does: the log of a runtime inside the kubelet's unit


class Runtime(t.NamedTuple):
    """A container runtime that has a unit of its own: the socket that it serves, and the word by which an endpoint
    speaks of it."""

    unit: str
    socket: str
    word: str


# In the order of preference where nothing tells which one the kubelet uses.
RUNTIMES = (
    Runtime("crio.service", "/run/crio/crio.sock", "crio"),
    Runtime("cri-docker.service", "/run/cri-dockerd.sock", "cri-dockerd"),
    Runtime("cri-dockerd.service", "/run/cri-dockerd.sock", "cri-dockerd"),
    Runtime("containerd.service", "/run/containerd/containerd.sock", "containerd"),
    Runtime(
        "snap.microk8s.daemon-containerd.service", "/var/snap/microk8s/common/run/containerd.sock", "/snap/microk8s/"
    ),
    Runtime("docker.service", "/run/dockershim.sock", "dockershim"),
)


class Profile(t.NamedTuple):
    """One distribution.

    :param units: units that run its kubelet, in the order of preference; others whose names begin with one of
        `unit_names` are its units too
    :param signs: parts of paths that only this distribution has, among files that exist and values that name them
    :param drop_ins: ends of the paths of drop-ins that tell it
    :param runtime_units: beginnings of the runtime's unit that tell it
    :param embeds_kubelet: the kubelet is part of another program, so that the unit's command line is not the kubelet's
    :param embeds_runtime: the runtime runs inside the kubelet's unit
    :param kubelet_is_child: the unit starts the kubelet as a process of its own and goes on when that ends
    :param serves_api_locally: the kubeconfig names a load balancer inside the unit, behind which the API servers are
    :param announces: words in the unit's log after which the kubelet's arguments follow
    :param data: directory below which the other paths are, where it can be moved
    :param arguments: files that hold the kubelet's flags, one a line
    :param flags: flags that name its files, for when neither a log nor a process tells them
    :param own_configs: configuration files with the distribution's own choices, which no user made
    :param log: file into which the kubelet logs instead of the journal
    :param runtime_log: file into which the runtime logs that runs inside the kubelet's unit
    :param server_variable: environment variable with the URL of the server that the unit joins; its files in ``texts``
        and, with a name in ``.yaml``, in ``text_directories`` give it as ``server``
    """

    name: str
    units: tuple[str, ...] = ("kubelet.service",)
    unit_names: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    drop_ins: tuple[str, ...] = ()
    runtime_units: tuple[str, ...] = ()
    embeds_kubelet: bool = False
    embeds_runtime: bool = False
    kubelet_is_child: bool = False
    serves_api_locally: bool = False
    announces: str = ""
    data: str = ""
    arguments: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    kubeconfigs: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    config_directories: tuple[str, ...] = ()
    own_configs: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    text_directories: tuple[str, ...] = ()
    log: str = ""
    runtime_log: str = ""
    server_variable: str = ""
    runtime_socket: str = "/run/containerd/containerd.sock"
    runtime_config: str = "/etc/containerd/config.toml"
    cni_configurations: str = "/etc/cni/net.d"
    cni_plugins: str = "/opt/cni/bin"


def _rancher(name: str, **others: t.Any) -> Profile:
    """K3s, and RKE2, which is made of it: the supervisor writes everything below its data directory."""
    data = f"/var/lib/rancher/{name}"
    agent = f"{data}/agent"
    pairs = ("client-kubelet", "serving-kubelet")
    return Profile(
        name,
        unit_names=(f"{name}-", f"{name}."),
        signs=(f"{data}/", f"/etc/rancher/{name}/"),
        embeds_kubelet=True,
        embeds_runtime=True,
        serves_api_locally=True,
        announces="Running kubelet ",
        data=data,
        flags=(f"--kubeconfig={agent}/kubelet.kubeconfig", f"--config-dir={agent}/etc/kubelet.conf.d"),
        kubeconfigs=(f"{agent}/kubelet.kubeconfig",),
        config_directories=(f"{agent}/etc/kubelet.conf.d",),
        own_configs=(f"{agent}/etc/kubelet.conf.d/00-{name}-defaults.conf",),
        certificates=(
            *(f"{agent}/{ca}-ca.crt" for ca in ("client", "server")),
            *(f"{agent}/{pair}.{kind}" for pair in pairs for kind in ("crt", "key")),
        ),
        texts=(f"/etc/rancher/{name}/config.yaml",),
        text_directories=(f"/etc/rancher/{name}/config.yaml.d",),
        server_variable=f"{name.upper()}_URL",
        runtime_log=f"{agent}/containerd/containerd.log",
        runtime_socket="/run/k3s/containerd/containerd.sock",
        runtime_config=f"{agent}/etc/containerd/config.toml",
        **others,
    )


_SNAP = "/var/snap/microk8s/current"
# Variables that snapd sets and MicroK8s writes into its files of arguments.
SNAP_VARIABLES = {"${SNAP_DATA}": _SNAP, "${SNAP_COMMON}": "/var/snap/microk8s/common"}

# The first row that fits is the one. Those that bring their own kubelet come first; kubespray and CRI-O clusters are
# mostly made with kubeadm, so they are asked before it.
TABLE = (
    Profile(
        "microk8s",
        units=("snap.microk8s.daemon-kubelite.service",),
        unit_names=("snap.microk8s.",),
        signs=("/var/snap/microk8s/",),
        embeds_kubelet=True,
        arguments=(f"{_SNAP}/args/kubelet",),
        kubeconfigs=(f"{_SNAP}/credentials/kubelet.config",),
        certificates=tuple(f"{_SNAP}/certs/{name}" for name in ("ca.crt", "kubelet.crt", "kubelet.key")),
        texts=(f"{_SNAP}/args/containerd",),
        runtime_units=("snap.microk8s.",),
        runtime_socket="/var/snap/microk8s/common/run/containerd.sock",
        runtime_config=f"{_SNAP}/args/containerd.toml",
        cni_configurations=f"{_SNAP}/args/cni-network",
        cni_plugins=f"{_SNAP}/opt/cni/bin",
    ),
    _rancher(
        "rke2",
        units=("rke2-agent.service", "rke2-server.service"),
        kubelet_is_child=True,
        log="/var/lib/rancher/rke2/agent/logs/kubelet.log",
    ),
    _rancher(
        "k3s",
        units=("k3s-agent.service", "k3s.service"),
        cni_configurations="/var/lib/rancher/k3s/agent/etc/cni/net.d",
        cni_plugins="/var/lib/rancher/k3s/data/cni",
    ),
    Profile(
        "eks",
        signs=("/etc/eks/", "/etc/kubernetes/kubelet/config.json", "/kubelet/kubelet-config.json"),
        kubeconfigs=("/var/lib/kubelet/kubeconfig",),
        configs=("/etc/kubernetes/kubelet/config.json",),
        config_directories=("/etc/kubernetes/kubelet/config.json.d",),
        own_configs=("/etc/kubernetes/kubelet/config.json",),
    ),
    Profile(
        "kubespray",
        signs=("/etc/kubernetes/kubelet.env",),
        kubeconfigs=("/etc/kubernetes/kubelet.conf",),
        configs=("/etc/kubernetes/kubelet-config.yaml",),
    ),
    Profile(
        "crio",
        runtime_units=("crio.", "cri-o."),
        kubeconfigs=("/etc/kubernetes/kubelet.conf",),
        configs=("/var/lib/kubelet/config.yaml",),
        runtime_socket="/run/crio/crio.sock",
        runtime_config="/etc/crio/crio.conf",
    ),
    Profile(
        "kubeadm",
        signs=("/var/lib/kubelet/kubeadm-flags.env",),
        drop_ins=("kubeadm.conf",),
        kubeconfigs=("/etc/kubernetes/kubelet.conf",),
        configs=("/var/lib/kubelet/config.yaml",),
    ),
    Profile(
        "manual",
        kubeconfigs=("/var/lib/kubelet/kubeconfig",),
        configs=("/var/lib/kubelet/kubelet-config.yaml",),
    ),
)
# What a user may choose: the rows in the order in which users think of them.
AUTO = "auto"
CHOICES = (AUTO, "kubeadm", "manual", "k3s", "rke2", "microk8s", "eks", "crio", "kubespray")


def named(name: str) -> Profile:
    """The row of a name; the default's where there is none."""
    return next((row for row in TABLE if row.name == name), None) or named(DEFAULT)


def of_unit(unit: str) -> Profile | None:
    """The row that a kubelet unit's name alone tells; None for kubelet.service, which many distributions have."""
    return next((row for row in TABLE if row.unit_names and unit.startswith(row.unit_names)), None)


def kubelet_units() -> tuple[str, ...]:
    """All units that run a kubelet, kubelet.service first."""
    others = (unit for row in TABLE for unit in row.units if row.unit_names)
    return ("kubelet.service", *others)


def moved(row: Profile, data: str) -> Profile:
    """The row of an installation with another data directory (K3s and RKE2: --data-dir)."""
    if not row.data or not data or data.rstrip("/") == row.data:
        return row

    def at(value: t.Any) -> t.Any:
        if isinstance(value, str):
            return value.replace(f"{row.data}/", f"{data.rstrip('/')}/")
        return tuple(map(at, value)) if isinstance(value, tuple) else value

    values = {name: at(value) for name, value in row._asdict().items() if name != "signs"}
    return row._replace(**{**values, "data": data.rstrip("/")})
