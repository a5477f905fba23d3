# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flags of the kubelet that are taken out of a file."""

from __future__ import annotations

import pytest
from unit.plan._plans import changed_node, files_after, plan_of

DEFAULT = "/etc/default/kubelet"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ('KUBELET_EXTRA_ARGS="--v=2 --max-podz=200"', 'KUBELET_EXTRA_ARGS="--v=2"'),
        ('KUBELET_EXTRA_ARGS="--max-podz=200 --v=2"', 'KUBELET_EXTRA_ARGS="--v=2"'),
        ("KUBELET_EXTRA_ARGS=--max-podz=200", "KUBELET_EXTRA_ARGS="),
        ("KUBELET_EXTRA_ARGS='--max-podz=200'", "KUBELET_EXTRA_ARGS=''"),
        ("KUBELET_EXTRA_ARGS=--max-podz=200\r", "KUBELET_EXTRA_ARGS=\r"),
    ],
)
def test_flag_is_removed_however_the_line_is_quoted(line: str, wanted: str) -> None:
    """Quotes, neighbours and line ends stay."""
    node = changed_node("extra-args-unknown-flag", DEFAULT, f"# mine\n{line}\n")
    planned = plan_of(node)
    assert [action.id for action in planned.actions] == ["remove-flag"]
    assert files_after(node, planned)[DEFAULT] == f"# mine\n{wanted}\n"


@pytest.mark.parametrize(
    "line",
    [
        "KUBELET_EXTRA_ARGS=--max-podz=200 --max-podz=200",
        'KUBELET_EXTRA_ARGS="--max-podz 200"',
        "KUBELET_EXTRA_ARGS=\"--max-podz='200'\"",
    ],
)
def test_flag_in_doubt_is_left_to_a_person(line: str) -> None:
    """A flag that is given twice, with its value as a word of its own, or with quotes of its own is not touched."""
    planned = plan_of(changed_node("extra-args-unknown-flag", DEFAULT, f"{line}\n"))
    assert planned.actions == ()
