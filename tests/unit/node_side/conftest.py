# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host made of a directory and of canned answers of programs."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult

if t.TYPE_CHECKING:
    from pathlib import Path

Answer = t.Union[str, RunResult, t.Callable[[t.Sequence[str]], RunResult]]  # noqa: UP007 - evaluated by Python 3.9


class FakeHost(Host):
    """A host below a directory; programs answer by the longest known beginning of their command line."""

    def __init__(self, root: Path, programs: t.Mapping[str, Answer], seconds: float = 20.0) -> None:
        super().__init__(str(root), seconds)
        self.programs = programs
        self.started: list[list[str]] = []

    def run(
        self, argv: t.Sequence[str], timeout: float = 5.0, max_bytes: int = 1024 * 1024, data: bytes = b""
    ) -> RunResult:
        """The canned answer; absent for a program that is not known."""
        del timeout, max_bytes, data
        self.processes += 1
        self.started.append(list(argv))
        line = " ".join(argv)
        known = [beginning for beginning in self.programs if line.startswith(beginning)]
        answer = self.programs[max(known, key=len)] if known else RunResult("absent", err="no such program")
        if callable(answer):
            return answer(argv)
        return RunResult("ok", 0, answer) if isinstance(answer, str) else answer


class Node(t.NamedTuple):
    """A fake node: its root directory, and the answers of its programs, both of which a test may change."""

    root: Path
    programs: dict[str, Answer]

    def host(self, seconds: float = 20.0) -> FakeHost:
        """The node as the collectors see it."""
        return FakeHost(self.root, self.programs, seconds)

    def write(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        """Puts a file on the node."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        target.chmod(mode)

    def link(self, path: str, target: str) -> None:
        """Puts a symbolic link on the node."""
        link = self.root / path.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)


def journal_line(message: object, at: int = 1_795_469_773_000_000, **fields: str) -> str:
    """One line of `journalctl -o json` of the kubelet."""
    line = {
        "__REALTIME_TIMESTAMP": str(at),
        "MESSAGE": message,
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "kubelet",
        "_PID": "100",
        "_SYSTEMD_INVOCATION_ID": "a" * 32,
    }
    return json.dumps({**line, **fields})


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A kubeadm worker with the parts that a test can then break."""
    made = Node(tmp_path / "node", {})
    show = (
        "MainPID=4750\nRestart=always\n"
        "ExecStart={ path=/usr/bin/kubelet ; argv[]=/usr/bin/kubelet $KUBELET_CONFIG_ARGS ; }\n"
        "EnvironmentFiles=/var/lib/kubelet/kubeadm-flags.env (ignore_errors=yes)\n"
        "EnvironmentFiles=/etc/default/kubelet (ignore_errors=yes)\nId=kubelet.service\nLoadState=loaded\n"
        "ActiveState=active\nSubState=running\nFragmentPath=/usr/lib/systemd/system/kubelet.service\n"
        "DropInPaths=/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf\nUnitFileState=enabled\n"
        "ExecMainStartTimestamp=Mon 2026-11-23 21:36:13 UTC\n"
    )
    runtime = "ExecStart={ path=/usr/bin/containerd ; }\nId=containerd.service\nLoadState=loaded\nActiveState=active\n"
    made.programs.update(
        {
            "systemctl show --no-pager": lambda argv: RunResult(
                "ok",
                0,
                "\n".join(
                    {"kubelet.service": show, "containerd.service": runtime}.get(
                        unit, f"Id={unit}\nLoadState=not-found\nActiveState=inactive\n"
                    )
                    for unit in argv[4:]
                ),
            ),
            "systemctl show --property=Version": "Version=257.13-1\nSystemState=running\n",
            "systemctl cat": "# /usr/lib/systemd/system/kubelet.service\n[Service]\nExecStart=/usr/bin/kubelet\n",
            "journalctl --unit=kubelet.service": journal_line(
                'E1123 21:36:13.519604    4715 run.go:72] "command failed"'
            ),
            "journalctl --unit=containerd.service": "",
            "/usr/bin/kubelet --version": "Kubernetes v1.36.2\n",
            "/usr/bin/containerd --version": "containerd 2.1.9\n",
        }
    )
    made.write("/proc/sys/kernel/hostname", "worker-1\n")
    made.write("/proc/sys/kernel/random/boot_id", "9bb856c0-7eb3-442f-9b4b-13e13a055b93\n")
    made.write("/proc/4750/cmdline", "/usr/bin/kubelet\0--kubeconfig=/etc/kubernetes/kubelet.conf\0")
    made.write("/usr/lib/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n")
    made.write(
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
        '[Service]\nEnvironment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"\n'
        "EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nEnvironmentFile=-/etc/default/kubelet\n",
    )
    made.write("/var/lib/kubelet/kubeadm-flags.env", 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1"\n')
    made.write(
        "/var/lib/kubelet/config.yaml",
        "apiVersion: kubelet.config.k8s.io/v1beta1\nauthentication:\n  x509:\n"
        "    clientCAFile: /etc/kubernetes/pki/WRONG-CA-FILE.crt\nstaticPodPath: /etc/kubernetes/manifests\n"
        "healthzPort: 0\n",
    )
    made.write(
        "/etc/kubernetes/kubelet.conf",
        "users:\n- user:\n    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n"
        "    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem\n",
    )
    return made
