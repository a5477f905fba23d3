# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a fleet is not repaired node by node."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.brakes import brake


def nodes(*roots: str, verdict: str = "down") -> list[dict[str, Any]]:
    """A result for each root cause; empty for a healthy node."""
    return [
        {
            "host": f"worker-{number}",
            "verdict": verdict if root else "healthy",
            "root_causes": [{"id": root}] if root else [],
        }
        for number, root in enumerate(roots, 1)
    ]


CA = "certificate/client-ca-file-missing"


@pytest.mark.parametrize(
    ("results", "refused"),
    [
        (nodes(CA), 0),
        (nodes(CA, CA), 0),  # two of two: too few to tell
        (nodes(CA, CA, CA), 3),
        (nodes(CA, CA, CA, *[""] * 7), 0),  # exactly the share
        (nodes(CA, CA, CA, *[""] * 6), 3),
        (nodes(CA, CA, "config/yaml-invalid", *[""] * 2), 0),
        (nodes(CA, CA, CA, CA, *[""] * 9), 4),
        ([], 0),
    ],
)
def test_share_of_nodes_with_one_cause(results: list[dict[str, Any]], refused: int) -> None:
    """At least three nodes, and more than the share, stop the repair of all that have the cause, and of no other."""
    stopped = brake(results, 0.3)
    assert len(stopped) == refused
    assert all("share" in reason and CA in reason for reason in stopped.values())


def test_nodes_that_could_not_be_judged_do_not_count() -> None:
    """An unreachable node is neither broken in this way nor a witness against it."""
    assert len(brake([*nodes(CA, CA, CA), *nodes(*["x"] * 20, verdict="unknown")], 0.3)) == 3


@pytest.mark.parametrize("root", ["apiserver/connection-refused", "certificate/apiserver-cert-expired"])
def test_fault_of_the_control_plane_is_not_repaired_on_the_node(root: str) -> None:
    """A single node with a cause of the control plane is refused, its neighbour is not."""
    assert list(brake(nodes(root, CA), 0.3)) == ["worker-1"]


def test_wrong_name_of_the_server_may_be_the_nodes() -> None:
    """What the node's own kubeconfig can repair is not laid to the control plane."""
    result = nodes("certificate/apiserver-san-mismatch")[0]
    result["root_causes"][0]["remedy"] = {"text": "x", "repair": "set-kubeconfig-server", "automatic": "safe"}
    assert brake([result], 0.3) == {}


def test_fault_that_the_fleet_shares_is_not_repaired_on_the_node() -> None:
    """What the comparison of the run laid to the fleet stops the node, though it is no root cause of its own."""
    result = {
        "host": "worker-1",
        "verdict": "down",
        "root_causes": [{"id": CA}],
        "fleet_causes": ["fleet/endpoint-down"],
    }
    assert "fleet/endpoint-down" in brake([result], 0.3)["worker-1"]
