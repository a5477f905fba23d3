# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the node watches after a repair."""

from __future__ import annotations

from typing import Any

from ...module_utils import _schema
from .._model.snapshot import Snapshot

START_SECONDS = 70  # beside the stable seconds: a runtime that starts, a slow disk


def verification(node: Snapshot, stable_seconds: int) -> dict[str, Any]:
    """``verify`` of a plan: for how long the main process must stay the same, and where healthz answers.

    healthz is left out where the configuration switches it off (healthzPort 0) or cannot be read.
    """
    return {
        "stable_seconds": stable_seconds,
        "healthz": _healthz(node),
        "timeout": stable_seconds + START_SECONDS,
    }


def _healthz(node: Snapshot) -> str | None:
    port = node.value("healthzPort", _schema.HEALTHZ_PORT, "healthz-port")
    address = node.value("healthzBindAddress", "127.0.0.1", "healthz-bind-address")
    number = int(port) if str(port).isascii() and str(port).isdigit() else 0
    if not 0 < number < 65536 or not isinstance(address, str):
        return None
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - read, not bound
    return f"http://[{host}]:{number}/healthz" if ":" in host else f"http://{host}:{number}/healthz"
