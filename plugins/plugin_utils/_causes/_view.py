# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what the control plane said of a node is still so: it may have been asked a while before the node."""

from __future__ import annotations

import re
from datetime import timedelta

from .._interpret import _values
from .._model.snapshot import Snapshot
from . import _logs

YOUNG = timedelta(seconds=60)
_VERSION = re.compile(r'"resourceVersion":"(\d{1,19})"')


def missed(node: Snapshot) -> bool:
    """True when the control plane misses this kubelet: Ready=Unknown, said after it registered."""
    ready = node.cluster.ready
    return ready is not None and ready.status == "Unknown" and not outdated(node)


def outdated(node: Snapshot) -> bool:
    """True when Ready=Unknown is from before the running kubelet registered, and the API server answers it since: the
    Node was written after the view was taken, or the registration was moments ago."""
    ready, own = node.cluster.ready, node.probes.node_object
    registered = max(
        (m.pattern.last_at for m in _logs.matches(node.log, "node-registered") if m.pattern.newest), default=None
    )
    if ready is None or registered is None or own.code != 200 or not node.kubelet.running:
        return False
    told = [moment for moment in (ready.transition_at, ready.heartbeat_at) if moment is not None]
    if not told or max(told) >= registered:
        return False
    seen, now = (
        _values.text(_values.mapping(node.cluster.raw_node.get("metadata")).get("resourceVersion")),
        _VERSION.search(own.body),
    )
    written = now is not None and seen.isdigit() and int(now.group(1)) > int(seen)
    return written or node.captured_at - registered <= YOUNG
