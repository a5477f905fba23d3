# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All files that make an image into one host of a lab: login, names, network, and the cluster's part."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from lab import archive, ssh
from lab.standin import distributions, layout

if TYPE_CHECKING:
    from lab.archive import Content
    from lab.topology import Host, Topology

_HERE = Path(__file__).resolve().parent
_WANTED = "/etc/systemd/system/multi-user.target.wants"

_SSHD = """\
AuthorizedKeysFile /etc/ssh/lab_authorized_keys
HostKey /etc/ssh/ssh_host_ed25519_key
MaxStartups 200
PasswordAuthentication no
PermitRootLogin prohibit-password
UseDNS no
"""
# OpenSSH 9.8 and later hold off a client whose logins fail, which some tests do on purpose.
_SSHD_13 = "PerSourcePenalties no\n"

# The kernel's messages are those of the machine below and say nothing about this host. The journal lies in memory.
_JOURNALD = """\
[Journal]
ReadKMsg=no
SystemMaxUse=64M
"""

# Workers have a default route, as any node has, but one that ends at the control plane host, which forwards nothing:
# what is sent outside the lab is lost without an answer.
_ROUTE_UNIT = """\
[Unit]
Description=Routes of a lab host
Before=network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/sbin/ip route flush exact default
{add_route}
[Install]
WantedBy=multi-user.target
"""
_NAMESERVER_UNIT = """\
[Unit]
Description=Name server of the lab

[Service]
ExecStart=/usr/bin/python3 /opt/nodelab/nameserver.py
Restart=always

[Install]
WantedBy=multi-user.target
"""


def host_archive(host: Host, topology: Topology, state_dir: Path) -> bytes:
    """Return everything to unpack onto this host's root filesystem. The same lab gives the same bytes each time."""
    files = _login(host, state_dir)
    files.update(_names(host, topology))
    files.update(_services(host, topology))
    files.update(archive.from_directory(_HERE / "standin", "/opt/nodelab/standin"))
    files.update(
        layout.node_files(
            node=host.name,
            role=host.role,
            hosts=topology.addresses(),
            debian=host.release,
            pki_dir=state_dir / "pki",
        )
    )
    if host.role == "worker":
        files.update(distributions.prepared(host.name, topology.addresses(), state_dir / "pki"))
    return archive.pack(files, topology.created)


def _login(host: Host, state_dir: Path) -> dict[str, tuple[int, Content]]:
    key = ssh.host_key(state_dir, host.name)
    return {
        "/etc/ssh/lab_authorized_keys": (
            0o644,
            ssh.user_key(state_dir).with_suffix(".pub").read_text(encoding="utf-8"),
        ),
        "/etc/ssh/ssh_host_ed25519_key": (0o600, key.read_text(encoding="utf-8")),
        "/etc/ssh/ssh_host_ed25519_key.pub": (0o644, key.with_suffix(".pub").read_text(encoding="utf-8")),
        "/etc/ssh/sshd_config.d/lab.conf": (0o644, _SSHD + (_SSHD_13 if host.release >= 13 else "")),
    }


def _names(host: Host, topology: Topology) -> dict[str, tuple[int, Content]]:
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost"]
    lines += [f"{address} {name}" for name, address in topology.addresses().items()]
    # Set, so that systemd does not take the start of a new host for a first boot and enable units by preset.
    machine_id = hashlib.sha256(f"{topology.created} {host.name} {host.address}".encode()).hexdigest()[:32]
    resolver = f"nameserver {topology.control_plane.address}\noptions timeout:2 attempts:2\n"
    return {
        "/etc/hosts": (0o644, "\n".join(lines) + "\n"),
        "/etc/resolv.conf": (0o644, resolver),
        "/etc/machine-id": (0o444, machine_id + "\n"),
    }


def _services(host: Host, topology: Topology) -> dict[str, tuple[int, Content]]:
    is_worker = host.role == "worker"
    add_route = f"ExecStart=/sbin/ip route add default via {topology.control_plane.address}\n" if is_worker else ""
    units = {"lab-route.service": _ROUTE_UNIT.format(add_route=add_route)}
    files: dict[str, tuple[int, Content]] = {"/etc/systemd/journald.conf.d/lab.conf": (0o644, _JOURNALD)}
    if not is_worker:
        units["lab-nameserver.service"] = _NAMESERVER_UNIT
        files["/opt/nodelab/nameserver.py"] = (0o644, (_HERE / "nameserver.py").read_bytes())
    for unit, text in units.items():
        files[f"/etc/systemd/system/{unit}"] = (0o644, text)
        files[f"{_WANTED}/{unit}"] = (0o777, f"-> ../{unit}")
    return files
