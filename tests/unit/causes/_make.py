# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes for tests of causes: the recorded healthy node, changed in one thing, and what the catalogue says of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from corpus._load import load_evidence, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _journal, _schema
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.judge import judge
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.order import order
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.journal import journal
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Finding
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.journal import Journal, LogPattern
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._signatures._load import signature


def healthy() -> Snapshot:
    """A joined kubeadm worker (1.36) that was restarted 86 s before the capture and is Ready. Frozen: use replace."""
    return load_snapshot("healthy")


def evidence() -> dict[str, Any]:
    """A copy of the healthy node's evidence, to change before :func:`node_of`."""
    return copy.deepcopy(load_evidence("healthy"))


def node_of(changed: dict[str, Any], **options: Any) -> Snapshot:
    """Snapshot of changed evidence; options as of the interpreter."""
    return snapshot(changed, host_name="node", **options)


def put(changed: dict[str, Any], path: str, content: str | None, **facts: Any) -> None:
    """Give the evidence a file with this content (None: the path is absent); other facts as in the evidence."""
    if content is None:
        changed["files"][path] = {"type": "absent"}
        return
    base = {"type": "file", "mode": "0600", "uid": 0, "gid": 0, "size": len(content), "mtime": "2026-11-23T20:30:00Z"}
    changed["files"][path] = {**base, "content": content, **facts}


def line(text: str, at: datetime, *, newest: bool = True, count: int = 1, seq: int = 10**6) -> LogPattern:
    """One raw message of the kubelet, read as on a live node, last seen at ``at``."""
    record = {"MESSAGE": text, "SYSLOG_IDENTIFIER": "kubelet", "PRIORITY": "6"}
    record |= {"__REALTIME_TIMESTAMP": "1795469629339275", "_SYSTEMD_INVOCATION_ID": "a" * 32}
    pattern = journal("kubelet.service", _journal.reduce_lines([json.dumps(record)])).patterns[0]
    return replace(pattern, first_at=at, last_at=at, newest=newest, count=count, seq=seq)


def logged(node: Snapshot, *texts: str, ago: float = 5, newest: bool = True, count: int = 1) -> Snapshot:
    """The node with these raw messages in its log, last seen ``ago`` seconds before the capture."""
    at = node.captured_at - timedelta(seconds=ago)
    more = [line(t, at, newest=newest, count=count, seq=10**6 + n) for n, t in enumerate(texts)]
    return replace(node, log=replace(node.log, patterns=(*node.log.patterns, *more)))


def kernel(node: Snapshot, *texts: str, ago: float = 5) -> Snapshot:
    """The node on whose machine the kernel said this, last ``ago`` seconds before the capture."""
    at = node.captured_at - timedelta(seconds=ago)
    more = tuple(replace(line(text, at, newest=False, seq=n), source="kernel") for n, text in enumerate(texts))
    return replace(node, kernel_log=Journal(_schema.KERNEL, read=True, patterns=more))


def said(
    node: Snapshot, name: str, *, source: str = "kubelet", index: int = 0, swap: Mapping[str, str] | None = None
) -> Snapshot:
    """The node with the line that a signature gives as its example, seen seconds ago; ``swap`` words in it."""
    text = signature(name).match[index]
    for old, new in (swap or {}).items():
        text = text.replace(old, new)
    told = replace(line(text, node.captured_at - timedelta(seconds=5)), source=source, count=3)
    return replace(node, log=replace(node.log, patterns=(*node.log.patterns, told)))


def unit(node: Snapshot, started_ago: float | None = None, **properties: str) -> Snapshot:
    """The node with other ``systemctl show`` properties of its kubelet, and another age of its process."""
    changed = replace(node.kubelet, properties={**node.kubelet.properties, **properties})
    if started_ago is not None:
        changed = replace(changed, main_start_at=node.captured_at - timedelta(seconds=started_ago))
    return replace(node, kubelet=changed)


def stopped(node: Snapshot) -> Snapshot:
    """The node with a kubelet that ended with status 1 and waits for its restart."""
    return unit(node, ActiveState="activating", SubState="auto-restart", NRestarts="5", ExecMainStatus="1")


def files(node: Snapshot, *facts: FileFact) -> Snapshot:
    """The node with other file facts."""
    return replace(node, files={**node.files, **{fact.path: fact for fact in facts}})


def findings(node: Snapshot) -> dict[str, Finding]:
    """All findings of the catalogue by id; a cause that breaks is an error of the test."""
    found, errors = judge(node, CATALOGUE)
    assert not errors, errors
    return {finding.id: finding for finding in found}


def roots(node: Snapshot) -> set[str]:
    """Ids of the root causes."""
    return _ids(order(findings(node).values(), {cause.id: cause for cause in CATALOGUE}).root_causes)


def risks(node: Snapshot) -> set[str]:
    """Ids of the risks."""
    return _ids(order(findings(node).values(), {cause.id: cause for cause in CATALOGUE}).risks)


def _ids(found: Iterable[Finding]) -> set[str]:
    return {finding.id for finding in found}
