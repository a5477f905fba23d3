# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hardened worker node has: recommendations as expectations. A field that is left out has its default.

Not here, as a node cannot tell: 4.2.8 (which rate of events is right), 4.1.3, 4.1.4 and 4.3.1 (kube-proxy, a pod).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._model.cause import Cause
from .._model.expected import Expectation, Matcher, Observed, Origin, Source
from .._model.snapshot import Snapshot
from . import recommendations as known

# Go's names, and the two that lack the hash for which they are known longer.
STRONG = [
    *(f"TLS_ECDHE_{key}_WITH_AES_{size}" for key in ("ECDSA", "RSA") for size in ("128_GCM_SHA256", "256_GCM_SHA384")),
    *(f"TLS_ECDHE_{key}_WITH_CHACHA20_POLY1305{end}" for key in ("ECDSA", "RSA") for end in ("_SHA256", "")),
]
# Their supervisor names the node and renews the certificates.
SUPERVISED = ("k3s", "rke2", "microk8s")
_GATE = "config.featureGates.RotateKubeletServerCertificate"
_STREAMING = "flags.streaming-connection-idle-timeout"

Rule = tuple[Cause, str, Matcher]


def expectations(node: Snapshot, observed: Observed) -> tuple[Expectation, ...]:
    """Every recommendation that is about something this node has."""
    rules = (*_access(), *_certificates(node, observed), *_limits(observed), *_files(node))
    return tuple(
        Expectation(path, matcher, Source(Origin.HARDENING, f"CIS {known.NUMBERS[cause.id]}"), cause.id)
        for cause, path, matcher in rules
    )


def _exact(value: Any) -> Matcher:
    return Matcher("exact", value)


def _access() -> Iterator[Rule]:
    """Who may ask the kubelet's API for what."""
    yield known.ANONYMOUS, "config.authentication.anonymous.enabled", _exact(False)
    yield known.AUTHORIZATION, "config.authorization.mode", _exact("Webhook")
    yield known.CLIENT_CA, "config.authentication.x509.clientCAFile", Matcher("present")
    yield known.READ_ONLY_PORT, "config.readOnlyPort", _exact(0)


def _certificates(node: Snapshot, observed: Observed) -> Iterator[Rule]:
    if node.profile not in SUPERVISED:
        yield known.HOSTNAME, "flags.hostname-override", Matcher("absent")
        # A kubelet that asks a plugin for its credentials (EKS) has no client certificate to renew.
        if node.certificate("client").leaf is not None:
            yield known.ROTATION, "config.rotateCertificates", _exact(True)
    if observed.value("config.serverTLSBootstrap") is not True:
        yield known.SERVING_CERTIFICATE, "config.tlsCertFile", Matcher("present")
    if _GATE in observed.values:
        yield known.SERVING_ROTATION, _GATE, _exact(True)
    if observed.value("config.tlsMinVersion") != "VersionTLS13":
        yield known.CIPHERS, "config.tlsCipherSuites", Matcher("one_of", STRONG)


def _limits(observed: Observed) -> Iterator[Rule]:
    if _STREAMING in observed.values:
        yield known.STREAMING_TIMEOUT, _STREAMING, Matcher("at_least", "1s")
    yield known.IPTABLES, "config.makeIPTablesUtilChains", _exact(True)
    yield known.PIDS, "config.podPidsLimit", Matcher("at_least", 1)
    yield known.SECCOMP, "config.seccompDefault", _exact(True)


def _files(node: Snapshot) -> Iterator[Rule]:
    unit, config = node.kubelet, node.config
    units = [path for path in (unit.fragment_path, *unit.drop_in_paths) if path]
    configs = [path for path in (config.path, *(fact.path for fact in config.drop_ins)) if path]
    kubeconfigs = [node.kubeconfig.path] if node.kubeconfig.path else []
    authorities = [path for path in (node.certificate("client-ca").path,) if path]
    for paths, mode, mode_cause, owner_cause in (
        (units, "0600", known.UNIT_MODE, known.UNIT_OWNER),
        (kubeconfigs, "0600", known.KUBECONFIG_MODE, known.KUBECONFIG_OWNER),
        (authorities, "0644", known.CA_MODE, known.CA_OWNER),
        (configs, "0600", known.CONFIG_MODE, known.CONFIG_OWNER),
    ):
        for path in paths:
            yield mode_cause, f"files.{path}.mode", Matcher("at_most", mode)
            yield owner_cause, f"files.{path}.owner", _exact("root")
            yield owner_cause, f"files.{path}.group", _exact("root")
