# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of the kubeconfig as a file: each where it holds, and its neighbours where it must not."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from unit.causes._make import evidence, findings, healthy, logged, node_of, put, risks, roots, stopped, unit
from unit.causes._pki import Authority

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

KUBECONFIG = "/etc/kubernetes/kubelet.conf"
BOOTSTRAP = "/etc/kubernetes/bootstrap-kubelet.conf"
CURRENT = "/var/lib/kubelet/pki/kubelet-client-current.pem"
UMBRELLA = (
    'E1123 21:37:00.207870    3191 run.go:72] "command failed" err="failed to run Kubelet: unable to load bootstrap'
    f' kubeconfig: stat {BOOTSTRAP}: no such file or directory"'
)


def with_kubeconfig(content: str | None, **changes: str | None) -> Snapshot:
    """The healthy node with another kubeconfig (None: none), and other files."""
    changed = evidence()
    put(changed, KUBECONFIG, content)
    for path, text in changes.items():
        put(changed, path, text)
    return node_of(changed)


def kubeconfig_text() -> str:
    """The healthy node's kubeconfig."""
    return str(evidence()["files"][KUBECONFIG]["content"])


def test_healthy_node_has_no_finding() -> None:
    """The recorded healthy node gives nothing to say."""
    assert findings(healthy()) == {}


def test_missing_kubeconfig_is_down_when_the_kubelet_cannot_start() -> None:
    """Without kubelet.conf and bootstrap file each start fails; the umbrella line is a consequence."""
    node = stopped(logged(with_kubeconfig(None), UMBRELLA))
    assert roots(node) == {"kubeconfig/kubelet-conf-missing"}
    assert BOOTSTRAP in findings(node)["kubeconfig/kubelet-conf-missing"].summary


def test_missing_kubeconfig_is_a_risk_while_the_kubelet_runs() -> None:
    """The running kubelet has read it; the next start fails."""
    found = findings(with_kubeconfig(None))
    assert found["kubeconfig/kubelet-conf-missing"].effect == Effect.RISK


def test_missing_kubeconfig_with_bootstrap_file_is_no_fault() -> None:
    """A node that bootstraps makes the file itself."""
    changed = evidence()
    put(changed, KUBECONFIG, None)
    put(changed, BOOTSTRAP, kubeconfig_text())
    assert "kubeconfig/kubelet-conf-missing" not in findings(stopped(node_of(changed)))


def test_never_joined_node_is_not_a_missing_kubeconfig() -> None:
    """With config.yaml gone as well the node has not joined: another cause."""
    changed = evidence()
    put(changed, KUBECONFIG, None)
    put(changed, "/var/lib/kubelet/config.yaml", None)
    assert "kubeconfig/kubelet-conf-missing" not in findings(stopped(node_of(changed)))


def test_umbrella_line_alone_means_missing_when_no_file_was_read() -> None:
    """Without files the last line of the start decides, as long as no line before it gives another reason."""
    changed = evidence()
    changed["files"] = {}
    node = stopped(logged(node_of(changed), UMBRELLA))
    assert roots(node) == {"kubeconfig/kubelet-conf-missing"}
    reason = (
        'E1123 21:37:00.107870    3191 bootstrap.go:267] "Unhandled Error" err="part of the existing bootstrap client'
        f' certificate in {KUBECONFIG} is expired: 2026-11-08 21:33:49 +0000 UTC" logger="UnhandledError"'
    )
    assert roots(stopped(logged(node_of(changed), reason, UMBRELLA))) == {"certificate/client-expired"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "empty"),
        ("apiVersion: v1\nclusters\n- x: y\n", "kubelet.conf:"),
        ("apiVersion: v1\nkind: Pod\n", "kind"),
    ],
)
def test_broken_kubeconfig(content: str, words: str) -> None:
    """Empty, invalid and foreign files are named with the reason."""
    node = stopped(logged(with_kubeconfig(content), UMBRELLA))
    assert roots(node) == {"kubeconfig/unparseable"}
    assert words in findings(node)["kubeconfig/unparseable"].summary


def test_damaged_base64_is_a_broken_kubeconfig() -> None:
    """client-go refuses the whole file when embedded data is no base64."""
    text = "\n".join(
        line.split(":")[0] + ": '*not base64*'" if "certificate-authority-data" in line else line
        for line in kubeconfig_text().splitlines()
    )
    assert roots(stopped(with_kubeconfig(text))) == {"kubeconfig/unparseable"}


def test_unknown_context_is_its_own_cause() -> None:
    """Only current-context is wrong; the repair is to set it."""
    text = kubeconfig_text().replace("current-context: default-context", "current-context: other")
    node = stopped(with_kubeconfig(text))
    assert roots(node) == {"kubeconfig/context-missing"}
    assert findings(node)["kubeconfig/context-missing"].remedy.repair == "set-current-context"


def test_missing_ca_file_names_the_other_ca_of_the_node() -> None:
    """certificate-authority names no file, and clientCAFile is offered."""
    text = "\n".join(
        "    certificate-authority: /etc/kubernetes/pki/nope.crt" if "certificate-authority-data" in line else line
        for line in kubeconfig_text().splitlines()
    )
    changed = evidence()
    put(changed, KUBECONFIG, text)
    put(changed, "/etc/kubernetes/pki/nope.crt", None)
    node = stopped(node_of(changed))
    assert roots(node) == {"kubeconfig/ca-file-missing"}
    found = findings(node)["kubeconfig/ca-file-missing"]
    assert "/etc/kubernetes/pki/ca.crt" in found.summary
    assert found.remedy.repair == "set-kubeconfig-ca"


def test_path_that_nobody_looked_at_is_not_missing() -> None:
    """An unknown file is not an absent one."""
    text = "\n".join(
        "    certificate-authority: /somewhere/ca.crt" if "certificate-authority-data" in line else line
        for line in kubeconfig_text().splitlines()
    )
    assert "kubeconfig/ca-file-missing" not in findings(stopped(with_kubeconfig(text)))


def embedded(days: float) -> Snapshot:
    """The healthy node whose kubeconfig embeds a certificate that ends in ``days`` days."""
    at = healthy().captured_at
    authority = Authority("kubernetes", at - timedelta(days=900), at + timedelta(days=900))
    old = authority.issue(
        "system:node:worker-7",
        group="system:nodes",
        begins=at - timedelta(days=380),
        ends=at + timedelta(days=days),
    )
    data = base64.b64encode(old.pem.encode()).decode()
    text = kubeconfig_text().replace(f"client-certificate: {CURRENT}", f"client-certificate-data: {data}")
    return with_kubeconfig(text.replace(f"client-key: {CURRENT}", "client-key-data: '****'"))


def test_embedded_old_certificate_stops_the_next_start() -> None:
    """Down when the kubelet ends on it, a risk while it runs on the rotated one."""
    assert roots(stopped(embedded(-15))) == {"kubeconfig/embedded-stale-cert"}
    assert risks(embedded(-15)) == {"kubeconfig/embedded-stale-cert"}
    assert risks(embedded(10)) == {"kubeconfig/embedded-stale-cert"}
    assert "kubeconfig/embedded-stale-cert" not in findings(embedded(200))


def test_unreadable_kubeconfig() -> None:
    """The kubelet's permission error names the file."""
    denied = (
        'E1123 21:37:00.207870    3191 run.go:72] "command failed" err="failed to run Kubelet: unable to load'
        f' kubeconfig: error loading config file \\"{KUBECONFIG}\\": open {KUBECONFIG}: permission denied"'
    )
    assert "kubeconfig/unreadable" in roots(stopped(logged(healthy(), denied)))
    assert findings(logged(healthy(), denied)) == {}


def test_refused_bootstrap_token() -> None:
    """Unauthorized on the certificate request of a bootstrap, not on a joined node."""
    text = (
        'E1123 21:37:00.207870    3191 certificate_manager.go:596] "Failed while requesting a signed certificate from'
        ' the control plane" err="cannot create certificate signing request: Unauthorized"'
    )
    changed = evidence()
    put(changed, BOOTSTRAP, kubeconfig_text())
    put(changed, CURRENT, None)
    changed["cluster"] = {}
    changed["probes"] = []
    assert "kubeconfig/bootstrap-token-expired" in roots(logged(node_of(changed), text))
    assert "kubeconfig/bootstrap-token-expired" not in findings(logged(healthy(), text))


def test_failing_credential_plugin() -> None:
    """The plugin's failure in the kubelet's requests is the cause."""
    text = (
        'E1123 21:37:00.207870    3191 kubelet_node_status.go:111] "Unable to register node with API server" err="Post'
        ' \\"https://controlplane:6443/api/v1/nodes\\": getting credentials: exec: executable aws failed with exit code'
        ' 255" node="w"'
    )
    node = replace(healthy(), cluster=replace(healthy().cluster, lease_renewed_at=None, conditions={}))
    assert "kubeconfig/exec-plugin-failed" in findings(unit(logged(node, text), started_ago=30))
    assert "kubeconfig/exec-plugin-failed" not in findings(logged(healthy(), text))
