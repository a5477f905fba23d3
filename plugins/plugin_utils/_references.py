# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variable ``kubelet_expected_from``: nodes and baseline files with which a node is compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ._expected import reference
from ._expected.declared import ExpectedError
from ._model.expected import Expectation, Observed

OPTIONS: dict[str, dict[str, Any]] = {
    "expected_from": {"type": "list", "elements": "str", "default": []},
    "references": {"type": "dict"},
}
VARIABLE = "kubelet_expected_from"
NODE, FILE = "node", "file"
BROKEN = ("degraded", "down")
Unknown = dict[str, str]


def check(options: Mapping[str, Any]) -> None:
    """:raises ExpectedError: an entry is neither ``node:NAME`` nor ``file:PATH``"""
    for entry in options["expected_from"]:
        kind, _colon, name = entry.partition(":")
        if entry and (kind not in (NODE, FILE) or not name.strip()):
            raise ExpectedError(f"{VARIABLE} must hold node:NAME or file:PATH, not {entry!r}")


def entries(options: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Kind (node, file) and name of each entry, in order."""
    pairs = (entry.partition(":") for entry in options["expected_from"] if entry)
    return list(dict.fromkeys((kind, name.strip()) for kind, _colon, name in pairs))


def of_node(options: Mapping[str, Any], name: str, observed: Observed) -> tuple[Expectation, ...]:
    """What a named node has; nothing where it could not be read. One that is broken itself is called so.

    ``options["references"]`` is the registered result of the loop in which `observe` read them.
    """
    said = _read(options).get(name, {})
    if not said.get("observed"):
        return ()
    verdict = (said.get("diagnosis") or {}).get("verdict")
    called = f"{name} (which is {verdict})" if verdict in BROKEN else name
    return reference.expectations(Observed.from_dict(said["observed"]), called, observed)


def unread(options: Mapping[str, Any], host_name: str) -> list[Unknown]:
    """The named nodes that could not be read, as unknowns of a result."""
    read = _read(options)
    found = []
    for kind, name in entries(options):
        said = read.get(name, {})
        if kind == NODE and name != host_name and not said.get("observed"):
            reason = said.get("unreadable") or said.get("msg") or "no host of that name in the inventory was read"
            found.append({"part": f"expected:{NODE}:{name}", "status": "error", "reason": str(reason)})
    return found


def _read(options: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Results of `observe` by the name of their node: of a loop, or of one task."""
    result = options.get("references") or {}
    given = result.get("results") if "results" in result else [result]
    return dict(_pairs(given if isinstance(given, list) else []))


def _pairs(results: Sequence[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for found in results:
        if isinstance(found, Mapping):
            yield str(found.get("name") or found.get(found.get("ansible_loop_var") or "item")), found
