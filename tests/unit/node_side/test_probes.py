# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes against real sockets on this machine."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
import typing as t
from types import SimpleNamespace

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import discovery, http, probes, targets
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.files import FileFacts
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.identity import ClientPair, client_pair
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.kubelet_files import Layout
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

if t.TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Node

ANSWER = b"HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 21:37:39 GMT\r\nContent-Length: 2\r\n\r\nok"


@contextlib.contextmanager
def _serve(server: socket.socket, handle: t.Callable[[socket.socket], None]) -> t.Iterator[None]:
    """Answers every connection with a function until the test is over."""

    def work() -> None:
        while True:
            try:
                connection, dummy = server.accept()
            except OSError:  # closed: the test is over
                return
            with connection, contextlib.suppress(OSError):
                handle(connection)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def _unix_server(path: Path) -> socket.socket:
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen(4)
    return server


def _runtime_probe(path: Path) -> probes.Probe:
    return probes.collect(probes.Targets(runtime_socket=str(path)), 6.0)[0]


def test_runtime_that_answers(tmp_path: Path) -> None:
    """Any answer to the first words of gRPC shows that the runtime lives."""
    with _serve(_unix_server(tmp_path / "s"), lambda connection: connection.sendall(connection.recv(64)[:9])):
        probe = _runtime_probe(tmp_path / "s")
    assert (probe["status"], probe["connected"], probe["answered"]) == ("ok", True, True)


def test_runtime_that_hangs(tmp_path: Path) -> None:
    """A stopped process still accepts connections, for the kernel does; that it never answers is a timeout."""
    with contextlib.closing(_unix_server(tmp_path / "s")):
        probe = _runtime_probe(tmp_path / "s")
    assert (probe["status"], probe["connected"], probe["answered"]) == ("timeout", True, False)
    assert probe["seconds"] < 4


def test_runtime_that_is_gone(tmp_path: Path) -> None:
    """No socket file is absent; a socket file without a server is refused."""
    assert _runtime_probe(tmp_path / "none")["status"] == "absent"
    _unix_server(tmp_path / "left").close()
    assert _runtime_probe(tmp_path / "left")["status"] == "refused"


def _healthz(server: socket.socket) -> probes.Probe:
    return probes.collect(probes.Targets(healthz=("127.0.0.1", server.getsockname()[1])), 8.0)[0]


def test_healthz_answer_is_bounded_and_masked() -> None:
    """Code, date and the first bytes of the body; a secret in a body does not leave the node."""
    body = b"password=hunter2-hunter2 " + b"x" * 10_000

    def handle(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 500 Error\r\ndate: Mon\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")

    server = socket.create_server(("127.0.0.1", 0))
    with _serve(server, handle):
        probe = _healthz(server)
    assert (probe["status"], probe["code"], probe["date"]) == ("ok", 500, "Mon")
    assert len(probe["body"]) == 400
    assert "hunter2" not in probe["body"]


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"\x15\x03\x01"])
def test_answer_that_is_not_http_is_an_error(answer: bytes) -> None:
    """Another program on the port is no crash of the probe."""

    def handle(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(answer)

    server = socket.create_server(("127.0.0.1", 0))
    with _serve(server, handle):
        assert _healthz(server)["status"] == "error"


def test_endless_trickle_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends one byte after the other is cut off at the total limit."""
    monkeypatch.setattr(probes, "HTTP_SECONDS", 0.6)

    def handle(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"H")
            time.sleep(0.05)

    server = socket.create_server(("127.0.0.1", 0))
    with _serve(server, handle):
        probe = _healthz(server)
    assert probe["status"] == "timeout"
    assert probe["seconds"] < 3


def test_refused_and_unresolved() -> None:
    """Nobody listens; and a name that no resolver can know."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    refused = probes.collect(probes.Targets(servers=[("127.0.0.1", port)]), 8.0)
    assert [(probe["probe"], probe["status"]) for probe in refused] == [
        ("resolve", "ok"),
        ("connect", "refused"),
        ("tls", "refused"),
        ("http", "refused"),
    ]
    unresolved = probes.collect(probes.Targets(servers=[("no-such-name.invalid", 6443)]), 8.0)
    assert {probe["status"] for probe in unresolved} <= {"unresolved", "timeout"}
    assert [probe["probe"] for probe in unresolved] == ["resolve", "tls", "http"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A self-signed certificate with its key, as PEM and as files."""
    folder = tmp_path_factory.mktemp("pki")
    certificate, key = folder / "a.crt", folder / "a.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=apiserver", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
    if Host().run(command, timeout=30).exit_code != 0:
        pytest.skip("needs openssl")
    return SimpleNamespace(certificate=certificate, key=key)


def test_api_server_sees_the_nodes_client_certificate(pair: SimpleNamespace) -> None:
    """One server: resolve, connect, its certificate, readyz without and the Node object with the client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(pair.certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    seen: list[tuple[str, bool]] = []

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            request = secured.recv(4096)
            if request:
                seen.append((request.split()[1].decode(), secured.getpeercert(binary_form=True) is not None))
                secured.sendall(ANSWER)

    client = ClientPair("/etc/kubernetes/kubelet.conf", pair.certificate.read_text() + pair.key.read_text())
    server = socket.create_server(("127.0.0.1", 0))
    port = server.getsockname()[1]
    with _serve(server, handle):
        made = probes.collect(probes.Targets([("localhost", port)], "worker-1", client), 8.0)
    assert [(probe["probe"], probe["status"]) for probe in made] == [
        ("resolve", "ok"),
        ("connect", "ok"),
        ("tls", "ok"),
        ("http", "ok"),
        ("http", "ok"),
    ]
    assert made[2]["peer_certificate"] == pair.certificate.read_text()
    assert sorted(seen) == [("/api/v1/nodes/worker-1", True), ("/readyz", False)]
    assert made[4]["client_certificate"] == "/etc/kubernetes/kubelet.conf"
    assert (made[3]["code"], made[3]["body"], made[3]["date"]) == (200, "ok", "Mon, 23 Nov 2026 21:37:39 GMT")


def test_client_certificate_that_cannot_be_used_is_said(pair: SimpleNamespace, node: Node) -> None:
    """A missing file is absent; an encrypted or foreign key is an error and asks nobody for a passphrase."""
    facts = FileFacts(node.host())
    missing = client_pair(facts, ["/etc/kubernetes/kubelet.conf"])
    assert missing is not None
    assert missing.source == "/var/lib/kubelet/pki/kubelet-client-current.pem"
    assert isinstance(missing.failure, FileNotFoundError)
    encrypted = Host().run(["openssl", "pkey", "-in", str(pair.key), "-aes256", "-passout", "pass:x"], timeout=30).out
    broken = ClientPair("/x", pair.certificate.read_text() + encrypted)
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = probes.collect(probes.Targets([("127.0.0.1", server.getsockname()[1])], "n", broken), 1.5)
    assert made[-1]["status"] == "error"


def test_addresses_are_tried_in_turn() -> None:
    """The first address that takes a connection is used, as the kubelet's own dialer does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with http.dial(["127.0.0.2", "127.0.0.1"], port, 2.0) as connection:
            assert connection.getpeername()[0] == "127.0.0.1"


def _targets(
    node: Node, flags: str, config: str = "", kubeconfig: str = "", runtime: str | None = None
) -> probes.Targets:
    node.write("/c.yaml", config)
    node.write("/k.conf", kubeconfig)
    layout = Layout(discovery.flags(flags), ["/c.yaml"], ["/k.conf"])
    return targets.find(FileFacts(node.host()), layout, _profiles.named("kubeadm"), runtime, "Worker-1")


def test_targets_come_from_the_configuration(node: Node) -> None:
    """Server, healthz address, socket and node name: flags first, then configuration, then the kubelet's defaults."""
    found = _targets(node, "", "", "clusters:\n- cluster:\n    server: https://api.example:8443/base\n")
    assert found.servers == [("api.example", 8443)]
    assert found.node_name == "worker-1"
    assert found.healthz == ("127.0.0.1", 10248)
    assert found.runtime_socket == "/run/containerd/containerd.sock"
    config = "healthzPort: 1234\nhealthzBindAddress: 0.0.0.0\ncontainerRuntimeEndpoint: unix:///run/x.sock\n"
    found = _targets(node, "--hostname-override=Other --healthz-port=99", config, "server: https://[fd00::1]\n")
    assert found.servers == [("fd00::1", 443)]
    assert (found.node_name, found.healthz, found.runtime_socket) == ("other", ("127.0.0.1", 99), "/run/x.sock")


def test_what_is_switched_off_or_broken_is_not_probed(node: Node) -> None:
    """healthzPort 0 switches it off; a server that is no URL is not dialled."""
    found = _targets(node, "--container-runtime-endpoint=tcp://x:1", "healthzPort: 0\n", "server: https://[broken\n")
    assert (found.healthz, found.runtime_socket, found.servers, found.client) == (None, None, [], None)
    assert _targets(node, "", runtime="crio.service").runtime_socket == "/run/crio/crio.sock"
