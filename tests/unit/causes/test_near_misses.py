# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only threatens is a risk, what is over or harmless is nothing, in the layers of test_apart.py."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.causes._faults_platform import measured, networkless, pressed, probe, raw, runtime, runtime_says
from unit.causes._faults_service import directed, inactive, killed
from unit.causes._make import evidence, findings, healthy, logged, node_of, put, risks, roots, said, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import Filesystem, Probe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

CONFIG, CONFLIST = "/var/lib/kubelet/config.yaml", "/etc/cni/net.d/10-lab.conflist"
GIB = 1024**3


def running_with(path: str, content: str | None) -> Snapshot:
    """The running node with a file that was changed after the start."""
    changed = evidence()
    if content is None:
        changed["files"][path] = {"type": "absent"}
    else:
        changed["files"][path].update(content=content, size=len(content))
    return node_of(changed)


RISKS = {
    "service/masked": lambda: unit(healthy(), UnitFileState="masked", LoadState="masked"),
    "service/bad-setting": lambda: unit(healthy(), LoadState="bad-setting"),
    "service/dependency-failed": lambda: replace(
        directed(healthy(), "Requires", "docker.service", "Unit"), unit_load_states={"docker.service": "not-found"}
    ),
    "service/not-running": lambda: replace(healthy(), kubelet=replace(healthy().kubelet, enabled="disabled")),
    "service/daemon-reload-needed": lambda: unit(healthy(), NeedDaemonReload="yes"),
    "config/kubelet-config-missing": lambda: running_with(CONFIG, None),
    "config/kubelet-config-empty": lambda: running_with(CONFIG, ""),
    "config/yaml-invalid": lambda: running_with(CONFIG, "authentication: [\n"),
    "network/cni-config-invalid": lambda: running_with(CONFLIST, '{"name": "x", '),
    "runtime/cri-plugin-disabled": lambda: running_with("/etc/containerd/config.toml", 'disabled_plugins = ["cri"]\n'),
}


@pytest.mark.parametrize("name", RISKS)
def test_harms_only_at_the_next_start(name: str) -> None:
    """The process that runs does not feel it: a risk, and no root cause."""
    node = RISKS[name]()
    assert name in risks(node)
    assert not roots(node)


QUIET = {
    "killed once and back": lambda: killed(unit(healthy(), NRestarts="1"), 1),
    "a failing flag of an earlier start": lambda: logged(healthy(), "Error: unknown flag: --max-podz", newest=False),
    "a plugin that was missing an hour ago": lambda: logged(
        healthy(),
        'E1123 21:12:48.322568    3856 log.go:32] "x" err="failed to find plugin \\"bridge\\" in path [/opt/cni/bin]"',
        ago=3600,
    ),
    "a small disk with room": lambda: measured(Filesystem("/var/log", GIB, 900 * 1024**2, 1000, 900, False)),
    "/usr is read-only by design": lambda: measured(Filesystem("/usr", GIB, GIB, 1000, 900, True)),
    "no inodes to count (btrfs)": lambda: measured(Filesystem("/var/log", GIB, GIB, 0, 0, False)),
    "a little waiting for memory": lambda: raw(healthy(), pressure={"memory": {"full_avg60": 3.0}}),
    "slow housekeeping on an idle host": lambda: said(healthy(), "housekeeping-slow"),
    "pids of a busy host": lambda: replace(healthy(), host=replace(healthy().host, pids_current=900, pids_max=1000)),
    "a socket nobody probed": lambda: probe(healthy(), "not_collected"),
    "words of the runtime's earlier trouble": lambda: runtime_says(healthy(), "runtime-toml-invalid"),
    "systemd's own drop-in": lambda: directed(healthy(), "Requires", "system.slice", "Unit"),
}


@pytest.mark.parametrize("name", QUIET)
def test_is_no_alarm(name: str) -> None:
    """Near misses of the causes of these layers."""
    assert not [found.summary for found in findings(QUIET[name]()).values() if found.effect > Effect.INFO]


def test_pressure_that_is_false() -> None:
    """The condition decides, not what the kubelet once reclaimed."""
    assert not roots(said(healthy(), "eviction-reclaim"))
    assert roots(pressed("DiskPressure")) == {"resource/disk-pressure"}


def test_runtime_of_another_endpoint() -> None:
    """A unit that is down and is not the one behind the endpoint does not matter."""
    node = runtime(healthy(), status="ok")
    assert node.runtime is not None
    other = replace(node, runtime=replace(node.runtime, name="crio.service"))
    assert not roots(other)


def test_broken_file_beside_a_stopped_runtime() -> None:
    """A CNI file that is broken and a runtime that is down are two faults."""
    node = runtime(networkless(lambda changed: put(changed, CONFLIST, '{"name": "x", ')))
    assert roots(node) == {"network/cni-config-invalid", "runtime/service-down"}


def test_endpoint_without_a_probe() -> None:
    """Where nobody probed the socket, the kubelet's own words about just that path do."""
    changed = evidence()
    flags = 'KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/crio/crio.sock"\n'
    changed["files"]["/var/lib/kubelet/kubeadm-flags.env"].update(content=flags)
    node = stopped(node_of(changed))
    blind = replace(node, probes=replace(node.probes, runtime_socket=Probe("unix")))
    assert "runtime/endpoint-wrong" not in roots(blind)
    error = (
        'connection error: desc = \\"transport: Error while dialing: dial unix /run/crio/crio.sock: connect: no such'
    )
    line = 'E1123 21:35:10.307539    9924 run.go:72] "command failed" err="failed to run Kubelet: validate service'
    told = logged(blind, f'{line} connection: rpc error: code = Unavailable desc = {error} file or directory\\""')
    assert roots(told) == {"runtime/endpoint-wrong"}


def test_stopped_after_it_failed_otherwise() -> None:
    """A kubelet that somebody stopped is stopped; what it said before is not why."""
    assert roots(said(inactive(), "validation-failed")) == {"service/not-running"}
