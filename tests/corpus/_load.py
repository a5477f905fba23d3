# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles of tests/corpus as evidence and as Snapshot, for every test that judges them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _bundle
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

CORPUS = Path(__file__).resolve().parent
NAMES = sorted(path.parent.name for path in CORPUS.glob("*/bundle.json"))


def bundle_files(case: str | Path) -> dict[str, str | bytes]:
    """Contents of a bundle's files by relative path. ``case`` is a name in tests/corpus or any directory."""
    root = CORPUS / case
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@cache
def load_evidence(case: str | Path) -> dict[str, Any]:
    """Evidence of a bundle, read once for all tests: do not change it."""
    return _bundle.read(bundle_files(case))


@cache
def load_snapshot(case: str | Path) -> Snapshot:
    """Snapshot of a bundle, made once for all tests (it is frozen)."""
    return snapshot(load_evidence(case), host_name=Path(case).name)
