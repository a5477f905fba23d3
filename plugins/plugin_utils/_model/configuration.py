# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KubeletConfiguration and kubeconfig as the kubelet reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .certificate import Certificate
from .common import Field, FileFact, Place, Problem


@dataclass(frozen=True)
class KubeletConfiguration:
    """The --config file with its --config-dir drop-ins merged, as the kubelet does.

    ``fields`` maps dotted paths of leaves *and* of inner nodes to their effective value and place. ``problem`` is a
    YAML or JSON error (then ``fields`` is empty). ``unknown`` are fields that kubelet 1.36 does not have (it ignores
    them), ``type_errors`` those whose value cannot be decoded (it refuses to start), ``duplicates`` repeated keys.
    ``drop_ins`` are the files of --config-dir in merge order. ``configured`` is False when no --config is given.
    """

    path: str = ""
    configured: bool = False
    source: Place | None = None
    file: FileFact = field(default_factory=lambda: FileFact(""))
    fields: Mapping[str, Field] = field(default_factory=dict)
    problem: Problem | None = None
    unknown: tuple[Field, ...] = ()
    type_errors: tuple[Problem, ...] = ()
    duplicates: tuple[Problem, ...] = ()
    drop_ins: tuple[FileFact, ...] = ()
    drop_in_problems: tuple[Problem, ...] = ()

    def get(self, path: str) -> Field | None:
        """Field that the files set, or None when they leave it to the default."""
        return self.fields.get(path)

    def value(self, path: str, default: Any = None) -> Any:
        """Value that the files set, or ``default``."""
        found = self.fields.get(path)
        return default if found is None else found.value


@dataclass(frozen=True)
class Credential:
    """Certificate, CA or key that a kubeconfig or configuration names: embedded data or a path.

    ``kind`` is data, file or none. ``path`` is the file (for data: the kubeconfig itself). ``problem`` says why the
    PEM could not be understood. ``public_key_sha256`` is that of the private key in it, where the node could tell.
    """

    kind: str = "none"
    path: str = ""
    place: Place | None = None
    file: FileFact = field(default_factory=lambda: FileFact(""))
    certificates: tuple[Certificate, ...] = ()
    problem: Problem | None = None
    public_key_sha256: str | None = None


@dataclass(frozen=True)
class Kubeconfig:
    """A kubeconfig resolved through its current-context.

    ``configured`` is False when no flag names one. ``problem`` is a YAML error or a structure that cannot be used
    (no such context, no such cluster, ...): ``problem_kind`` then is empty, yaml, structure, context-missing,
    cluster-missing, user-missing or server-missing. ``scheme``, ``host``, ``port`` are those of ``server``
    (port None when the URL has none: 443 for https).
    """

    path: str = ""
    configured: bool = False
    source: Place | None = None
    file: FileFact = field(default_factory=lambda: FileFact(""))
    problem: Problem | None = None
    problem_kind: str = ""
    current_context: Field | None = None
    server: Field | None = None
    scheme: str = ""
    host: str = ""
    port: int | None = None
    tls_server_name: str = ""
    insecure: bool = False
    ca: Credential = field(default_factory=Credential)
    client_certificate: Credential = field(default_factory=Credential)
    client_key: Credential = field(default_factory=Credential)
    has_token: bool = False
    exec_command: Field | None = None
    proxy_url: Field | None = None
