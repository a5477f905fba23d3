# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts that fail only because something else of the machine is not up yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._machine import booted_at

AT_BOOT = timedelta(minutes=5)


@cause(
    "service/startup-order-race",
    title="the kubelet was started before the runtime and recovered",
    effect=Effect.RESOLVED,
    healthy="kubelet.service is ordered After= the runtime's unit.",
    see="One or two failed starts in the first minutes after a boot, then a kubelet that runs.",
    why="The packaged unit waits for the network only, not for the container runtime.",
    remedy=Remedy("Nothing to repair. `After=containerd.service` in a drop-in avoids it."),
    apart={"runtime/service-down": "there the starts go on failing"},
    sources=("kubernetes/release kubelet.service",),
)
def startup_order_race(node: Snapshot) -> Iterator[Hit]:
    """Earlier starts of this boot, soon after it, did not find the runtime; the present one did."""
    boot = booted_at(node)
    past = _logs.past(node, "runtime-dial-failed")
    if past is None or boot is None or past.pattern.newest or not node.kubelet.running or node.crash_looping:
        return
    if boot <= past.pattern.last_at <= boot + AT_BOOT:
        yield Hit("after the boot the kubelet first failed because the runtime was not up yet", (_quote.log(past),))
