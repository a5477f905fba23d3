# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's control plane as a host that runs audits: Ansible, the collection, inventory and key, for user ops."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from lab import ssh
from live._lab import ROOT, LiveLab, Run, run

HOST = "controlplane"
PYTHON = "3.13"  # of Debian 13, which the control plane has
PLACE = "/srv/audit"
KEY = f"{PLACE}/key"
AUDITS = "/var/lib/kubelet-audit"
_PACKAGES = ROOT / ".cache" / f"ansible-{PYTHON}"
_COLLECTION = ("galaxy.yml", "meta", "playbooks", "plugins", "roles")
_ANSIBLE = f'#!/bin/sh\nPYTHONPATH={PLACE}/packages exec python3 -m ansible playbook "$@"\n'


@dataclass(frozen=True)
class AuditHost:
    """A host on which audits can be scheduled."""

    nodes: LiveLab

    def schedule(self, *arguments: str, **variables: Any) -> Run:
        """Run playbooks/schedule.yml for this host; ``variables`` without their prefix kubelet_schedule_."""
        given = {
            "user": "ops",
            "directory": PLACE,
            "inventory": [f"{PLACE}/hosts.yml"],
            "private_key": KEY,
            "ansible_playbook": f"{PLACE}/ansible-playbook",
            **variables,
        }
        names = {f"kubelet_schedule_{name}": value for name, value in {"host": HOST, **given}.items()}
        argv = ["ansible-playbook", "-i", str(self.nodes.inventory), "playbooks/schedule.yml", *arguments]
        return run([*argv, "-e", yaml.safe_dump(names, default_flow_style=True, width=10**6)], Path("/nonexistent"))

    def systemctl(self, *words: str) -> str:
        """What systemctl says; its exit status does not count."""
        return self.nodes.on(HOST, f"systemctl --no-pager {' '.join(words)} 2>&1 || true").strip()

    def write(self, path: str, text: str, mode: str = "0600") -> None:
        """Write a file of ops'."""
        self.nodes.on(HOST, f"cat > {path} <<'END'\n{text}\nEND\nchown ops: {path}\nchmod {mode} {path}")


def audit_host(nodes: LiveLab) -> AuditHost:
    """Put everything onto the control plane that audits need."""
    if not _PACKAGES.exists():
        _fetch_ansible()
    nodes.on(HOST, f"mkdir -p {PLACE}")
    _unpack(nodes, PLACE, {"packages": _PACKAGES})
    collection = f"{PLACE}/collections/ansible_collections/nodeclinic/kubelet"
    nodes.on(HOST, f"mkdir -p {collection}")
    _unpack(nodes, collection, {name: ROOT / name for name in _COLLECTION})
    host = AuditHost(nodes)
    host.write(f"{PLACE}/ansible-playbook", _ANSIBLE, "0755")
    host.write(f"{PLACE}/ansible.cfg", "[defaults]\ncollections_path = collections\n", "0644")
    host.write(KEY, ssh.user_key(nodes.lab.settings.state_dir).read_text().strip())
    inventory = yaml.safe_load(nodes.inventory.read_text())
    del inventory["all"]["vars"]["ansible_ssh_private_key_file"]
    host.write(f"{PLACE}/hosts.yml", yaml.safe_dump(inventory), "0644")
    nodes.on(HOST, f"chown ops: {PLACE} && install --directory --owner=ops {AUDITS}")
    return host


def _fetch_ansible() -> None:
    """Packages for the host's Python, which need not be the one that runs this."""
    begun = Path(tempfile.mkdtemp(dir=_PACKAGES.parent))  # one that was interrupted is not taken for whole
    command = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--target", str(begun)]
    command += ["--python-version", PYTHON, "--only-binary=:all:", "-r", "requirements/runtime.txt"]
    subprocess.run([*command, "-c", "requirements/constraints.txt"], cwd=ROOT, check=True)
    begun.chmod(0o755)  # mkdtemp made it for root alone, and ops has to read it
    begun.rename(_PACKAGES)


def _unpack(nodes: LiveLab, place: str, files: dict[str, Path]) -> None:
    """Copy files and directories to a host in one go."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as tar:
        for name, path in files.items():
            tar.add(path, name, filter=lambda entry: None if entry.name.endswith("__pycache__") else entry)
    subprocess.run(nodes.login(HOST, "tar", "-xzC", place), input=archive.getvalue(), check=True)
