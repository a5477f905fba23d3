# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kubeconfig that a flag names -> Kubeconfig, resolved through its current-context as client-go does."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .._model.common import Field, FileFact, Place, Problem
from .._model.configuration import Kubeconfig
from .._model.service import CommandLine
from ._yaml import Tree, load
from .credentials import (
    Certificates,
    certificate_credential,
    key_credential,
)
from .files import binary, file_at, follow


@dataclass(frozen=True)
class _UnusableError(Exception):
    """The file cannot be used: ``kind`` as in Kubeconfig.problem_kind."""

    kind: str
    message: str
    place: Place


@dataclass(frozen=True)
class _Entry:
    """One named entry of ``clusters``, ``users`` or ``contexts``: its content, and its dotted path."""

    tree: Tree
    path: str

    def field(self, key: str) -> Field | None:
        """Field of the entry that holds text (not an empty one), None when there is none."""
        child = self.tree.child(key)
        if child is None or not isinstance(child.value, str) or not child.value:
            return None
        return Field(f"{self.path}.{key}", child.value, child.place)


@dataclass(frozen=True)
class _Parts:
    """What the current context names; None where that is missing."""

    current_context: Field | None = None
    cluster: _Entry | None = None
    user: _Entry | None = None
    error: _UnusableError | None = None


def kubeconfig(
    flag_name: str, command_line: CommandLine, files: Mapping[str, FileFact], certificates: Certificates
) -> Kubeconfig:
    """Kubeconfig of the flag ``flag_name`` (kubeconfig or bootstrap-kubeconfig).

    ``certificates`` turns PEM text into certificates and raises ValueError for text that it cannot read. Whatever can
    be read is given, also of a file that cannot be used as a whole.
    """
    flag = command_line.flag(flag_name)
    if flag is None or not flag.value:
        return Kubeconfig()
    path = posixpath.join("/", flag.value)
    file = file_at(files, path)
    content = follow(files, path)
    if binary(content):
        problem: Problem | None = Problem("not a text file (it holds NUL bytes)", Place(path))
        return Kubeconfig(path, True, flag.place, file, problem, "yaml")
    if content.content is None:
        return Kubeconfig(path, True, flag.place, file)
    document = load(content.content, path)
    if document.problem is not None:
        # Of a file that was not read to its end nothing is known, least of all that it is broken.
        problem = None if content.truncated else document.problem
        return Kubeconfig(path, True, flag.place, file, problem, "yaml" if problem else "")
    parts = _parts(document.tree or Tree(None, Place(path)))
    return _kubeconfig(Kubeconfig(path, True, flag.place, file), parts, content, files, certificates)


def _kubeconfig(
    base: Kubeconfig, parts: _Parts, content: FileFact, files: Mapping[str, FileFact], certificates: Certificates
) -> Kubeconfig:
    nothing = _Entry(Tree(None, Place(base.path)), "")
    cluster, user = parts.cluster or nothing, parts.user or nothing
    server = cluster.field("server")
    scheme, host, port, error = _endpoint(server)
    error = None if content.truncated else parts.error or error
    command = user.tree.child("exec")
    return Kubeconfig(
        path=base.path,
        configured=True,
        source=base.source,
        file=base.file,
        problem=Problem(error.message, error.place) if error else None,
        problem_kind=error.kind if error else "",
        current_context=parts.current_context,
        server=server,
        scheme=scheme,
        host=host,
        port=port,
        tls_server_name=cluster.tree.text("tls-server-name"),
        insecure=_flag(cluster.tree, "insecure-skip-tls-verify"),
        ca=certificate_credential(cluster.tree, "certificate-authority", base.path, files, certificates),
        client_certificate=certificate_credential(user.tree, "client-certificate", base.path, files, certificates),
        client_key=key_credential(user.tree, "client-key", base.path, content, files),
        has_token=bool(user.tree.text("token") or user.tree.text("tokenFile")),
        exec_command=_Entry(command, f"{user.path}.exec").field("command") if command else None,
        proxy_url=cluster.field("proxy-url"),
    )


def _flag(tree: Tree, key: str) -> bool:
    found = tree.child(key)
    return found is not None and found.value is True


def _parts(tree: Tree) -> _Parts:
    """Follow current-context to its cluster and user; ``error`` is the first thing that client-go refuses."""
    name: Field | None = None
    cluster = user = None
    try:
        _check(tree)
        lists = {key: _named(tree, key) for key in ("clusters", "users", "contexts")}
        current = tree.child("current-context")
        if not lists["contexts"] and (current is None or not current.value):
            raise _UnusableError("structure", "no contexts and no current-context: the file is cut short", tree.place)
        if current is None or not current.value:
            raise _UnusableError("context-missing", "current-context is not set", (current or tree).place)
        if not isinstance(current.value, str):
            raise _UnusableError("structure", "current-context is not text", current.place)
        name = Field("current-context", current.value, current.place)
        context = lists["contexts"].get(current.value)
        if context is None:
            raise _UnusableError("context-missing", f'there is no context "{current.value}"', current.place)
        # Both are looked up before either is complained about: what is there is worth knowing.
        cluster = lists["clusters"].get(context.tree.text("cluster"))
        user = lists["users"].get(context.tree.text("user"))
        _require(context, "cluster", cluster)
        _require(context, "user", user)
        if cluster is not None and cluster.field("server") is None:
            raise _UnusableError("server-missing", "the cluster has no server", cluster.tree.place)
    except _UnusableError as error:
        return _Parts(name, cluster, user, error)
    return _Parts(name, cluster, user)


def _check(tree: Tree) -> None:
    if tree.value is None or tree.value == {}:
        raise _UnusableError("structure", "the file is empty", tree.place)
    if not isinstance(tree.value, dict):
        raise _UnusableError("structure", "not a mapping of fields", tree.place)
    for key, wanted in (("kind", "Config"), ("apiVersion", "v1")):
        found = tree.child(key)
        if found is not None and found.value not in ("", wanted):
            raise _UnusableError("structure", f"{key} is {str(found.value)[:80]}, not {wanted}", found.place)


def _named(tree: Tree, key: str) -> dict[str, _Entry]:
    """Entries of a list like ``clusters`` by name. ``key`` without its s is the field that holds the content."""
    found: dict[str, _Entry] = {}
    entries = tree.child(key)
    if entries is None:
        return found
    if not isinstance(entries.value, list):
        raise _UnusableError("structure", f"{key} is not a list", entries.place)
    inner = key.removesuffix("s")
    for index, item in enumerate(entries.items()):
        name = item.text("name")
        if name in found:
            raise _UnusableError("structure", f'{key} has two entries named "{name}"', item.place)
        content = item.child(inner) or Tree({}, item.place)
        found[name] = _Entry(content, f"{key}[{index}].{inner}")
    return found


def _require(context: _Entry, key: str, found: _Entry | None) -> None:
    if found is not None:
        return
    name = context.field(key)
    if name is None:
        raise _UnusableError(f"{key}-missing", f"the context names no {key}", context.tree.place)
    raise _UnusableError(f"{key}-missing", f'there is no {key} "{name.value}"', name.place)


def _endpoint(server: Field | None) -> tuple[str, str, int | None, _UnusableError | None]:
    """(scheme, host, port, error) of the server's URL. Without a scheme client-go speaks TLS to it here: a kubelet
    has a client certificate or a CA."""
    if server is None:
        return "", "", None, None
    text = server.value if "://" in server.value else f"https://{server.value}"
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError as error:
        message = f'server "{server.value}" is not a URL: {error}'
        return "", "", None, _UnusableError("structure", message, server.place)
    if not host:
        message = f'server "{server.value}" names no host'
        return url.scheme, "", port, _UnusableError("structure", message, server.place)
    return url.scheme, host, port, None
