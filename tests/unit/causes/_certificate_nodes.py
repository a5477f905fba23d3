# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes with other certificates than the healthy one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from unit.causes._api_nodes import probed
from unit.causes._make import healthy
from unit.causes._pki import Authority

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

NOW = healthy().captured_at
DAY = timedelta(days=1)
PKI = "/var/lib/kubelet/pki"
CURRENT = f"{PKI}/kubelet-client-current.pem"
DATED = f"{PKI}/kubelet-client-2026-11-23-20-53-12.pem"
CONFIG = "/var/lib/kubelet/config.yaml"
CA = "/etc/kubernetes/pki/ca.crt"
OTHER = Authority("kubernetes", NOW - 100 * DAY, NOW + 900 * DAY)


def changed_leaf(role: str, node: Snapshot | None = None, **changes: Any) -> Snapshot:
    """The node with other facts of the leaf in a role (its signature stays as it was judged)."""
    node = node or healthy()
    use = node.certificate(role)
    assert use.leaf is not None
    other = replace(use, certificates=(replace(use.leaf, **changes), *use.certificates[1:]))
    return replace(node, certificates={**node.certificates, role: other})


def changed_use(role: str, node: Snapshot | None = None, **changes: Any) -> Snapshot:
    """The node with another CertificateUse in a role."""
    node = node or healthy()
    return replace(node, certificates={**node.certificates, role: replace(node.certificate(role), **changes)})


def server_clock(node: Snapshot, date: datetime) -> Snapshot:
    """The API server's answers carry this time."""
    own, ready = (replace(p, date=date) for p in (node.probes.node_object, node.probes.readyz))
    return probed(node, node_object=own, readyz=ready)
