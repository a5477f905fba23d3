# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told where the usual signs are missing, moved, or overruled by the user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.profiles import _faults
from unit.profiles._certificates import NODE
from unit.profiles._layouts import BY_NAME
from unit.profiles._world import World

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import node as collector
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import _cni, _runtime
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot

SetProbe = Callable[[Any], None]
AGENT = "/var/lib/rancher/k3s/agent"


@pytest.fixture
def set_probe(monkeypatch: pytest.MonkeyPatch) -> SetProbe:
    """Makes a function answer in the place of the network."""
    return lambda probe: monkeypatch.setattr(collector.probes, "collect", probe)


def test_k3s_that_never_logged_its_arguments(tmp_path: Path, set_probe: SetProbe) -> None:
    """Where the journal begins later, the distribution's own places serve."""
    world = World(replace(BY_NAME["k3s"], announced=False), tmp_path)
    seen = world.snapshot(set_probe)
    flag = seen.command_line.flag("kubeconfig")
    assert flag is not None
    assert (flag.value, flag.origin) == (f"{AGENT}/kubelet.kubeconfig", "profile")
    assert seen.certificate("client").path == f"{AGENT}/client-kubelet.crt"
    assert seen.config.value("clusterDomain") == "cluster.local"


def test_arguments_in_a_bundle_are_read_from_its_log(tmp_path: Path, set_probe: SetProbe) -> None:
    """A bundle that something else captured has only the journal to tell them."""
    world = World(BY_NAME["k3s"], tmp_path)
    read = world.evidence(set_probe)
    read["host"]["kubelet"]["cmdline"] = ["/usr/local/bin/k3s", "agent"]
    flag = snapshot(read, host_name=NODE).command_line.flag("hostname-override")
    assert flag is not None
    assert (flag.value, flag.origin, str(flag.place)) == (NODE, "log", "the log of k3s-agent.service")


def test_k3s_server_runs_a_kubelet_too(tmp_path: Path, set_probe: SetProbe) -> None:
    """The unit of a server is another one; the agent's files are the same."""
    layout = BY_NAME["k3s"]
    text = layout.unit_text.replace("k3s agent", "k3s server")
    world = World(
        replace(layout, unit="k3s.service", unit_text=text, process=("/usr/local/bin/k3s", "server")), tmp_path
    )
    seen = world.snapshot(set_probe)
    assert (seen.profile, seen.kubelet.name) == ("k3s", "k3s.service")
    assert seen.certificate("client").leaf is not None


def test_data_directory_that_was_moved(tmp_path: Path, set_probe: SetProbe) -> None:
    """--data-dir moves all of K3s: files, CNI directory and runtime configuration are looked for there."""

    def moved(text: str) -> str:
        return text.replace("/var/lib/rancher/k3s/", "/data/k3s/")

    layout = BY_NAME["k3s"]
    names = ("kubeconfig", "config", "client", "client_key", "client_ca", "serving", "ca_setting", "config_text", "cni")
    changed: dict[str, Any] = {name: moved(getattr(layout, name)) for name in names}
    changed["arguments"] = tuple(map(moved, layout.arguments))
    changed["files"] = {moved(path): moved(text) for path, text in layout.files.items()}
    changed["files"]["/etc/rancher/k3s/config.yaml"] = "data-dir: /data/k3s\n"
    seen = World(replace(layout, **changed), tmp_path).snapshot(set_probe)
    assert seen.certificate("client").path == "/data/k3s/agent/client-kubelet.crt"
    assert seen.file("/data/k3s/agent/etc/cni/net.d").entries == ("10-flannel.conflist",)
    assert seen.file("/data/k3s/agent/etc/containerd/config.toml").exists


def test_kubelet_of_rke2_has_a_log_of_its_own(tmp_path: Path, set_probe: SetProbe) -> None:
    """Its lines count as the unit's, with their own times; continued lines stay with theirs."""
    seen = World(BY_NAME["rke2"], tmp_path).snapshot(set_probe)
    lines = [p for p in seen.log.patterns if p.source == "kubelet"]
    assert any("Successfully registered node" in p.text and p.newest for p in lines)
    assert all(abs(seen.captured_at - p.last_at - timedelta(hours=1)) < timedelta(minutes=1) for p in lines)


def test_child_that_recovered_is_no_crash_loop(tmp_path: Path, set_probe: SetProbe) -> None:
    """The kubelet of RKE2 ended once, a minute ago, and runs since."""
    world = World(BY_NAME["rke2"], tmp_path)
    world.others.append((60.0, "rke2", world.logrus("error", "Kubelet exited: signal: killed", 60.0)))
    assert world.judged(set_probe)["verdict"] == "healthy"


@pytest.mark.parametrize("name", ["k3s", "crio"])
def test_user_says_which_distribution_it_is(name: str, tmp_path: Path, set_probe: SetProbe) -> None:
    """A name that nothing on the node tells is taken from the user, with the units and places that go with it."""
    world = World(replace(BY_NAME["k3s"], announced=False), tmp_path)
    seen = world.snapshot(set_probe, profile=name)
    assert seen.profile == name
    assert seen.kubelet.name == _profiles.named(name).units[0]


def test_unit_of_another_name(tmp_path: Path, set_probe: SetProbe) -> None:
    """A kubelet unit that the user names, of a layout that the user names."""
    world = World(replace(BY_NAME["k3s"], unit="edge-node.service"), tmp_path)
    seen = world.snapshot(set_probe, profile="k3s", unit="edge-node.service")
    assert (seen.profile, seen.kubelet.name) == ("k3s", "edge-node.service")
    assert seen.certificate("client").leaf is not None


@pytest.mark.parametrize("name", ["manual", "k3s", "rke2", "microk8s", "eks"])
def test_remedies_are_the_distributions_own(name: str, tmp_path: Path, set_probe: SetProbe) -> None:
    """No command that does not exist there, no unit that does not exist there."""
    for number, fault in enumerate((_faults.client_certificate_expired, _faults.client_ca_missing)):
        world = World(BY_NAME[name], tmp_path / str(number))
        fault(world)
        for finding in world.judged(set_probe)["root_causes"]:
            text = finding["remedy"]["text"]
            assert "systemctl restart kubelet`" not in text or BY_NAME[name].unit == "kubelet.service"
            assert "kubeadm" not in text or "without kubeadm" in text or "nodeadm" in text
            supervised = _profiles.named(name).embeds_kubelet
            assert finding["remedy"]["repair"] in (None, "restart-kubelet") or not supervised


def test_network_configuration_is_looked_for_where_the_runtime_reads_it(tmp_path: Path, set_probe: SetProbe) -> None:
    """On K3s the usual directory is not the one; an empty one is named by its own path."""
    layout = BY_NAME["k3s"]
    files = {path: text for path, text in layout.files.items() if "/cni/" not in path}
    world = World(replace(layout, files={**files, f"{layout.cni}/": ""}), tmp_path)
    world.ready = "False"
    evidence = world.evidence(set_probe)
    message = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady"
    evidence["cluster"]["node"]["status"]["conditions"][0]["message"] = f"{message} message:cni plugin not initialized"
    found = diagnose(snapshot(evidence, host_name=NODE)).to_dict()["root_causes"]
    assert [finding["id"] for finding in found] == ["network/cni-config-missing"]
    assert layout.cni in found[0]["summary"]


def test_directory_of_crio(tmp_path: Path, set_probe: SetProbe) -> None:
    """CRI-O's own setting of the network directory counts, and containerd's left-over file does not."""
    layout = BY_NAME["crio"]
    files = {
        **layout.files,
        "/etc/crio/crio.conf.d/20-net.conf": '[crio.network]\nnetwork_dir = "/etc/cni/other"\n'
        'plugin_dirs = ["/opt/x"]\n',
        "/etc/containerd/config.toml": 'version = 2\ndisabled_plugins = ["cri"]\n',
    }
    world = World(replace(layout, files=files), tmp_path)
    seen = world.snapshot(set_probe)
    assert (_cni.conf_dir(seen), _cni.bin_dirs(seen)) == ("/etc/cni/other", ["/opt/x"])
    assert _runtime.containerd_config(seen) == {}


def test_node_that_never_joined_is_told_how_its_distribution_joins(tmp_path: Path, set_probe: SetProbe) -> None:
    """On EKS it is nodeadm that did not do its work."""
    layout = BY_NAME["eks"]
    world = World(layout, tmp_path)
    world.missing |= {layout.config, layout.kubeconfig, layout.serving, layout.client_ca}
    why = f"failed to load kubelet config file, path: {layout.config}, error: open {layout.config}: no such file"
    world.crash_loop(("E", "run.go:72", f'"command failed" err="{why}"'))
    evidence = world.evidence(set_probe)
    evidence["cluster"] = {"node": {"error": f'nodes "{NODE}" not found'}, "csrs": []}
    found = diagnose(snapshot(evidence, host_name=NODE)).to_dict()["root_causes"]
    assert [finding["id"] for finding in found] == ["config/not-joined-yet"]
    assert "nodeadm" in found[0]["remedy"]["text"]


def test_eks_node_whose_nodeadm_failed(tmp_path: Path, set_probe: SetProbe) -> None:
    """Without nodeadm there are no flags, no files, and nobody starts the kubelet: one root, and it names nodeadm."""
    layout = BY_NAME["eks"]
    world = World(layout, tmp_path)
    world.missing |= {layout.config, layout.kubeconfig, layout.serving, layout.client_ca, *layout.environment_files}
    world.lines, world.others, world.ready = [], [], "Unknown"
    world.answers["healthz"] = "refused"
    world.show.update(ActiveState="inactive", SubState="dead", MainPID="0", UnitFileState="disabled")
    found = world.judged(set_probe)["root_causes"]
    assert [finding["id"] for finding in found] == ["config/not-joined-yet"]
    assert "nodeadm" in found[0]["summary"]
