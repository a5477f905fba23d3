# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program around a kubelet that joins a server of its own (K3s, RKE2): which server, and where that is set."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from .._model.common import Field, Place
from .._model.host import Probe
from .._model.snapshot import Snapshot
from . import _layout

_SETTING = re.compile(r"^(?P<name>server|token):[ \t]*[\"']?(?P<value>[^\s\"'#]+)")


def server(node: Snapshot) -> Field | None:
    """The URL that it joins: the environment's, which wins, or that of its configuration files; None when neither was
    read or both are silent."""
    return _setting(node, _layout.row(node).server_variable, "server")


def token_place(node: Snapshot) -> str:
    """' (file:line)' of its token, or nothing. The value is a secret."""
    variable = _layout.row(node).server_variable.replace("_URL", "_TOKEN")
    found = _setting(node, variable, "token")
    return f" ({found.place})" if found else ""


def reached(node: Snapshot, url: str) -> Probe | None:
    """The first probe of that server that failed, else the connection to it; None when none was made."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        return None
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    named = [p for p in node.probes.all if p.kind == "resolve" and p.target == host and p.status != "ok"]
    made = [p for p in node.probes.all if p.kind in ("connect", "tls") and p.target == address]
    return next(iter([*named, *(p for p in made if p.status != "ok"), *made]), None)


def _setting(node: Snapshot, variable: str, name: str) -> Field | None:
    if not variable:
        return None
    if variable in node.environment:
        value, place = node.environment[variable]
        return Field(variable, value, place)
    row, found = _layout.row(node), None
    paths = [path for path in sorted(node.files) if path in row.texts or path.startswith(row.text_directories)]
    for path in paths:  # config.yaml sorts before config.yaml.d; what comes later wins
        for number, line in enumerate((node.file(path).content or "").splitlines(), 1):
            match = _SETTING.match(line)
            if match and match["name"] == name:
                found = Field(name, match["value"], Place(path, number))
    return found
