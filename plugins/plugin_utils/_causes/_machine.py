# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the causes of the machine share: settings that default to true or false, the boot, the host's own identity."""

from __future__ import annotations

from datetime import datetime, timedelta

from ...module_utils import _profiles
from .._model.host import Probe
from .._model.snapshot import Snapshot

# Profiles that start the kubelet with settings of their own.
EMBEDDING = tuple(row.name for row in _profiles.TABLE if row.embeds_kubelet)
_TRUE = ("true", "t", "1")
KIND = "KubeletConfiguration"  # a file of another kind sets nothing


def enabled(node: Snapshot, path: str, flag: str, *, default: bool) -> bool | None:
    """Effective value of a boolean setting; None when the definition or file that may set it could not be read."""
    if not node.command_line.binary:
        return None
    given = node.command_line.flag(flag)
    if given is not None:
        return given.value is None or given.value.lower() in _TRUE
    config = node.config
    if config.configured and (config.problem or config.file.content is None or config.value("kind") != KIND):
        return None
    found = node.config.get(path)
    if found is None:
        return None if node.profile in EMBEDDING else default
    return found.value if isinstance(found.value, bool) else None


def booted_at(node: Snapshot) -> datetime | None:
    """When the machine started, by its own clock."""
    uptime = node.host.uptime_seconds
    return node.captured_at - timedelta(seconds=uptime) if uptime is not None else None


def registers_as(node: Snapshot) -> str:
    """The name under which the kubelet registers at its next start: --hostname-override, else the host name in lower
    case. Empty where neither was read, or where something else (a cloud provider, k3s) gives the name."""
    cloud = node.command_line.flag("cloud-provider")
    if node.profile in EMBEDDING or (cloud is not None and cloud.value not in ("", "external", None)):
        return ""
    given = node.command_line.flag("hostname-override")
    return (given.value or "").strip().lower() if given is not None else node.host.hostname.strip().lower()


def api_clock(node: Snapshot) -> tuple[timedelta | None, Probe | None]:
    """(how far the node's clock is ahead of the API server's, the probe whose Date header tells); None when it never
    answered. The header has whole seconds and a probe takes up to ten."""
    for probe in (node.probes.node_object, node.probes.readyz):
        if probe.date is not None:
            return node.captured_at - probe.date, probe
    return None, None
