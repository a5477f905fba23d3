# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the kubeconfig was written, and whether it has worked since."""

from __future__ import annotations

from datetime import timedelta

from .._model.snapshot import Snapshot
from ._api import CLOCK_STEP, alive
from ._trust import cert_dir

NEVER = "NodeStatusNeverUpdated"  # the time beside it is not one of the kubelet's
BOOTSTRAP = timedelta(minutes=2)  # a bootstrap that is approved automatically takes seconds


def kubeconfig_newer_than_process(node: Snapshot) -> bool:
    """True when the kubeconfig was written after the running kubelet read it at its start."""
    started, written = node.kubelet.main_start_at, node.kubeconfig.file.mtime
    newer = started is not None and written is not None and written > started
    return newer and alive(node) and not written_by_bootstrap(node)


def kubeconfig_has_worked(node: Snapshot) -> bool | None:
    """Whether the control plane heard from a kubelet that had read the kubeconfig as it is now; None: unknown.

    It is read at the start only: what was heard later counts only for a process that started after it was written.
    """
    ready = node.cluster.ready
    posted = ready.heartbeat_at if ready is not None and ready.reason != NEVER else None
    heard = [moment for moment in (node.cluster.lease_renewed_at, posted) if moment]
    written = node.kubeconfig.file.mtime
    if written is None or not node.cluster.node_found:
        return None
    if not any(moment > written for moment in heard):
        return False
    starts = [start.first_at for start in node.log.starts]
    starts += [node.kubelet.main_start_at] if node.kubelet.main_start_at else []
    if written_by_bootstrap(node) or any(written <= start < max(heard) - CLOCK_STEP for start in starts):
        return True
    return False if any(start < written for start in starts) else None


def written_by_bootstrap(node: Snapshot) -> bool:
    """True when the kubelet wrote the kubeconfig itself: its first certificate was stored right after that."""
    written, prefix = node.kubeconfig.file.mtime, f"{cert_dir(node)}/kubelet-client-2"
    stored = [fact.mtime for path, fact in node.files.items() if path.startswith(prefix) and fact.mtime]
    return written is not None and any(timedelta(0) <= moment - written <= BOOTSTRAP for moment in stored)
