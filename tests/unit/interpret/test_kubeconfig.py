# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kubeconfig gives the server and credentials of its current context, or says why it cannot be used."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from _certificates import Issued, issue
from corpus._load import load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import x509
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.files import files
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.kubeconfig import kubeconfig
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import Place
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.configuration import Kubeconfig
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import CommandLine, Flag

PATH = "/etc/kubernetes/kubelet.conf"
FLAG = Flag("kubeconfig", PATH, Place("/etc/default/kubelet", 1), "environment-file")

GOOD = """\
apiVersion: v1
kind: Config
clusters:
- name: one
  cluster:
    server: https://api.example:6443
users:
- name: me
  user: {}
contexts:
- name: here
  context: {cluster: one, user: me}
current-context: here
"""


def read(text: str, **more: Any) -> Kubeconfig:
    """Kubeconfig with this text; ``more`` are other paths with their entries."""
    entries = {PATH: {"type": "file", "content": text}, **more}
    return kubeconfig("kubeconfig", CommandLine("/usr/bin/kubelet", (FLAG,)), files(entries), x509.certificates)


def with_cluster(lines: str) -> str:
    """GOOD with these lines in place of the cluster's server."""
    return GOOD.replace("    server: https://api.example:6443", lines)


def with_user(value: str) -> str:
    """GOOD with this user."""
    return GOOD.replace("user: {}", f"user: {value}")


@pytest.fixture(scope="module")
def authority() -> Issued:
    """A certificate authority."""
    return issue("kubernetes", ca=True)


def test_corpus_kubeconfig() -> None:
    """A real kubelet.conf gives its server, its embedded CA, and the client certificate behind the link."""
    found = load_snapshot("healthy").kubeconfig
    assert found.problem is None
    assert found.server is not None
    assert (found.server.value, str(found.server.place)) == ("https://controlplane:6443", f"{PATH}:5")
    assert (found.scheme, found.host, found.port) == ("https", "controlplane", 6443)
    assert found.current_context is not None
    assert found.current_context.value == "default-context"
    assert (found.ca.kind, found.ca.path, len(found.ca.certificates)) == ("data", PATH, 1)
    assert found.client_certificate.path == "/var/lib/kubelet/pki/kubelet-client-current.pem"
    assert [c.common_name for c in found.client_certificate.certificates] == ["system:node:worker-7"]
    assert found.client_key.public_key_sha256 == found.client_certificate.certificates[0].public_key_sha256
    assert not found.has_token


@pytest.mark.parametrize(
    ("case", "kind", "line"),
    [
        ("kubelet-conf-empty", "structure", None),
        ("kubelet-conf-malformed", "yaml", 2),
        ("kubelet-conf-missing", "", None),
        ("healthy", "", None),
    ],
)
def test_corpus_files_that_cannot_be_used(case: str, kind: str, line: int | None) -> None:
    """Broken files of the corpus are told from missing ones, with the line of the mistake."""
    found = load_snapshot(case).kubeconfig
    assert found.configured
    assert found.problem_kind == kind
    assert (found.problem.place.line if found.problem else None) == line
    assert found.file.absent == (case == "kubelet-conf-missing")


def test_corpus_embedded_client_certificate() -> None:
    """Embedded data is read although the key beside it is masked; the node tells the hash of the key."""
    found = load_snapshot("kubeconfig-embedded-cert-expired").kubeconfig
    (leaf,) = found.client_certificate.certificates
    assert (found.client_certificate.kind, leaf.common_name) == ("data", "system:node:worker-8")
    assert (found.client_key.kind, found.client_key.public_key_sha256) == ("data", leaf.public_key_sha256)


def test_no_flag() -> None:
    """A kubelet without --kubeconfig has none."""
    assert kubeconfig("kubeconfig", CommandLine(), {}, x509.certificates) == Kubeconfig()


def test_file_that_nobody_read() -> None:
    """Without the text nothing is known and nothing is wrong."""
    found = kubeconfig("kubeconfig", CommandLine("/usr/bin/kubelet", (FLAG,)), {}, x509.certificates)
    assert (found.configured, found.file.type, found.problem, found.problem_kind) == (True, "unknown", None, "")


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("", "structure", None),
        ("{}\n", "structure", 1),
        ("# nothing\n", "structure", None),
        ("- a\n", "structure", 1),
        ("clusters: [\n", "yaml", 2),
        (GOOD.replace("kind: Config", "kind: Secret"), "structure", 2),
        (GOOD.replace("apiVersion: v1", "apiVersion: v2"), "structure", 1),
        (GOOD.replace("clusters:\n-", "clusters:\n "), "structure", 3),
        (GOOD + "- a\n", "yaml", 14),
        (GOOD.replace("current-context: here\n", ""), "context-missing", 1),
        (GOOD.replace("current-context: here", 'current-context: ""'), "context-missing", 13),
        (GOOD.replace("current-context: here", "current-context: there"), "context-missing", 13),
        (GOOD.replace("current-context: here", "current-context: [here]"), "structure", 13),
        (GOOD.replace("current-context: here", "current-context: 5"), "structure", 13),
        (GOOD.replace("- name: one", "- name: two"), "cluster-missing", 12),
        (GOOD.replace("cluster: one, ", ""), "cluster-missing", 12),
        (GOOD.replace("- name: me", "- name: you"), "user-missing", 12),
        (GOOD.replace(", user: me", ""), "user-missing", 12),
        (with_cluster("    insecure-skip-tls-verify: true"), "server-missing", 5),
        (with_cluster('    server: ""'), "server-missing", 5),
        (with_cluster("    server: https://api.example:port"), "structure", 6),
        (with_cluster("    server: https://[::1"), "structure", 6),
        (with_cluster("    server: 'https://:6443'"), "structure", 6),
        (GOOD.replace("users:\n", "users:\n- {name: me, user: {}}\n"), "structure", 9),
    ],
)
def test_file_that_cannot_be_used(text: str, kind: str, line: int | None) -> None:
    """What client-go refuses is named by kind and line."""
    found = read(text)
    assert found.problem is not None
    assert (found.problem_kind, found.problem.place) == (kind, Place(PATH, line))


def test_server_is_known_although_the_user_is_missing() -> None:
    """What can be read of a broken file is given: the server, for probes."""
    found = read(GOOD.replace("- name: me", "- name: you"))
    assert (found.problem_kind, found.host, found.port) == ("user-missing", "api.example", 6443)


def test_file_of_zeros() -> None:
    """A file that a crash left full of NUL bytes is broken, although its text was not sent."""
    facts = files({PATH: {"type": "file", "binary": True}})
    found = kubeconfig("kubeconfig", CommandLine("/usr/bin/kubelet", (FLAG,)), facts, x509.certificates)
    assert (found.problem_kind, found.problem is None) == ("yaml", False)


@pytest.mark.parametrize(
    ("server", "scheme", "host", "port"),
    [
        ("https://10.0.0.1:6443", "https", "10.0.0.1", 6443),
        ("https://api.example", "https", "api.example", None),
        ("https://[fd00::1]:6443", "https", "fd00::1", 6443),
        ("https://[fd00::1]/", "https", "fd00::1", None),
        ("https://api.example:6443/prefix/", "https", "api.example", 6443),
        ("http://127.0.0.1:8080", "http", "127.0.0.1", 8080),
        ("api.example:6443", "https", "api.example", 6443),
        ("10.0.0.1", "https", "10.0.0.1", None),
    ],
)
def test_server_url(server: str, scheme: str, host: str, port: int | None) -> None:
    """Host and port are found in every way a server can be written."""
    found = read(with_cluster(f"    server: '{server}'"))
    assert found.problem is None
    assert (found.scheme, found.host, found.port) == (scheme, host, port)


def test_options_of_the_connection() -> None:
    """TLS server name, skipped verification, proxy, token and exec plugin are seen."""
    lines = "    server: https://a\n    tls-server-name: b\n    insecure-skip-tls-verify: true\n    proxy-url: http://p:3128"
    found = read(with_cluster(lines).replace("user: {}", "user: {token: ********, exec: {command: aws}}"))
    assert (found.tls_server_name, found.insecure, found.has_token) == ("b", True, True)
    assert found.proxy_url is not None
    assert (found.proxy_url.value, found.proxy_url.place.line) == ("http://p:3128", 9)
    assert found.exec_command is not None
    assert (found.exec_command.path, found.exec_command.value) == ("users[0].user.exec.command", "aws")


def test_token_file_is_a_token() -> None:
    """A token may also be named by its file."""
    assert read(with_user("{tokenFile: /x}")).has_token


def test_json_kubeconfig() -> None:
    """A kubeconfig in JSON is one as well."""
    text = json.dumps(
        {
            "clusters": [{"name": "one", "cluster": {"server": "https://api.example:6443"}}],
            "users": [{"name": "me", "user": {"token": "***"}}],
            "contexts": [{"name": "here", "context": {"cluster": "one", "user": "me"}}],
            "current-context": "here",
        }
    )
    found = read(text)
    assert (found.problem, found.host, found.has_token) == (None, "api.example", True)


def test_relative_paths_are_meant_from_the_kubeconfigs_directory(authority: Issued) -> None:
    """A relative path leads to the file beside the kubeconfig; the place is the line that names it."""
    found = read(
        with_cluster("    server: https://a\n    certificate-authority: pki/../pki/ca.crt"),
        **{"/etc/kubernetes/pki/ca.crt": {"type": "file", "content": authority.pem}},
    )
    assert (found.ca.kind, found.ca.path) == ("file", "/etc/kubernetes/pki/ca.crt")
    assert found.ca.place == Place(PATH, 7)
    assert [c.common_name for c in found.ca.certificates] == ["kubernetes"]


def test_data_wins_over_a_path(authority: Issued) -> None:
    """Where both are given, client-go takes the embedded data."""
    data = base64.b64encode(authority.pem.encode()).decode()
    lines = f"    server: https://a\n    certificate-authority: /missing\n    certificate-authority-data: {data}"
    found = read(with_cluster(lines))
    assert (found.ca.kind, found.ca.place, len(found.ca.certificates)) == ("data", Place(PATH, 8), 1)


@pytest.mark.parametrize("data", ["bm8gcGVt", "%%%", "LS0tLS1CRUdJTi", "=", base64.b64encode(b"\xff\xfe").decode()])
def test_broken_embedded_data(data: str) -> None:
    """Data that is no base64, or holds no certificate, is a problem of that credential at its line."""
    found = read(with_cluster(f"    server: https://a\n    certificate-authority-data: '{data}'"))
    assert found.problem is None
    assert found.ca.problem is not None
    assert found.ca.problem.place == Place(PATH, 7)
    assert found.ca.certificates == ()


def test_broken_certificate_file() -> None:
    """A file without a certificate is a problem of that file; one that nobody read, or that is missing, is none."""
    text = with_user("{client-certificate: /pki/a.pem, client-key: /pki/b.pem}")
    broken = read(text, **{"/pki/a.pem": {"type": "file", "content": "garbage"}, "/pki/b.pem": {"type": "absent"}})
    assert broken.client_certificate.problem is not None
    assert broken.client_certificate.problem.place.path == "/pki/a.pem"
    assert broken.client_key.problem is None
    assert broken.client_key.file.absent
    unread = read(text)
    assert (unread.client_certificate.problem, unread.client_certificate.file.type) == (None, "unknown")


MASKED_KEY = "-----BEGIN EC PRIVATE KEY-----\n****\n-----END EC PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("entry", "sha256", "problem"),
    [
        ({"content": MASKED_KEY, "public_key_sha256": ["ab"]}, "ab", False),
        ({"content": MASKED_KEY}, None, False),
        ({"public_key_sha256": ["ab"]}, "ab", False),
        ({"content": MASKED_KEY * 2, "public_key_sha256": ["ab", "cd"]}, None, False),
        ({"content": "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n"}, None, True),
        ({"content": ""}, None, True),
        ({"content": "", "truncated": True}, None, False),
    ],
)
def test_private_key_file(entry: dict[str, Any], sha256: str | None, problem: bool) -> None:
    """Of a key the node tells the hash of its public half; a file without any key is a problem."""
    found = read(with_user("{client-key: /pki/b.pem}"), **{"/pki/b.pem": {"type": "file", **entry}})
    assert found.client_key.public_key_sha256 == sha256
    assert (found.client_key.problem is not None) == problem


def test_flag_chooses_the_file() -> None:
    """The bootstrap kubeconfig is read like the other one."""
    flag = Flag("bootstrap-kubeconfig", PATH, FLAG.place, FLAG.origin)
    facts = files({PATH: {"type": "file", "content": GOOD}})
    line = CommandLine("/usr/bin/kubelet", (flag,))
    assert kubeconfig("bootstrap-kubeconfig", line, facts, x509.certificates).host == "api.example"
    assert kubeconfig("kubeconfig", line, facts, x509.certificates) == Kubeconfig()
