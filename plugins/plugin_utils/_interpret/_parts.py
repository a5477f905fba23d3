# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""State of each part of the evidence, and interpretation that never fails as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from ...module_utils import _schema
from .._model.common import PartState
from .._model.evidence import EvidenceError
from . import _values

T = TypeVar("T")


def captured_at(evidence: object) -> datetime:
    """Time of the evidence (UTC). EvidenceError when this is no evidence: not a mapping, another format, no time."""
    if not isinstance(evidence, Mapping):
        raise EvidenceError(f"The evidence is a {type(evidence).__name__} where a mapping is expected.")
    if evidence.get("format") != _schema.BUNDLE_FORMAT:
        given = _values.text(evidence.get("format")) or "none"
        raise EvidenceError(f"The evidence has format {given!r}; this version reads {_schema.BUNDLE_FORMAT!r}.")
    moment = _values.moment(evidence.get("captured_at"))
    if moment is None:
        raise EvidenceError("The evidence has no captured_at that is a time with zone, like 2026-11-23T21:34:56Z.")
    return moment


class Parts:
    """The parts of the evidence, with the state of each in ``states``."""

    def __init__(self, evidence: Mapping[str, Any], cluster: Mapping[str, Any] | None) -> None:
        self._evidence = evidence if cluster is None else {**evidence, _schema.CLUSTER: cluster}
        self.states: dict[str, PartState] = {
            str(name): _declared(state) for name, state in _values.mapping(evidence.get("parts")).items()
        }
        if cluster is not None:
            self.states.pop(_schema.CLUSTER, None)
        for part in _schema.PARTS:
            found = _state(part, self._evidence.get(part))
            if part not in self.states or (found.status == _schema.ERROR and self.states[part].ok):
                self.states[part] = found

    def mapping(self, part: str) -> Mapping[str, Any]:
        """A part as a mapping; empty when it is missing or of another type."""
        return _values.mapping(self._evidence.get(part))

    def raw(self, part: str) -> object:
        """A part as it came."""
        return self._evidence.get(part)

    def attempt(self, part: str, interpret: Callable[[], T], default: T) -> T:
        """The interpretation, or ``default`` when it fails; then the part's state says why."""
        try:
            return interpret()
        except Exception as error:  # noqa: BLE001 - evidence is written by broken nodes: one part must not hide the others
            reason = f"could not be interpreted ({type(error).__name__}: {error})"
            self.states[part] = PartState(_schema.ERROR, reason)
            return default


def _declared(state: object) -> PartState:
    given = _values.mapping(state)
    status = _values.text(given.get("status"))
    if status not in _schema.STATUSES:
        return PartState(_schema.ERROR, f"its status is {status!r}, which is none that this version knows")
    return PartState(status, _values.text(given.get("reason")))


def _state(part: str, value: object) -> PartState:
    """State of a part that says nothing itself."""
    if value is None:
        return PartState(_schema.NOT_COLLECTED, "not part of this evidence")
    if not isinstance(value, list if part == _schema.PROBES else Mapping):
        return PartState(_schema.ERROR, f"is a {type(value).__name__}, which this part cannot be")
    if part == _schema.CLUSTER:
        whole = _values.mapping(value)
        error = _values.text(whole.get("error")) or _values.text(_values.mapping(whole.get("node")).get("error"))
        if error and "not found" not in error:
            return PartState(_schema.ERROR, error)
    return PartState(_schema.OK)
