# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the modules: what they select, and one clear sentence where they cannot be used."""

from __future__ import annotations

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _gather


@pytest.mark.parametrize(
    ("subset", "parts"),
    [
        (["all"], ["units", "journal", "files", "host", "probes"]),
        (["min"], ["units", "journal", "files"]),
        (["min", "host"], ["units", "journal", "files", "host"]),
        (["!probes"], ["units", "journal", "files", "host"]),
        (["all", "!journal", "!host"], ["units", "files", "probes"]),
        (["probes"], ["probes"]),
        (["min", "!files"], ["units", "journal"]),
    ],
)
def test_subset(subset: list[str], parts: list[str]) -> None:
    """Names add parts, names with ! take them away."""
    assert _gather.parts_of(subset) == parts


def test_subset_that_leaves_nothing() -> None:
    """A subset without any part is refused instead of giving empty evidence."""
    with pytest.raises(_gather.OptionError, match="leaves nothing to gather"):
        _gather.parts_of(["units", "!units"])


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"unit": "kubelet; rm -rf /"}, "is not the name of a systemd unit"),
        ({"unit": "--version"}, "is not the name of a systemd unit"),
        ({"runtime_unit": "a/b"}, "is not the name of a systemd unit"),
        ({"timeout": 0}, "must be from 1 to 600"),
        ({"journal_lines": 1_000_000}, "must be from 1 to 20000"),
        ({"files": ["etc/passwd"]}, "must hold absolute paths"),
        ({"files": ["/x"] * 65}, "may have 64"),
        ({"sysctls": ["../../etc/passwd"]}, "must hold kernel settings"),
        ({"sysctls": ["vm.x"] * 65}, "may have 64"),
    ],
)
def test_option_that_cannot_be_used(params: dict[str, object], words: str) -> None:
    """Nothing is run with a unit that is none, or with limits that are none."""
    with pytest.raises(_gather.OptionError, match=words):
        _gather.gather(params, ["units"])
