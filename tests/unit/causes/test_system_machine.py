# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine as a whole: gone, at the wrong time, shutting down, upgraded; and starts that lost a race at boot."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from corpus._load import load_evidence
from unit.causes._make import findings, healthy, logged, risks, roots, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.judge import judge
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.order import order
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import unread
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

SSH = "the node could not be reached: Failed to connect to the host via ssh: ssh: connect to host 10.0.0.7 port 22: "


def gone(reason: str, ready: str = "Unknown") -> Snapshot:
    """A node on which nothing could be read, as the control plane sees it."""
    seen = load_evidence("cert-expired")["cluster"] if ready == "Unknown" else load_evidence("healthy")["cluster"]
    return snapshot(
        {**unread(reason, host_name="w", captured_at="2026-11-23T21:40:00Z"), "cluster": seen}, host_name="w"
    )


def clock(node: Snapshot, ahead: timedelta) -> Snapshot:
    """The node with an API server whose clock is that much behind."""
    date = node.captured_at - ahead
    probes = node.probes
    asked = {name: replace(getattr(probes, name), date=date) for name in ("readyz", "node_object")}
    return replace(node, probes=replace(probes, **asked))


def cut_off(node: Snapshot) -> Snapshot:
    """The node, of which the control plane has heard nothing for ten minutes, with an older start."""
    at = node.captured_at - timedelta(minutes=10)
    ready = replace(node.cluster.conditions["Ready"], status="Unknown", heartbeat_at=at, transition_at=at)
    cluster = replace(node.cluster, lease_renewed_at=at, conditions={**node.cluster.conditions, "Ready": ready})
    return unit(replace(node, cluster=cluster), started_ago=3600)


# The machine


@pytest.mark.parametrize("words", ["Connection timed out", "No route to host"])
def test_machine_that_answers_nobody_is_down(words: str) -> None:
    """Ansible cannot connect and the control plane hears nothing: the machine itself."""
    node = gone(SSH + words)
    assert roots(node) == {"system/machine-down"}
    assert "symptom/ready-unknown" in findings(node)


@pytest.mark.parametrize(
    "reason",
    [
        SSH + "Connection refused",
        "the node could not be reached: w@10.0.0.7: Permission denied (publickey,password).",
        "nothing could be run on the node: Timeout (12s) waiting for privilege escalation prompt",
        "nodeclinic.kubelet.node_info failed on the node: no Python",
    ],
)
def test_host_that_answers_is_not_down(reason: str) -> None:
    """It answered, only not in the way that Ansible needs."""
    assert "system/machine-down" not in findings(gone(reason))


def test_machine_whose_kubelet_reports_is_not_down() -> None:
    """Only the way from the controller is cut."""
    assert findings(gone(SSH + "Connection timed out", ready="True")) == {}


def test_node_that_was_not_asked_is_not_down() -> None:
    """Evidence without parts says that nobody looked, not that nobody answered."""
    seen = load_evidence("cert-expired")
    bare = {key: seen[key] for key in ("format", "node", "captured_at", "cluster")}
    assert "system/machine-down" not in findings(snapshot(bare, host_name="w"))


# The clock


def test_clock_that_moves_a_certificate_out_of_its_validity() -> None:
    """By the node's clock the API server's certificate has expired, by the API server's own it has not."""
    node = cut_off(healthy())
    leaf = node.certificate("apiserver").leaf
    assert leaf is not None
    at = leaf.not_after + timedelta(days=1)
    late = clock(replace(node, captured_at=at), at - leaf.not_before - timedelta(days=3))
    text = (
        'E1123 21:37:31.344312    4750 controller.go:201] "Failed to ensure lease exists, will retry" err="Get'
        ' \\"https://controlplane:6443/apis/x\\": tls: failed to verify certificate: x509: certificate has expired'
        ' or is not yet valid: current time 2027-11-25T00:00:00Z is after 2027-11-23T20:28:03Z" interval="7s"'
    )
    found = roots(logged(late, text, count=20))
    assert "system/clock-skew" in found
    assert not {name for name in found if name.startswith("certificate/")}
    assert "certificate of the API server has expired" in findings(late)["system/clock-skew"].summary


@pytest.mark.parametrize("ahead", [timedelta(hours=5), -timedelta(days=2)])
def test_clock_that_does_no_harm_yet_is_a_risk(ahead: timedelta) -> None:
    """All certificates are valid by both clocks, and the node works."""
    node = clock(healthy(), ahead)
    # The CA of the recorded cluster is hours old: a clock that is far behind would leave its validity.
    node = replace(node, certificates={})
    assert findings(node)["system/clock-skew"].effect == Effect.RISK


def test_clocks_that_agree() -> None:
    """Seconds are the time that probing takes; an expired certificate is then the certificate's fault."""
    assert "system/clock-skew" not in findings(clock(healthy(), timedelta(seconds=20)))
    assert "system/clock-skew" not in findings(snapshot(load_evidence("api-cert-expired"), host_name="w"))


def test_clock_before_the_cluster_was_made() -> None:
    """A hardware clock without battery starts in the past: before the CA, with an API server that does not answer."""
    node = cut_off(healthy())
    mute = replace(node, probes=type(node.probes)())
    past = replace(mute, captured_at=datetime(2020, 1, 1, tzinfo=node.captured_at.tzinfo))
    assert "system/clock-skew" in roots(past)
    assert "system/clock-skew" not in findings(mute)


# Shutdown


def shutting_down(ago: float) -> Snapshot:
    """The node that has reported its shutdown for some seconds."""
    node = healthy()
    at = node.captured_at - timedelta(seconds=ago)
    ready = replace(
        node.cluster.conditions["Ready"],
        status="False",
        reason="KubeletNotReady",
        message="node is shutting down",
        transition_at=at,
    )
    return replace(node, cluster=replace(node.cluster, conditions={**node.cluster.conditions, "Ready": ready}))


def test_shutdown_that_hangs() -> None:
    """Much longer than the grace period: the kubelet waits for an end that does not come."""
    assert roots(shutting_down(3600)) == {"system/graceful-shutdown-stuck"}


def test_shutdown_in_progress_is_no_fault() -> None:
    """A reboot takes its time."""
    assert findings(shutting_down(20))["system/graceful-shutdown-stuck"].effect == Effect.INFO
    assert roots(shutting_down(20)) == set()


# Packages and boot


def upgraded(reported: str) -> Snapshot:
    """The node whose Node object still names another release."""
    return replace(healthy(), cluster=replace(healthy().cluster, kubelet_version=reported))


def test_upgrade_without_a_restart() -> None:
    """Another minor release starts next time: a risk; a patch release is worth a word; when down, it is a trace."""
    assert risks(upgraded("v1.35.3")) == {"system/unplanned-package-upgrade"}
    assert findings(upgraded("v1.36.1"))["system/unplanned-package-upgrade"].effect == Effect.INFO
    assert findings(stopped(upgraded("v1.35.3")))["system/unplanned-package-upgrade"].effect == Effect.INFO
    assert findings(healthy()) == {}


RUNTIME = (
    'E1123 21:36:01.307539    1924 run.go:72] "command failed" err="failed to run Kubelet: validate service connection:'
    ' dial unix /run/containerd/containerd.sock: connect: no such file or directory"'
)


def after_boot(uptime: float, failed_ago: float) -> Snapshot:
    """A node that booted ``uptime`` seconds ago and whose kubelet failed once since."""
    node = healthy()
    return logged(replace(node, host=replace(node.host, uptime_seconds=uptime)), RUNTIME, ago=failed_ago, newest=False)


def resolved(node: Snapshot) -> set[str]:
    """Ids of what is over."""
    found, _errors = judge(node, CATALOGUE)
    return {item.id for item in order(found, {cause.id: cause for cause in CATALOGUE}).resolved}


def test_race_at_boot_is_over() -> None:
    """The runtime was up a few seconds later: told, and no fault."""
    node = after_boot(120, 100)
    assert resolved(node) == {"service/startup-order-race"}
    assert roots(node) == set()


def test_failure_long_after_the_boot_is_no_race() -> None:
    """Then the runtime was down for another reason; and while the starts fail, it is."""
    assert "service/startup-order-race" not in findings(after_boot(7200, 100))
    assert "service/startup-order-race" not in findings(stopped(logged(after_boot(120, 100), RUNTIME)))
