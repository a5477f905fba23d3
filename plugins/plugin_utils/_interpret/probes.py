# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes made from the node, each put under the question that it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from .._model.certificate import Certificate
from .._model.host import Probe, Probes
from . import _values, x509

_STATUSES = ("ok", "refused", "timeout", "unresolved", "absent", "denied", "error", "not_collected")


def probes(evidence_probes: object, *, server: str = "", runtime_socket: str = "") -> Probes:
    """The part ``probes``. ``server`` is the kubeconfig's server URL and ``runtime_socket`` the runtime's socket path:
    where several probes of one kind were made, those of this server and socket are taken."""
    made = tuple(_probe(entry) for entry in _values.items(evidence_probes))
    _path, host, port = _split(server)
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return Probes(
        resolve=_pick(made, "resolve", lambda target: target == host),
        connect=_pick(made, "connect", lambda target: target == address),
        tls=_pick(made, "tls", lambda target: target == address),
        readyz=_pick_url(made, "/readyz", host, port),
        node_object=_pick_url(made, "/api/v1/nodes/", host, port),
        healthz=_pick_url(made, "/healthz", host, port),
        runtime_socket=_pick(made, "unix", lambda target: target == runtime_socket),
        all=made,
    )


def _pick(made: tuple[Probe, ...], kind: str, preferred: Callable[[str], bool]) -> Probe:
    """The probe of a kind with the preferred target, else the first of the kind."""
    of_kind = [probe for probe in made if probe.kind == kind]
    return next((probe for probe in of_kind if preferred(probe.target)), of_kind[0] if of_kind else Probe(kind))


def _pick_url(made: tuple[Probe, ...], path: str, host: str, port: int | None) -> Probe:
    """The HTTP probe of a path (of paths below it, when it ends in a slash), of this server first."""
    of_path = [
        probe
        for probe in made
        if probe.kind == "http"
        and (_split(probe.target)[0] == path or (path.endswith("/") and _split(probe.target)[0].startswith(path)))
    ]
    own = (probe for probe in of_path if _split(probe.target)[1:] == (host, port))
    return next(own, of_path[0] if of_path else Probe("http"))


def _split(url: str) -> tuple[str, str, int | None]:
    """(path, host, port) of a URL; https stands for 443, and what is no URL gives empty values."""
    try:
        parts = urlsplit(url)
        return parts.path, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else None)
    except ValueError:
        return "", "", None


def _probe(entry: Mapping[str, Any]) -> Probe:
    status = _values.text(entry.get("status"))
    return Probe(
        kind=_values.text(entry.get("probe")),
        status=status if status in _STATUSES else "error",
        target=_target(entry),
        error=_values.text(entry.get("error")),
        seconds=_values.number(entry.get("seconds")),
        code=_values.integer(entry.get("code")),
        body=_values.text(entry.get("body")),
        date=_values.http_date(entry.get("date")),
        addresses=_values.texts(entry.get("addresses")) or _values.texts([entry.get("address")]),
        client_certificate=_values.text(entry.get("client_certificate")) or None,
        certificates=_certificates(entry.get("peer_certificate")),
    )


def _target(entry: Mapping[str, Any]) -> str:
    """What was probed: the URL, the socket path, host:port or the name."""
    host, port = _values.text(entry.get("host")), _values.text(entry.get("port"))
    if host:
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return next((_values.text(entry[key]) for key in ("url", "path", "name") if entry.get(key)), "")


def _certificates(pem: object) -> tuple[Certificate, ...]:
    if not isinstance(pem, str):
        return ()
    try:
        return x509.certificates(pem)
    except ValueError:
        return ()  # The endpoint answered with something that is no certificate; Probe.status says what happened.
