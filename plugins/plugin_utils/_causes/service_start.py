# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A start that systemd ends because nobody tells it that the kubelet is up."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _logs, _quote


@cause(
    "service/start-timeout",
    title="systemd ends each start because the kubelet never reports that it is ready",
    effect=Effect.DOWN,
    explains=("service/killed-repeatedly", "service/killed", "service/start-limit-hit", "symptom/*"),
    healthy="The unit's Type= and NotifyAccess= let systemd see that the kubelet is up.",
    see="The unit stays *activating*; after TimeoutStartSec= *start operation timed out. Terminating.*.",
    why=(
        "Type=forking for a program that stays in the foreground; or Type=notify with NotifyAccess=none, a wrapper"
        " script, or a start that takes longer than TimeoutStartSec=."
    ),
    remedy=Remedy("Remove Type= from the drop-in (simple is right for the kubelet), daemon-reload and restart."),
    apart={
        "service/killed-repeatedly": "there nobody knows who sends the signal, here systemd says that it does",
        "service/watchdog-kill": "there the start was reported and the later signs of life stopped",
    },
    sources=("systemd.service(5), Type= and TimeoutStartSec=",),
)
def start_timeout(node: Snapshot) -> Iterator[Hit]:
    """systemd said so within the last starts, and the unit is not active."""
    unit = node.kubelet
    said = _logs.current(node, "start-timeout", window=None)
    if said is None or unit.active_state == "active":
        return
    keys = ("Type", "NotifyAccess", "TimeoutStartSec")
    settings = [found for key in keys if (found := unit.setting("Service", key)) is not None]
    named = ", ".join(f"{found.key}={found.value} ({found.place})" for found in settings[:2])
    yield Hit(
        f"systemd waits in vain for the kubelet to report its start, and ends it{f': {named}' if named else ''}"[:250],
        (_quote.log(said), *(_quote.directive(found) for found in settings), _quote.unit(unit, "Type", "Result")),
    )
