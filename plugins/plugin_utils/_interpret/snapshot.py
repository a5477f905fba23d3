# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the evidence of one node to its Snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ...module_utils import _schema
from ...module_utils._profiles import RUNTIME_LOG, Profile
from .._model.certificate import CertificateUse
from .._model.common import FileFact, Place
from .._model.configuration import (
    Kubeconfig,
    KubeletConfiguration,
)
from .._model.host import ClusterView, Host, Probes
from .._model.journal import Journal
from .._model.service import (
    CommandLine,
    EnvironmentFile,
    Unit,
)
from .._model.snapshot import Snapshot
from . import (
    _parts,
    _values,
    certificates,
    command_line,
    embedded,
    environment,
    journal,
    kubeconfig,
    kubelet_config,
    systemd,
    x509,
)
from . import cluster as cluster_view
from . import files as file_facts
from . import host as host_facts
from . import probes as probe_results
from . import profile as layout

KUBELET_UNIT = "kubelet.service"
Files = dict[str, FileFact]


def snapshot(
    evidence: Mapping[str, Any],
    *,
    host_name: str,
    cluster: Mapping[str, Any] | None = None,
    node_name: str | None = None,
    profile: str | None = None,
) -> Snapshot:
    """Snapshot of the evidence of one node.

    ``cluster`` is the control plane's view of this node where it was asked apart from the node; it replaces the
    evidence's own. ``node_name`` and ``profile`` (unless auto) override what would be found. Without ``node_name``
    it is --hostname-override, else the name of the Node object, else the host name in lower case (as the kubelet
    does it; never the certificate's common name, which may be what is wrong).

    A part that is missing or broken gives its default value and a PartState that says so. EvidenceError when this is
    no evidence at all: not a mapping, another format, or without a time; and when a library is missing.
    """
    x509.require_library()
    at = _parts.captured_at(evidence)
    parts = _parts.Parts(evidence, cluster)
    files: Files = parts.attempt(_schema.FILES, lambda: file_facts.files(parts.mapping(_schema.FILES)), {})
    host = parts.attempt(_schema.HOST, lambda: host_facts.host(parts.raw(_schema.HOST)), Host())
    kubelet = _unit(_values.text(evidence.get("kubelet_unit")) or KUBELET_UNIT, parts, at, files, host)
    runtime_name = _values.text(evidence.get("runtime_unit"))
    runtime = _unit(runtime_name, parts, at, files, host) if runtime_name else None
    log = _journal(parts, kubelet.name)
    start = parts.attempt(_schema.UNITS, lambda: _start(kubelet, files, host), _Start())
    row = layout.profile(kubelet, runtime, start.used, files, profile or "")
    start = parts.attempt(_schema.UNITS, lambda: _embedded(start, row, kubelet, log, files), start)
    settings = parts.attempt(_schema.FILES, lambda: _settings(start.used, files), _Settings())
    probes = _probes(parts, start.used, settings)
    own_name = node_name or _hostname_override(start.used)
    view = _cluster(parts, own_name or host.hostname.lower())
    return Snapshot(
        host_name=host_name,
        captured_at=at,
        node_name=own_name or _object_name(view) or host.hostname.lower() or None,
        profile=row.name,
        parts=parts.states,
        kubelet=kubelet,
        runtime=runtime,
        command_line=start.command_line,
        command_line_on_disk=start.on_disk,
        running=start.running,
        environment_files=start.environment_files,
        environment=start.environment,
        config=settings.config,
        kubeconfig=settings.kubeconfig,
        bootstrap_kubeconfig=settings.bootstrap_kubeconfig,
        certificates=_certificates(parts, start.used, settings, files, probes, at),
        log=log,
        runtime_log=_journal(parts, runtime_name or (RUNTIME_LOG if row.runtime_log else "")),
        kernel_log=_journal(parts, _schema.KERNEL),
        host=host,
        probes=probes,
        cluster=view,
        files=files,
        unit_load_states=_load_states(parts),
        child_ended_at=embedded.child_ended_at(row, log),
    )


@dataclass(frozen=True)
class _Start:
    """How systemd starts the kubelet."""

    environment_files: tuple[EnvironmentFile, ...] = ()
    environment: Mapping[str, tuple[str, Place]] = field(default_factory=dict)
    command_line: CommandLine = field(default_factory=CommandLine)
    on_disk: CommandLine = field(default_factory=CommandLine)
    running: CommandLine | None = None

    @property
    def used(self) -> CommandLine:
        """What the configuration is found from: the loaded definition, or what else is known (a refused unit, or a
        kubelet inside another program)."""
        lines = (self.command_line, self.on_disk, self.running)
        return next((line for line in lines if line is not None and line.flags), self.command_line)


@dataclass(frozen=True)
class _Settings:
    """The kubelet's configuration files."""

    config: KubeletConfiguration = field(default_factory=KubeletConfiguration)
    kubeconfig: Kubeconfig = field(default_factory=Kubeconfig)
    bootstrap_kubeconfig: Kubeconfig = field(default_factory=Kubeconfig)


def _unit(name: str, parts: _parts.Parts, at: datetime, files: Files, host: Host) -> Unit:
    given = _values.mapping(parts.mapping(_schema.UNITS).get(name))
    return parts.attempt(_schema.UNITS, lambda: systemd.unit(name, given, at, files, host.uptime_seconds), Unit(name))


def _load_states(parts: _parts.Parts) -> dict[str, str]:
    shown = {
        str(name): _values.text(_values.mapping(_values.mapping(unit).get("show")).get("LoadState"))
        for name, unit in parts.mapping(_schema.UNITS).items()
    }
    return {name: state for name, state in shown.items() if state}


def _start(kubelet: Unit, files: Files, host: Host) -> _Start:
    environment_files = environment.environment_files(kubelet, files)
    variables = environment.environment(kubelet, environment_files)
    return _Start(
        environment_files=environment_files,
        environment=variables,
        command_line=command_line.loaded(kubelet, files),
        on_disk=command_line.on_disk(kubelet, variables),
        running=command_line.running(host.raw),
    )


def _embedded(start: _Start, row: Profile, kubelet: Unit, log: Journal, files: Files) -> _Start:
    """The start of a kubelet inside another program, whose own command line stands in no unit."""
    if not row.embeds_kubelet:
        return start
    line = embedded.command_line(row, kubelet, start.running, log, files)
    return replace(start, command_line=line, on_disk=line, running=line if start.running and kubelet.running else None)


def _settings(used: CommandLine, files: Files) -> _Settings:
    return _Settings(
        config=kubelet_config.kubelet_config(used, files),
        kubeconfig=kubeconfig.kubeconfig("kubeconfig", used, files, x509.certificates),
        bootstrap_kubeconfig=kubeconfig.kubeconfig("bootstrap-kubeconfig", used, files, x509.certificates),
    )


def _probes(parts: _parts.Parts, used: CommandLine, settings: _Settings) -> Probes:
    flag = used.flag("container-runtime-endpoint")
    endpoint = flag.value if flag is not None else settings.config.value("containerRuntimeEndpoint")
    server = settings.kubeconfig.server.value if settings.kubeconfig.server is not None else ""
    return parts.attempt(
        _schema.PROBES,
        lambda: probe_results.probes(
            parts.raw(_schema.PROBES),
            server=_values.text(server),
            runtime_socket=_values.text(endpoint).removeprefix("unix://"),
        ),
        Probes(),
    )


def _certificates(
    parts: _parts.Parts, used: CommandLine, settings: _Settings, files: Files, probes: Probes, at: datetime
) -> Mapping[str, CertificateUse]:
    return parts.attempt(
        _schema.FILES,
        lambda: certificates.certificate_uses(
            config=settings.config,
            command_line=used,
            kubeconfig=settings.kubeconfig,
            bootstrap_kubeconfig=settings.bootstrap_kubeconfig,
            files=files,
            probes=probes,
            at=at,
        ),
        {},
    )


def _cluster(parts: _parts.Parts, node_name: str) -> ClusterView:
    return parts.attempt(
        _schema.CLUSTER, lambda: cluster_view.cluster(parts.raw(_schema.CLUSTER), node_name), ClusterView()
    )


def _journal(parts: _parts.Parts, unit: str) -> Journal:
    reduced = parts.mapping(_schema.JOURNAL).get(unit)
    return parts.attempt(_schema.JOURNAL, lambda: journal.journal(unit, reduced), Journal(unit))


def _hostname_override(used: CommandLine) -> str:
    flag = used.flag("hostname-override")
    return (flag.value or "").strip().lower() if flag is not None else ""


def _object_name(view: ClusterView) -> str:
    return _values.text(_values.mapping(view.raw_node.get("metadata")).get("name"))
