# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unit that is in order and not active: stopped, not enabled, or given up on by systemd."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._quote import age, counted
from .service_state import SYSTEMD

LOCKS = "/var/snap/microk8s/current/var/lock"  # MicroK8s decides by files here whether its services run
UNLOCK = Remedy(
    f"A file of {LOCKS} keeps it from running: lite.lock is missing there (`touch` it), or low-memory-guard.lock is"
    " there (remove it once the host has memory). Then `snap start microk8s`."
)


@cause(
    "service/start-limit-hit",
    title="systemd gave up restarting the kubelet",
    effect=Effect.DOWN,
    explains=("service/not-running",),
    healthy="The unit sets StartLimitIntervalSec=0, so that systemd never gives up.",
    see="The unit is failed and stays down; the journal says *Start request repeated too quickly*.",
    why=(
        "The kubelet ended faster than the unit's start limit allows. The packaged unit has no limit, so a limit comes"
        " from a local unit or drop-in. The reason of the exits is another finding, and may already be gone."
    ),
    remedy=Remedy(
        "Repair why it ended, then `systemctl reset-failed kubelet && systemctl start kubelet`.",
        "reset-failed-and-start",
        "safe",
    ),
    apart={"config/*": "what made it exit is in the last log lines before systemd gave up"},
    sources=SYSTEMD,
)
def start_limit_hit(node: Snapshot) -> Iterator[Hit]:
    """Result=start-limit-hit, or the line about it after the last start while the unit is failed."""
    unit = node.kubelet
    if unit.active_state != "failed":
        return
    said = _logs.past_or_current(node, "start-limit")
    last_start = max((p.seq for p in node.log.patterns if p.source != "systemd" and p.newest), default=-1)
    if unit.result != "start-limit-hit" and (said is None or said.pattern.seq < last_start):
        return
    limits = [d for d in unit.directives if d.key.startswith(("StartLimit", "Restart"))]
    since = f" {age((node.captured_at - unit.state_change_at).total_seconds())} ago" if unit.state_change_at else ""
    yield Hit(
        f"systemd gave up on {unit.name}{since} after {counted(unit.restarts, 'restart')}",
        (
            _quote.unit(unit, "ActiveState", "Result", "NRestarts"),
            *((_quote.log(said),) if said else ()),
            *(_quote.directive(d) for d in limits),
        ),
    )


@cause(
    "service/not-running",
    title="the kubelet is stopped, or not enabled for boot",
    effect=Effect.DOWN,
    gate=0,
    compares=("service.kubelet.*",),
    healthy="The unit is active and enabled.",
    see="`systemctl status kubelet` says inactive (dead), with a clean stop or no start since boot in the journal.",
    why=(
        "Nobody told systemd to run it: it was stopped by hand or by a maintenance script, or it was started once and"
        " never enabled, so that a reboot left it down."
    ),
    remedy=Remedy(
        "If nobody stopped it on purpose (`journalctl -u kubelet -n 20`): `systemctl enable --now kubelet`.",
        "start-kubelet",
        "needs-approval",
    ),
    apart={
        "service/masked": "a masked unit cannot be started at all",
        "service/condition-skipped": "there systemd tried and a condition was not met",
        "service/killed": "there the last process was killed, here it was stopped in good order",
        "service/dependency-failed": "there the journal says *Dependency failed*",
        "system/graceful-shutdown-stuck": "there the kubelet runs, and reports that the machine shuts down",
        "system/machine-down": "there the host does not answer at all",
    },
    sources=SYSTEMD,
)
def not_running(node: Snapshot) -> Iterator[Hit]:
    """Inactive after a clean stop (down), or running but disabled (a risk at the next boot)."""
    unit = node.kubelet
    quoted = _quote.unit(unit, "ActiveState", "SubState", "Result", "UnitFileState")
    if unit.load_state != "loaded":
        return
    if unit.running and unit.enabled == "disabled":
        yield Hit(
            f"{unit.name} runs but is not enabled: it stays down after the next reboot",
            (quoted,),
            Effect.RISK,
            Remedy("`systemctl enable kubelet`", "enable-kubelet", "safe"),
        )
    if unit.active_state != "inactive" or unit.result not in ("success", ""):
        return
    at = unit.inactive_enter_at or unit.state_change_at
    since = f" since {age((node.captured_at - at).total_seconds())}" if at else " and was not started since boot"
    said = _logs.past_or_current(node, "snap-will-not-run")
    if said is not None and said.pattern.newest:
        text = f"{unit.name} ended by itself{since}: {said.groups['what']}"
        yield Hit(text, (quoted, _quote.log(said)), remedy=UNLOCK)
        return
    yield Hit(f"{unit.name} is stopped{since} ({unit.enabled or 'enablement unknown'})", (quoted,))
