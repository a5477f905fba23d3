# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the start-up gates find out and the loops use."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

from .config import lookup
from .cri import Runtime
from .flags import Flags
from .kubeconfig import Client
from .logs import Log
from .wording import ROOT, Release, current_version


class Kubelet:
    """One start of the kubelet. NODELAB_ROOT puts every path that is read below another directory (tests only)."""

    def __init__(self, arguments: list[str]) -> None:
        self.arguments = arguments
        self.root = ROOT
        self.release = Release(current_version())
        self.log = Log()
        self.flags = Flags()
        self.config: dict[str, Any] = {}
        self.node_name = platform.node().lower()
        self.client: Client | None = None
        self.bootstrap: Client | None = None
        self.runtime = Runtime("unix:///run/containerd/containerd.sock", self.root)
        self.runtime_info: dict[str, Any] = {}

    def path(self, shown: str) -> Path:
        """The path to open for a path as it is written in the node's files."""
        return self.root / shown.lstrip("/")

    def setting(self, field: str) -> Any:
        """A field of the effective configuration, or its default."""
        return lookup(self.config, field)

    @property
    def data_directory(self) -> str:
        return self.flags.get("root-dir") or "/var/lib/kubelet"

    @property
    def certificate_directory(self) -> str:
        return self.flags.get("cert-dir") or "/var/lib/kubelet/pki"
