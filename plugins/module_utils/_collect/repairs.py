# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repairs of this node that have not come to an end, from their records (docs/repair-record.md)."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _schema

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

_MAX_RECORDS = 30
_MAX_BYTES = 256 * 1024
_MAX_FINDINGS = 10


def unfinished(host: Host) -> list[dict[str, t.Any]] | None:
    """`[{"run", "state", "created_at", "findings": [ids], "running": bool}]`, newest first; None if nobody may look.

    `running` tells a repair that is at work from one that was interrupted.
    """
    listed = host.listdir(_schema.REPAIR_RECORDS)
    if listed.status not in (_schema.OK, _schema.TRUNCATED):
        return [] if listed.status == _schema.ABSENT else None
    found = []
    for name in sorted(listed.names, reverse=True)[:_MAX_RECORDS]:
        manifest = _object(host, f"{_schema.REPAIR_RECORDS}/{name}/manifest.json")
        state = manifest.get("state")
        if isinstance(state, str) and state not in _schema.REPAIR_ENDED:
            findings = manifest.get("findings")
            found.append(
                {
                    "run": name,
                    "state": state,
                    "created_at": str(manifest.get("created_at", "")),
                    "findings": [str(item) for item in findings][:_MAX_FINDINGS] if isinstance(findings, list) else [],
                    "running": _running(host, name),
                }
            )
    return found


def _running(host: Host, run: str) -> bool:
    """Whether the process that the lock names works on this run. The lock is not tried: that would be in its way."""
    holder = _object(host, _schema.REPAIR_LOCK)
    booted = host.text("/proc/sys/kernel/random/boot_id").strip()
    ours = holder.get("run") == run and holder.get("boot") == booted and isinstance(holder.get("pid"), int)
    return ours and host.exists(f"/proc/{holder['pid']}") is True


def _object(host: Host, path: str) -> dict[str, t.Any]:
    """The JSON object in a file; empty when there is none."""
    try:
        value = json.loads(host.read(path, _MAX_BYTES).data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
