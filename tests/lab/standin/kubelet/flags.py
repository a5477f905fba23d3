# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kubelet's command line, parsed as pflag does."""

from __future__ import annotations

import re

from .errors import CommandFailed
from .logs import Log, go_quote
from .wording import Release

MOVED = (
    "This parameter should be set via the config file specified by the Kubelet's --config flag. "
    "See https://kubernetes.io/docs/tasks/administer-cluster/kubelet-config-file/ for more information."
)
POD_INFRA = "will be removed in a future release. Image garbage collector will get sandbox image information from CRI."

# flags that only the command line has
OWN = {
    "bootstrap-kubeconfig": "string", "cert-dir": "string", "cloud-provider": "string", "config": "string",
    "config-dir": "string", "exit-on-lock-contention": "bool", "hostname-override": "string",
    "image-credential-provider-bin-dir": "string", "image-credential-provider-config": "string",
    "kubeconfig": "string", "lock-file": "string", "log-flush-frequency": "string", "logging-format": "string",
    "node-ip": "string", "node-labels": "string", "root-dir": "string", "runtime-cgroups": "string",
    "v": "int32", "version": "bool", "vmodule": "string",
}  # fmt: skip
# flags that became fields of KubeletConfiguration: flag -> (field, type)
FIELDS = {
    "address": ("address", "string"), "anonymous-auth": ("authentication.anonymous.enabled", "bool"),
    "authentication-token-webhook": ("authentication.webhook.enabled", "bool"),
    "authorization-mode": ("authorization.mode", "string"), "cgroup-driver": ("cgroupDriver", "string"),
    "cgroup-root": ("cgroupRoot", "string"), "client-ca-file": ("authentication.x509.clientCAFile", "string"),
    "cluster-dns": ("clusterDNS", "strings"), "cluster-domain": ("clusterDomain", "string"),
    "container-runtime-endpoint": ("containerRuntimeEndpoint", "string"),
    "cpu-manager-policy": ("cpuManagerPolicy", "string"), "event-qps": ("eventRecordQPS", "int32"),
    "eviction-hard": ("evictionHard", "map"), "fail-swap-on": ("failSwapOn", "bool"),
    "feature-gates": ("featureGates", "gates"), "file-check-frequency": ("fileCheckFrequency", "string"),
    "healthz-bind-address": ("healthzBindAddress", "string"),
    "healthz-port": ("healthzPort", "int32"), "kube-reserved": ("kubeReserved", "map"),
    "max-pods": ("maxPods", "int32"), "pod-cidr": ("podCIDR", "string"),
    "pod-manifest-path": ("staticPodPath", "string"), "port": ("port", "int32"),
    "protect-kernel-defaults": ("protectKernelDefaults", "bool"), "read-only-port": ("readOnlyPort", "int32"),
    "register-node": ("registerNode", "bool"), "resolv-conf": ("resolvConf", "string"),
    "rotate-certificates": ("rotateCertificates", "bool"),
    "rotate-server-certificates": ("serverTLSBootstrap", "bool"),
    "serialize-image-pulls": ("serializeImagePulls", "bool"), "sync-frequency": ("syncFrequency", "string"),
    "system-reserved": ("systemReserved", "map"),
    "tls-cert-file": ("tlsCertFile", "string"), "tls-private-key-file": ("tlsPrivateKeyFile", "string"),
    "tls-min-version": ("tlsMinVersion", "string"), "tls-cipher-suites": ("tlsCipherSuites", "strings"),
    "volume-plugin-dir": ("volumePluginDir", "string"),
}  # fmt: skip


class Flags:
    """What the command line said: `own` for flags that only exist there, `fields` for configuration fields."""

    def __init__(self) -> None:
        self.own: dict[str, str] = {}
        self.fields: dict[str, object] = {}
        self.deprecated: list[tuple[str, str]] = []

    def get(self, name: str) -> str:
        return self.own.get(name, "")


def parse(arguments: list[str], release: Release) -> Flags:
    """Parse the arguments after the program's name. Raises CommandFailed with pflag's text."""
    flags = Flags()
    words = list(arguments)
    while words:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            raise CommandFailed(f"unknown command {word}")
        if not word.startswith("--") and word[1] not in "vh":
            raise CommandFailed(f"failed to parse kubelet flag: unknown shorthand flag: {word[1]!r} in {word}")
        name, equals, value = word.lstrip("-").partition("=")
        kind = _kind(name, release)
        if not equals and kind == "bool":
            value = "true"
        elif not equals:
            if not words:
                raise CommandFailed(f"failed to parse kubelet flag: flag needs an argument: --{name}")
            value = words.pop(0)
        _store(flags, name, kind, value)
    return flags


def _kind(name: str, release: Release) -> str:
    if name in OWN:
        return OWN[name]
    if name in FIELDS:
        return FIELDS[name][1]
    if name == "pod-infra-container-image" and release.has_pod_infra_flag:
        return "string"
    raise CommandFailed(f"failed to parse kubelet flag: unknown flag: --{name}")


def _store(flags: Flags, name: str, kind: str, text: str) -> None:
    if name == "pod-infra-container-image":
        flags.deprecated.append((name, POD_INFRA))
    if name in FIELDS:
        flags.deprecated.append((name, MOVED))
    value = _convert(name, kind, text)
    if name in FIELDS:
        flags.fields[FIELDS[name][0]] = value
    else:
        flags.own[name] = text


def _convert(name: str, kind: str, text: str) -> object:
    if kind == "bool":
        if text.lower() not in ("true", "false", "1", "0", "t", "f"):
            raise _invalid(name, text, f"strconv.ParseBool: parsing {go_quote(text)}: invalid syntax")
        return text.lower() in ("true", "1", "t")
    if kind == "int32":
        if not re.fullmatch(r"[+-]?\d+", text):
            raise _invalid(name, text, f"strconv.ParseInt: parsing {go_quote(text)}: invalid syntax")
        return int(text)
    if kind == "strings":
        return text.split(",")
    if kind in ("map", "gates"):
        pairs = dict(re.split(r"[=<]", pair, maxsplit=1) for pair in text.split(",") if re.search("[=<]", pair))
        return {key: value.lower() == "true" for key, value in pairs.items()} if kind == "gates" else pairs
    return text


def _invalid(name: str, text: str, problem: str) -> CommandFailed:
    return CommandFailed(
        f"failed to parse kubelet flag: invalid argument {go_quote(text)} for {go_quote('--' + name)} flag: {problem}"
    )


def announce_deprecated(flags: Flags, log: Log) -> None:
    """Print pflag's line for each deprecated flag, in the order given."""
    for name, reason in flags.deprecated:
        log.plain(f"Flag --{name} has been deprecated, {reason}")
