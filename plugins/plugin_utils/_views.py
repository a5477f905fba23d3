# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is expected of the nodes of a run, from what `observe` registered, and on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..module_utils._schema import CLUSTER
from ._expected.peers import PeerTable, expectations
from ._expected.view import Split, View, view
from ._files import write_result
from ._model.expected import Expectation, Observed

DIRECTORY = "_expected"  # no host's name: see safe_file_name


def views(entries: Sequence[Mapping[str, Any]], peers: PeerTable) -> list[View]:
    """One for each node, in the order of the entries; of a node that could not be read nothing is known."""
    return [_view(entry, peers) for entry in entries]


def write_views(directory: Path, found: Sequence[View]) -> list[str]:
    """Write each as ``<directory>/_expected/<host>.json`` and return these paths. OSError as the system gives it."""
    return [str(write_result(directory / DIRECTORY, each)) for each in found]


def _view(entry: Mapping[str, Any], peers: PeerTable) -> View:
    host, comparison = str(entry["name"]), entry["comparison"]
    if not entry["observed"]:
        return view(host, Observed(), (), {}, {"the node": str(entry["unreadable"])})
    observed, groups = Observed.from_dict(comparison["observed"]), comparison["groups"]
    wanted = [Expectation.from_dict(each) for each in comparison["expectations"]]
    wanted += expectations(peers, groups, host, observed)
    return view(host, observed, wanted, _split(peers, groups, host), _not_asked(entry))


def _split(peers: PeerTable, groups: Sequence[str], host: str) -> Split:
    return {path: counts for group in peers.of(groups, host) for path, counts in group.split.items()}


def _not_asked(entry: Mapping[str, Any]) -> dict[str, str]:
    """Sources that could not say anything, and why."""
    unknowns = entry["diagnosis"]["unknowns"]
    sources = {each["part"]: each["reason"] for each in unknowns if each["part"].startswith((CLUSTER, "expected:"))}
    return {**sources, **{str(piece): str(why) for piece, why in entry["unpublished"].items()}}
