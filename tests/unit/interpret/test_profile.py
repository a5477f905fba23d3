# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The distribution's layout, from unit names, paths and flags."""

from __future__ import annotations

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.profile import profile
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact, Place
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import (
    CommandLine,
    Directive,
    Flag,
    Unit,
)

KUBEADM_DROP_IN = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"


def unit(name: str = "kubelet.service", *, drop_ins: str = "", environment_file: str = "") -> Unit:
    """A unit that systemd knows."""
    directives = (
        (Directive("Service", "EnvironmentFile", environment_file, Place("/x", 1)),) if environment_file else ()
    )
    return Unit(name, {"LoadState": "loaded", "DropInPaths": drop_ins}, directives=directives)


def line(value: str) -> CommandLine:
    """A command line that names a path."""
    return CommandLine(flags=(Flag("config", value, Place("/x", 1), "unit"),))


NOTHING = CommandLine()
CRIO = Unit("crio.service", {"LoadState": "loaded"})
CONTAINERD = Unit("containerd.service", {"LoadState": "loaded"})


@pytest.mark.parametrize(
    ("kubelet", "runtime", "command_line", "paths", "expected"),
    [
        (unit(drop_ins=KUBEADM_DROP_IN), CONTAINERD, NOTHING, (), "kubeadm"),
        (unit(), CONTAINERD, line("/var/lib/kubelet/config.yaml"), ("/var/lib/kubelet/kubeadm-flags.env",), "kubeadm"),
        (unit(), CONTAINERD, line("/etc/kubelet/kubelet.yaml"), (), "manual"),
        (unit("k3s-agent.service"), None, NOTHING, (), "k3s"),
        (unit("k3s.service"), None, NOTHING, (), "k3s"),
        (unit("rke2-agent.service"), None, NOTHING, (), "rke2"),
        (unit("snap.microk8s.daemon-kubelite.service"), None, NOTHING, (), "microk8s"),
        (unit(), CONTAINERD, line("/etc/kubernetes/kubelet/kubelet-config.json"), (), "eks"),
        (unit(environment_file="-/etc/kubernetes/kubelet.env"), CONTAINERD, NOTHING, (), "kubespray"),
        (unit(drop_ins=KUBEADM_DROP_IN), CRIO, NOTHING, ("/var/lib/kubelet/kubeadm-flags.env",), "crio"),
        (unit(drop_ins=KUBEADM_DROP_IN), CONTAINERD, line("/etc/kubernetes/kubelet-config.yaml"), (), "kubeadm"),
        (Unit("kubelet.service"), None, NOTHING, (), "kubeadm"),
    ],
)
def test_layouts(
    kubelet: Unit, runtime: Unit | None, command_line: CommandLine, paths: tuple[str, ...], expected: str
) -> None:
    """Each layout is told by its own signs; without any the most common one is assumed."""
    files = {path: FileFact(path, type="file") for path in paths}
    assert profile(kubelet, runtime, command_line, files).name == expected


def test_absent_paths_tell_nothing() -> None:
    """That a node was asked about a path of k3s and has none does not make it k3s."""
    path = "/var/lib/rancher/k3s/agent/kubelet.kubeconfig"
    files = {path: FileFact(path, type="absent")}
    assert profile(unit(drop_ins=KUBEADM_DROP_IN), CONTAINERD, NOTHING, files).name == "kubeadm"


def test_leftovers_of_another_distribution_tell_nothing() -> None:
    """Files of K3s on a node whose kubelet has a unit of its own do not make it K3s."""
    path = "/var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist"
    files = {path: FileFact(path, type="file")}
    kubelet = unit(drop_ins=KUBEADM_DROP_IN)
    assert profile(kubelet, CONTAINERD, line("/var/lib/kubelet/config.yaml"), files).name == "kubeadm"
