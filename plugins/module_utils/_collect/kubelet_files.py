# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every file that this kubelet uses, and the usual ones that it might use, the most important first."""

from __future__ import annotations

import fnmatch
import posixpath
import typing as t
from dataclasses import dataclass, field

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import discovery
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.files import (
    CERTIFICATE,
    PROGRAM,
    STAT,
    TEXT,
    FileFacts,
)

_MAX_OF_A_KIND = 10
_MAX_OLD_CERTIFICATES = 3


@dataclass
class Layout:
    """Where this kubelet has its things, as far as that can be told without YAML; paths in order of preference."""

    flags: dict[str, list[str]] = field(default_factory=dict)
    configs: list[str] = field(default_factory=list)
    kubeconfigs: list[str] = field(default_factory=list)


def look_at_all(
    facts: FileFacts,
    row: _profiles.Profile,
    unit: str,
    show: t.Mapping[str, str],
    cmdline: t.Sequence[str],
    runtime_show: t.Mapping[str, str],
) -> Layout:
    """Looks at all files of a kubelet.

    :param row: the distribution's places, for what no flag names
    :param show: properties of the kubelet's unit, and of the runtime's (empty when unknown)
    :param cmdline: arguments of the running kubelet (empty when none runs)
    """
    texts = _look_at_unit(facts, unit, show)
    texts.extend(facts.look(path) for path in row.arguments)
    resolved = [show.get("ExecStart", ""), show.get("Environment", "")]
    layout = Layout(discovery.merged_flags([" ".join(cmdline), *resolved, *texts]))
    _look_at_configuration(facts, layout, row)
    _look_at_certificates(facts, layout, row)
    _look_at_directories(facts, layout, row)
    _look_at_runtime(facts, row, runtime_show)
    own = [path for directory in row.text_directories for path in facts.list(directory)[:_MAX_OF_A_KIND]]
    for path in (*row.texts, *own, *discovery.TEXT_FILES):
        facts.look(path, TEXT)
    for path in [*discovery.programs([show.get("ExecStart", ""), *texts]), *discovery.PROGRAMS]:
        facts.look(path, PROGRAM)
    for path in (*discovery.STAT_PATHS, *discovery.absolute_values(layout.flags, discovery.STAT_FLAGS)):
        facts.look(path, STAT)
    facts.keep_texts([*layout.configs, *layout.kubeconfigs])
    return layout


def _look_at_unit(facts: FileFacts, unit: str, show: t.Mapping[str, str]) -> list[str]:
    """Unit file, drop-ins (also those that systemd has not loaded yet) and environment files; their texts."""
    paths = [show.get("FragmentPath", ""), *show.get("DropInPaths", "").split()]
    texts = [facts.look(path) for path in paths if path.startswith("/")]
    merged = facts.host.readlink("/lib") is not None
    for directory in discovery.UNIT_DIRECTORIES[: -1 if merged else None]:
        texts.append(facts.look(f"{directory}/{unit}"))
        dropins = facts.list(f"{directory}/{unit}.d")
        texts.extend(facts.look(path) for path in dropins[:_MAX_OF_A_KIND] if path.endswith(".conf"))
    for pattern in discovery.environment_files(show.get("EnvironmentFiles", ""), texts):
        texts.extend(facts.look(path) for path in _expanded(facts, pattern))
    return texts


def _expanded(facts: FileFacts, pattern: str) -> list[str]:
    """The paths that a glob in the last part of a path stands for; the path itself when it is none."""
    directory, name = posixpath.split(pattern)
    if not any(char in name for char in "*?["):
        return [pattern]
    names = fnmatch.filter(facts.host.listdir(directory).names, name)
    return [posixpath.join(directory, found) for found in names[:_MAX_OF_A_KIND]]


def _look_at_configuration(facts: FileFacts, layout: Layout, row: _profiles.Profile) -> None:
    layout.configs = discovery.absolute_values(layout.flags, discovery.CONFIG_FLAGS)
    directories = discovery.absolute_values(layout.flags, discovery.CONFIG_DIRECTORY_FLAGS)
    if not layout.configs and not directories:  # nothing says anything: the usual file, and what lies beside it
        layout.configs = list(row.configs)
    for directory in dict.fromkeys([*directories, *row.config_directories]):
        layout.configs.extend(path for path in facts.list(directory)[:_MAX_OF_A_KIND] if path.endswith(".conf"))
    layout.kubeconfigs = discovery.absolute_values(layout.flags, discovery.KUBECONFIG_FLAGS)
    layout.configs = layout.configs or list(row.configs)
    layout.kubeconfigs = layout.kubeconfigs or list(row.kubeconfigs)
    for path in (*layout.configs, *layout.kubeconfigs):
        facts.look(path, TEXT)


def _look_at_certificates(facts: FileFacts, layout: Layout, row: _profiles.Profile) -> None:
    paths = discovery.absolute_values(layout.flags, discovery.CERTIFICATE_FLAGS)
    for path in (*layout.kubeconfigs, *layout.configs):
        paths.extend(discovery.mentioned(facts.look(path), path).certificates)
    for path in (*dict.fromkeys(paths), *row.certificates, *discovery.CERTIFICATE_FILES):
        facts.look(path, CERTIFICATE)


def _look_at_directories(facts: FileFacts, layout: Layout, row: _profiles.Profile) -> None:
    """Certificates directory, static pods, CNI."""
    manifests = []
    for path in layout.configs:
        named = discovery.mentioned(facts.look(path), path)
        manifests.extend(named.directories)
        for other in named.others:
            facts.look(other, STAT if "resolv" not in other else TEXT)
    flagged = discovery.absolute_values(layout.flags, discovery.DIRECTORY_FLAGS)
    network = (row.cni_configurations, row.cni_plugins)
    for directory in dict.fromkeys([*flagged, *manifests, *network, *discovery.LISTED_DIRECTORIES]):
        paths = facts.list(directory)
        if directory in (*manifests, "/etc/kubernetes/manifests", "/etc/cni/net.d", row.cni_configurations):
            for path in paths[:_MAX_OF_A_KIND]:
                facts.look(path, TEXT)
        pairs = [path for path in paths if path.endswith((".crt", ".pem", ".key"))]
        if pairs and directory not in network:
            _look_at_pairs(facts, pairs)


def _look_at_pairs(facts: FileFacts, paths: t.Sequence[str]) -> None:
    """The kubelet's own certificates; of the rotated ones (their names begin with their date) only the newest."""
    rotated = [path for path in paths if posixpath.basename(path).rpartition("-")[0].count("-") >= 6]
    plain = [path for path in paths if path not in rotated]
    for path in (*plain[:_MAX_OF_A_KIND], *sorted(rotated, reverse=True)[:_MAX_OLD_CERTIFICATES]):
        facts.look(path, CERTIFICATE)


def _look_at_runtime(facts: FileFacts, row: _profiles.Profile, show: t.Mapping[str, str]) -> None:
    facts.look(row.runtime_config)
    for path in [show.get("FragmentPath", ""), *show.get("DropInPaths", "").split()]:
        if path.startswith("/"):
            facts.look(path)
    name = show.get("Id", "")
    for path in discovery.absolute_values(discovery.flags(show.get("ExecStart", "")), ("config",)):
        facts.look(path)
    if name:
        facts.list(f"/etc/systemd/system/{name}.d")
    if "crio" in name:
        paths = [*discovery.CRIO_FILES, *(path for item in discovery.CRIO_DIRECTORIES for path in facts.list(item))]
    elif "docker" in name:
        paths = list(discovery.DOCKER_FILES)
    else:
        paths = list(facts.list("/etc/containerd/conf.d"))
    for path in paths[:_MAX_OF_A_KIND]:
        facts.look(path)
    for path in discovery.programs([show.get("ExecStart", "")]):
        facts.look(path, PROGRAM)
