# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files matter on this node, told from texts without a YAML parser: flags, environment files, mentioned paths.

This finds what to read; what it means is decided on the controller. To find too much is harmless, too little is not.
"""

from __future__ import annotations

import posixpath
import re
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles

# Flags of the kubelet whose value is a file or directory
# (https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/).
CONFIG_FLAGS = ("config",)
CONFIG_DIRECTORY_FLAGS = ("config-dir",)
KUBECONFIG_FLAGS = ("kubeconfig", "bootstrap-kubeconfig")
CERTIFICATE_FLAGS = ("tls-cert-file", "tls-private-key-file", "client-ca-file")
DIRECTORY_FLAGS = ("cert-dir", "root-dir", "pod-manifest-path")
STAT_FLAGS = ("resolv-conf", "volume-plugin-dir", "lock-file")
ENDPOINT_FLAG = "container-runtime-endpoint"

# Fields of KubeletConfiguration and kubeconfig whose value is a path.
_CERTIFICATE_FIELDS = (
    "clientCAFile",
    "tlsCertFile",
    "tlsPrivateKeyFile",
    "certificate-authority",
    "client-certificate",
    "client-key",
)
_DIRECTORY_FIELDS = ("staticPodPath",)
_STAT_FIELDS = ("resolvConf", "volumePluginDir", "podLogsDir", "tokenFile", "imageCredentialProviderConfigFile")

# What is looked at on every node. Absence of a default is evidence too.
TEXT_FILES = (
    "/var/lib/kubelet/config.yaml",
    "/var/lib/kubelet/instance-config.yaml",
    "/etc/kubernetes/kubelet.conf",
    "/etc/kubernetes/bootstrap-kubelet.conf",
    "/var/lib/kubelet/kubeadm-flags.env",
    "/etc/default/kubelet",
    "/etc/sysconfig/kubelet",
    "/etc/containerd/config.toml",
    "/etc/crictl.yaml",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/run/systemd/resolve/resolv.conf",
    "/etc/hostname",
    "/etc/fstab",
    "/var/lib/kubelet/cpu_manager_state",
    "/var/lib/kubelet/memory_manager_state",
)
CERTIFICATE_FILES = ("/var/lib/kubelet/pki/kubelet-client-current.pem", "/etc/kubernetes/pki/ca.crt")
LISTED_DIRECTORIES = (
    "/etc/kubernetes/manifests",
    "/etc/cni/net.d",
    "/opt/cni/bin",
    "/var/lib/kubelet/pki",
)
STAT_PATHS = (
    "/etc/kubernetes",
    "/etc/kubernetes/pki",
    "/etc/kubelet.conf.d",
    "/var/lib/kubelet",
    "/var/lib/containerd",
    "/var/log/pods",
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    "/var/run/dockershim.sock",
    "/sys/fs/cgroup/cgroup.controllers",
    "/usr/libexec/kubernetes/kubelet-plugins/volume/exec",
    "/usr/bin/crictl",
    "/usr/local/bin/crictl",
)
PROGRAMS = ("/usr/bin/kubelet", "/usr/local/bin/kubelet", "/usr/bin/containerd")
CRIO_FILES = ("/etc/crio/crio.conf",)
CRIO_DIRECTORIES = ("/etc/crio/crio.conf.d",)
DOCKER_FILES = ("/etc/docker/daemon.json",)
UNIT_DIRECTORIES = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system")

_FLAG = re.compile(r"(?<![\w-])--([a-zA-Z][\w-]*)(?:=|[ \t]+(?!-))(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"';]+)")
_ENVIRONMENT_FILE = re.compile(r"^[ \t]*EnvironmentFile[ \t]*=[ \t]*(-?)[ \t]*(\S+)", re.MULTILINE)
_RESOLVED_ENVIRONMENT_FILE = re.compile(r"^(\S+) \(ignore_errors=(?:yes|no)\)$")
_PROGRAM = re.compile(r"(?:\bpath=|^[ \t]*Exec\w+[ \t]*=[ \t]*[-@:+!]*)(/[^\s;]+)", re.MULTILINE)


class Mentioned(t.NamedTuple):
    """Paths that a configuration file names, made absolute."""

    certificates: list[str]
    directories: list[str]
    others: list[str]


def flags(text: str) -> dict[str, list[str]]:
    """Every `--flag=value` or `--flag value` of a text, in order; a flag may have several values."""
    found: dict[str, list[str]] = {}
    for variable, path in _profiles.SNAP_VARIABLES.items():
        text = text.replace(variable, path)
    for name, value in _FLAG.findall(text):
        values = found.setdefault(name.replace("_", "-"), [])
        if value.strip("\"'") not in values:
            values.append(value.strip("\"'"))
    return found


def merged_flags(texts: t.Iterable[str]) -> dict[str, list[str]]:
    """The flags of several texts; values of earlier texts come first."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for name, values in flags(text).items():
            known = found.setdefault(name, [])
            known.extend(value for value in values if value not in known)
    return found


def absolute_values(found: t.Mapping[str, t.Sequence[str]], names: t.Iterable[str]) -> list[str]:
    """The absolute paths among the values of some flags."""
    return [posixpath.normpath(value) for name in names for value in found.get(name, ()) if value.startswith("/")]


def environment_files(resolved: str, texts: t.Iterable[str]) -> list[str]:
    """Paths (or globs) of environment files: as systemd resolved them, then as unit files name them."""
    paths = [
        match.group(1) for line in resolved.split("\n") for match in [_RESOLVED_ENVIRONMENT_FILE.match(line)] if match
    ]
    for text in texts:
        paths.extend(match.group(2) for match in _ENVIRONMENT_FILE.finditer(text))
    return list(dict.fromkeys(path for path in paths if path.startswith("/") and "%" not in path))


def programs(texts: t.Iterable[str]) -> list[str]:
    """Programs that a unit starts."""
    return list(dict.fromkeys(path for text in texts for path in _PROGRAM.findall(text)))


def field(text: str, name: str) -> list[str]:
    """Values of a YAML or JSON field wherever it stands in a text; quotes and comments are cut off."""
    pattern = rf"(?:^|[\s{{,\"'-]){re.escape(name)}[\"']?[ \t]*:[ \t]*(\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'#,}}][^\n#,}}]*)"
    return [value.strip().strip("\"'") for value in re.findall(pattern, text, re.MULTILINE)]


def mentioned(text: str, path: str) -> Mentioned:
    """Paths that the configuration file at `path` names; relative ones are relative to its directory."""
    base = posixpath.dirname(path)

    def collect(names: t.Iterable[str]) -> list[str]:
        values = [value for name in names for value in field(text, name) if value and "\0" not in value]
        return list(dict.fromkeys(posixpath.normpath(posixpath.join(base, value)) for value in values))

    return Mentioned(collect(_CERTIFICATE_FIELDS), collect(_DIRECTORY_FIELDS), collect(_STAT_FIELDS))


def socket_path(endpoint: str) -> str | None:
    """The path of a Unix socket endpoint; None for other endpoints."""
    if endpoint.startswith("/"):
        return endpoint
    if endpoint.startswith("unix:"):
        return "/" + endpoint[len("unix:") :].lstrip("/")
    return None
