# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Feature gates that the kubelet refuses."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.common import Place
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._logs import starting_fails

_OF_FILE = 6  # the gates of the configuration file are set at a later stage than those given as flags


def _gate_place(node: Snapshot, gate: str) -> tuple[Place | None, Evidence | None, int | None]:
    """Where a feature gate is set, the flag or the field of the configuration file, and the stage where that is not the
    flags'."""
    flag = node.command_line.flag("feature-gates")
    if flag and gate in (flag.value or ""):
        return flag.place, _quote.flag(flag), None
    found = node.config.get(f"featureGates.{gate}")
    return (found.place, _quote.field(found), _OF_FILE) if found else (None, None, None)


@cause(
    "config/feature-gate-unknown",
    title="a feature gate is set that this kubelet does not have",
    effect=Effect.DOWN,
    gate=2,
    compares=("config.featureGates.*", "flags.feature-gates"),
    healthy="featureGates and --feature-gates name only gates of this release.",
    see="*unrecognized feature gate: X*; from the configuration file it is a Go panic with exit status 2.",
    why="Gates are deleted two or three releases after they graduate; configurations go on naming them.",
    remedy=Remedy(
        "Remove the gate where it is set (and in the kubelet-config ConfigMap), then `systemctl restart kubelet`.",
        "remove-feature-gate",
        "safe",
    ),
    apart={
        "config/feature-gate-locked": "there the gate exists and may not be set to this value",
        "system/kubelet-panic": "a panic whose first line names a feature gate is this cause",
    },
    versions="OpenShift's kubelet only warns and starts",
    sources=("kubernetes staging/src/k8s.io/component-base/featuregate",),
)
def feature_gate_unknown(node: Snapshot) -> Iterator[Hit]:
    """The last start refused a gate it does not know."""
    said = _logs.current(node, "feature-gate-unknown", window=None) if starting_fails(node) else None
    if said is None:
        return
    place, quoted, stage = _gate_place(node, said.groups["gate"])
    where = f" ({place})" if place else ""
    text = f"feature gate {said.groups['gate']}{where} does not exist in this kubelet"
    yield Hit(text, (*((quoted,) if quoted else ()), _quote.log(said)), gate=stage)


@cause(
    "config/feature-gate-locked",
    title="a feature gate is set to a value that is no longer allowed",
    effect=Effect.DOWN,
    gate=2,
    compares=("config.featureGates.*", "flags.feature-gates"),
    healthy="Graduated gates are not set at all.",
    see="*cannot set feature gate X to false, feature is locked to true*.",
    why="The gate graduated and is locked to its default, so opting out is refused.",
    remedy=Remedy(
        "Remove the gate where it is set, then `systemctl restart kubelet`.", "remove-feature-gate", "needs-approval"
    ),
    apart={"config/feature-gate-unknown": "a release or two later the same gate is unrecognized"},
    sources=("kubernetes staging/src/k8s.io/component-base/featuregate",),
)
def feature_gate_locked(node: Snapshot) -> Iterator[Hit]:
    """The last start refused the value of a gate."""
    said = _logs.current(node, "feature-gate-locked", window=None) if starting_fails(node) else None
    if said is None:
        return
    groups = said.groups
    place, quoted, stage = _gate_place(node, groups["gate"])
    where = f" ({place})" if place else ""
    text = f"feature gate {groups['gate']}={groups['value']}{where} is refused: it is locked to {groups['locked']}"
    yield Hit(text, (*((quoted,) if quoted else ()), _quote.log(said)), gate=stage)
