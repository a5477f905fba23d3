# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the signature files once and compiles them."""

from __future__ import annotations

import pkgutil
import re
from dataclasses import dataclass
from functools import cache

from .._interpret._yaml import load_data

FILES = (
    "service",
    "config",
    "kubeconfig",
    "certificate",
    "apiserver",
    "runtime",
    "network",
    "resource",
    "system",
    "kernel",
    "identity",
    "symptom",
)


@dataclass(frozen=True)
class Signature:
    """One log signature; see the package's text for its keys."""

    id: str
    regex: re.Pattern[str]
    source: str
    needle: str
    match: tuple[str, ...]
    nomatch: tuple[str, ...]

    def accepts(self, source: str) -> bool:
        """True when messages of this source may match (``kubelet`` covers every process of the unit)."""
        if self.source == "any":
            return True
        return (source == "systemd") == (self.source == "systemd")


@cache
def signatures() -> dict[str, Signature]:
    """All signatures by id. A duplicate or malformed entry is a ValueError that names it."""
    found: dict[str, Signature] = {}
    for name in FILES:
        text = pkgutil.get_data(__package__, f"{name}.yml")
        for entry in load_data((text or b"").decode()) or []:
            item = _signature(name, entry)
            if item.id in found:
                raise ValueError(f"signature {item.id} of {name}.yml is defined twice")
            found[item.id] = item
    return found


def signature(name: str) -> Signature:
    """One signature; an unknown name is a KeyError, which the engine shows as an error of the cause."""
    return signatures()[name]


def _signature(file: str, entry: dict[str, object]) -> Signature:
    """Compile one entry; a missing key or bad pattern is a ValueError that names file and id."""
    try:
        match, nomatch = entry["match"], entry["nomatch"]
        if not isinstance(match, list) or not isinstance(nomatch, list):
            raise TypeError("match and nomatch must be lists of lines")
        return Signature(
            id=str(entry["id"]),
            regex=re.compile(str(entry["pattern"])),
            source=str(entry.get("source", "kubelet")),
            needle=str(entry["needle"]),
            match=tuple(map(str, match)),
            nomatch=tuple(map(str, nomatch)),
        )
    except (KeyError, TypeError, re.error) as error:
        raise ValueError(f"{file}.yml, signature {entry.get('id', '?')}: {error}") from error
