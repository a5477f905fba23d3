# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A kubeconfig, loaded and checked as client-go does, with its error texts."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

from . import go_yaml, x509
from .logs import Log, go_quote
from .wording import Release

Locate = Callable[[str], Path]  # turns a path as written into the one to open

EMPTY = "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable"
NO_KIND = (
    "couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct "
    '{ APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
)


BOOTSTRAPPED = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {ca}
    server: {server}
  name: default-cluster
contexts:
- context:
    cluster: default-cluster
    namespace: default
    user: default-auth
  name: default-context
current-context: default-context
kind: Config
users:
- name: default-auth
  user:
    client-certificate: {pem}
    client-key: {pem}
"""


@dataclass(frozen=True)
class Client:
    """What a connection to the API server needs. Certificates are PEM texts, "" where there is none."""

    server: str
    ca: str
    certificate: str
    key: str
    token: str
    certificate_file: str  # "" when the certificate is embedded
    plugin: tuple[str, ...] = ()  # command that gives a token

    def anonymous(self) -> Client:
        """The same cluster without any identity."""
        return replace(self, certificate="", key="", token="", certificate_file="")

    def with_pair(self, pem: str, file: str) -> Client:
        """The same cluster with a certificate and key that stand in one file."""
        return replace(self, certificate=pem, key=pem, certificate_file=file)


class KubeconfigError(ValueError):
    """The kubeconfig cannot be used; the text is client-go's."""


def load(shown: str, locate: Locate) -> Client:
    """Resolve the current context of the kubeconfig at `shown`. Raises KubeconfigError."""
    return _Resolver(_read(shown, locate), locate).client()


def _read(shown: str, locate: Locate) -> dict[str, Any]:
    try:
        text = locate(shown).read_text(errors="backslashreplace")
    except OSError as error:
        verb = "stat" if isinstance(error, FileNotFoundError) else "open"
        raise KubeconfigError(f"{verb} {shown}: {(error.strerror or '').lower()}") from error
    try:
        document = go_yaml.load(text) if text.strip() else {}
    except go_yaml.GoYamlError as error:
        raise KubeconfigError(f"error loading config file {go_quote(shown)}: {error}") from error
    if not isinstance(document, dict):
        raise KubeconfigError(f"error loading config file {go_quote(shown)}: {NO_KIND}")
    return document


class _Resolver:
    """Follows current-context to a cluster and a user and collects what is wrong with them."""

    def __init__(self, document: dict[str, Any], locate: Locate) -> None:
        self.document = document
        self.locate = locate
        self.problems: list[str] = []

    def client(self) -> Client:
        context = self._context()
        user_name, cluster_name = str(context.get("user") or ""), str(context.get("cluster") or "")
        users, clusters = self._named("users", "user"), self._named("clusters", "cluster")
        user, cluster = users.get(user_name, {}), clusters.get(cluster_name, {})
        if not cluster:
            raise KubeconfigError(EMPTY)
        certificate = self._material(user, "client-certificate", "client-cert", user_name)
        key = self._material(user, "client-key", "client-key", user_name)
        if not cluster.get("server"):
            self.problems.append(f"no server found for cluster {go_quote(cluster_name)}")
        ca = self._material(cluster, "certificate-authority", "certificate-authority", cluster_name)
        self._raise_problems()
        if user_name and user_name not in users:
            raise KubeconfigError(f"auth info {go_quote(user_name)} does not exist")
        file = "" if user.get("client-certificate-data") else str(user.get("client-certificate") or "")
        server = str(cluster["server"]).rstrip("/")
        plugin = user.get("exec") or {}
        words = (str(plugin["command"]), *map(str, plugin.get("args") or [])) if plugin else ()
        return Client(server, ca, certificate, key, str(user.get("token") or ""), file, words)

    def _context(self) -> dict[str, Any]:
        contexts = self._named("contexts", "context")
        name = str(self.document.get("current-context") or "")
        if name and name not in contexts:
            raise KubeconfigError(f"context was not found for specified context: {name}")
        return contexts.get(name, {})

    def _named(self, section: str, inner: str) -> dict[str, dict[str, Any]]:
        items = self.document.get(section)
        return {str(item.get("name")): item.get(inner) or {} for item in items or [] if isinstance(item, dict)}

    def _material(self, entry: dict[str, Any], field: str, word: str, owner: str) -> str:
        """The PEM text of a field, from its -data form or from the file it names; notes a file that cannot be read."""
        data = entry.get(field + "-data")
        if data:
            try:
                return base64.b64decode(str(data), validate=True).decode(errors="replace")
            except (binascii.Error, ValueError) as error:
                raise KubeconfigError(f"illegal base64 data at input byte {len(str(data)) - 1}") from error
        path = entry.get(field)
        if not path:
            return ""
        try:
            return self.locate(str(path)).read_text(errors="replace")
        except OSError as error:
            problem = (error.strerror or "").lower()
            self.problems.append(f"unable to read {word} {path} for {owner} due to open {path}: {problem}")
            return ""

    def _raise_problems(self) -> None:
        if self.problems:
            text = self.problems[0] if len(self.problems) == 1 else f"[{', '.join(self.problems)}]"
            raise KubeconfigError(f"invalid configuration: {text}")


def write_bootstrapped(path: Path, client: Client, pem: str) -> None:
    """Write the kubelet.conf that bootstrapping makes: the cluster of the bootstrap file, the rotated pair."""
    ca = base64.b64encode(client.ca.encode()).decode()
    path.touch(mode=0o600)
    path.write_text(BOOTSTRAPPED.format(ca=ca, server=client.server, pem=pem))


def usable(shown: str, locate: Locate, log: Log, release: Release) -> Client | None:
    """The client of an existing kubelet.conf, or None when bootstrapping has to take over.

    Logs why, as isClientConfigStillValid does; says nothing when the file does not exist.
    """
    if not locate(shown).exists():
        return None
    try:
        client = load(shown, locate)
    except KubeconfigError as error:
        _unhandled(
            log,
            release.place("bootstrap-unreadable"),
            f"unable to read existing bootstrap client config from {shown}: {error}",
        )
        return None
    problem = _tls_problem(client)
    if problem:
        text = f"unable to load TLS configuration from existing bootstrap client config read from {shown}: {problem}"
        _unhandled(log, release.place("bootstrap-tls"), text)
        return None
    now = datetime.now(timezone.utc)
    for certificate in x509.certificates(client.certificate):
        end = x509.validity(certificate)[1]
        if now > end:
            text = f"part of the existing bootstrap client certificate in {shown} is expired: {x509.go_time(end)}"
            _unhandled(log, release.place("bootstrap-expired"), text)
            return None
    return client


def _tls_problem(client: Client) -> str | None:
    if client.ca and not x509.is_well_formed(client.ca):
        return "unable to load root certificates: unable to parse bytes as PEM block"
    return x509.pair_problem(client.certificate, client.key) if client.certificate or client.key else None


def _unhandled(log: Log, where: str, text: str) -> None:
    log.error(where, "Unhandled Error", text, logger="UnhandledError")
