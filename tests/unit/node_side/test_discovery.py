# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that matter are found without a YAML parser."""

from __future__ import annotations

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import discovery


def test_flags_in_any_spelling() -> None:
    """With =, with a space, quoted, with underscores; a flag without a value swallows nothing."""
    text = "kubelet --config=/a --kubeconfig /b --fail-swap-on --cert-dir='/c d' --root_dir=\"/e\" --config=/f --v 2"
    assert discovery.flags(text) == {
        "config": ["/a", "/f"],
        "kubeconfig": ["/b"],
        "cert-dir": ["/c d"],
        "root-dir": ["/e"],
        "v": ["2"],
    }


def test_environment_files_of_systemd_and_of_unit_files() -> None:
    """What systemd resolved comes first; optional ones and those it has not loaded yet are found too."""
    resolved = "/var/lib/kubelet/kubeadm-flags.env (ignore_errors=yes)\n/etc/default/kubelet (ignore_errors=no)"
    unit = "EnvironmentFile=-/etc/default/kubelet\n EnvironmentFile = /etc/kubelet/*.env\nEnvironmentFile=%h/x\n"
    assert discovery.environment_files(resolved, [unit]) == [
        "/var/lib/kubelet/kubeadm-flags.env",
        "/etc/default/kubelet",
        "/etc/kubelet/*.env",
    ]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("server: https://a:6443\n", ["https://a:6443"]),
        ('    server: "https://a:6443"  # comment\n', ["https://a:6443"]),
        ("- cluster: {server: https://a:6443, x: y}\n", ["https://a:6443"]),
        ('{"clusters":[{"cluster":{"server":"https://a:6443","x":1}}]}', ["https://a:6443"]),
        ("  server: 'https://[fd00::1]:6443'\n", ["https://[fd00::1]:6443"]),
        ("apiserver: x\nserver-name: y\n", []),
        ("server:\n", []),
    ],
)
def test_fields_in_any_spelling(text: str, values: list[str]) -> None:
    """Block and flow YAML, quotes, comments and JSON; longer names are other fields."""
    assert discovery.field(text, "server") == values


def test_mentioned_paths_are_absolute() -> None:
    """Relative paths of a kubeconfig are relative to its directory."""
    text = "users:\n- user:\n    client-certificate: pki/a.crt\n    client-key: /k.pem\n"
    text += "clusters:\n- cluster:\n    certificate-authority: ../ca.crt\n"
    assert discovery.mentioned(text, "/etc/kubernetes/kubelet.conf").certificates == [
        "/etc/ca.crt",
        "/etc/kubernetes/pki/a.crt",
        "/k.pem",
    ]


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        ("unix:///run/containerd/containerd.sock", "/run/containerd/containerd.sock"),
        ("unix:/run/x.sock", "/run/x.sock"),
        ("/run/x.sock", "/run/x.sock"),
        ("tcp://127.0.0.1:1", None),
        ("npipe:////./pipe/x", None),
    ],
)
def test_runtime_endpoint(endpoint: str, path: str | None) -> None:
    """Only Unix sockets have a path."""
    assert discovery.socket_path(endpoint) == path
