# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the running kubelet talks to the API server, by the lease that was renewed last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.causes._make import healthy

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import _api
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot


def restarted(renewed_after: float, lost_after: float | None) -> Snapshot:
    """A kubelet that started 15 s ago; seconds after that the lease was renewed, and the node given up."""
    node = healthy()
    started = (node.captured_at - timedelta(seconds=15)).replace(microsecond=0)
    ready = node.cluster.conditions["Ready"]
    if lost_after is not None:
        ready = replace(ready, status="Unknown", transition_at=started + timedelta(seconds=lost_after))
    view = replace(
        node.cluster, conditions={"Ready": ready}, lease_renewed_at=started + timedelta(seconds=renewed_after)
    )
    return replace(node, kubelet=replace(node.kubelet, main_start_at=started), cluster=view)


@pytest.mark.parametrize(
    ("renewed_after", "lost_after", "works"),
    [(-3, None, False), (0.4, None, False), (0.4, 8, False), (5, None, True), (5, 12, False), (5, 2, True)],
)
def test_whose_renewal_it_is(renewed_after: float, lost_after: float | None, works: bool) -> None:
    """systemd knows the start to the second, so a renewal in that second may be the process before's; and a node that
    was given up after the renewal has not been heard since."""
    assert _api.works(restarted(renewed_after, lost_after)) is works
