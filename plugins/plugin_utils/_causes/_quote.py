# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How causes quote their evidence: one function per kind of source."""

from __future__ import annotations

import re
from datetime import datetime

from .._model.certificate import CertificateUse
from .._model.common import Field, FileFact, Place
from .._model.finding import Evidence
from .._model.host import Condition, Probe
from .._model.journal import LogPattern, Match
from .._model.service import Directive, Flag, Unit

# The API server's error answer (a Status object) says it in one member.
STATUS_MESSAGE = re.compile(r'^\{"kind":"Status".*?"message":"((?:[^"\\]|\\.)*)"')


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 UTC with seconds, as the result schema wants it."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def age(seconds: float) -> str:
    """A duration in the one unit that a person would use: '12 s', '5 min', '3 h', '15 days', '7 years'."""
    seconds = abs(seconds)
    for limit, size, name in ((120, 1, "s"), (7200, 60, "min"), (172800, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds // size)} {name}"
    days = int(seconds // 86400)
    return f"{days} days" if days < 730 else f"{days // 365} years"


def counted(count: int, what: str) -> str:
    """'1 restart', '3 restarts'."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def times(count: int) -> str:
    """How often: 'once', '3 times'."""
    return "once" if count == 1 else f"{count} times"


def log(found: Match | LogPattern) -> Evidence:
    """A log pattern: its last line, count and age."""
    pattern = found.pattern if isinstance(found, Match) else found
    return Evidence(
        source="journal",
        locator=f"{pattern.source} {pattern.origin}".strip(),
        excerpt=pattern.sample,
        count=pattern.count,
        first_at=iso(pattern.first_at),
        last_at=iso(pattern.last_at),
    )


def field(found: Field, note: str = "") -> Evidence:
    """A value of a configuration file with its file:line."""
    return place(found.place, f"{found.path}: {found.value}", note)


def flag(found: Flag, note: str = "") -> Evidence:
    """A command line flag with the file:line that gives it."""
    text = f"--{found.name}" if found.value is None else f"--{found.name}={found.value}"
    return place(found.place, text, note)


def directive(found: Directive, note: str = "") -> Evidence:
    """A line of a unit file or drop-in."""
    return place(found.place, f"{found.key}={found.value}", note)


def place(where: Place | None, text: str, note: str = "") -> Evidence:
    """Text that stands at a place in a file."""
    return Evidence("file", f"{text}  {note}".rstrip(), str(where) if where else "")


def file(fact: FileFact, note: str = "") -> Evidence:
    """What the node said of a path."""
    parts = [fact.type]
    if fact.type == "link":
        parts.append(f"-> {fact.target}" + (" (dangling)" if fact.dangling else ""))
    if fact.type == "file":
        parts.append(f"{fact.size} bytes, mode {fact.mode}, owner {fact.uid}:{fact.gid}")
    return Evidence("file", f"{' '.join(parts)}  {note}".rstrip(), fact.path)


def unit(found: Unit, *keys: str) -> Evidence:
    """Properties of ``systemctl show``."""
    return Evidence("service", " ".join(f"{key}={found.get(key)}" for key in keys), found.name)


def probe(found: Probe, note: str = "") -> Evidence:
    """A probe that was made from the node."""
    answer = f"HTTP {found.code}" if found.code else f"{found.kind} {found.status}"
    said = STATUS_MESSAGE.search(found.body)
    body = said.group(1) if said else found.body
    detail = found.error or (body if found.code and found.code >= 400 else "")
    return Evidence("probe", " ".join(f"{answer} {detail} {note}".split()), found.target)


def certificate(use: CertificateUse, note: str = "") -> Evidence:
    """The leaf of a certificate in use: names and validity."""
    leaf = use.leaf
    text = (
        "no certificate"
        if leaf is None
        else (f"subject {leaf.subject}; issuer {leaf.issuer}; valid {iso(leaf.not_before)} to {iso(leaf.not_after)}")
    )
    return Evidence("certificate", f"{text}  {note}".rstrip(), use.path)


def condition(found: Condition) -> Evidence:
    """A condition of the Node object."""
    return Evidence(
        "cluster",
        f"{found.type}={found.status} {found.reason}: {found.message}",
        "conditions",
        last_at=iso(found.heartbeat_at),
    )


def host(text: str, locator: str = "") -> Evidence:
    """A fact of the machine."""
    return Evidence("host", text, locator)
