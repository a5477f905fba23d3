# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Healthy nodes that also say what healthy kubelets say now and then (tests/unit/causes/noise.yml)."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any

import yaml
from accuracy._bundles import Bundle, Entry, journal, with_journal
from corpus._load import CORPUS

SECOND = 1_000_000


@cache
def _noise() -> list[dict[str, Any]]:
    path = CORPUS.parent / "unit" / "causes" / "noise.yml"
    loaded: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def noisy(bundle: Bundle) -> Bundle:
    """Every harmless message within the last seconds of the running kubelet, and those of ended starts before."""
    entries = journal(bundle)
    captured = int(datetime.fromisoformat(json.loads(bundle["bundle.json"])["captured_at"]).timestamp()) * SECOND
    last = next(e for e in reversed(entries) if "_SYSTEMD_INVOCATION_ID" in e)
    before = {**last, "_SYSTEMD_INVOCATION_ID": "b" * 32}
    first = int(entries[0]["__REALTIME_TIMESTAMP"])
    over = _said([line for e in _noise() if e.get("ended") for line in e["lines"]], before, first - 60 * SECOND)
    now = _said([line for e in _noise() if not e.get("ended") for line in e["lines"]], last, captured - 5 * SECOND)
    return with_journal(bundle, [*over, *entries, *now])


def _said(lines: list[str], like: Entry, begin: int) -> list[Entry]:
    return [{**like, "MESSAGE": line, "__REALTIME_TIMESTAMP": str(begin + number)} for number, line in enumerate(lines)]
