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
Unknown = dict[str, str]


def check(options: Mapping[str, Any]) -> None:
    """:raises ExpectedError: an entry is neither ``node:NAME`` nor ``file:PATH``"""
    for entry in options["expected_from"]:
        kind, _colon, name = entry.partition(":")
        if entry and (kind not in (NODE, FILE) or not name.strip()):
            raise ExpectedError(f"{VARIABLE} must hold node:NAME or file:PATH, not {entry!r}")


def nodes(options: Mapping[str, Any], observed: Observed, host_name: str) -> tuple[list[Expectation], list[Unknown]]:
    """What the named nodes have, and which of them could not be read. A node is not compared with itself.

    ``options["references"]`` is the registered result of the loop in which `observe` read them.
    """
    found: list[Expectation] = []
    unknown: list[Unknown] = []
    read = _registered(options.get("references") or {})
    for name in named(options, NODE):
        said = read.get(name, {})
        if name == host_name:
            continue
        if said.get("observed"):
            found += reference.expectations(Observed.from_dict(said["observed"]), name, observed)
        else:
            reason = said.get("unreadable") or said.get("msg") or "no host of that name in the inventory was read"
            unknown.append({"part": f"expected:{NODE}:{name}", "status": "error", "reason": str(reason)})
    return found, unknown


def named(options: Mapping[str, Any], kind: str) -> list[str]:
    """What ``expected_from`` names after ``node:`` or ``file:``."""
    pairs = (entry.partition(":") for entry in options["expected_from"])
    return list(dict.fromkeys(name.strip() for given, _colon, name in pairs if given == kind))


def _registered(result: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Results of `observe` by the name of their node: of a loop, or of one task."""
    given = result.get("results") if "results" in result else [result]
    return dict(_pairs(given if isinstance(given, list) else []))


def _pairs(results: Sequence[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for found in results:
        if isinstance(found, Mapping):
            yield str(found.get("name") or found.get("item")), found
