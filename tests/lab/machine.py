# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this machine must have: the right to run systemd containers, and Debian's packages."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from lab import namespace
from lab.shell import output, run

if TYPE_CHECKING:
    from collections.abc import Iterable

# netavark asks for iptables (Debian 12) or nft (Debian 13) without depending on it; python3-yaml reads the cases.
_PACKAGES = (
    "ca-certificates", "crun", "debian-archive-keyring", "iproute2", "iptables", "mmdebstrap", "netavark", "nftables",
    "openssh-client", "openssl", "podman", "python3-yaml",
)  # fmt: skip
_APT_SOURCES = (Path("/etc/apt/sources.list"), Path("/etc/apt/sources.list.d"))
_APT_MINUTES = 10
_INOTIFY_INSTANCES = Path("/proc/sys/fs/inotify/max_user_instances")
_INOTIFY_WANTED = 4096
"""All hosts of all labs share root's; each takes about five, and Debian's limit is 128."""
_DEBIANS_OWN = "http://deb.debian.org/debian"


def cannot_run() -> str | None:
    """Return one sentence that says why the lab cannot run on this machine, or None when nothing speaks against it."""
    if os.geteuid() != 0:
        return "the lab needs root, to run systemd in containers and to make a bridge network"
    if shutil.which("apt-get") is None:
        return "the lab needs Debian (apt-get), which its tools and the root filesystems of its hosts come from"
    if run(["unshare", "--mount", "true"]).returncode != 0:
        return "this machine does not allow mount namespaces (CAP_SYS_ADMIN), so it cannot run containers"
    return namespace.cannot_be_made() or _no_network() or _no_overlay()


def install_packages() -> list[str]:
    """Install the Debian packages that are missing and return their names."""
    missing = [name for name in _PACKAGES if not _is_installed(name)]
    if missing:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "-q"]
        # A third-party source that does not answer must not stop us: what counts is whether the install succeeds.
        run([*apt, "update"], timeout=60 * _APT_MINUTES, env=env)
        output([*apt, "install", "-y", "--no-install-recommends", *missing], timeout=60 * _APT_MINUTES, env=env)
    return missing


def raise_limits() -> str | None:
    """Raise the number of inotify instances, until the next boot, and say so; None when it was enough or cannot be."""
    limit = int(_INOTIFY_INSTANCES.read_text(encoding="ascii"))
    if limit >= _INOTIFY_WANTED:
        return None
    try:
        _INOTIFY_INSTANCES.write_text(f"{_INOTIFY_WANTED}\n", encoding="ascii")
    except OSError:  # read-only in a container: a few hosts run nevertheless
        return None
    return f"raised fs.inotify.max_user_instances from {limit} to {_INOTIFY_WANTED}"


def mirror() -> str:
    """Return the Debian mirror that this machine's apt uses, or Debian's own."""
    files = [path for source in _APT_SOURCES for path in ([source] if source.is_file() else sorted(source.glob("*")))]
    return find_mirror(path.read_text(encoding="utf-8", errors="replace") for path in files) or _DEBIANS_OWN


def find_mirror(sources: Iterable[str]) -> str | None:
    """Return the first Debian mirror named in texts of apt sources, in the one-line or the deb822 form."""
    for text in sources:
        for line in text.splitlines():
            if re.match(r"(deb|URIs:)\s", line):
                found = re.search(r"\bhttps?://[^\s/]+\S*/debian(?=/?(\s|$))", line)
                if found:
                    return found.group()
    return None


def _is_installed(package: str) -> bool:
    return run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package]).stdout == "installed"


def _no_network() -> str | None:
    """Try a bridge with a veth port, in a network namespace that ends at once."""
    if shutil.which("ip") is None:
        return None
    attempt = (
        "ip link add lab0 type bridge && ip link add lab1 type veth peer name lab2 && ip link set lab1 master lab0"
    )
    if run(["unshare", "--net", "sh", "-c", attempt]).returncode == 0:
        return None
    return "this machine cannot make bridge networks (kernel support or CAP_NET_ADMIN is missing)"


def _no_overlay() -> str | None:
    known = Path("/proc/filesystems").read_text(encoding="ascii").split()
    if "overlay" in known or run(["modprobe", "overlay"]).returncode == 0:
        return None
    return "this machine's kernel has no overlay filesystem, which the containers' storage needs"
