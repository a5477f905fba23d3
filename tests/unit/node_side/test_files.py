# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a kubelet are found, described and masked."""

from __future__ import annotations

import base64
import hashlib
import os
import typing as t

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import kubelet_files, units
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.files import CERTIFICATE, PROGRAM, FileFacts

if t.TYPE_CHECKING:
    from .conftest import Node

CERTIFICATE_TEXT = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY_TEXT = f"-----BEGIN EC PRIVATE KEY-----\n{base64.b64encode(b'k' * 60).decode()}\n-----END EC PRIVATE KEY-----\n"


def _look(node: Node, cmdline: t.Sequence[str] = ()) -> FileFacts:
    host = node.host()
    facts = FileFacts(host)
    show = units.show(host, ["kubelet.service"]).shows["kubelet.service"]
    kubelet_files.look_at_all(facts, _profiles.named("kubeadm"), "kubelet.service", show, cmdline, {})
    return facts


def test_files_are_found_from_the_configuration(node: Node) -> None:
    """Drop-in, environment file, config, CA file that it names, and what a hand-made cluster has elsewhere."""
    node.write("/var/lib/kubelet/kubeadm-flags.env", "ARGS=--tls-cert-file=/srv/worker-1.crt\n")
    node.write("/srv/worker-1.crt", CERTIFICATE_TEXT)
    facts = _look(node, ["/usr/bin/kubelet", "--config", "/opt/other.yaml"])
    assert facts.entries["/etc/kubernetes/pki/WRONG-CA-FILE.crt"] == {"type": "absent"}
    assert facts.entries["/srv/worker-1.crt"]["content"] == CERTIFICATE_TEXT
    assert facts.entries["/opt/other.yaml"] == {"type": "absent"}
    content = (node.root / "var/lib/kubelet/config.yaml").read_bytes()
    entry = facts.entries["/var/lib/kubelet/config.yaml"]
    assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert (entry["type"], entry["mode"], entry["size"]) == ("file", "0644", len(content))
    assert entry["content"].encode() == content
    assert facts.entries["/etc/kubernetes/manifests"]["type"] == "absent"


def test_drop_in_that_systemd_has_not_loaded_is_read(node: Node) -> None:
    """A drop-in without daemon-reload is on disk only, and names files of its own."""
    node.write(
        "/etc/systemd/system/kubelet.service.d/99-new.conf",
        "[Service]\nExecStart=/usr/bin/kubelet --config=/new.yaml\n",
    )
    facts = _look(node)
    assert "99-new.conf" in facts.entries["/etc/systemd/system/kubelet.service.d"]["entries"]
    assert "--config=/new.yaml" in facts.entries["/etc/systemd/system/kubelet.service.d/99-new.conf"]["content"]
    assert "/new.yaml" in facts.entries


def test_links_are_followed_to_their_file(node: Node) -> None:
    """The rotation link says where it leads; a dangling one says that it leads nowhere."""
    link = "/var/lib/kubelet/pki/kubelet-client-current.pem"
    node.link(link, "kubelet-client-2026-11-23-20-53-12.pem")
    facts = _look(node)
    assert facts.entries[link]["type"] == "link"
    assert facts.entries[link]["resolves"] is None
    node.write("/var/lib/kubelet/pki/kubelet-client-2026-11-23-20-53-12.pem", CERTIFICATE_TEXT + KEY_TEXT, 0o600)
    facts = _look(node)
    target = facts.entries[facts.entries[link]["resolves"]]
    assert target["mode"] == "0600"
    assert target["content"].startswith(CERTIFICATE_TEXT)
    assert KEY_TEXT.split("\n")[1] not in target["content"]
    assert target["size"] == len(target["content"])


def test_only_the_newest_rotated_certificates_are_read(node: Node) -> None:
    """A node rotates for years; three old certificates tell enough, the listing names all."""
    for year in range(2020, 2027):
        node.write(f"/var/lib/kubelet/pki/kubelet-client-{year}-11-23-20-53-12.pem", CERTIFICATE_TEXT)
    node.write("/var/lib/kubelet/pki/kubelet.crt", CERTIFICATE_TEXT)
    facts = _look(node)
    read = [
        path for path, entry in facts.entries.items() if path.startswith("/var/lib/kubelet/pki/") and "content" in entry
    ]
    assert read == [
        "/var/lib/kubelet/pki/kubelet.crt",
        *(f"/var/lib/kubelet/pki/kubelet-client-{year}-11-23-20-53-12.pem" for year in (2026, 2025, 2024)),
    ]
    assert len(facts.entries["/var/lib/kubelet/pki"]["entries"]) == 8


def test_setting_for_a_certificate_reveals_no_other_file(node: Node) -> None:
    """clientCAFile: /etc/shadow must not carry that file away; that it is no PEM stays visible."""
    node.write("/etc/shadow", "root:$6$abc:19000:0:99999:7:::\n", 0o600)
    facts = FileFacts(node.host())
    facts.look("/etc/shadow", CERTIFICATE)
    facts.keep_texts()
    assert facts.entries["/etc/shadow"]["content"] == "*" * 30 + "\n"


def test_odd_files_are_described_without_content(node: Node) -> None:
    """Bytes that are not UTF-8 are escaped, binaries have no text, programs say for which machine they are."""
    node.write("/latin", b"caf\xe9\n")
    node.write("/binary", b"a\0b")
    node.write("/elf", b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x02\x00\xb7\x00" + b"\0" * 40)
    node.write("/script", "#!/bin/sh\n")
    os.mkfifo(node.root / "fifo")
    facts = FileFacts(node.host())
    for path in ("/latin", "/binary", "/fifo"):
        facts.look(path)
    for path in ("/elf", "/script"):
        facts.look(path, PROGRAM)
    facts.keep_texts()
    assert facts.entries["/latin"]["content"] == "caf\\xe9\n"
    assert facts.entries["/binary"]["binary"]
    assert "content" not in facts.entries["/binary"]
    assert facts.entries["/fifo"]["type"] == "other"
    assert facts.entries["/elf"]["elf_machine"] == "aarch64"
    assert (facts.entries["/script"]["elf_machine"], facts.entries["/script"]["head"]) == (None, "#!/bin/sh\n")


def test_limits_hold_and_are_said(node: Node) -> None:
    """A file too large, too much text in all and too many files are cut, and each cut has its status."""
    node.write("/large", "x" * 2_000_000)
    facts = FileFacts(node.host())
    facts.look("/large")
    for number in range(100):
        node.write(f"/many/{number}", "y" * 20_000)
        facts.look(f"/many/{number}")
    facts.keep_texts(["/many/50"])
    assert len(facts.entries["/many/50"]["content"]) == 20_000
    assert len(facts.entries["/large"]["content"]) == _schema.MAX_FILE_BYTES
    assert facts.entries["/large"]["truncated"]
    assert facts.statuses["/large"][0] == "truncated"
    assert sum(len(entry.get("content", "")) for entry in facts.entries.values()) <= _schema.MAX_FILES_BYTES
    assert len(facts.entries) == _schema.MAX_FILES
    assert not facts.complete


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_that_may_not_be_read_is_denied(node: Node) -> None:
    """Without privilege the facts stay and the status says that the content was denied."""
    node.write("/etc/kubernetes/kubelet.conf", "x", 0o000)
    facts = FileFacts(node.host())
    facts.look("/etc/kubernetes/kubelet.conf")
    assert facts.entries["/etc/kubernetes/kubelet.conf"]["status"] == "denied"


def test_environment_file_globs_are_expanded(node: Node) -> None:
    """EnvironmentFile=/etc/kubelet.d/*.env stands for each file."""
    node.write("/etc/systemd/system/kubelet.service.d/1.conf", "[Service]\nEnvironmentFile=-/etc/kubelet.d/*.env\n")
    node.write("/etc/kubelet.d/a.env", "A=--config=/from-a.yaml\n")
    node.write("/etc/kubelet.d/b.txt", "B=1\n")
    facts = _look(node)
    assert "/etc/kubelet.d/a.env" in facts.entries
    assert "/etc/kubelet.d/b.txt" not in facts.entries
    assert "/from-a.yaml" in facts.entries


def test_directory_of_configuration_drop_ins(node: Node) -> None:
    """--config-dir: its .conf files are read as configuration."""
    node.write("/var/lib/kubelet/kubeadm-flags.env", "A=--config-dir=/etc/kubelet.conf.d\n")
    node.write("/etc/kubelet.conf.d/10.conf", "staticPodPath: /srv/pods\n")
    node.write("/srv/pods/web.yaml", "spec:\n  containers:\n  - env:\n    - name: PASS\n      value: hunter2\n")
    facts = _look(node)
    assert facts.entries["/srv/pods"]["entries"] == ["web.yaml"]
    assert "hunter2" not in facts.entries["/srv/pods/web.yaml"]["content"]


def test_places_of_k3s(node: Node) -> None:
    """K3s keeps kubelet files of its own, and its token stays on the node."""
    agent = "/var/lib/rancher/k3s/agent"
    node.write("/etc/rancher/k3s/config.yaml", "server: https://s:6443\ntoken: K10abcdef::server:hunter2\n")
    node.write(f"{agent}/kubelet.kubeconfig", f"    client-certificate: {agent}/client-kubelet.crt\n")
    node.write(f"{agent}/client-kubelet.crt", CERTIFICATE_TEXT)
    node.write(f"{agent}/etc/kubelet.conf.d/00-k3s-defaults.conf", "clientCAFile: /elsewhere/ca.crt\n")
    facts = FileFacts(node.host())
    layout = kubelet_files.look_at_all(facts, _profiles.named("k3s"), "k3s-agent.service", {}, [], {})
    assert layout.kubeconfigs == [f"{agent}/kubelet.kubeconfig"]
    assert facts.entries[f"{agent}/client-kubelet.crt"]["content"] == CERTIFICATE_TEXT
    assert facts.entries["/elsewhere/ca.crt"] == {"type": "absent"}
    assert "hunter2" not in facts.entries["/etc/rancher/k3s/config.yaml"]["content"]
    assert "https://s:6443" in facts.entries["/etc/rancher/k3s/config.yaml"]["content"]


def test_places_of_microk8s(node: Node) -> None:
    """MicroK8s keeps the flags in a file, with a variable for its own directory."""
    base = "/var/snap/microk8s/current"
    node.write(
        f"{base}/args/kubelet",
        "--kubeconfig=${SNAP_DATA}/credentials/kubelet.config\n--client-ca-file=${SNAP_DATA}/x.crt\n",
    )
    facts = FileFacts(node.host())
    row = _profiles.named("microk8s")
    layout = kubelet_files.look_at_all(facts, row, row.units[0], {}, [], {})
    assert layout.kubeconfigs == [f"{base}/credentials/kubelet.config"]
    assert facts.entries[f"{base}/x.crt"] == {"type": "absent"}
