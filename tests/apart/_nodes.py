# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of recorded bundles: what a kubelet that runs says, what its machine and its control plane say of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from accuracy._bundles import Bundle, Entry, edit_json, journal, journal_path, kubelet_unit, load, message, put

Made = Callable[[], Bundle]
CONTAINERD = "journal/containerd.service.jsonl"
NET, CONFLIST, TOML = "/etc/cni/net.d", "/etc/cni/net.d/10-lab.conflist", "/etc/containerd/config.toml"
NO_NETWORK = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin"
    " returns error: cni plugin not initialized"
)


def captured_at(bundle: Bundle) -> datetime:
    """When the bundle was made."""
    text = str(json.loads(bundle["bundle.json"])["captured_at"])
    return datetime.fromisoformat(text).astimezone(UTC)


def says(bundle: Bundle, *lines: str, level: str = "E", ago: float = 3, every: float = 10, times: int = 4) -> Bundle:
    """The newest start of the kubelet has said these lines ``times`` times, last ``ago`` seconds before the capture.

    Lines that klog writes (``file.go:1] ...``) get its header; others are taken as they are.
    """
    entries = journal(bundle)
    model = next(e for e in reversed(entries) if e.get("SYSLOG_IDENTIFIER") == "kubelet")
    for number in range(times):
        at = captured_at(bundle) - timedelta(seconds=ago + every * (times - 1 - number))
        entries += [_entry(model, at, _headed(line, level, at, model)) for line in lines]
    return {**bundle, journal_path(bundle): _text(entries)}


def manager_says(bundle: Bundle, *lines: str, ago: float = 3) -> Bundle:
    """systemd has said these lines of the kubelet's unit, ``ago`` seconds before the capture."""
    entries = journal(bundle)
    model = next(e for e in reversed(entries) if e.get("SYSLOG_IDENTIFIER") == "systemd")
    entries += [_entry(model, captured_at(bundle) - timedelta(seconds=ago), line) for line in lines]
    return {**bundle, journal_path(bundle): _text(entries)}


def runtime_says(bundle: Bundle, *lines: str, ago: float = 3) -> Bundle:
    """containerd has said these lines in its own journal."""
    model = json.loads(load("healthy")[CONTAINERD].split("\n")[0])
    at = captured_at(bundle) - timedelta(seconds=ago)
    return {**bundle, CONTAINERD: bundle.get(CONTAINERD, "") + _text([_entry(model, at, line) for line in lines])}


def _entry(model: Entry, at: datetime, text: str) -> Entry:
    return {**model, "__REALTIME_TIMESTAMP": str(int(at.timestamp() * 1_000_000)), "MESSAGE": text}


def _headed(line: str, level: str, at: datetime, model: Entry) -> str:
    source = line.partition("]")[0].partition(" ")
    if source[1] or ".go:" not in source[0]:
        return line
    pid = message(model)[20:].split()[1] if message(model)[:1] in "IWEF" else model.get("_PID", "1")
    return f"{level}{at:%m%d %H:%M:%S}.123456 {pid:>7} {line}"


def _text(entries: list[Entry]) -> str:
    return "".join(f"{json.dumps(entry)}\n" for entry in entries)


def host(bundle: Bundle, **changes: Any) -> Bundle:
    """The bundle with other facts of the machine."""
    return edit_json(bundle, "host.json", lambda facts: {**facts, **changes})


def state(bundle: Bundle, unit: str = "", **changes: str) -> Bundle:
    """The bundle with other answers of is-enabled and is-active."""
    name = unit or kubelet_unit(bundle)
    return edit_json(bundle, "systemd/state.json", lambda states: {**states, name: {**states[name], **changes}})


def node_object(bundle: Bundle, **changes: Any) -> Bundle:
    """The bundle with other parts (metadata, spec, status) of the Node object, each merged."""

    def change(view: dict[str, Any]) -> dict[str, Any]:
        node = view["node"]
        return {**view, "node": {**node, **{part: {**node[part], **value} for part, value in changes.items()}}}

    return edit_json(bundle, "cluster.json", change)


def condition(
    bundle: Bundle, kind: str, status: str, reason: str, text: str, since: float = 200, heard: float = 20
) -> Bundle:
    """The bundle with another condition of the Node, ``since`` and last ``heard`` so many seconds before the"
    " capture."""
    now = captured_at(bundle)
    times = {"lastTransitionTime": _iso(now, since), "lastHeartbeatTime": _iso(now, heard)}
    other = {"type": kind, "status": status, "reason": reason, "message": text, **times}

    def change(view: dict[str, Any]) -> dict[str, Any]:
        kept = [c for c in view["node"]["status"]["conditions"] if c["type"] != kind]
        status = {**view["node"]["status"], "conditions": [*kept, other]}
        return {**view, "node": {**view["node"], "status": status}}

    return edit_json(bundle, "cluster.json", change)


def not_ready(text: str, bundle: Bundle | None = None, since: float = 200) -> Bundle:
    """A node whose kubelet reports Ready=False with this message."""
    return condition(bundle or load("healthy"), "Ready", "False", "KubeletNotReady", text, since)


def networkless(bundle: Bundle | None = None) -> Bundle:
    """A node whose kubelet says that the network is not ready."""
    return older(not_ready(NO_NETWORK, bundle), 600)


def older(bundle: Bundle, seconds: float) -> Bundle:
    """The kubelet of the bundle was started ``seconds`` before the capture."""
    at = f"{captured_at(bundle) - timedelta(seconds=seconds):%a %Y-%m-%d %H:%M:%S} UTC"
    path, keys = f"systemd/{kubelet_unit(bundle)}.show", ("ExecMainStartTimestamp", "ActiveEnterTimestamp")
    lines = (
        f"{line.partition('=')[0]}={at}" if line.startswith(keys) and "Monotonic" not in line else line
        for line in bundle[path].split("\n")
    )
    return {**bundle, path: "\n".join(lines)}


def no_cni(bundle: Bundle) -> Bundle:
    """The bundle of a node without CNI configuration."""
    empty = put(bundle, CONFLIST, None)
    return edit_json(empty, "files.json", lambda files: {**files, NET: {**files[NET], "entries": []}})


def created(bundle: Bundle, ago: float) -> str:
    """A time in the form of Kubernetes, ``ago`` seconds before the capture."""
    return _iso(captured_at(bundle), ago)


def _iso(now: datetime, ago: float) -> str:
    return f"{now - timedelta(seconds=ago):%Y-%m-%dT%H:%M:%SZ}"
