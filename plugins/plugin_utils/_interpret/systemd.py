# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of one systemd unit -> Unit: properties, times, and the directives of its files with their lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .._model.common import FileFact
from .._model.service import Unit
from .systemd_time import Clock
from .unit_files import directives, unit_texts


def unit(
    name: str,
    evidence_unit: Mapping[str, Any],
    captured_at: datetime,
    files: Mapping[str, FileFact] | None = None,
    uptime_seconds: float | None = None,
) -> Unit:
    """Unit as systemd and its files describe it.

    ``files`` complete what ``systemctl cat`` printed: files that systemd refused, or has not read yet.
    ``uptime_seconds`` (of the node at ``captured_at``) makes times readable that systemd printed in a local zone.
    """
    properties = _properties(evidence_unit.get("show"))
    texts = unit_texts(name, str(evidence_unit.get("cat") or ""), properties, files or {})
    found, problems = directives(texts)
    clock = Clock(properties, captured_at, uptime_seconds)
    return Unit(
        name=name,
        properties=properties,
        enabled=str(evidence_unit.get("enabled") or ""),
        active=str(evidence_unit.get("active") or ""),
        directives=found,
        problems=problems,
        active_enter_at=clock.at("ActiveEnterTimestamp"),
        inactive_enter_at=clock.at("InactiveEnterTimestamp"),
        state_change_at=clock.at("StateChangeTimestamp"),
        main_start_at=clock.at("ExecMainStartTimestamp"),
        main_exit_at=clock.at("ExecMainExitTimestamp"),
    )


def _properties(show: Any) -> dict[str, str]:
    """Properties as text. One that ``systemctl show`` prints several times holds one value per line."""
    if not isinstance(show, Mapping):
        return {}
    return {
        str(key): "\n".join(str(item) for item in value) if isinstance(value, (list, tuple)) else str(value)
        for key, value in show.items()
        if value is not None
    }
