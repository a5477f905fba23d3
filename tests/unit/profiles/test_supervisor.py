# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What K3s, RKE2 and MicroK8s do around their kubelet: join a server, run a runtime, decide not to run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.profiles._certificates import NODE
from unit.profiles._layouts import BY_NAME
from unit.profiles._world import PID, World

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import node as collector
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot

SetProbe = Callable[[Any], None]
RESET = "read tcp 127.0.0.1:60386->127.0.0.1:6444: read: connection reset by peer"
CACERTS = 'failed to get CA certs: Get "https://127.0.0.1:6444/cacerts": '
MISMATCH = f"token CA hash does not match the Cluster CA certificate hash: {'a' * 64} != {'b' * 64}"
SERVER = "https://api.example:9345"


@pytest.fixture
def set_probe(monkeypatch: pytest.MonkeyPatch) -> SetProbe:
    """Makes a function answer in the place of the network."""
    return lambda probe: monkeypatch.setattr(collector.probes, "collect", probe)


def waiting(name: str, folder: Path, why: str) -> World:
    """An agent that was started two minutes ago and cannot join since; its unit is activating."""
    world = World(BY_NAME[name], folder, age=timedelta(minutes=2))
    world.lines, world.ready, world.answers["healthz"] = [], "Unknown", "refused"
    world.show.update(ActiveState="activating", SubState="start", MainPID=str(PID))
    world.others = [(120.0, "systemd", f"Starting {world.layout.unit} - the node...")]
    said = f"Failed to validate connection to cluster at {SERVER}: {why}"
    world.others += [(float(ago), name, world.logrus("error", said, ago)) for ago in range(118, 0, -2)]
    return world


def roots(result: dict[str, Any]) -> list[str]:
    """Ids of the root causes."""
    return [finding["id"] for finding in result["root_causes"]]


@pytest.mark.parametrize("name", ["k3s", "rke2"])
def test_server_that_refuses_is_named_with_its_place(name: str, tmp_path: Path, set_probe: SetProbe) -> None:
    """The agent's own message names its load balancer; the finding names the server and the file that gives it."""
    world = waiting(name, tmp_path, CACERTS + RESET)
    world.answers["server"] = "refused"
    result = world.judged(set_probe)
    assert roots(result) == ["apiserver/join-server-unreachable"]
    assert f"{SERVER} (/etc/rancher/{name}/config.yaml:1): it refuses" in result["root_causes"][0]["summary"]


@pytest.mark.parametrize("directory", [False, True])
def test_server_is_that_which_wins(directory: bool, tmp_path: Path, set_probe: SetProbe) -> None:
    """A file of config.yaml.d replaces what config.yaml says."""
    world = waiting("k3s", tmp_path, CACERTS + RESET)
    if directory:
        more = {
            "/etc/rancher/k3s/config.yaml.d/50-site.yaml": "node-label: [a=b]\nserver: 'https://other.example:6443'\n"
        }
        world.layout = replace(world.layout, files={**world.layout.files, **more})
    shown = world.judged(set_probe)["root_causes"][0]["summary"]
    assert ("https://other.example:6443 (/etc/rancher/k3s/config.yaml.d/50-site.yaml:2)" in shown) == directory


@pytest.mark.parametrize("name", ["k3s", "rke2"])
def test_token_of_another_cluster_is_no_unreachable_server(name: str, tmp_path: Path, set_probe: SetProbe) -> None:
    """The server answers, and the hash in the token is not its own."""
    result = waiting(name, tmp_path, MISMATCH).judged(set_probe)
    assert roots(result) == ["identity/k3s-node-password"]
    assert "token" in result["root_causes"][0]["summary"]
    assert "kubectl delete node" not in result["root_causes"][0]["remedy"]["text"]


def test_agent_that_joined_after_some_attempts_is_healthy(tmp_path: Path, set_probe: SetProbe) -> None:
    """A server that came up later than its agents: what they said before says nothing now."""
    world = World(BY_NAME["k3s"], tmp_path, age=timedelta(seconds=100))
    said = world.logrus("error", f"Failed to validate connection to cluster at {SERVER}: {CACERTS}{RESET}", 101)
    world.others = [*world.others, (101.0, "k3s", said)]
    assert world.judged(set_probe)["verdict"] == "healthy"


@pytest.mark.parametrize("name", ["k3s", "rke2"])
def test_stopped_agent_has_no_load_balancer(name: str, tmp_path: Path, set_probe: SetProbe) -> None:
    """Nobody listens where the stopped program itself would: that is not the API server's fault."""
    world = World(BY_NAME[name], tmp_path)
    world.show.update(ActiveState="inactive", SubState="dead", MainPID="0", InactiveEnterTimestamp=world.stamp(60))
    world.answers.update(server="refused", healthz="refused", runtime="absent")
    world.ready = "Unknown"
    assert roots(world.judged(set_probe)) == ["service/not-running"]


@pytest.mark.parametrize("name", ["k3s", "rke2"])
def test_modules_that_are_part_of_the_kernel_are_not_missed(name: str, tmp_path: Path, set_probe: SetProbe) -> None:
    """The unit tries to load them before each start and ignores the failure; a node in a container has none to load."""
    world = World(BY_NAME[name], tmp_path, age=timedelta(minutes=1))
    failed = "modprobe: FATAL: Module overlay not found in directory /lib/modules/6.8.0"
    world.others.append((61.0, "modprobe", failed))
    assert world.judged(set_probe)["verdict"] == "healthy"
    world.ready = "False"
    evidence = world.evidence(set_probe)
    evidence["host"]["modules"]["overlay"] = False
    found = diagnose(snapshot(evidence, host_name=NODE)).to_dict()
    assert "system/kernel-modules-missing" in str(found["root_causes"])


def test_port_of_the_child_is_its_own(tmp_path: Path, set_probe: SetProbe) -> None:
    """RKE2's unit has another main process than the kubelet that listens; a stranger there is still one."""
    world = World(BY_NAME["rke2"], tmp_path)
    evidence = world.evidence(set_probe)
    for process, expected in (("kubelet", []), ("nginx", ["network/port-10248-in-use"])):
        listener = {"address": "127.0.0.1", "port": 10248, "protocol": "tcp", "pid": 99, "process": process}
        evidence["host"]["listening"] = [listener]
        assert roots(diagnose(snapshot(evidence, host_name=NODE)).to_dict()) == expected


def test_runtime_inside_the_unit_says_itself_why_it_ends(tmp_path: Path, set_probe: SetProbe) -> None:
    """The unit only says that containerd exited; its own log file says that it cannot read its configuration."""
    world = World(BY_NAME["k3s"], tmp_path)
    world.crash_loop(said="Shutdown request received: containerd exited: exit status 1")
    world.answers["runtime"] = "absent"
    path = "/var/lib/rancher/k3s/agent/etc/containerd/config.toml"
    why = f"containerd: failed to load TOML from {path}: toml: line 2: expected value"
    log = "/var/lib/rancher/k3s/agent/containerd/containerd.log"
    old = 'time="2026-11-24T07:00:00.123456789+02:00" level=info msg="starting containerd" version=2.1.9'
    world.tails[log] = f"{old}\n{why}\n"
    world.layout = replace(world.layout, files={**world.layout.files, log: world.tails[log]})
    result = world.judged(set_probe)
    assert roots(result) == ["runtime/config-invalid"]
    assert path in result["root_causes"][0]["summary"]
    assert ".tmpl" in result["root_causes"][0]["remedy"]["text"]


def test_kubelite_that_a_lock_file_keeps_from_running(tmp_path: Path, set_probe: SetProbe) -> None:
    """To start it again does not help: the finding names the lock files and offers no start."""
    world = World(BY_NAME["microk8s"], tmp_path)
    world.lines, world.ready, world.answers["healthz"] = [], "Unknown", "refused"
    world.show.update(ActiveState="inactive", SubState="dead", MainPID="0", InactiveEnterTimestamp=world.stamp(30))
    world.others.append((30.0, "microk8s.daemon-kubelite", "kubelite will not run"))
    finding = world.judged(set_probe)["root_causes"][0]
    assert (finding["id"], finding["remedy"]["repair"]) == ("service/not-running", None)
    assert "lite.lock" in finding["remedy"]["text"]


@pytest.mark.parametrize("name", ["k3s", "rke2"])
def test_flag_of_the_user_has_the_place_where_it_was_given(name: str, tmp_path: Path, set_probe: SetProbe) -> None:
    """The log or the process tells the flag; the file tells where to take it out."""
    layout, path = BY_NAME[name], f"/etc/rancher/{name}/config.yaml.d/90-site.yaml"
    text = "kubelet-arg:\n- 'max-pods=200'\n- v=2\n"
    world = World(replace(layout, files={**layout.files, path: text}), tmp_path)
    world.layout = replace(world.layout, arguments=(*layout.arguments, "--max-pods=200"))
    world.others = [line for line in world.others if "Running kubelet" not in line[2]]
    world.others.append((3600.0, name, world.logrus("info", world.announcement, 3600.0)))
    flag = world.snapshot(set_probe).command_line.flag("max-pods")
    assert flag is not None
    assert str(flag.place) == f"{path}:2"


@pytest.mark.parametrize(
    ("name", "words"), [("kubespray", "/etc/nginx/nginx.conf"), ("microk8s", "traefik/provider.yaml")]
)
def test_load_balancer_without_a_living_server(name: str, words: str, tmp_path: Path, set_probe: SetProbe) -> None:
    """What listens on the node is not the API server: its list of servers is what to look at."""
    world = World(BY_NAME[name], tmp_path)
    world.ready, world.answers["tls"] = "Unknown", "EOF occurred in violation of protocol (_ssl.c:1000)"
    world.lines.append(
        (
            5.0,
            "E",
            "controller.go:201",
            f'"Failed to ensure lease exists, will retry" err="Get \\"{world.layout.server}/apis/x\\": EOF"',
        )
    )
    finding = world.judged(set_probe)["root_causes"][0]
    assert finding["id"] == "apiserver/not-answering"
    assert "load balancer" in finding["summary"]
    assert words in finding["remedy"]["text"]


def test_state_of_a_unit_that_waits_or_starts_a_child_again(tmp_path: Path, set_probe: SetProbe) -> None:
    """A unit that is not ready yet runs no kubelet; ends of a child are not restarts of the unit."""
    assert (
        "kubelet is starting since 2 min"
        in waiting("k3s", tmp_path / "1", MISMATCH).judged(set_probe)["facts"]["state"]
    )
    world = World(BY_NAME["rke2"], tmp_path / "2")
    world.others.append((4.0, "rke2", world.logrus("error", "Kubelet exited: exit status 1", 4.0)))
    state = world.judged(set_probe)["facts"]["state"]
    assert "(rke2-agent.service starts it again, last " in state


@pytest.mark.parametrize("name", ["k3s", "rke2", "eks"])
def test_choices_of_the_distribution_are_no_finding(name: str, tmp_path: Path, set_probe: SetProbe) -> None:
    """K3s and nodeadm give some eviction thresholds and not all; a user's own file that does so is still named."""
    layout = BY_NAME[name]
    own = "evictionHard: {imagefs.available: 5%, nodefs.available: 5%}\n"
    world = World(replace(layout, config_text=_with(layout.config_text, own)), tmp_path / "1")
    assert "eviction" not in str(world.judged(set_probe)["risks"])
    directory = _profiles.named(name).config_directories[0]
    text = f"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{own}"
    world = World(replace(layout, files={**layout.files, f"{directory}/99-site.conf": text}), tmp_path / "2")
    assert "99-site.conf" in str(world.judged(set_probe)["risks"])


def _with(text: str, more: str) -> str:
    """A configuration with one more field; EKS has JSON."""
    if not text.startswith("{"):
        return text + more
    return text.replace("{", '{"evictionHard": {"imagefs.available": "5%", "nodefs.available": "5%"},', 1)
