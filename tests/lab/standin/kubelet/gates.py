# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gates of a start, in the kubelet's order. The first that refuses ends the process and hides the rest.

Each gate is one function. It raises CommandFailed (or Panic, or Exits) with the real text, or returns.
"""

from __future__ import annotations

import errno
import os
import re

from . import config, cri, flags, kubeconfig, startup, x509
from .container_manager import cadvisor, cpu_manager, memory_manager
from .errors import CommandFailed, Exits
from .kubeconfig import KubeconfigError
from .logs import go_quote
from .state import Kubelet

ALLOWED_LABEL = re.compile(
    r"^(kubelet|node)\.kubernetes\.io/|^(beta\.)?kubernetes\.io/(os|arch|hostname)$|^topology\.kubernetes\.io/"
)


def parse_flags(k: Kubelet) -> None:
    k.flags = flags.parse(k.arguments, k.release)
    flags.announce_deprecated(k.flags, k.log)
    k.log.json_format = k.flags.get("logging-format") == "json"


def flag_feature_gates(k: Kubelet) -> None:
    gates = k.flags.fields.get("featureGates")
    problem = config.gate_problem(gates) if isinstance(gates, dict) else None
    if problem:
        raise CommandFailed(f"failed to set feature gates from initial flags-based config: {problem}")


def validate_flags(k: Kubelet) -> None:
    labels = [label.split("=")[0] for label in k.flags.get("node-labels").split(",") if label]
    unknown = [
        label
        for label in labels
        if re.search(r"(^|[./])(kubernetes|k8s)\.io/", label) and not ALLOWED_LABEL.search(label)
    ]
    if unknown:
        raise CommandFailed(
            f"failed to validate kubelet flags: unknown 'kubernetes.io' or 'k8s.io' labels specified with "
            f"--node-labels: [{' '.join(unknown)}]"
        )


def load_config(k: Kubelet) -> None:
    shown = k.flags.get("config")
    if shown:
        k.config = config.load_file(shown, k.path(shown), k.log)


def merge_config_directory(k: Kubelet) -> None:
    shown = k.flags.get("config-dir")
    if shown:
        config.merge_directory(k.config, shown.rstrip("/"), k.path(shown), k.log)
    for field, value in k.flags.fields.items():  # flags win over every file
        config.set_value(k.config, field, value)


def logging_options(k: Kubelet) -> None:
    wanted = k.setting("logging.format")
    if wanted not in (None, "text", "json"):
        raise CommandFailed(f"initialize logging: format: Invalid value: {go_quote(wanted)}: Unsupported log format")
    k.log.json_format = k.log.json_format or wanted == "json"


def validate_config(k: Kubelet) -> None:
    cgroup = k.path("/sys/fs/cgroup")
    found = config.problems(k.config, cgroup_v1=cgroup.is_dir() and not (cgroup / "cgroup.controllers").exists())
    if found:
        text = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
        raise CommandFailed(
            f"failed to validate kubelet configuration, error: {text}, path: &TypeMeta{{Kind:,APIVersion:,}}"
        )


def tls_files(k: Kubelet) -> None:
    """Up to 1.35 clientCAFile is opened here."""
    shown = k.setting("authentication.x509.clientCAFile")
    if not k.release.client_ca_checked_early or not shown:
        return
    try:
        text = k.path(shown).read_text(errors="replace")
    except OSError as error:
        raise CommandFailed(
            f"failed to construct kubelet dependencies: unable to load client CA file {shown}: "
            f"open {shown}: {(error.strerror or '').lower()}"
        ) from error
    if not x509.is_well_formed(text):
        raise CommandFailed(
            f"failed to construct kubelet dependencies: unable to load client CA file {shown}: "
            "data does not contain any valid RSA or ECDSA certificates"
        )


def announce_version(k: Kubelet) -> None:
    startup.write(k, "version")


def host_name(k: Kubelet) -> None:
    k.node_name = (k.flags.get("hostname-override") or k.node_name).strip().lower()
    if not k.node_name:
        raise CommandFailed("failed to run Kubelet: empty hostname is invalid")


def client_certificate(k: Kubelet) -> None:
    shown = k.flags.get("kubeconfig")
    if not shown:
        k.log.info("server.go:653", "Standalone mode, no API client")
        return
    rotating = k.setting("rotateCertificates")
    if rotating:
        k.log.info("server.go:991", "Client rotation is on, will bootstrap in background")
    bootstrap = k.flags.get("bootstrap-kubeconfig")
    if bootstrap:
        k.client = kubeconfig.usable(shown, k.path, k.log, k.release)
        if k.client is None:
            _bootstrap(k, shown, bootstrap)
    else:
        try:
            k.client = kubeconfig.load(shown, k.path)
        except KubeconfigError as error:
            prefix = "unable to load kubeconfig" if rotating else "invalid kubeconfig"
            raise CommandFailed(f"failed to run Kubelet: {prefix}: {error}") from error
    if rotating:
        _load_current_pair(k)


def _bootstrap(k: Kubelet, shown: str, bootstrap: str) -> None:
    """Take over from --bootstrap-kubeconfig: write kubelet.conf and go on without an identity."""
    try:
        k.bootstrap = kubeconfig.load(bootstrap, k.path)
    except KubeconfigError as error:
        raise CommandFailed(f"failed to run Kubelet: unable to load bootstrap kubeconfig: {error}") from error
    kubeconfig.write_bootstrapped(k.path(shown), k.bootstrap, f"{k.certificate_directory}/kubelet-client-current.pem")
    k.client = k.bootstrap.anonymous()


def _load_current_pair(k: Kubelet) -> None:
    current = f"{k.certificate_directory}/kubelet-client-current.pem"
    path = k.path(current)
    if not path.exists():
        return
    k.log.info("certificate_store.go:147", "Loading cert/key pair from a file", filePath=current)
    text = path.read_text(errors="replace")
    problem = x509.pair_problem(text, text)
    if problem:
        raise CommandFailed(
            "failed to run Kubelet: failed to initialize client certificate manager: could not convert data from "
            f"{go_quote(current)} into cert/key pair: {problem}"
        )
    if k.client is not None and k.bootstrap is None:
        k.client = k.client.with_pair(text, current)


def client_ca(k: Kubelet) -> None:
    shown = k.setting("authentication.x509.clientCAFile")
    if not shown:
        return
    name = f"client-ca-bundle::{shown}"
    try:
        text = k.path(shown).read_text(errors="replace")
    except OSError as error:
        raise CommandFailed(f"failed to run Kubelet: open {shown}: {(error.strerror or '').lower()}") from error
    if not x509.is_well_formed(text):
        raise CommandFailed(
            f"failed to run Kubelet: error loading CA bundle for {go_quote(name)}: "
            "data does not contain any valid RSA or ECDSA certificates"
        )
    k.log.info("dynamic_cafile_content.go:161", "Starting controller", name=name)


def runtime_connection(k: Kubelet) -> None:
    k.runtime = cri.Runtime(k.setting("containerRuntimeEndpoint"), k.root)
    try:
        k.runtime_info = k.runtime.ask("version")
    except cri.CriError as error:
        k.runtime.log_dial_failure(k.log, error)
        raise CommandFailed(
            "failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint "
            f"{go_quote(k.runtime.endpoint)}: {error}"
        ) from error


def container_manager(k: Kubelet) -> None:
    startup.write(k, "container-manager")
    swaps = k.path("/proc/swaps")
    lines = swaps.read_text().splitlines()[1:] if swaps.exists() else []
    if not lines:
        return
    if k.setting("failSwapOn"):
        raise CommandFailed(
            "failed to run Kubelet: running with swap on is not supported, please disable swap "
            "or set --fail-swap-on flag to false"
        )
    k.log.info(
        "server.go:875",
        "NoSwap is set due to memorySwapBehavior not specified",
        memorySwapBehavior="",
        FailSwapOn=False,
    )


def serving_certificate(k: Kubelet) -> None:
    startup.write(k, "new-kubelet")
    certificate, key = startup.serving_files(k)
    prefix = "failed to run Kubelet: failed to create kubelet: failed to initialize file based certificate manager: "
    shown = certificate
    try:
        certificate_text = k.path(shown).read_text(errors="replace")
        shown = key
        key_text = k.path(shown).read_text(errors="replace")
    except OSError as error:
        raise CommandFailed(f"{prefix}open {shown}: {(error.strerror or '').lower()}") from error
    problem = x509.pair_problem(certificate_text, key_text)
    if problem:
        raise CommandFailed(prefix + problem)


def data_directory(k: Kubelet) -> None:
    """The first write below the data directory that the kubelet does not survive."""
    startup.write(k, "started")
    shown = f"{k.data_directory}/pod-resources/kubelet.sock"
    path = k.path(shown)
    startup.write(k, "podresources")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch()
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.ENOSPC, errno.EACCES, errno.EDQUOT):
            raise
        k.log.error(
            "server.go:260", "Failed to create listener for podResources endpoint",
            f"failed to unlink socket file {go_quote(shown)}: {os.strerror(error.errno).lower()}",
        )  # fmt: skip
        raise Exits from error


BEFORE_SERVING = (
    parse_flags,
    flag_feature_gates,
    validate_flags,
    load_config,
    merge_config_directory,
    logging_options,
    validate_config,
    tls_files,
    announce_version,
    host_name,
    client_certificate,
    client_ca,
    runtime_connection,
    container_manager,
    serving_certificate,
    data_directory,
)
AFTER_SERVING = (cadvisor, cpu_manager, memory_manager)
