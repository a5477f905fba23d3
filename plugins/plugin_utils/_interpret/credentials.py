# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and keys that a kubeconfig embeds (``...-data``, which wins) or names by path."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from collections.abc import Callable, Mapping

from .._model.certificate import Certificate
from .._model.common import FileFact, Place, Problem
from .._model.configuration import Credential
from ._yaml import Tree
from .files import file_at, follow

Certificates = Callable[[str], tuple[Certificate, ...]]

PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")


def certificate_credential(
    tree: Tree, key: str, kubeconfig: str, files: Mapping[str, FileFact], certificates: Certificates
) -> Credential:
    """Certificates behind ``key`` (certificate-authority or client-certificate) of a cluster or user."""
    data = tree.child(f"{key}-data")
    if data is not None and data.value:
        file = file_at(files, kubeconfig)
        try:
            found = _parsed(_decoded(data.value), certificates)
        except ValueError as error:
            return Credential("data", kubeconfig, data.place, file, problem=Problem(str(error), data.place))
        return Credential("data", kubeconfig, data.place, file, found)
    named = tree.child(key)
    if named is None or not named.value:
        return Credential()
    path = _path(named, kubeconfig)
    content = follow(files, path)
    found, problem = (), None
    if content.content is not None:
        try:
            found = _parsed(content.content, certificates)
        except ValueError as error:
            problem = None if content.truncated else Problem(str(error), Place(path))
    return Credential("file", path, named.place, file_at(files, path), found, problem)


def key_credential(
    tree: Tree, key: str, kubeconfig: str, content: FileFact, files: Mapping[str, FileFact]
) -> Credential:
    """Private key of a user. Its text is masked; the node reports the hash of its public half. ``content`` is the
    fact of the kubeconfig itself."""
    data = tree.child(f"{key}-data")
    if data is not None and data.value:
        return Credential("data", kubeconfig, data.place, content, public_key_sha256=_only(content))
    named = tree.child(key)
    if named is None or not named.value:
        return Credential()
    path = _path(named, kubeconfig)
    target = follow(files, path)
    problem = None
    if target.content is not None and not target.truncated and not PRIVATE_KEY.search(target.content):
        problem = Problem("holds no private key in PEM form", Place(path))
    return Credential("file", path, named.place, file_at(files, path), (), problem, _only(target))


def _parsed(text: str, certificates: Certificates) -> tuple[Certificate, ...]:
    found = certificates(text)
    if not found:
        raise ValueError("holds no certificate in PEM form")
    return found


def _path(named: Tree, kubeconfig: str) -> str:
    """A relative path is meant from the kubeconfig's directory."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(kubeconfig), str(named.value)))


def _decoded(data: object) -> str:
    """PEM text of base64 ``data``. ValueError in plain words when it is none."""
    try:
        return base64.b64decode("".join(str(data).split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not valid base64") from None


def _only(fact: FileFact) -> str | None:
    """The hash of the file's private key, None when the node could not tell or there are several."""
    return fact.public_key_sha256[0] if len(fact.public_key_sha256) == 1 else None
