# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in kubelet says what a real one says: every line it writes has the shape of a recorded line."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from lab.standin.local import Rig
from lab.standin.shapes import shape

RECORDED = yaml.safe_load((Path(__file__).parents[2] / "lab/standin/real_lines.yml").read_text())
HEALTHY = set(RECORDED["healthy"])

CONFIG, CONF = "var/lib/kubelet/config.yaml", "etc/kubernetes/kubelet.conf"
CURRENT = "var/lib/kubelet/pki/kubelet-client-current.pem"
Break = Callable[[Rig, Path], "list[str] | None"]  # may return further flags


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("standin"))
    rig.start()
    yield rig
    rig.stop()


def replace(path: str, old: str, new: str) -> Break:
    def change(_rig: Rig, root: Path) -> None:
        text = (root / path).read_text()
        assert old in text
        (root / path).write_text(text.replace(old, new))

    return change


def append(path: str, text: str) -> Break:
    def change(_rig: Rig, root: Path) -> None:
        with (root / path).open("a") as stream:
            stream.write(text)

    return change


def remove(path: str) -> Break:
    return lambda _rig, root: (root / path).resolve().unlink()


def write(path: str, text: str) -> Break:
    return lambda _rig, root: (root / path).write_text(text) and None


def flags(*words: str) -> Break:
    return lambda _rig, _root: list(words)


def certificate(variant: str) -> Break:
    def change(rig: Rig, root: Path) -> None:
        (root / CURRENT).write_text("".join(rig.pki.node_client("worker-1", variant)))

    return change


def other_ca(rig: Rig, root: Path) -> None:
    authorities = rig.pki.authority(), rig.pki.other_authority()
    ours, theirs = (base64.b64encode(ca.certificate.encode()).decode() for ca in authorities)
    replace(CONF, ours, theirs)(rig, root)


def embedded_expired(rig: Rig, root: Path) -> None:
    lines = (root / CONF).read_text().splitlines()[:-2]
    pair = zip(("client-certificate-data", "client-key-data"), rig.pki.node_client("worker-1", "expired"), strict=True)
    lines += [f"    {key}: {base64.b64encode(pem.encode()).decode()}" for key, pem in pair]
    (root / CONF).write_text("\n".join(lines) + "\n")


def wrong_port(rig: Rig, root: Path) -> None:
    replace(CONF, f":{rig.port}", ":1")(rig, root)


def wrong_name(rig: Rig, root: Path) -> None:
    replace(CONF, "//localhost:", "//127.0.0.2:")(rig, root)


# case -> how to break, exit status (None: keeps running)
ENDING: dict[str, tuple[Break, int]] = {
    "ca-path-wrong": (replace(CONFIG, "/etc/kubernetes/pki/ca.crt", "/etc/kubernetes/pki/WRONG-CA-FILE.crt"), 1),
    "ca-file-corrupt": (write("etc/kubernetes/pki/ca.crt", "!!!! not base64 !!!!"), 1),
    "cert-expired": (certificate("expired"), 1),
    "cert-missing-dangling": (remove(CURRENT), 1),
    "kubeconfig-ca-file-missing": (
        lambda rig, root: replace(
            CONF,
            "certificate-authority-data: " + base64.b64encode(rig.pki.authority().certificate.encode()).decode(),
            "certificate-authority: /etc/kubernetes/pki/apiserver-ca.crt",
        )(rig, root),
        1,
    ),
    "kubeconfig-embedded-cert-expired": (embedded_expired, 1),
    "kubelet-conf-empty": (write(CONF, ""), 1),
    "kubelet-conf-malformed": (replace(CONF, "clusters:", "clusters"), 1),
    "kubelet-conf-missing": (remove(CONF), 1),
    "config-missing": (remove(CONFIG), 1),
    "config-wrong-kind": (replace(CONFIG, "kind: KubeletConfiguration", "kind: KubeletConfig"), 1),
    "config-wrong-type": (append(CONFIG, 'maxPods: "many"\n'), 1),
    "config-yaml-syntax": (replace(CONFIG, "authentication:\n", "authentication\n"), 1),
    "extra-args-unknown-flag": (flags("--max-podz=200"), 1),
    "removed-flag-network-plugin": (flags("--network-plugin=cni"), 1),
    "removed-feature-gate-flag": (flags("--feature-gates=DynamicKubeletConfig=true"), 1),
    "unknown-feature-gate": (append(CONFIG, "featureGates:\n  MadeUpGate: true\n"), 2),
    "containerd-stopped-restart": (remove("run/containerd/containerd.sock"), 1),
    "runtime-endpoint-wrong": (flags("--container-runtime-endpoint=unix:///run/containerd/containerd.sck"), 1),
    "cpu-manager-state": (append(CONFIG, "cpuManagerPolicy: static\n"), 1),
}
RUNNING: dict[str, Break] = {
    "server-port-wrong": wrong_port,
    "server-name-not-in-san": wrong_name,
    "kubeconfig-ca-wrong": other_ca,
    "cert-other-ca": certificate("other-ca"),
    "cert-server-eku": certificate("server-only"),
    "static-pod-invalid": write("etc/kubernetes/manifests/broken.yaml", "apiVersion: v1\nkind: Pod\nspec: {}\n"),
}
# the first E line of these is followed by others that only say what comes of it
DECISIVE = {
    "server-port-wrong": "Unable to register node with API server",
    "server-name-not-in-san": "Unable to register node with API server",
    "kubeconfig-ca-wrong": "Unable to register node with API server",
    "cert-other-ca": "Unable to register node with API server",
    "cert-server-eku": "Unable to register node with API server",
    "static-pod-invalid": "Could not process manifest file",
}


def shapes(lines: list[str]) -> list[str]:
    return [shape(line) for line in lines if line.strip()]


def complaints(found: list[str]) -> list[str]:
    return [line for line in found if line[:2] in ("E ", "W ", "F ") or line.startswith("panic:")]


@pytest.mark.parametrize("case", ENDING)
def test_a_fault_that_ends_the_kubelet_is_told_as_recorded(case: str, rig: Rig) -> None:
    """A kubelet that cannot start writes the recorded lines, all of the decisive ones, and exits as recorded."""
    change, expected = ENDING[case]
    root = rig.node()
    lines, status = rig.kubelet(root, change(rig, root) or [])
    found, recorded = shapes(lines), RECORDED["faults"][case]
    assert status == expected
    assert set(complaints(found)) - HEALTHY == set(complaints(recorded)) - HEALTHY
    assert set(found) <= HEALTHY | set(recorded)


@pytest.mark.parametrize("case", RUNNING)
def test_a_fault_that_leaves_the_kubelet_running_is_told_as_recorded(case: str, rig: Rig) -> None:
    """A kubelet that runs and cannot work writes only recorded lines, among them the decisive one."""
    root = rig.node()
    RUNNING[case](rig, root)
    lines, status = rig.kubelet(root, [], until=DECISIVE[case])
    found, recorded = shapes(lines), RECORDED["faults"][case]
    assert status is None
    assert set(found) <= HEALTHY | set(recorded)
    assert any(DECISIVE[case] in line for line in complaints(found))


def test_a_healthy_start_complains_as_little_as_a_real_one(rig: Rig) -> None:
    """A healthy kubelet registers and writes no line that the recorded healthy start lacks."""
    lines, status = rig.kubelet(rig.node(), [], until="Finished populating initial desired state")
    found = shapes(lines)
    assert status is None
    assert 'I kubelet_node_status.go:81] "Successfully registered node" node="NODE"' in found
    assert set(found) <= HEALTHY


def test_an_older_release_words_the_missing_client_ca_its_own_way(rig: Rig) -> None:
    """Up to 1.35 the file is opened before the version line, and the text names the client CA file."""
    root = rig.node()
    ENDING["ca-path-wrong"][0](rig, root)
    lines, status = rig.kubelet(root, [], version="v1.31.0")
    path = "/etc/kubernetes/pki/WRONG-CA-FILE.crt"
    assert status == 1
    assert shape(lines[-1]) == (
        'E run.go:72] "command failed" err="failed to construct kubelet dependencies: '
        f'unable to load client CA file {path}: open {path}: no such file or directory"'
    )
    assert not any("Kubelet version" in line for line in lines)


def test_an_older_release_words_its_conversation_its_own_way(rig: Rig) -> None:
    """The lines of the walkthrough's second case, of a 1.31 kubelet."""
    root = rig.node()
    wrong_port(rig, root)
    lines, _status = rig.kubelet(root, [], until="Unable to register node", version="v1.31.0")
    found = shapes(lines)
    refused = "dial tcp ADDRESS: connect: connection refused"
    url = "https://SERVER/api/v1/nodes?fieldSelector=metadata.name%3DNODE&limit=500&resourceVersion=NUMBER"
    factory = "k8s.io/client-go/informers/factory.go:160"
    assert f'W reflector.go:561] {factory}: failed to list *v1.Node: Get "{url}": {refused}' in found
    assert (
        'E kubelet_node_status.go:95] "Unable to register node with API server" '
        f'err="Post \\"https://SERVER/api/v1/nodes\\": {refused}" node="NODE"'
    ) in found


def test_the_json_format_says_the_same(rig: Rig) -> None:
    """With logging.format json every line after the flags is a JSON object with msg and err apart."""
    root = rig.node()
    ENDING["ca-path-wrong"][0](rig, root)
    replace(CONFIG, "logging:\n", "logging:\n  format: json\n")(rig, root)
    lines, _status = rig.kubelet(root, [])
    last = json.loads(lines[-1])
    assert last["msg"] == "command failed"
    assert last["err"] == "failed to run Kubelet: open /etc/kubernetes/pki/WRONG-CA-FILE.crt: no such file or directory"
    assert lines[0].startswith("Flag --container-runtime-endpoint has been deprecated")
