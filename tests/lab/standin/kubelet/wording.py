# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where in the source each message comes from, by release.

Lines of 1.36 are from recorded journals, but for the two status-* ones, which no recording has.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(os.environ.get("NODELAB_ROOT", "/"))
VERSION_FILE = ROOT / "opt/nodelab/version"
DEFAULT_VERSION = "v1.36.2"

# key: (1.36, 1.31); the older lines are those of the walkthrough, or the newer ones where it shows none
PLACES = {
    "command-failed": ("run.go:72", "run.go:72"),
    "bootstrap-unreadable": ("bootstrap.go:242", "bootstrap.go:241"),
    "bootstrap-transport": ("bootstrap.go:247", "bootstrap.go:246"),
    "bootstrap-tls": ("bootstrap.go:252", "bootstrap.go:251"),
    "bootstrap-expired": ("bootstrap.go:267", "bootstrap.go:266"),
    "lease-ensure": ("controller.go:201", "controller.go:145"),
    "lease-update": ("controller.go:251", "controller.go:195"),
    "lease-fallback": ("controller.go:171", "controller.go:115"),
    "register-attempt": ("kubelet_node_status.go:78", "kubelet_node_status.go:72"),
    "register-previous": ("kubelet_node_status.go:128", "kubelet_node_status.go:111"),
    "register-done": ("kubelet_node_status.go:81", "kubelet_node_status.go:75"),
    "register-failed": ("kubelet_node_status.go:111", "kubelet_node_status.go:95"),
    "register-get-failed": ("kubelet_node_status.go:117", "kubelet_node_status.go:101"),
    "status-retry": ("kubelet_node_status.go:473", "kubelet_node_status.go:544"),
    "status-exceeded": ("kubelet_node_status.go:460", "kubelet_node_status.go:531"),
    "summary-stats": ("eviction_manager.go:297", "eviction_manager.go:285"),
    "reflector": ("reflector.go:227", "reflector.go:158"),
    "mirror-pod": ("kubelet.go:3531", "kubelet.go:3215"),
}


def current_version() -> str:
    """The release to speak for: NODELAB_KUBELET_VERSION, else the node's file, else 1.36."""
    if "NODELAB_KUBELET_VERSION" in os.environ:
        return os.environ["NODELAB_KUBELET_VERSION"]
    return VERSION_FILE.read_text().strip() if VERSION_FILE.exists() else DEFAULT_VERSION


class Release:
    """The release that the stand-in speaks for, e.g. v1.36.2."""

    def __init__(self, version: str) -> None:
        self.version = version if version.startswith("v") else "v" + version
        major, minor = self.version[1:].split(".")[:2]
        self.minor = int(minor) + 100 * (int(major) - 1)

    def place(self, key: str) -> str:
        return PLACES[key][0 if self.minor >= 36 else 1]

    @property
    def client_ca_checked_early(self) -> bool:
        """Up to 1.35 clientCAFile is opened together with the TLS options, before the version line."""
        return self.minor < 36

    @property
    def has_pod_infra_flag(self) -> bool:
        """--pod-infra-container-image was removed after 1.34."""
        return self.minor < 35
