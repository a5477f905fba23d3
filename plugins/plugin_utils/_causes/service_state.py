# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit itself: masked, missing, refused, or skipped by systemd."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _logs, _quote

SYSTEMD = ("systemd man pages systemd.unit(5), systemd.service(5), systemctl(1)",)


@cause(
    "service/masked",
    title="kubelet unit is masked",
    effect=Effect.DOWN,
    gate=0,
    explains=(
        "service/not-running",
        "service/killed",
    ),
    compares=("service.kubelet.*", "unit.*"),
    healthy="The unit is loaded and enabled.",
    see="`systemctl start kubelet` answers *Unit kubelet.service is masked*; the unit file is a link to /dev/null.",
    why=(
        "Someone linked the unit to /dev/null so that nothing can start it: usually to keep the node out of the"
        " cluster on purpose, or to let another distribution own the kubelet's ports."
    ),
    remedy=Remedy(
        "If nobody masked it on purpose: `systemctl unmask kubelet && systemctl enable --now kubelet`.",
        "unmask-kubelet",
        "needs-approval",
    ),
    apart={
        "service/unit-not-found": "there systemd says not-found: no unit file and no link exists",
        "service/not-running": "a stopped unit can be started, a masked one cannot",
    },
    sources=SYSTEMD,
)
def masked(node: Snapshot) -> Iterator[Hit]:
    """LoadState=masked, or a unit file state of masked while the process still runs (then it is a risk)."""
    unit = node.kubelet
    if unit.load_state != "masked" and not unit.enabled.startswith("masked"):
        return
    effect = Effect.RISK if unit.running else Effect.DOWN
    when = " and will not start again" if unit.running else ""
    yield Hit(
        f"{unit.name} is masked{when}: {unit.fragment_path or 'its unit file'} is a link to /dev/null",
        (_quote.unit(unit, "LoadState", "UnitFileState", "ActiveState"),),
        effect,
    )


@cause(
    "service/unit-not-found",
    title="the kubelet's unit does not exist",
    effect=Effect.DOWN,
    gate=0,
    compares=("service.kubelet.*", "unit.*"),
    healthy="systemd knows a unit that starts the kubelet.",
    see="`systemctl status kubelet` answers *Unit kubelet.service could not be found*.",
    why=(
        "The package was removed or never installed, or its unit lived in a root file system that was replaced."
        " On k3s, RKE2 and MicroK8s the kubelet runs inside another unit: then the profile is wrong, not the node."
    ),
    remedy=Remedy(
        "Install the kubelet package of the cluster's minor version (never newer than the API server), then"
        " `systemctl daemon-reload && systemctl enable --now kubelet`. Where another unit runs the kubelet, set"
        " `kubelet_unit`."
    ),
    apart={
        "service/masked": "a masked unit has a unit file, the link to /dev/null",
        "service/bad-setting": "there LoadState is bad-setting or error: the unit exists and systemd refuses it",
    },
    sources=SYSTEMD,
)
def unit_not_found(node: Snapshot) -> Iterator[Hit]:
    """LoadState=not-found without a running process of the unit."""
    unit = node.kubelet
    if unit.load_state == "not-found" and not unit.running:
        yield Hit(
            f"systemd knows no {unit.name} on this node",
            (_quote.unit(unit, "LoadState", "ActiveState"),),
        )


@cause(
    "service/bad-setting",
    title="systemd refuses the unit's files",
    effect=Effect.DOWN,
    gate=0,
    explains=(
        "service/not-running",
        "service/killed",
    ),
    compares=("unit.*",),
    healthy="`systemd-analyze verify kubelet.service` has nothing to say; exactly one ExecStart= is in effect.",
    see=(
        "`systemctl restart kubelet` answers *has a bad unit file setting*. A kubelet that was running goes on"
        " running, so the node may look well until the next stop or reboot."
    ),
    why=(
        "A drop-in adds a second ExecStart= without clearing the first with an empty `ExecStart=` line, or clears it"
        " and never sets it again. Only Type=oneshot units may have several."
    ),
    remedy=Remedy(
        "Give the drop-in an empty `ExecStart=` line followed by exactly one full ExecStart=, then"
        " `systemctl daemon-reload && systemctl restart kubelet`.",
        "correct-drop-in",
        "needs-approval",
    ),
    apart={"service/unit-not-found": "there LoadState is not-found, here bad-setting or error"},
    sources=SYSTEMD,
)
def bad_setting(node: Snapshot) -> Iterator[Hit]:
    """LoadState=bad-setting or error: down when the kubelet does not run, a risk while the old process lives."""
    unit = node.kubelet
    if unit.load_state not in ("bad-setting", "error"):
        return
    starts = [d for d in unit.directives if (d.section, d.key) == ("Service", "ExecStart")]
    said = _logs.past_or_current(node, "bad-unit-setting")
    places = ", ".join(str(d.place) for d in starts if d.value)
    detail = f" (ExecStart= at {places})" if places else ""
    effect = Effect.RISK if unit.running else Effect.DOWN
    when = "; the old process still runs, but cannot start again" if unit.running else ""
    yield Hit(
        f"systemd refuses {unit.name}: {said.groups['what'] if said else unit.load_state}{detail}{when}",
        (
            _quote.unit(unit, "LoadState", "ActiveState"),
            *(_quote.directive(d) for d in starts),
            *((_quote.log(said),) if said else ()),
        ),
        effect,
    )


@cause(
    "service/dependency-failed",
    title="a unit that the kubelet requires failed or does not exist",
    effect=Effect.DOWN,
    gate=0,
    explains=("service/not-running",),
    healthy="The kubelet's unit requires nothing beyond system.slice and sysinit.target.",
    see="systemd logs *Dependency failed for kubelet.service*, or answers *Unit X not found* to a start.",
    why=(
        "A drop-in left from Docker days (`Requires=docker.service`), or a Requires= on a mount or network unit, keeps"
        " systemd from starting the kubelet when that unit is missing or fails. A running kubelet goes on running."
    ),
    remedy=Remedy(
        "Remove the Requires= (or turn it into After= and Wants=), then `systemctl daemon-reload && systemctl start"
        " kubelet`.",
        "set-aside-drop-in",
        "needs-approval",
    ),
    apart={
        "service/not-running": "there the journal has no dependency line",
        "runtime/service-down": "there the kubelet runs and complains, here it is not even started",
    },
    sources=SYSTEMD,
)
def dependency_failed(node: Snapshot) -> Iterator[Hit]:
    """The last start was refused for a dependency; or a requirement in a local drop-in names a unit that is missing."""
    unit = node.kubelet
    wanted = [d for d in unit.directives if d.key in ("Requires", "Requisite", "BindsTo")]
    said = None if unit.running else _logs.current(node, "dependency-failed")
    names = [(d, name) for d in wanted for name in d.value.split() if _missing(node, name)]
    if said:
        what = f": {wanted[-1].key}={wanted[-1].value} at {wanted[-1].place}" if wanted else ""
        evidence = (_quote.log(said), *(_quote.directive(d) for d in wanted))
        yield Hit(f"systemd did not start {unit.name} because a unit it requires failed{what}", evidence)
    for directive, name in names:
        effect = Effect.RISK if unit.running else Effect.DOWN
        yield Hit(
            f"{directive.place} requires {name}, which does not exist here: {unit.name} cannot be started again",
            (_quote.directive(directive, f"{name} does not exist"),),
            effect,
        )


def _missing(node: Snapshot, name: str) -> bool:
    """True when the evidence says that a unit does not exist."""
    return node.unit_load_states.get(name) == "not-found"


_GUARDED = re.compile(r"ConditionPath\w*=\|?(/\S+)")


@cause(
    "service/condition-skipped",
    title="systemd skips the start because a condition of the unit is not met",
    effect=Effect.DOWN,
    gate=0,
    explains=("service/not-running",),
    healthy="Every Condition*= and ExecCondition= of the unit is met.",
    see="The unit is inactive, nothing failed, and the journal says *was skipped because of an unmet condition check*.",
    why=(
        "The unit has a guard, such as kind's `ConditionPathExists=/var/lib/kubelet/config.yaml` or rke2-agent's"
        " ExecCondition that refuses to run beside rke2-server."
    ),
    remedy=Remedy("Meet the condition (join the node, stop the other service); do not delete the guard."),
    apart={
        "service/not-running": "there ConditionResult is yes or was never evaluated",
        "config/kubelet-config-missing": "there the start is tried and fails, here it is not tried",
    },
    sources=SYSTEMD,
)
def condition_skipped(node: Snapshot) -> Iterator[Hit]:
    """ConditionResult=no or Result=exec-condition on a unit that is not active."""
    unit = node.kubelet
    if unit.active_state not in ("inactive", "failed"):
        return
    if unit.get("ConditionResult") != "no" and unit.result != "exec-condition":
        return
    if unit.get("ConditionTimestampMonotonic") in ("", "0") and unit.result != "exec-condition":
        return  # never tried: the property is "no" before the first start
    said = _logs.past_or_current(node, "condition-unmet")
    guards = [d for d in unit.directives if d.key.startswith(("Condition", "ExecCondition", "Assert"))]
    what = (said.groups.get("condition") if said else "") or ", ".join(f"{d.key}={d.value}" for d in guards)
    missing = [fact for path in _GUARDED.findall(what) if (fact := node.file(path)).absent]
    why = f" ({missing[0].path} does not exist)" if missing else ""
    yield Hit(
        f"systemd skipped the start of {unit.name}: condition not met: {what or 'not named'}{why}",
        (
            _quote.unit(unit, "ActiveState", "ConditionResult", "Result"),
            *(_quote.directive(d) for d in guards),
            *(_quote.file(fact) for fact in missing),
            *((_quote.log(said),) if said else ()),
        ),
        explains=("config/kubelet-config-missing",) if node.config.path in {fact.path for fact in missing} else (),
    )
