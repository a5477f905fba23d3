# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One node for each cause of the service and config layers: the healthy one, broken in just that way."""

from __future__ import annotations

from dataclasses import replace

from unit.causes._make import evidence, files, healthy, node_of, said, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact, Place
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import Probe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.journal import Start
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import Directive, EnvironmentFile, Unit
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

UNIT_FILE = Place("/etc/systemd/system/kubelet.service.d/20-local.conf", 2)
CONFIG = "/var/lib/kubelet/config.yaml"


def failed(name: str, index: int = 0) -> Snapshot:
    """A start that ended with what a signature matches."""
    return said(stopped(healthy()), name, index=index)


def exec_failed(name: str) -> Snapshot:
    """systemd could not execute the program."""
    return said(unit(stopped(healthy()), ExecMainStatus="203"), name)


def inactive(node: Snapshot | None = None, **properties: str) -> Snapshot:
    """A unit that is stopped in good order."""
    return unit(node or healthy(), **{"ActiveState": "inactive", "SubState": "dead", "MainPID": "0", **properties})


def directed(node: Snapshot, key: str, value: str, section: str = "Service") -> Snapshot:
    """A node whose local drop-in has one more line."""
    more = Directive(section, key, value, UNIT_FILE)
    return replace(node, kubelet=replace(node.kubelet, directives=(*node.kubelet.directives, more)))


def killed(node: Snapshot, times: int) -> Snapshot:
    """Starts that ended by signal 9, one after the other."""
    at = node.captured_at
    starts = tuple(Start(str(n), at, at, 3, "killed", "9/KILL", at) for n in range(times))
    return replace(node, log=replace(node.log, starts=starts))


def with_file(path: str, content: str | None, **facts: object) -> Snapshot:
    """A crash-looping node with another content of a file."""
    changed = evidence()
    if content is None:
        changed["files"][path] = {"type": "absent"}
    else:
        changed["files"][path].update(content=content, size=len(content), **facts)
    return stopped(node_of(changed))


def configured(text: str) -> Snapshot:
    """A crash-looping node whose configuration file has one more line."""
    return with_file(CONFIG, evidence()["files"][CONFIG]["content"] + text)


def flag(value: str) -> Snapshot:
    """A node with one more flag in /etc/default/kubelet, caught in a crash loop."""
    return with_file("/etc/default/kubelet", f"KUBELET_EXTRA_ARGS={value}\n")


def never_joined() -> Snapshot:
    """Neither configuration nor kubeconfig nor certificates."""
    changed = evidence()
    for path in list(changed["files"]):
        if path.startswith(("/var/lib/kubelet/", "/etc/kubernetes/")):
            changed["files"][path] = {"type": "absent"}
    del changed["cluster"]
    changed["files"]["/var/lib/kubelet/pki"] = {"type": "absent"}
    return stopped(node_of(changed))


def merged_badly() -> Snapshot:
    """A drop-in directory of the configuration that is not there."""
    changed = evidence()
    changed["files"]["/etc/default/kubelet"].update(content="KUBELET_EXTRA_ARGS=--config-dir=/etc/kubelet.conf.d\n")
    changed["files"]["/etc/kubelet.conf.d"] = {"type": "absent"}
    return said(stopped(node_of(changed)), "config-merge-failed")


def standalone() -> Snapshot:
    """A kubelet that runs without --kubeconfig on a node that the control plane has lost."""
    node = healthy()
    lost = replace(node.cluster.conditions["Ready"], status="Unknown")
    view = replace(node.cluster, conditions={"Ready": lost}, lease_renewed_at=None)
    line = replace(node.command_line, flags=tuple(f for f in node.command_line.flags if "kubeconfig" not in f.name))
    return said(replace(node, cluster=view, running=line, command_line=line), "standalone")


def hung() -> Snapshot:
    """A process that accepts connections on its health port and does nothing."""
    node = unit(healthy(), started_ago=600)
    probe = Probe("http", "timeout", "http://127.0.0.1:10248/healthz", "timed out")
    stale = replace(node.log, patterns=(), starts=())
    return replace(node, log=stale, probes=replace(node.probes, healthz=probe))


def missing_environment_file() -> Snapshot:
    """An environment file without a dash that is not there."""
    node = files(stopped(healthy()), FileFact("/etc/kubelet.env", "absent"))
    return replace(node, environment_files=(EnvironmentFile("/etc/kubelet.env", False, UNIT_FILE),))


def dependency() -> Snapshot:
    """A requirement on a unit that does not exist."""
    node = directed(inactive(), "Requires", "docker.service", "Unit")
    return said(replace(node, unit_load_states={"docker.service": "not-found"}), "dependency-failed", source="systemd")


def no_unit() -> Snapshot:
    """systemd knows no unit of this name."""
    shown = {"LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead"}
    return replace(healthy(), kubelet=Unit("kubelet.service", shown, active="inactive"))


SERVICE = {
    "service/masked": lambda: inactive(LoadState="masked", UnitFileState="masked"),
    "service/unit-not-found": no_unit,
    "service/bad-setting": lambda: said(inactive(LoadState="bad-setting"), "bad-unit-setting", source="systemd"),
    "service/dependency-failed": dependency,
    "service/condition-skipped": lambda: said(
        inactive(ConditionResult="no", ConditionTimestampMonotonic="99"), "condition-unmet", source="systemd"
    ),
    "service/start-limit-hit": lambda: unit(
        healthy(), ActiveState="failed", SubState="failed", Result="start-limit-hit", NRestarts="5"
    ),
    "service/not-running": inactive,
    "service/binary-missing": lambda: exec_failed("exec-not-found"),
    "service/binary-not-executable": lambda: exec_failed("exec-denied"),
    "service/binary-wrong-format": lambda: exec_failed("exec-format"),
    "service/exec-environment-failed": lambda: said(stopped(healthy()), "exec-environment", source="systemd"),
    "service/exec-start-pre-failed": lambda: said(
        directed(stopped(healthy()), "ExecStartPre", "/usr/sbin/swapoff -a"), "control-process-exited", source="systemd"
    ),
    "service/environment-file-missing": missing_environment_file,
    "service/not-root": lambda: failed("not-root"),
    "service/dropin-missing-standalone": standalone,
    "service/killed-repeatedly": lambda: killed(unit(stopped(healthy()), Result="signal"), 3),
    "service/killed": lambda: killed(unit(healthy(), ActiveState="failed", SubState="failed", Result="signal"), 1),
    "service/start-timeout": lambda: said(
        unit(stopped(healthy()), Result="timeout"), "start-timeout", source="systemd"
    ),
    "service/process-hung": hung,
    "service/watchdog-kill": lambda: said(
        unit(stopped(healthy()), Result="watchdog"), "watchdog-timeout", source="systemd"
    ),
    "service/watchdog-misconfigured": lambda: failed("watchdog-setting"),
}
CONFIG_LAYER = {
    "config/kubelet-config-missing": lambda: with_file(CONFIG, None),
    "config/not-joined-yet": never_joined,
    "config/kubelet-config-empty": lambda: with_file(CONFIG, ""),
    "config/yaml-invalid": lambda: configured("authentication: [\n"),
    "config/wrong-kind": lambda: with_file(CONFIG, "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"),
    "config/type-mismatch": lambda: configured('maxPods: "many"\n'),
    "config/dropin-dir-broken": merged_badly,
    "config/removed-flag-pod-infra-image": lambda: said(
        stopped(healthy()), "flag-refused", swap={"max-podz": "pod-infra-container-image"}
    ),
    "config/removed-flag-dockershim": lambda: said(
        stopped(healthy()), "flag-refused", swap={"max-podz": "network-plugin"}
    ),
    "config/removed-flag-container-runtime": lambda: said(
        stopped(healthy()), "flag-refused", swap={"max-podz": "container-runtime"}
    ),
    "config/removed-flag-logging": lambda: said(stopped(healthy()), "flag-refused", swap={"max-podz": "logtostderr"}),
    "config/unknown-flag": lambda: said(flag("--max-podz=5"), "flag-refused"),
    "config/flag-value-invalid": lambda: failed("flag-value-invalid"),
    "config/node-labels-forbidden": lambda: failed("node-labels-forbidden"),
    "config/cloud-provider-in-tree": lambda: failed("cloud-provider-in-tree"),
    "config/feature-gate-unknown": lambda: failed("feature-gate-unknown"),
    "config/feature-gate-locked": lambda: failed("feature-gate-locked"),
    "config/cpu-manager-state-mismatch": lambda: failed("cpu-manager-state"),
    "config/memory-manager-state-mismatch": lambda: failed("memory-manager-state"),
    "config/checkpoint-corrupt": lambda: failed("checkpoint-corrupt"),
    "config/reserved-cgroup-missing": lambda: failed("reserved-cgroup-missing"),
    "config/reserved-exceeds-capacity": lambda: failed("reserved-exceeds-capacity"),
    "config/validation-failed": lambda: failed("validation-failed"),
    "config/protect-kernel-defaults": lambda: failed("kernel-flag-invalid"),
    "config/tls-cipher-or-version-invalid": lambda: failed("tls-cipher-invalid"),
    "config/eviction-threshold-invalid": lambda: failed("eviction-threshold-invalid"),
    "config/credential-provider-missing": lambda: failed("credential-provider-missing"),
    "config/resolvconf-missing": lambda: files(healthy(), FileFact("/etc/resolv.conf", "absent")),
}
