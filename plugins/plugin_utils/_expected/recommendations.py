# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recommendations for hardening a kubelet, with ids of our own. Each entry has a page like the causes.

Numbers are those of the CIS Kubernetes Benchmark 1.12, section 4 (worker nodes), as kube-bench's cfg/cis-1.12/node.yaml
has them. ``hardening.py`` says what each expects.
"""

from __future__ import annotations

from collections.abc import Mapping

from .._model.cause import Cause, cause
from .._model.finding import Effect, Remedy
from .catalogue import by_comparison

BENCHMARK = "CIS Kubernetes Benchmark 1.12"
_RESTART = "then `systemctl restart kubelet`."
_found: list[Cause] = []
_numbers: dict[str, str] = {}


def _entry(
    name: str, numbered: str, title: str, healthy: str, why: str, fix: str, effect: Effect = Effect.INFO
) -> Cause:
    entry = cause(
        f"hardening/{name}",
        title=title,
        effect=effect,
        healthy=healthy,
        see="One line for each value or file that is not as recommended, only where hardening was asked for"
        " (`kubelet_hardening: true`, or `--tags hardening`). The node works.",
        why=why,
        remedy=Remedy(fix),
        sources=(f"{BENCHMARK}, recommendation {numbered}",),
    )(by_comparison)
    _found.append(entry)
    _numbers[entry.id] = numbered
    return entry


ANONYMOUS = _entry(
    "anonymous-auth",
    "4.2.1",
    "the kubelet's API answers requests without credentials",
    "`authentication.anonymous.enabled` is false.",
    "Whoever reaches port 10250 may ask this kubelet as system:anonymous; what that is allowed to do is up to"
    " authorization. It is the default of a kubelet without a configuration file.",
    f"Set `authentication.anonymous.enabled: false`, {_RESTART}",
    Effect.RISK,
)
AUTHORIZATION = _entry(
    "authorization-mode",
    "4.2.2",
    "the kubelet's API allows every request",
    "`authorization.mode` is Webhook.",
    "With AlwaysAllow, each client that is authenticated may run commands in all containers of the node. It is the"
    " default of a kubelet without a configuration file.",
    f"Set `authorization.mode: Webhook` and `authentication.webhook.enabled: true`, {_RESTART}",
    Effect.RISK,
)
CLIENT_CA = _entry(
    "client-ca-file",
    "4.2.3",
    "the kubelet has no CA for the certificates of its clients",
    "`authentication.x509.clientCAFile` names the cluster's CA.",
    "The API server's client certificate cannot be verified then, so that nobody but a token or an anonymous request is"
    " let in.",
    f"Set `authentication.x509.clientCAFile` (with kubeadm /etc/kubernetes/pki/ca.crt), {_RESTART}",
    Effect.RISK,
)
READ_ONLY_PORT = _entry(
    "read-only-port",
    "4.2.4",
    "the kubelet serves pods and metrics without authentication",
    "`readOnlyPort` is 0, which is the default of a kubelet with a configuration file.",
    "Somebody set it for an old monitoring agent, or the kubelet has no configuration file: then it is 10255.",
    f"Set `readOnlyPort: 0`, {_RESTART} Metrics are served on port 10250 with authentication.",
    Effect.RISK,
)
STREAMING_TIMEOUT = _entry(
    "streaming-timeout",
    "4.2.5",
    "idle exec, attach and port-forward connections are never closed",
    "`--streaming-connection-idle-timeout` is not 0. A 0 in the configuration file means the default, four hours.",
    "The flag was set to 0 for sessions that must stay open.",
    f"Remove the flag, {_RESTART}",
)
IPTABLES = _entry(
    "iptables-util-chains",
    "4.2.6",
    "the kubelet does not keep its iptables chains",
    "`makeIPTablesUtilChains` is true, which is the default.",
    "It was switched off for another firewall that manages the rules.",
    f"Remove `makeIPTablesUtilChains` from the configuration, {_RESTART}",
)
HOSTNAME = _entry(
    "hostname-override",
    "4.2.7",
    "the node's name is not that of its host",
    "`--hostname-override` is not given.",
    "Some installers always give it; logs and certificates are then harder to assign to a host. The node's name follows"
    " from it, so it can only be removed where the host's name is the same.",
    f"Where the host has the same name, remove the flag, {_RESTART} Otherwise accept it with kubelet_ignore.",
)
SERVING_CERTIFICATE = _entry(
    "serving-certificate",
    "4.2.9",
    "the kubelet serves with a certificate that it signed itself",
    "`tlsCertFile` names a certificate, or `serverTLSBootstrap` is true and the cluster signs it.",
    "Nothing was set, so the kubelet made a self-signed pair; its clients cannot verify it.",
    "Set `serverTLSBootstrap: true`, restart the kubelet, and approve its certificate signing request"
    " (`kubectl get csr`). It is asked for again whenever the certificate is renewed.",
)
ROTATION = _entry(
    "rotate-certificates",
    "4.2.10",
    "the kubelet does not renew its client certificate",
    "`rotateCertificates` is true. It is false where it is left out of the configuration.",
    "The configuration was written by hand or without kubeadm, which sets it.",
    f"Set `rotateCertificates: true`, {_RESTART} The kubeconfig has to name"
    " /var/lib/kubelet/pki/kubelet-client-current.pem.",
)
SERVING_ROTATION = _entry(
    "rotate-serving-certificate",
    "4.2.11",
    "renewing the serving certificate is switched off",
    "The feature gate RotateKubeletServerCertificate is not false.",
    "Somebody switched the gate off; it is on by default.",
    f"Remove the gate from `featureGates`, {_RESTART}",
)
CIPHERS = _entry(
    "tls-cipher-suites",
    "4.2.12",
    "the kubelet's API takes weak TLS cipher suites",
    "`tlsCipherSuites` holds only ECDHE suites with GCM or ChaCha20, or `tlsMinVersion` is VersionTLS13.",
    "Left out, Go's default list holds suites with CBC and SHA-1 too.",
    f"Set `tlsCipherSuites` to the listed ones or some of them, {_RESTART}",
)
PIDS = _entry(
    "pod-pids-limit",
    "4.2.13",
    "a pod may start as many processes as the node can hold",
    "`podPidsLimit` is set. It is -1, no limit, where it is left out.",
    "The limit depends on the workload, so nothing sets it by default.",
    f"Set `podPidsLimit`, for example to 4096, {_RESTART}",
)
SECCOMP = _entry(
    "seccomp-default",
    "4.2.14",
    "pods run without a seccomp profile unless they ask for one",
    "`seccompDefault` is true. It is false where it is left out.",
    "It is off by default, as some old workloads need system calls that the profile of the runtime denies.",
    f"Set `seccompDefault: true`, {_RESTART} Try it on one node first.",
)
_UNREADABLE = "`chmod {} FILE`; the kubelet needs no restart."
_ROOTS = "`chown root:root FILE`; the kubelet needs no restart."
_INSTALLED = "The package or the installer made it so, or somebody changed it."
UNIT_MODE = _entry(
    "unit-permissions",
    "4.1.1",
    "a unit file of the kubelet may be read or written by others",
    "Mode of the unit file and its drop-ins is 0600 or stricter.",
    "Packages install unit files with mode 0644. Their content is no secret unless it holds one.",
    _UNREADABLE.format("0600"),
)
UNIT_OWNER = _entry(
    "unit-owner",
    "4.1.2",
    "a unit file of the kubelet does not belong to root",
    "Unit file and drop-ins belong to root:root.",
    _INSTALLED,
    _ROOTS,
)
KUBECONFIG_MODE = _entry(
    "kubeconfig-permissions",
    "4.1.5",
    "the kubelet's kubeconfig may be read or written by others",
    "Its mode is 0600 or stricter.",
    "It may hold the node's private key, and it says whom the kubelet obeys.",
    _UNREADABLE.format("0600"),
    Effect.RISK,
)
KUBECONFIG_OWNER = _entry(
    "kubeconfig-owner",
    "4.1.6",
    "the kubelet's kubeconfig does not belong to root",
    "It belongs to root:root.",
    _INSTALLED,
    _ROOTS,
    Effect.RISK,
)
CA_MODE = _entry(
    "client-ca-permissions",
    "4.1.7",
    "the CA file of the kubelet's clients may be written by others",
    "Its mode is 0644 or stricter.",
    "Who can write it decides whom the kubelet's API trusts.",
    _UNREADABLE.format("0644"),
)
CA_OWNER = _entry(
    "client-ca-owner",
    "4.1.8",
    "the CA file of the kubelet's clients does not belong to root",
    "It belongs to root:root.",
    _INSTALLED,
    _ROOTS,
)
CONFIG_MODE = _entry(
    "config-permissions",
    "4.1.9",
    "the kubelet's configuration may be read or written by others",
    "Mode of the file of --config, and of the files of --config-dir, is 0600 or stricter.",
    "kubeadm writes /var/lib/kubelet/config.yaml with mode 0644. It holds no secrets.",
    _UNREADABLE.format("0600"),
)
CONFIG_OWNER = _entry(
    "config-owner",
    "4.1.10",
    "the kubelet's configuration does not belong to root",
    "The file of --config, and the files of --config-dir, belong to root:root.",
    _INSTALLED,
    _ROOTS,
)
HARDENING: tuple[Cause, ...] = tuple(_found)
NUMBERS: Mapping[str, str] = _numbers  # of the benchmark, by id
