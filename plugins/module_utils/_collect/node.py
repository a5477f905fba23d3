# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The evidence of one node: every part in one go, each with its own status."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timezone

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import (
    embedded,
    journal,
    kubelet_files,
    parallel,
    probes,
    targets,
    units,
)
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import (
    host as host_part,
)
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.files import STAT, FileFacts

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

# A kubelet.service that no name tells apart: its flags name its files, and without any the usual ones are looked at.
_DEFAULT = _profiles.named(_profiles.DEFAULT)
_ROWS = [_DEFAULT, *(row for row in reversed(_profiles.TABLE) if not row.unit_names)]
_ANY = _DEFAULT._replace(
    kubeconfigs=tuple(dict.fromkeys(path for row in _ROWS for path in row.kubeconfigs)),
    configs=tuple(dict.fromkeys(path for row in _ROWS for path in row.configs)),
    config_directories=tuple(path for row in _ROWS for path in row.config_directories),
)
# Files that may name the runtime's endpoint before anything else has been looked at.
_ENDPOINT_FILES = (
    "/var/lib/kubelet/kubeadm-flags.env",
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/instance-config.yaml",
)
_PROBE_SECONDS = 8.0
_RESERVED_SECONDS = 1.0  # to put the result together after the time limit


@dataclass(frozen=True)
class Options:
    """What is collected. Units, profile and node name are found where they are not given; journal_since is in UTC.
    Of files, paths beside those that the kubelet uses, only owner, mode and kind are read."""

    parts: frozenset[str] = frozenset(_schema.NODE_PARTS)
    unit: str | None = None
    runtime_unit: str | None = None
    profile: str | None = None
    node_name: str | None = None
    journal_lines: int = _schema.MAX_JOURNAL_LINES
    journal_since: str | None = None
    raw_journal: bool = False
    files: tuple[str, ...] = ()
    sysctls: tuple[str, ...] = ()


@dataclass
class _Node:
    """What the collectors share: the units as systemd has them, and the running kubelet's arguments."""

    host: Host
    options: Options
    shown: units.Shown
    unit: str
    row: _profiles.Profile
    runtime: str | None = None
    cmdline: list[str] = field(default_factory=list)
    parts: dict[str, dict[str, str]] = field(default_factory=dict)

    def show(self, unit: str | None) -> units.Show:
        return self.shown.shows.get(unit or "", {})

    def record(self, part: str, status: str, reason: str = "") -> None:
        self.parts[part] = {"status": status, "reason": reason}


def collect(host: Host, options: Options) -> dict[str, t.Any]:
    """The evidence of this node (`node-bundle/1`), restricted to some parts, all of it masked."""
    node = _find_units(host, options)
    for part in _schema.NODE_PARTS:
        node.record(
            part,
            _schema.OK if part in options.parts else _schema.NOT_COLLECTED,
            "" if part in options.parts else "not asked for",
        )
    tasks = {name: task for name, (part, task) in _tasks(node).items() if part & options.parts}
    outcomes = parallel.run_all(tasks, max(0.5, host.remaining() - _RESERVED_SECONDS))
    evidence: dict[str, t.Any] = {
        "format": _schema.BUNDLE_FORMAT,
        "node": host.text("/proc/sys/kernel/hostname").strip(),
        "kubelet_unit": node.unit,
        "runtime_unit": node.runtime,
    }
    for name, outcome in outcomes.items():
        if not outcome.finished or outcome.failure is not None:
            _record_failure(node, name, outcome)
            continue
        for part, content in outcome.value.items():
            if isinstance(content, dict):
                evidence.setdefault(part, {}).update(content)
            else:
                evidence[part] = content
    evidence["captured_at"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    # A copy: what was left behind may still record something while the result is written.
    evidence["parts"] = dict(node.parts)
    return shrink(evidence)


def _find_units(host: Host, options: Options) -> _Node:
    wanted = _profiles.named(options.profile) if options.profile else None
    candidates = [options.unit] if options.unit else list(wanted.units if wanted else _profiles.kubelet_units())
    runtimes = [options.runtime_unit] if options.runtime_unit else [known.unit for known in _profiles.RUNTIMES]
    shown = units.show(host, [*candidates, *runtimes])
    unit = options.unit or units.kubelet_unit(shown.shows, candidates)
    row = embedded.located(host, wanted or _profiles.of_unit(unit) or _ANY, shown.shows.get(unit, {}))
    node = _Node(host, options, shown, unit, row)
    node.cmdline = embedded.kubelet_arguments(host, row, unit, node.show(unit))
    hints = [*node.cmdline, node.show(unit).get("Environment", "")]
    hints.extend(host.text(path) for path in (*_ENDPOINT_FILES, *row.arguments))
    node.runtime = options.runtime_unit or units.runtime_unit(row, shown.shows, "\n".join(hints))
    return node


_Task = t.Tuple[t.FrozenSet[str], t.Callable[[], t.Dict[str, t.Any]]]  # noqa: UP006 - evaluated by Python 3.9


def _tasks(node: _Node) -> dict[str, _Task]:
    """What can be done at the same time: the parts that each task serves, and the task."""
    options = node.options
    tasks: dict[str, _Task] = {
        "units": (frozenset({_schema.UNITS}), lambda: _units(node)),
        f"journal:{node.unit}": (
            frozenset({_schema.JOURNAL}),
            lambda: _journal(node, node.unit, options.journal_lines),
        ),
        f"journal:{_schema.KERNEL}": (frozenset({_schema.JOURNAL}), lambda: _kernel(node)),
        "files": (frozenset({_schema.FILES, _schema.PROBES}), lambda: _files_and_probes(node)),
        "host": (frozenset({_schema.HOST}), lambda: _host(node)),
    }
    runtime = node.runtime
    if runtime is not None:
        lines = min(options.journal_lines, _schema.MAX_RUNTIME_JOURNAL_LINES)
        tasks[f"journal:{runtime}"] = (frozenset({_schema.JOURNAL}), lambda: _journal(node, runtime, lines))
    elif node.row.runtime_log:
        tasks[f"journal:{_profiles.RUNTIME_LOG}"] = (frozenset({_schema.JOURNAL}), lambda: _runtime_log(node))
    return tasks


def _units(node: _Node) -> dict[str, t.Any]:
    node.record(_schema.UNITS, node.shown.status, node.shown.reason)
    names = [name for name in (node.unit, node.runtime) if node.show(name)]
    found = {
        name: units.unit_evidence(node.show(name), units.cat(node.host, name)) for name in names if name is not None
    }
    return {_schema.UNITS: {**units.required(node.host, node.show(node.unit)), **found}}


def _journal(node: _Node, unit: str, lines: int) -> dict[str, t.Any]:
    log = node.row.log if unit == node.unit else ""
    read = journal.collect(node.host, unit, lines, node.options.journal_since, log)
    if read.status != _schema.OK:
        node.record(f"{_schema.JOURNAL}:{unit}", read.status, read.reason)
    if read.reduced is None:
        if unit == node.unit:
            node.record(_schema.JOURNAL, read.status, read.reason)
        return {}
    raw = {"raw_journal": {unit: read.raw}} if node.options.raw_journal else {}
    return {_schema.JOURNAL: {unit: read.reduced}, **raw}


def _runtime_log(node: _Node) -> dict[str, t.Any]:
    """What the runtime below the kubelet's unit logs into a file of its own."""
    read = journal.of_runtime(node.host, node.row.runtime_log)
    if read.reduced is None:
        return {}
    raw = {"raw_journal": {_profiles.RUNTIME_LOG: read.raw}} if node.options.raw_journal else {}
    return {_schema.JOURNAL: {_profiles.RUNTIME_LOG: read.reduced}, **raw}


def _kernel(node: _Node) -> dict[str, t.Any]:
    """What the kernel said of faults. A container has no kernel's messages, and a busy firewall's hide older ones: both
    leave nothing to be told."""
    read = journal.collect(node.host, _schema.KERNEL, min(node.options.journal_lines, _schema.MAX_KERNEL_LINES))
    if read.reduced is None:
        return {}
    raw = {"raw_journal": {_schema.KERNEL: read.raw}} if node.options.raw_journal and read.raw else {}
    return {_schema.JOURNAL: {_schema.KERNEL: read.reduced}, **raw}


def _files_and_probes(node: _Node) -> dict[str, t.Any]:
    facts = FileFacts(node.host)
    unit, show = node.unit, node.show(node.unit)
    layout = kubelet_files.look_at_all(facts, node.row, unit, show, node.cmdline, node.show(node.runtime))
    for path in node.options.files:
        facts.look(path, STAT)
    found: dict[str, t.Any] = {}
    if _schema.FILES in node.options.parts:
        found[_schema.FILES] = facts.entries
        for path, (status, reason) in facts.statuses.items():
            node.record(f"{_schema.FILES}:{path}", status, reason)
        if not facts.complete:
            node.record(_schema.FILES, _schema.TRUNCATED, f"only the first {_schema.MAX_FILES} files were looked at")
    if _schema.PROBES in node.options.parts:
        seconds = max(0.5, min(_PROBE_SECONDS, node.host.remaining() - _RESERVED_SECONDS))
        # In a thread of its own, so that a probe that breaks does not take the files with it.
        outcome = parallel.run_all({_schema.PROBES: lambda: _probes(node, facts, layout, seconds)}, seconds + 0.5)
        if outcome[_schema.PROBES].finished and outcome[_schema.PROBES].failure is None:
            found[_schema.PROBES] = outcome[_schema.PROBES].value
        else:
            _record_failure(node, _schema.PROBES, outcome[_schema.PROBES])
    return found


def _probes(node: _Node, facts: FileFacts, layout: kubelet_files.Layout, seconds: float) -> list[probes.Probe]:
    name = node.options.node_name or node.host.text("/proc/sys/kernel/hostname").strip()
    return probes.collect(targets.find(facts, layout, node.row, node.runtime, name), seconds)


def _host(node: _Node) -> dict[str, t.Any]:
    seconds = max(0.5, min(_PROBE_SECONDS, node.host.remaining() - _RESERVED_SECONDS))
    show, runtime_show = node.show(node.unit), node.show(node.runtime)
    found = host_part.collect(node.host, show, node.cmdline, node.runtime, runtime_show, seconds, node.options.sysctls)
    return {_schema.HOST: found}


def _record_failure(node: _Node, name: str, outcome: parallel.Outcome) -> None:
    """A collector that broke or hung costs its own part only."""
    status, reason = _schema.TIMEOUT, f"not finished in {outcome.seconds:.0f} s"
    if outcome.finished:
        status, reason = _schema.ERROR, f"collecting failed: {type(outcome.failure).__name__}: {outcome.failure}"
    names = [_schema.FILES, _schema.PROBES] if name == "files" else [name]
    if name == f"{_schema.JOURNAL}:{node.unit}":
        names.append(_schema.JOURNAL)
    for part in names:
        if part in node.options.parts or ":" in part:
            node.record(part, status, reason)


def shrink(evidence: dict[str, t.Any]) -> dict[str, t.Any]:
    """The evidence within MAX_EVIDENCE_BYTES of JSON (the raw journal of a capture apart).

    What goes first is the text of the files that were looked at last, then the oldest patterns of the journals.
    """
    excess = size_of(evidence) - _schema.MAX_EVIDENCE_BYTES
    for path, facts in reversed(list(evidence.get(_schema.FILES, {}).items())):
        if excess <= 0:
            return evidence
        if "content" in facts:
            excess -= len(json.dumps(facts.pop("content")))
            facts["truncated"] = True
            evidence["parts"][f"{_schema.FILES}:{path}"] = {
                "status": _schema.TRUNCATED,
                "reason": "the text was left out, for the evidence was too large",
            }
            excess += 160
    for unit, reduced in reversed(list(evidence.get(_schema.JOURNAL, {}).items())):
        while excess > 0 and reduced["patterns"]:
            excess -= len(json.dumps(reduced["patterns"].pop(0)))
            reduced["truncated"] = True
            evidence["parts"][f"{_schema.JOURNAL}:{unit}"] = {
                "status": _schema.TRUNCATED,
                "reason": "older patterns were left out, for the evidence was too large",
            }
    return evidence


def size_of(evidence: t.Mapping[str, t.Any]) -> int:
    """Bytes of the evidence as JSON, without the raw journal."""
    return len(json.dumps({key: value for key, value in evidence.items() if key != "raw_journal"}))
