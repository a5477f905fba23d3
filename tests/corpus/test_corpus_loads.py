# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every recorded node is read whole, and what is known of some of them comes out exactly."""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime

import pytest
from _load import NAMES, bundle_files, load_evidence, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import x509
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot

CURRENT = "/var/lib/kubelet/pki/kubelet-client-current.pem"
# Cases in which the control plane itself could not be asked.
UNASKED = {"api-cert-expired", "api-cert-other-ca", "api-down", "api-etcd-down"}
SNAPSHOT_SECONDS = 0.012


@pytest.mark.parametrize("name", NAMES)
def test_every_bundle_is_read_whole(name: str) -> None:
    """No part fails, except the view of a control plane that did not answer."""
    seen = load_snapshot(name)
    failed = {part for part, state in seen.parts.items() if not state.ok}
    assert failed == ({"cluster"} if name in UNASKED else set())
    assert seen.kubelet.known
    assert seen.log.read
    assert seen.profile == "kubeadm"
    assert seen.node_name == load_evidence(name)["node"]


@pytest.mark.parametrize("name", ["ca-path-wrong", "kubelet-masked", "api-down", "cert-missing-dangling"])
def test_bundle_written_again_is_the_same(name: str) -> None:
    """A bundle that is read, written and read again gives the same evidence."""
    files = bundle_files(name)
    raw = {
        path.removeprefix("journal/").removesuffix(".jsonl"): text.decode() if isinstance(text, bytes) else text
        for path, text in files.items()
        if path.startswith("journal/")
    }
    written = _bundle.write({**load_evidence(name), "raw_journal": raw})
    assert _bundle.read(written) == load_evidence(name)
    assert {path for path in files if path.startswith("files/")} == {p for p in written if p.startswith("files/")}


def test_client_ca_file_missing() -> None:
    """ca-path-wrong: the line of clientCAFile, the file's absence, the certificate and the probes."""
    seen = load_snapshot("ca-path-wrong")
    ca = seen.certificate("client-ca")
    assert (ca.path, str(ca.place)) == ("/etc/kubernetes/pki/WRONG-CA-FILE.crt", "/var/lib/kubelet/config.yaml:9")
    assert ca.file.absent
    client = seen.certificate("client")
    assert (client.path, str(client.place)) == (CURRENT, "/etc/kubernetes/kubelet.conf:18")
    assert client.resolved == "/var/lib/kubelet/pki/kubelet-client-2026-11-23-20-40-29.pem"
    assert client.leaf is not None
    assert (client.leaf.common_name, client.leaf.organizations) == ("system:node:worker-3", ("system:nodes",))
    assert client.leaf.not_after == datetime(2027, 11, 23, 20, 35, 29, tzinfo=UTC)
    assert (client.key_match, client.issued_by_trusted) == (True, True)
    assert (seen.probes.readyz.code, seen.probes.node_object.code) == (200, 200)
    assert (seen.probes.healthz.status, seen.probes.runtime_socket.status) == ("refused", "ok")
    assert seen.crash_looping
    last = max((p for p in seen.log.patterns if p.newest and p.severity == "E"), key=lambda p: p.seq)
    assert last.text == f'"command failed" err="failed to run Kubelet: open {ca.path}: no such file or directory"'
    assert last.origin == "run.go:72"
    assert seen.log.starts[-1].exit_status == "1/FAILURE"
    assert seen.cluster.ready is not None
    assert (seen.cluster.ready.status, seen.cluster.csrs) == ("Unknown", ())


@pytest.mark.parametrize(
    ("name", "role", "trusted"),
    [
        ("healthy", "client", True),
        ("healthy", "apiserver", True),
        ("healthy", "client-ca", True),
        ("healthy", "serving", False),  # the kubelet's own, self-made one
        ("cert-other-ca", "client", False),
        ("ca-file-other-ca", "client-ca", False),
        ("ca-file-other-ca", "client", True),
        ("api-cert-other-ca", "apiserver", False),
        ("kubeconfig-ca-wrong", "apiserver", False),
        ("kubeconfig-ca-file-missing", "apiserver", None),
        ("server-name-not-in-san", "apiserver", True),
        ("ca-file-corrupt", "client-ca", None),
    ],
)
def test_who_signed_what(name: str, role: str, trusted: bool | None) -> None:
    """Whether a certificate is of a CA in use on the node is told by its signature; all CAs here have one name."""
    assert load_snapshot(name).certificate(role).issued_by_trusted is trusted


def test_corrupt_pem_is_said_so() -> None:
    """ca-file-corrupt: the problem of the PEM and its place."""
    problem = load_snapshot("ca-file-corrupt").certificate("client-ca").problem
    assert problem is not None
    assert str(problem.place).startswith("/etc/kubernetes/pki/ca.crt")


def test_expired_and_expiring_certificates() -> None:
    """cert-expired: 15 days ago, and nothing better is there; healthy-cert-expires-5d: renewed in the meantime."""
    seen = load_snapshot("cert-expired")
    leaf = seen.certificate("client").leaf
    assert leaf is not None
    assert leaf.remaining(seen.captured_at).days == -16
    assert "client-newest" not in seen.certificates
    seen = load_snapshot("healthy-cert-expires-5d")
    leaf = seen.certificate("client").leaf
    assert leaf is not None
    assert leaf.used_share(seen.captured_at) < 0.01
    former = seen.file("/var/lib/kubelet/pki/kubelet-client-2025-11-28-21-10-45.pem").content
    assert former is not None
    assert x509.certificates(former)[0].used_share(seen.captured_at) > 0.98


def test_embedded_certificate_and_the_rotated_one() -> None:
    """kubeconfig-embedded-cert-expired: the embedded one is expired, the one in the directory would work."""
    seen = load_snapshot("kubeconfig-embedded-cert-expired")
    client, rotated = seen.certificate("client"), seen.certificate("client-rotated")
    assert client.leaf is not None
    assert rotated.leaf is not None
    assert (client.embedded, client.leaf.expired(seen.captured_at), client.key_match) == (True, True, True)
    assert (rotated.path, rotated.leaf.expired(seen.captured_at)) == (CURRENT, False)
    assert seen.certificate("client-newest").path == rotated.resolved


def test_dangling_link() -> None:
    """cert-missing-dangling: the link is there, its target is not, and nothing is claimed of its key."""
    client = load_snapshot("cert-missing-dangling").certificate("client")
    assert (client.path, client.file.dangling, client.key_match) == (CURRENT, True, None)


@pytest.mark.parametrize(
    ("name", "names", "organizations", "usages"),
    [
        ("cert-wrong-node-name", "system:node:worker-99", ("system:nodes",), ("clientAuth",)),
        ("cert-server-eku", "system:node:worker-2", ("system:nodes",), ("serverAuth",)),
    ],
)
def test_what_the_client_certificate_says(
    name: str, names: str, organizations: tuple[str, ...], usages: tuple[str, ...]
) -> None:
    """Names and usages of client certificates that are wrong in one of them."""
    leaf = load_snapshot(name).certificate("client").leaf
    assert leaf is not None
    assert (leaf.common_name, leaf.organizations, leaf.extended_key_usages) == (names, organizations, usages)


def test_host_name_of_the_server() -> None:
    """server-name-not-in-san: the endpoint's certificate covers controlplane, not the name that is dialled."""
    seen = load_snapshot("server-name-not-in-san")
    leaf = seen.certificate("apiserver").leaf
    assert leaf is not None
    assert not x509.covers_host(leaf, seen.kubeconfig.host)
    assert x509.covers_host(leaf, "controlplane")
    assert x509.covers_host(leaf, "10.240.0.10")


def test_pending_request_is_of_this_node() -> None:
    """bootstrap-csr-pending: two requests, the newer without a condition; other nodes' requests are left out."""
    csrs = load_snapshot("bootstrap-csr-pending").cluster.csrs
    assert {entry["metadata"]["name"]: bool(entry["status"].get("conditions")) for entry in csrs} == {
        "csr-mzchs": False,
        "csr-znkk5": True,
    }


@pytest.mark.parametrize(
    ("name", "status"),
    [("api-down", "refused"), ("server-port-wrong", "refused"), ("server-host-unresolvable", "unresolved")],
)
def test_unreachable_api(name: str, status: str) -> None:
    """Cases in which the API endpoint does not answer say how."""
    probes = load_snapshot(name).probes
    assert probes.readyz.status == status


def seconds_of(name: str) -> float:
    """Processor time of one interpretation with nothing remembered: the better of two, other work disturbs one."""
    times = []
    for _run in range(2):
        for remembered in (x509._load, x509._certificate, x509._signed_by):
            remembered.cache_clear()
        begin = time.process_time()
        snapshot(load_evidence(name), host_name=name)
        times.append(time.process_time() - begin)
    return min(times)


def test_snapshots_are_fast() -> None:
    """Interpreting the evidence of one node takes less than 12 ms of processor time (median)."""
    assert statistics.median(map(seconds_of, NAMES)) < SNAPSHOT_SECONDS
