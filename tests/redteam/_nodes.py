# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes to break: bundles of the corpus whose own fault is taken out, and the edits that put another one in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from accuracy._bundles import (
    CONFIG,
    KUBECONFIG,
    Bundle,
    Entry,
    edit,
    edit_json,
    journal,
    load,
    message,
    put,
    with_journal,
)

DROP_IN = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"
FLAGS_ENV, DEFAULTS = "/var/lib/kubelet/kubeadm-flags.env", "/etc/default/kubelet"
CA, CURRENT = "/etc/kubernetes/pki/ca.crt", "/var/lib/kubelet/pki/kubelet-client-current.pem"
_HEADER = re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ")
_LAST = 'run.go:72] "command failed"'
# What a start logs last before it stops at that point.
FIRST = {"flags": "Flag --", "version": "Kubelet version", "kubeconfig": "certificate_store.go"}
UMBRELLA = (
    'run.go:72] "command failed" err="failed to run Kubelet: unable to load bootstrap kubeconfig: stat'
    ' /etc/kubernetes/bootstrap-kubelet.conf: no such file or directory"'
)


def failed(error: str) -> str:
    """The kubelet's last line, without its header."""
    quoted = error.replace("\\", "\\\\").replace('"', '\\"')
    return f'run.go:72] "command failed" err="{quoted}"'


def _before_its_fault(case: str, recorded: str, good: str) -> Bundle:
    return put(load(case), CONFIG, load(case)[f"files{CONFIG}"].replace(recorded, good))


def ends_on(*lines: str, at: str = "dynamic_cafile", status: str = "1/FAILURE") -> Bundle:
    """A node whose kubelet ends at each start on ``lines`` (E lines without header).

    ``at``: what a start still logs before: nothing ('flags'), its version ('version'), or all up to the client CA.
    """
    bundle = _before_its_fault("ca-path-wrong", "/etc/kubernetes/pki/WRONG-CA-FILE.crt", CA)
    bundle = edit_json(bundle, "files.json", lambda f: {k: v for k, v in f.items() if "WRONG-CA" not in k})
    entries = journal(bundle)
    failing = {invocation(e) for e in entries if _LAST in message(e)}
    reached: set[str] = set()
    told: list[Entry] = []
    for entry in entries:
        text, start = message(entry), invocation(entry)
        if start not in failing or entry.get("SYSLOG_IDENTIFIER") == "systemd":
            told.append({**entry, "MESSAGE": text.replace("1/FAILURE", status)})
        elif _LAST in text:
            told += [{**entry, "MESSAGE": _headed(text, line)} for line in lines]
        elif start in reached or FIRST.get(at, _LAST) in text:
            reached.add(start)
        else:
            told.append(entry)
    return show(with_journal(bundle, told), ExecMainStatus=status.partition("/")[0])


def invocation(entry: Entry) -> str:
    """The invocation of the unit that an entry belongs to."""
    return str(entry.get("INVOCATION_ID") or entry.get("_SYSTEMD_INVOCATION_ID") or "")


def _headed(model: str, line: str) -> str:
    """A line with the klog header of another one, as an error; lines that klog did not write have none."""
    found = _HEADER.match(model)
    return f"E{found.group()[1:]}{line}" if found and re.match(r"[\w.]+:\d+\] ", line) else line


def ends_late(*lines: str) -> Bundle:
    """A node whose kubelet ends at each start in its container manager, on ``lines``."""
    bundle = _before_its_fault("cpu-manager-state", "cpuManagerPolicy: static\nkubeReserved:\n  cpu: 500m\n", "")
    entries: list[Entry] = []
    for entry in journal(bundle):
        text = message(entry)
        if "Failed to start ContainerManager" in text:
            entries += [{**entry, "MESSAGE": _headed(text, line)} for line in lines]
        elif "cpu_manager.go" not in text and "state_mem.go" not in text:
            entries.append(entry)
    return with_journal(bundle, entries)


def show(bundle: Bundle, unit: str = "kubelet.service", **changes: str) -> Bundle:
    """The bundle with other properties of a unit."""

    def change(text: str) -> str:
        kept = [line for line in text.split("\n") if line.partition("=")[0] not in changes]
        return "\n".join([*(f"{key}={value}" for key, value in changes.items()), *kept])

    return edit(bundle, f"systemd/{unit}.show", change)


def config(bundle: Bundle, change: Callable[[str], str]) -> Bundle:
    """The bundle with another configuration of the kubelet."""
    return put(bundle, CONFIG, change(bundle[f"files{CONFIG}"]))


def added(bundle: Bundle, text: str) -> Bundle:
    """The bundle with lines at the end of the configuration."""
    return config(bundle, lambda old: old + text)


def kubeconfig(bundle: Bundle, pattern: str, new: str) -> Bundle:
    """The bundle with a regular expression replaced in kubelet.conf, written just before the restart."""
    changed = put(bundle, KUBECONFIG, re.sub(pattern, new, bundle[f"files{KUBECONFIG}"]))
    return fact(changed, KUBECONFIG, mtime=json.loads(bundle["files.json"])[CONFIG]["mtime"])


def fact(bundle: Bundle, path: str, **changes: Any) -> Bundle:
    """The bundle with other facts of a path of the node."""
    return edit_json(bundle, "files.json", lambda files: {**files, path: {**files.get(path, {}), **changes}})


def absent(bundle: Bundle, *paths: str) -> Bundle:
    """The bundle of a node where paths are absent."""
    for path in paths:
        bundle = put(bundle, path, None)
    return bundle


def flags(bundle: Bundle, text: str) -> Bundle:
    """The bundle with KUBELET_EXTRA_ARGS in /etc/default/kubelet."""
    return put(bundle, DEFAULTS, f"KUBELET_EXTRA_ARGS={text}\n")


def drop_in(bundle: Bundle, path: str, text: str, **properties: str) -> Bundle:
    """The bundle with one more drop-in of the kubelet's unit."""
    paths = re.search(r"^DropInPaths=(.*)$", bundle["systemd/kubelet.service.show"], re.MULTILINE)
    bundle = show(bundle, DropInPaths=f"{paths.group(1) if paths else ''} {path}", **properties)
    bundle = edit(bundle, "systemd/kubelet.service.cat", lambda old: f"{old}\n# {path}\n{text}")
    return put(bundle, path, text)


def probes(bundle: Bundle, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Bundle:
    """The bundle with each probe's result changed by what ``change`` gives for it; None removes a key."""

    def changed(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
        merged = [{**probe, **change(probe)} for probe in made]
        return [{key: value for key, value in probe.items() if value is not None} for probe in merged]

    return edit_json(bundle, "probes.json", changed)


def directory(bundle: Bundle, path: str) -> Bundle:
    """The bundle of a node where a directory is in a file's place."""
    return fact(absent(bundle, path), path, type="directory", mode="0755", uid=0, gid=0, size=4096)
