# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wrong server in the kubeconfig, told from a right one that is down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from unit.causes._api_nodes import ENDPOINT, REFUSED, deaf, failing, probed, refused, request, silent, written
from unit.causes._make import files, findings, healthy, logged, risks, roots, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import ClusterView, Probe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot


def test_file_written_after_the_last_contact() -> None:
    """The control plane answers others, and this file has never worked."""
    node = written(refused(silent()), ago=100)
    assert roots(node) == {"kubeconfig/wrong-server"}
    found = findings(node)["kubeconfig/wrong-server"]
    assert "kubelet.conf:5" in found.summary
    assert found.remedy.repair == "set-kubeconfig-server"


def test_file_that_was_written_long_before_the_restart() -> None:
    """The control plane heard from the old process after the file was written: that one had not read it."""
    node = written(refused(silent(heard_ago=130)), ago=600, started=(9000.0,))
    assert roots(node) == {"kubeconfig/wrong-server"}
    assert roots(written(node, ago=600, started=(500.0,))) == {"apiserver/connection-refused"}
    assert roots(written(node, ago=600, started=())) == {"apiserver/connection-refused"}


def test_file_that_the_bootstrap_wrote_has_worked() -> None:
    """The kubelet itself wrote it after its start and stored its certificate a second later: the address is right."""
    node = written(refused(silent(heard_ago=130)), ago=600, started=(601.0,))
    pem = node.file("/var/lib/kubelet/pki/kubelet-client-2026-11-23-20-53-12.pem")
    stored = replace(pem, mtime=node.captured_at - timedelta(seconds=598))
    assert roots(files(node, stored)) == {"apiserver/connection-refused"}


def test_it_shows_while_another_fault_stops_the_start() -> None:
    """Probes see it even when the kubelet does not get that far."""
    assert roots(written(stopped(refused(silent())), ago=100)) == {"kubeconfig/wrong-server"}


def test_name_that_does_not_resolve() -> None:
    """With the same evidence an unknown name is the file's fault, not the resolver's."""
    probe = Probe("resolve", "unresolved", "controlplane", "[Errno -2] Name or service not known")
    assert roots(written(probed(silent(), resolve=probe), ago=100)) == {"kubeconfig/wrong-server"}


def test_other_endpoint_known_on_the_node() -> None:
    """Without the control plane's word: the file is new and another kubeconfig here has another endpoint."""
    other = FileFact(
        "/etc/kubernetes/admin.conf", "file", content="clusters:\n- cluster:\n    server: https://cp:8443\n"
    )
    node = files(replace(refused(silent()), cluster=ClusterView()), other)
    fresh = replace(node, log=replace(node.log, oldest_at=node.captured_at - timedelta(hours=1)))
    assert roots(written(fresh, ago=100)) == {"kubeconfig/wrong-server"}
    assert "cp:8443" in findings(written(fresh, ago=100))["kubeconfig/wrong-server"].summary
    assert roots(written(fresh, ago=36000)) == {"apiserver/connection-refused"}


def test_requests_fail_since_the_file_was_written() -> None:
    """Nobody could be asked, but the journal shows an earlier kubelet without a complaint; an older one decides
    otherwise."""
    node = replace(silent(), cluster=ClusterView())
    node = replace(node, log=replace(node.log, oldest_at=node.captured_at - timedelta(hours=2)))
    node = written(refused(node), ago=200, started=(7000.0, 120.0))
    assert roots(node) == {"kubeconfig/wrong-server"}
    assert roots(logged(node, request(REFUSED), ago=3000, newest=False)) == {"apiserver/connection-refused"}
    assert roots(deaf(node)) == {"apiserver/connection-refused"}


def test_changed_but_not_restarted_is_a_risk() -> None:
    """The running kubelet still works with the old address."""
    node = unit(written(healthy(), ago=20), started_ago=600)
    node = probed(node, **failing("refused", "[Errno 111] Connection refused"))
    assert risks(node) == {"kubeconfig/wrong-server"}
    assert "next start" in findings(node)["kubeconfig/wrong-server"].summary


def test_corrected_but_not_restarted() -> None:
    """The kubelet still calls the old address although the file is right again."""
    node = unit(written(silent(), ago=20), started_ago=600)
    node = logged(node, request(REFUSED.replace("6443", "6553"), "controlplane:6553"), count=20)
    assert roots(node) == {"kubeconfig/wrong-server"}
    found = findings(node)["kubeconfig/wrong-server"]
    assert "restart" in found.summary
    assert found.effect == Effect.DOWN


def test_another_tls_server_answers() -> None:
    """A port where something else speaks TLS: its certificate is not the cluster's, the kubeconfig's CA is."""
    node = written(other_certificate(silent()), ago=100)
    assert roots(node) == {"kubeconfig/wrong-server"}
    assert roots(written(other_certificate(silent()), ago=3600)) == {"certificate/ca-not-trusted-by-node"}


def other_certificate(node: Snapshot) -> Snapshot:
    """The endpoint presents a certificate that the kubeconfig's CA did not sign."""
    presented = replace(node.certificate("apiserver"), issued_by_trusted=False)
    return replace(node, certificates={**node.certificates, "apiserver": presented})


def test_plain_http() -> None:
    """An http:// server of a kubelet that does not get on, and an endpoint that answers TLS in plain HTTP."""
    plain = replace(healthy().kubeconfig, scheme="http")
    assert "kubeconfig/http-scheme" in roots(stopped(replace(healthy(), kubeconfig=plain)))
    probe = Probe("tls", "error", ENDPOINT, "[SSL: WRONG_VERSION_NUMBER] wrong version number")
    assert roots(written(probed(silent(), tls=probe), ago=3600)) == {"kubeconfig/http-scheme"}
    assert "kubeconfig/http-scheme" not in findings(healthy())
