# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local drop-in that adds a second ExecStart=, under the one of kubeadm's package that clears the unit's own."""

from __future__ import annotations

import copy
import hashlib

from corpus._load import load_evidence
from unit.plan._plans import files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

LOCAL = "/etc/systemd/system/kubelet.service.d/20-arguments.conf"
SECOND = "ExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --max-pods=200\n"


def node_with(*lines: str) -> Snapshot:
    """A node whose packaged drop-in is right, with a local drop-in of these lines."""
    evidence = copy.deepcopy(load_evidence("dropin-no-execstart-reset-started"))
    unit, text = evidence["units"]["kubelet.service"], f"# local\n[Service]\n{''.join(lines)}"
    packaged = unit["cat"].rpartition("ExecStart=")
    unit["cat"] = f"{packaged[0]}ExecStart=\nExecStart={packaged[2]}\n# {LOCAL}\n{text}"
    unit["show"]["DropInPaths"] += f" {LOCAL}"
    data = text.encode()
    evidence["files"][LOCAL] = {
        "type": "file",
        "mode": "0644",
        "uid": 0,
        "gid": 0,
        "mtime": "2026-11-23T21:00:00Z",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "content": text,
    }
    return snapshot(evidence, host_name="worker-2")


def test_packaged_command_is_cleared_before_the_local_one() -> None:
    """The drop-in gets an empty ExecStart= before its own; everything else in it stays."""
    node = node_with(SECOND)
    planned = plan_of(node)
    assert [action.id for action in planned.actions] == ["correct-drop-in"]
    assert files_after(node, planned)[LOCAL] == f"# local\n[Service]\nExecStart=\n{SECOND}"


def test_three_commands_are_for_a_person() -> None:
    """Which of several commands is meant cannot be known."""
    planned = plan_of(node_with(SECOND, SECOND.replace("200", "300")))
    assert planned.actions == ()
    assert "exactly one drop-in" in planned.not_offered[0].reason
