# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys of the lab, and the wait for a host that answers over SSH."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from lab.shell import LabError, output, run

if TYPE_CHECKING:
    from pathlib import Path

HOST_KEY_OPTIONS = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
"""For these hosts alone, which live for one test run: take any host key and keep none."""
_OPTIONS = (*HOST_KEY_OPTIONS, "-o", "BatchMode=yes", "-o", "ConnectTimeout=5")


def user_key(state_dir: Path) -> Path:
    """Return the private key that all users of all hosts accept; made when it is not there."""
    return _key(state_dir / "ssh" / "id_ed25519")


def host_key(state_dir: Path, host: str) -> Path:
    """Return the private host key of a host: it stays the same when the host is recreated."""
    return _key(state_dir / "ssh" / f"host_{host}")


def _key(path: Path) -> Path:
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "nodeclinic-lab", "-f", str(path)])
    return path


def wait_until_answering(address: str, key: Path, *, seconds: float) -> None:
    """Return once root can log in. Raises LabError when that takes longer."""
    deadline = time.monotonic() + seconds
    while not _port_speaks_ssh(address):
        if time.monotonic() > deadline:
            raise LabError(f"sshd at {address} did not answer within {seconds:g} s")
        time.sleep(0.05)
    login = run(["ssh", *_OPTIONS, "-i", str(key), f"root@{address}", "true"], timeout=seconds)
    if login.returncode != 0:
        raise LabError(f"no SSH login as root at {address}: {login.stderr.strip()}")


def _port_speaks_ssh(address: str) -> bool:
    try:
        with socket.create_connection((address, 22), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
