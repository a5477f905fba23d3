# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Full file systems: what is deleted, and what is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from corpus._load import load_snapshot
from unit.plan._plans import plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.host import Filesystem
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot


def _full(*paths: str, crictl: bool = True) -> Snapshot:
    """The healthy node with these file systems full, and all others with room."""
    node, room = load_snapshot("healthy"), Filesystem("", 10 * 1024**3, 5 * 1024**3, 1000, 900)
    names = ("/", "/var/lib/kubelet", "/var/lib/containerd", "/var/log")
    found = tuple(replace(room, path=name, **({"available": 0} if name in paths else {})) for name in names)
    tool = FileFact("/usr/bin/crictl", "file" if crictl else "absent")
    return replace(node, host=replace(node.host, filesystems=found), files={**node.files, tool.path: tool})


@pytest.mark.parametrize(
    ("paths", "crictl", "kinds"),
    [
        (("/var/log",), True, ["vacuum_journal"]),
        (("/var/lib/containerd",), True, ["prune_images"]),
        (("/", "/var/lib/kubelet", "/var/lib/containerd", "/var/log"), True, ["vacuum_journal", "prune_images"]),
        (("/", "/var/log"), False, ["vacuum_journal"]),
        (("/var/lib/containerd",), False, []),
        (("/var/lib/kubelet",), True, []),
    ],
)
def test_only_what_fills_the_full_file_system_is_deleted(
    paths: tuple[str, ...], crictl: bool, kinds: list[str]
) -> None:
    """Journals and images where they lie on it, images only with crictl; anything else is for a person."""
    planned = plan_of(_full(*paths, crictl=crictl))
    assert [step.kind for action in planned.actions for step in action.steps] == kinds
    for action in planned.actions:
        assert (action.id, action.classification, action.way_back) == (
            "free-space",
            "needs-approval",
            "none: what is deleted is gone",
        )
        assert "0 MiB of 10.0 GiB available" in action.summary
    if not kinds:
        assert "du -x" in planned.not_offered[0].reason


def test_pressure_is_no_reason_to_delete() -> None:
    """The condition stays for minutes whatever is deleted, so nothing could be verified by it."""
    planned = plan_of("diskpressure")
    assert planned.actions == ()
    assert "by hand" in planned.not_offered[0].reason
