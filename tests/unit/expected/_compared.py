# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded nodes, compared as the action `diagnose` does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from corpus._load import load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import (
    OPTIONS,
    Asked,
    Compared,
    check_options,
    compare_node,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import Judged
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

DEFAULTS = {name: option.get("default") for name, option in OPTIONS.items()}


def compared(node: Snapshot | str, **options: Any) -> Compared:
    """A node (or the name of a recorded one) compared; ``options`` by the names of OPTIONS."""
    seen = load_snapshot(node) if isinstance(node, str) else node
    given = {**DEFAULTS, "peers": "off", **options}
    check_options(given)
    return compare_node(Judged(seen, diagnose(seen, ())), Asked(seen, given, Path("/nowhere")))


def found(node: Snapshot | str, **options: Any) -> dict[str, str]:
    """Severity by id of the risks that comparing finds."""
    return {risk["id"]: risk["severity"] for risk in compared(node, **options).result["risks"]}
