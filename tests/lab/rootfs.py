# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Root filesystems of the hosts: built with mmdebstrap from Debian's registry, kept as podman images.

An image is named by the hash of everything that goes into it, so a changed recipe makes a new image and an unchanged
one costs nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab import shell

if TYPE_CHECKING:
    from lab.podman import Podman

CODENAMES = {11: "bullseye", 12: "bookworm", 13: "trixie"}
CONTROL_PLANE_RELEASE = 13
REPOSITORY = "localhost/nodeclinic-lab"

# Of Python only Debian's interpreter and its standard library: a module that needs more must fail here.
_PACKAGES = (
    "ca-certificates", "dbus", "iproute2", "kmod", "openssh-server", "openssl", "procps", "python3", "sudo", "systemd",
    "systemd-sysv",
)  # fmt: skip
_CONTROL_PLANE_PACKAGES = ("kubernetes-client",)
# For the stand-in programs alone, unpacked beside the system where the system's Python does not look.
_STANDIN_PACKAGES = ("python3-yaml", "libyaml-0-2")
# Units that would act on the machine below the container (its kernel settings, its consoles), or on the network.
_MASKED_UNITS = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "console-getty.service", "dev-hugepages.mount",
    "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer", "getty.target",
    "proc-sys-fs-binfmt_misc.automount",
    "sys-fs-fuse-connections.mount", "sys-kernel-config.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    "systemd-binfmt.service", "systemd-logind.service", "systemd-modules-load.service", "systemd-remount-fs.service",
    "systemd-sysctl.service", "systemd-timesyncd.service",
    # These only cost time at each first start.
    "ldconfig.service", "systemd-journal-catalog-update.service", "systemd-update-done.service",
)  # fmt: skip
_BUILD_MINUTES = 15
_BUILD_PREFIX = "build-"
_KEYRINGS = Path("/usr/share/keyrings")

_CUSTOMIZE = """\
set -eu
root="$1"
mkdir -p "$root/opt/nodelab/debs"
work=$(mktemp -d)
cd "$work"
APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get -q -o APT::Sandbox::User=root download {standin_packages}
for deb in *.deb; do dpkg-deb -x "$deb" "$root/opt/nodelab/debs"; done
cd / && rm -r "$work"
chroot "$root" useradd --create-home --shell /bin/bash ops
chroot "$root" useradd --create-home --shell /bin/bash nopriv
echo 'ops ALL=(ALL:ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/ops"
chmod 0440 "$root/etc/sudoers.d/ops"
for unit in {masked_units}; do ln -sf /dev/null "$root/etc/systemd/system/$unit"; done
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/machine-id" "$root/etc/resolv.conf" "$root/etc/hostname"
rm -rf "$root"/var/log/journal/* "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/var/cache/apt/*.bin
: > "$root/etc/hostname"
"""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what is in a root filesystem, but for the versions that the mirror has at the time."""

    release: int
    packages: tuple[str, ...]
    customize: str

    @property
    def image(self) -> str:
        digest = hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()
        return f"{REPOSITORY}:debian{self.release}-{digest[:16]}"


def recipe(release: int, *, control_plane: bool = False) -> Recipe:
    """Return what a host of this Debian release is made of."""
    return Recipe(
        release=release,
        packages=tuple(sorted(_PACKAGES + (_CONTROL_PLANE_PACKAGES if control_plane else ()))),
        customize=_CUSTOMIZE.format(standin_packages=" ".join(_STANDIN_PACKAGES), masked_units=" ".join(_MASKED_UNITS)),
    )


def exists(podman: Podman, wanted: Recipe) -> bool:
    return podman.holds("image", "exists", wanted.image)


def build(podman: Podman, wanted: Recipe, mirror: str, keyring: Path) -> None:
    """Build the root filesystem and import it as an image, if that has not been done yet."""
    if exists(podman, wanted):
        return
    with tempfile.TemporaryDirectory(dir=podman.cache_dir, prefix=_BUILD_PREFIX) as work:
        archive = _mmdebstrap(wanted, mirror, keyring, Path(work))
        podman("import", "--quiet", str(archive), wanted.image, timeout=60 * _BUILD_MINUTES)


def _mmdebstrap(wanted: Recipe, mirror: str, keyring: Path, work: Path) -> Path:
    archive, hook = work / "rootfs.tar", work / "customize"
    hook.write_text(f"#!/bin/sh\n{wanted.customize}", encoding="utf-8")
    hook.chmod(0o755)
    shell.output(
        [
            "mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--format=tar", f"--keyring={keyring}",
            f"--include={','.join(wanted.packages)}", f"--customize-hook={hook}", *_proxy_options(),
            CODENAMES[wanted.release], str(archive), mirror,
        ],
        timeout=60 * _BUILD_MINUTES,
        env={**os.environ, "TMPDIR": str(work)},
    )  # fmt: skip
    return archive


@dataclass(frozen=True)
class Keyring:
    """Finds keys that verify a release: this machine's, or ones that this machine's can vouch for.

    A machine older than the release may lack its keys. Debian 12's own debian-archive-keyring package has the keys of
    Debian 13; the package in our Debian 12 image was itself verified with keys that this machine has.
    """

    podman: Podman
    mirror: str

    def path(self, release: int) -> Path:
        """Return a keyring file for this release; builds the Debian 12 image when its keyring is needed."""
        own = _KEYRINGS / "debian-archive-keyring.gpg"
        if release <= 12 or list(_KEYRINGS.glob(f"debian-archive-{CODENAMES[release]}-stable.*")):
            return own
        build(self.podman, recipe(12), self.mirror, own)
        borrowed = self.podman.run_dir / "keyring.gpg"
        borrower = self.podman("create", recipe(12).image, "true").strip()
        try:
            self.podman("cp", f"{borrower}:{own}", str(borrowed))
        finally:
            self.podman("rm", "--force", borrower)
        return borrowed


def _proxy_options() -> list[str]:
    """Hand on the proxies that this machine's apt uses; mmdebstrap reads none of its settings."""
    dump = shell.run(["apt-config", "dump", "--format", "%F %v%n"]).stdout
    pairs = [
        line.split(" ", 1) for line in dump.splitlines() if line.startswith("Acquire::http") and "::Proxy " in line
    ]
    return [f'--aptopt={name} "{value}";' for name, value in pairs if value]


def remove_interrupted(podman: Podman) -> None:
    """Remove what builds left that were killed. For a caller that holds the machine's lock."""
    for leftover in podman.cache_dir.glob(f"{_BUILD_PREFIX}*"):
        shutil.rmtree(leftover)


def remove_unused(podman: Podman) -> None:
    """Remove images of older recipes that no container uses."""
    listed = podman("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={REPOSITORY}").split()
    current = {recipe(release).image for release in CODENAMES}
    current.add(recipe(CONTROL_PLANE_RELEASE, control_plane=True).image)
    for image in set(listed) - current:
        podman.attempt("rmi", image)
