# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are masked in every spelling, and what a diagnosis needs stays readable."""

from __future__ import annotations

import base64
import json
import random

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _redact

SECRET = "Zk3vQ9xT7pL2mN8w"
TOKEN = "a1b2c3.0123456789abcdef"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJlLWJ5dGVz"
KEY_LINES = "\n".join(base64.b64encode(bytes(range(start, start + 48))).decode() for start in (0, 60, 120, 180))
PEM = f"-----BEGIN EC PRIVATE KEY-----\n{KEY_LINES}\n-----END EC PRIVATE KEY-----\n"
CERTIFICATE = f"-----BEGIN CERTIFICATE-----\n{KEY_LINES.swapcase()}\n-----END CERTIFICATE-----\n"


def _folded(text: str) -> str:
    return base64.encodebytes(text.encode()).decode()


WITH_SECRET = {
    "yaml": f"users:\n- user:\n    token: {SECRET}\n",
    "yaml_quoted": f'    token: "{SECRET}"\n',
    "yaml_single_quoted": f"    password: 'it''s {SECRET}'\n",
    "yaml_spaces": f"    password: two words {SECRET}\n",
    "yaml_tag": f"    token: !!str {SECRET}\n",
    "yaml_anchor": f"    token: &t {SECRET}\n",
    "yaml_literal": f"    token: |\n      {SECRET}\n    tokenFile: /etc/token\n",
    "yaml_folded_strip": f"    token: >-\n\n      {SECRET}\n",
    "yaml_next_line": f"    token:\n      {SECRET}\n",
    "yaml_continued": f"    token: aaaa\n      {SECRET}\n",
    "yaml_flow": f"users: [{{name: x, user: {{token: {SECRET}}}}}]\n",
    "yaml_flow_letters": "user: {token: abcdefghijklm}\n".replace("abcdefghijklm", SECRET),
    "yaml_list_flag": f"args:\n- --token\n- {SECRET}\n- --v=2\n",
    "yaml_env": f"  env:\n  - name: GREETING\n    value: {SECRET}\n  image: x\n",
    "yaml_env_order": f'  env:\n    - value: "{SECRET}"\n      name: GREETING\n',
    "yaml_flow_env": f"env: [{{name: GREETING, value: {SECRET}}}, {{name: B, value: 'b {SECRET}'}}]\n",
    "yaml_flow_env_order": f'- {{ value: "{SECRET}", name: GREETING }}\n',
    "yaml_flow_list_flag": f"args: [--token, {SECRET}, --v=2]\n",
    "yaml_env_block": f"  env:\n  - name: GREETING\n    value: |\n      a: b\n      {SECRET}\n  image: x\n",
    "json": json.dumps({"user": {"token": SECRET}}),
    "json_indented": json.dumps({"user": {"token": SECRET, "password": f'a"{SECRET}'}}, indent=2),
    "json_in_log": f'body="{{\\"token\\":\\"{SECRET}\\"}}"',
    "json_env": json.dumps({"env": [{"name": "GREETING", "value": SECRET}]}),
    "json_args": json.dumps(["--token", SECRET]),
    "toml": f'[x.auth]\n  username = "u"\n  password = "{SECRET}"\n  auth = "{SECRET}"\n',
    "docker": json.dumps({"auths": {"r.example": {"auth": SECRET, "identitytoken": SECRET}}}),
    "flag": f"/usr/bin/kubelet --token={SECRET},x --v=2",
    "flag_space": f"/usr/bin/tool --password {SECRET} run",
    "environment": f"DB_PASSWORD={SECRET};{SECRET} {SECRET}\nKUBELET_EXTRA_ARGS=--v=2\n",
    "environment_key": f"ENCRYPTION_KEY={SECRET}\n",
    "unit": f'Environment="API_TOKEN=a b {SECRET}" "HTTP_PROXY=http://me:{SECRET}@proxy:3128"\n',
    "url": f"https://admin:{SECRET}@registry.example/v2/",
    "url_user": f"https://{SECRET}{SECRET}@registry.example/v2/",
    "url_query": f"https://x.example/path?token={SECRET}&watch=true",
    "header": f"Authorization: Bearer {SECRET}",
    "header_basic": f'"Authorization": ["Basic {SECRET}"]',
    "bearer": f"curl -H 'x: bearer {SECRET}'",
    "jwt": f"got {JWT} from the server",
    "bootstrap": f"joining with {TOKEN}.",
    "log_password": f"login with password: {SECRET}",
    "pem": f"before\n{PEM}after\n",
    "pem_indented": "key: |\n" + "".join(f"    {line}\n" for line in PEM.splitlines()),
    "pem_cut": PEM[:150],
    "pem_escaped": json.dumps({"data": PEM}),
    "pkcs8": PEM.replace("EC PRIVATE", "PRIVATE"),
    "encrypted": PEM.replace("EC PRIVATE", "ENCRYPTED PRIVATE"),
    "openssh": PEM.replace("EC PRIVATE", "OPENSSH PRIVATE"),
    "base64": f"client-key-data: {base64.b64encode(PEM.encode()).decode()}\n",
    "base64_unnamed": f"x: {base64.b64encode(PEM.encode()).decode()}\n",
    "base64_shifted_1": base64.b64encode(b"x" + PEM.encode()).decode(),
    "base64_shifted_2": base64.b64encode(b"xy" + PEM.encode()).decode(),
    "base64_folded": _folded(PEM),
    "base64_after_certificate": base64.b64encode((CERTIFICATE + PEM).encode()).decode(),
    "base64_block": "    client-key-data: |\n" + "".join(f"      {line}\n" for line in _folded(PEM).splitlines()),
}
# What must not be readable in any of them: the secret itself or the middle of the key in either coding.
FORBIDDEN = (SECRET, "0123456789abcdef", "c2lnbmF0dXJl", KEY_LINES[20:50], KEY_LINES[70:100])


@pytest.mark.parametrize("name", WITH_SECRET)
def test_secret_is_masked_in_place(name: str) -> None:
    """No spelling of a secret survives, and no byte or line moves."""
    text = WITH_SECRET[name]
    masked = _redact.redact(text)
    assert masked != text
    for forbidden in FORBIDDEN:
        assert forbidden not in masked
    if "base64" in name:
        assert base64.b64encode(PEM.encode()).decode()[120:160] not in masked.replace("\n", "")
    assert len(masked.encode()) == len(text.encode())
    assert [len(line.encode()) for line in masked.split("\n")] == [len(line.encode()) for line in text.split("\n")]
    assert _redact.redact(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "    server: https://controlplane.internal:6443\n",
        "    server: https://master.mycompanydomain1:6443\n",
        "    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURFVENDQWZtZ0F3SUJBZ0lVSDVnZGZHek\n",
        "    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n",
        "    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem\n    tokenFile: /var/run/token\n",
        "tlsPrivateKeyFile: /var/lib/kubelet/worker-1.key\ntlsCertFile: /var/lib/kubelet/worker-1.crt\n",
        "authentication:\n  anonymous:\n    enabled: false\n  webhook:\n    cacheTTL: 0s\n    enabled: true\n",
        "authorization:\n  mode: Webhook\n  webhook:\n    cacheAuthorizedTTL: 0s\n",
        "automountServiceAccountToken: false\n",
        "registerWithTaints:\n- key: node-role.kubernetes.io/control-plane\n  value: x\n  effect: NoSchedule\n",
        "volumes:\n- secret:\n    secretName: kubelet-tls\n  name: x\n",
        "sources:\n- serviceAccountToken:\n    path: token\n    expirationSeconds: 3600\n",
        "credentials:\n  path: /etc/x\nimage: registry.k8s.io/pause:3.10\n",
        '[plugins."io.containerd.grpc.v1.cri".registry.configs."r.example".auth]\n  username = "u"\n',
        "KUBELET_EXTRA_ARGS=--authentication-token-webhook=true --tls-private-key-file=/etc/kubernetes/kubelet.key\n",
        "TLS_KEY=/etc/kubernetes/pki/kubelet.key\nKUBELET_KEY_FILE=/etc/key\n",
        'E1123 21:03:27.000001 1 a.go:1] "Unable to authenticate the request" err="invalid bearer token"',
        'err="invalid bearer token, token lookup failed: square/go-jose: error in cryptographic primitive"',
        "Unauthorized: token: signature is invalid",
        'err="failed to create token for pod: serviceaccounts \\"default\\" is forbidden"',
        "-----BEGIN CERTIFICATE-----\nMIIDmDCCAoCgAwIBAgIUTdmi\n-----END CERTIFICATE-----\n",
        "dial tcp 10.240.0.10:6443: connect: connection refused",
        "user system:bootstrap:abcdef cannot list nodes",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_what_is_judged_stays_readable(text: str) -> None:
    """Paths, addresses, certificates, settings and error messages about tokens are not secrets."""
    assert _redact.redact(text) == text


def test_argv_masks_the_argument_after_a_secret_flag() -> None:
    """A flag and its value may be two arguments."""
    argv = ["/usr/bin/kubelet", "--token", SECRET, "--v=2", f"--bootstrap-token={TOKEN}", "--kubeconfig=/etc/k.conf"]
    masked = _redact.redact_argv(argv)
    assert masked == ["/usr/bin/kubelet", "--token", "*" * 16, "--v=2", "--bootstrap-token=" + "*" * 23, argv[5]]


def test_key_spread_over_log_lines_is_masked() -> None:
    """A key printed to the log is one journal entry per line; another process's lines in between are not touched."""
    log = _redact.LogRedactor()
    shown = []
    for line in f"loading\n{PEM}ready".split("\n"):
        shown.append(log.redact(line, "100"))
        assert log.redact("plain words", "200") == "plain words"
    assert KEY_LINES.split("\n")[1] not in "\n".join(shown)
    assert shown[0] == "loading"
    assert shown[-1] == "ready"


def test_masked_text_counts_bytes_not_characters() -> None:
    """Positions after a masked non-ASCII secret stay those of the file."""
    text = "password: pässwörd-1\nserver: https://a:6443\n"
    masked = _redact.redact(text)
    assert masked.encode().index(b"server") == text.encode().index(b"server")
    assert "wörd" not in masked


def test_random_mixtures_keep_shape_and_are_stable() -> None:
    """Any mixture of secrets, plain text and hostile bytes keeps its bytes and lines, and masking twice is once."""
    source = random.Random(20261124)  # noqa: S311 - repeatable, not cryptographic
    pieces = [
        *WITH_SECRET.values(),
        "\x1b[31m",
        "{{ lookup('env', 'HOME') }}",
        "\\xe9",
        "é",
        '"',
        "'",
        '\\"',
        "token:",
        "token=",
        "password: ",
        "\n",
        "\r\n",
        "  ",
        "- ",
        "{",
        "}",
        "|",
        "env:\n",
        "-----BEGIN PRIVATE KEY-----",
        "LS0tLS1CRUdJTi",
        "key: value\n",
    ]
    for dummy in range(400):
        text = "".join(source.choice(pieces) for dummy_piece in range(source.randint(1, 8)))
        masked = _redact.redact(text)
        assert len(masked.encode()) == len(text.encode())
        assert masked.count("\n") == text.count("\n")
        assert _redact.redact(masked) == masked, text


def test_a_megabyte_line_is_masked_in_bounded_time() -> None:
    """Hostile input of a megabyte does not hang the masking (no catastrophic regular expression)."""
    for unit in (
        "token=",
        "a.",
        "-----BEGIN ",
        "A" * 41 + " ",
        '"token":"',
        "x://",
        "password: a ",
        "  - ",
        "eyJaaaaaaaa.",
    ):
        _redact.redact(unit * (200_000 // len(unit)))
