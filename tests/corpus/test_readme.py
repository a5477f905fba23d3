# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README shows what the reader of the README will see."""

from __future__ import annotations

from pathlib import Path

from corpus._load import load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.text import render

README = Path(__file__).resolve().parents[2] / "README.md"


def test_readme_shows_the_diagnosis_of_a_recorded_node() -> None:
    """The block under the replay command is what that command prints."""
    result = {**diagnose(load_snapshot("ca-path-wrong")).to_dict(), "host": "ca-path-wrong"}
    assert f"\n{render([result], width=100, colour=False)}\n```\n" in README.read_text(encoding="utf-8")
