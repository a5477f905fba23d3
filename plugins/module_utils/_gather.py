# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that read a node have in common: their options, and reading the parts that they are about."""

from __future__ import annotations

import re
import time
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _profiles, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import node
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

NODE_SPEC: dict[str, dict[str, t.Any]] = {
    "unit": {"type": "str"},
    "runtime_unit": {"type": "str"},
    "profile": {"type": "str", "default": _profiles.AUTO, "choices": list(_profiles.CHOICES)},
    "timeout": {"type": "int", "default": 30},
}
JOURNAL_SPEC: dict[str, dict[str, t.Any]] = {
    "journal_lines": {"type": "int", "default": _schema.MAX_JOURNAL_LINES},
    "journal_since": {"type": "str"},
}
# What gather_subset can name besides the parts and their negations.
ALL, MIN = "all", "min"
MIN_PARTS = (_schema.UNITS, _schema.JOURNAL, _schema.FILES)
SUBSETS = (ALL, MIN, *_schema.NODE_PARTS, *(f"!{part}" for part in _schema.NODE_PARTS))

_UNIT_NAME = re.compile(r"[\w:.@\\-]{1,255}")
_SYSCTL = re.compile(r"[A-Za-z0-9_*-]+(?:\.[A-Za-z0-9_/:*-]+)+")
MAX_PATHS = 64
_LIMITS = {"timeout": (1, 600), "journal_lines": (1, 20000)}


class OptionError(ValueError):
    """An option has a value that cannot be used; the message is one sentence for the user."""


def gather(params: t.Mapping[str, t.Any], parts: t.Iterable[str]) -> dict[str, t.Any]:
    """Reads parts of this node; the result of a module.

    :param params: the module's parameters, of NODE_SPEC and, where it has them, the other options of node_info
    :raises OptionError: a parameter cannot be used
    """
    started = time.monotonic()
    options = node.Options(
        parts=frozenset(parts),
        unit=_unit(params, "unit"),
        runtime_unit=_unit(params, "runtime_unit"),
        profile=_chosen(params.get("profile")),
        node_name=params.get("node_name"),
        journal_lines=_bounded(params, "journal_lines", _schema.MAX_JOURNAL_LINES),
        journal_since=params.get("journal_since"),
        raw_journal=bool(params.get("raw_journal")),
        files=_paths(params, "files"),
        sysctls=_sysctls(params, "sysctls"),
    )
    host = Host(seconds=_bounded(params, "timeout", 30))
    evidence = node.collect(host, options)
    cost = {
        "processes": host.processes,
        "bytes": node.size_of(evidence),
        "seconds": round(time.monotonic() - started, 3),
    }
    return {"evidence": evidence, "cost": cost}


def parts_of(subset: t.Sequence[str]) -> list[str]:
    """The parts that a gather_subset names; one that only leaves out starts from all parts.

    :raises OptionError: nothing is left to gather
    """
    added = [name for name in subset if not name.startswith("!")]
    found = set(_schema.NODE_PARTS) if ALL in added or not added else {name for name in added if name != MIN}
    if MIN in added:
        found |= set(MIN_PARTS)
    found -= {name[1:] for name in subset if name.startswith("!")}
    if not found:
        raise OptionError(f"gather_subset {', '.join(subset)} leaves nothing to gather.")
    return [part for part in _schema.NODE_PARTS if part in found]


def _unit(params: t.Mapping[str, t.Any], name: str) -> str | None:
    """The name of a unit with its suffix; None when it is not given."""
    value = params.get(name)
    if not value:
        return None
    if not _UNIT_NAME.fullmatch(value) or value.startswith("-"):
        raise OptionError(f"{name} {value!r} is not the name of a systemd unit, such as kubelet.service.")
    return value if "." in value.rpartition("@")[2] else f"{value}.service"


def _paths(params: t.Mapping[str, t.Any], name: str) -> tuple[str, ...]:
    values = tuple(params.get(name) or ())
    if len(values) > MAX_PATHS:
        raise OptionError(f"{name} has {len(values)} paths, but may have {MAX_PATHS}.")
    for value in values:
        if not value.startswith("/") or "\0" in value:
            raise OptionError(f"{name} must hold absolute paths, not {value!r}.")
    return values


def _sysctls(params: t.Mapping[str, t.Any], name: str) -> tuple[str, ...]:
    values = tuple(params.get(name) or ())
    if len(values) > MAX_PATHS:
        raise OptionError(f"{name} has {len(values)} names, but may have {MAX_PATHS}.")
    for value in values:
        if not _SYSCTL.fullmatch(value):
            raise OptionError(f"{name} must hold kernel settings such as net.ipv4.ip_forward, not {value!r}.")
    return values


def _chosen(profile: t.Any) -> str | None:
    return None if profile in (None, "", _profiles.AUTO) else str(profile)


def _bounded(params: t.Mapping[str, t.Any], name: str, default: int) -> int:
    value = params.get(name)
    lowest, highest = _LIMITS[name]
    if value is None:
        return default
    if not lowest <= value <= highest:
        raise OptionError(f"{name} is {value}, but must be from {lowest} to {highest}.")
    return int(value)
