# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client certificate with which this node speaks to the API server, used for a probe and for nothing else."""

from __future__ import annotations

import base64
import binascii
import os
import posixpath
import ssl
import typing as t
from dataclasses import dataclass

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import discovery

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.files import FileFacts


@dataclass(frozen=True)
class ClientPair:
    """Certificate and private key as PEM, and the path that they were taken from. failure: why they cannot be used."""

    source: str
    pem: str = ""
    failure: OSError | None = None


def client_pair(facts: FileFacts, kubeconfigs: t.Sequence[str]) -> ClientPair | None:
    """The client certificate of the first kubeconfig that names one; None when none does."""
    for path in kubeconfigs:
        text = facts.look(path)
        embedded = [_decoded(text, f"{name}-data") for name in ("client-certificate", "client-key")]
        if all(embedded):
            return ClientPair(path, "\n".join(embedded))
        named = [_named(text, path, name) for name in ("client-certificate", "client-key")]
        if all(named):
            return _from_files(facts, named[0], named[1])
    return None


def client_context(pair: ClientPair) -> ssl.SSLContext:
    """A TLS context that shows the node's client certificate and accepts any server.

    The key is handed to OpenSSL in memory: ssl only loads files, and a memory file is never on a disk.

    :raises OSError: the pair cannot be read or used
    """
    if pair.failure is not None:
        raise pair.failure
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    descriptor = os.memfd_create("client", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, pair.pem.encode("utf-8", "replace"))
        # An encrypted key must fail instead of asking on the terminal for its passphrase.
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password="")
    finally:
        os.close(descriptor)
    return context


def _from_files(facts: FileFacts, certificate: str, key: str) -> ClientPair:
    texts = []
    for path in dict.fromkeys((certificate, key)):
        text = facts.look(path)
        if not text:
            result = facts.host.read(path, 1)
            return ClientPair(certificate, failure=_failure(result.status, result.error or "the file has no text"))
        texts.append(text)
    return ClientPair(certificate, "\n".join(texts))


def _failure(status: str, error: str) -> OSError:
    kinds = {"absent": (FileNotFoundError, 2), "denied": (PermissionError, 13), "timeout": (TimeoutError, 110)}
    kind, number = kinds.get(status, (OSError, 5))
    return kind(number, error)


def _named(text: str, kubeconfig: str, name: str) -> str:
    values = discovery.field(text, name)
    return posixpath.normpath(posixpath.join(posixpath.dirname(kubeconfig), values[0])) if values else ""


def _decoded(text: str, name: str) -> str:
    values = discovery.field(text, name)
    try:
        return base64.b64decode(values[0]).decode("utf-8") if values else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""
