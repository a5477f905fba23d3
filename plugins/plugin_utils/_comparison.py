# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares a node with what is expected of it, for the action plugins: options, files, and every source in turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _baseline_files, _references, _value_patterns
from ._boundary import to_native_tree
from ._engine.verdict import configuration_read
from ._expected import declared, hardening, ignore, published
from ._expected.ignore import Exemption
from ._expected.observe import observe
from ._expected.result import compared
from ._files import write_json
from ._judgement import Judged
from ._model.expected import Expectation, Observed, Origin
from ._model.snapshot import Snapshot
from ._reading import cluster_answer

AUTO, OFF, ON = "auto", "off", "on"
HEALTHY = "healthy"

# Options of every action that compares. The roles' variables have the same names with the prefix kubelet_.
OPTIONS: dict[str, dict[str, Any]] = {
    "expected": {"type": "dict", "default": {}},
    **_references.OPTIONS,
    "ignore": {"type": "list", "elements": "dict", "default": []},
    "hardening": {"type": "bool", "default": False},
    "peers": {"type": "str", "default": AUTO, "choices": [AUTO, OFF, ON]},
    "peers_max_age": {"type": "int", "default": 30},
    "peer_group_by": {"type": "list", "elements": "str", "default": ["role", "profile", "os"]},
}


@dataclass(frozen=True)
class Asked:
    """One node, and where to look for what is expected of it.

    ``options`` by the names of OPTIONS; ``cluster`` is what cluster_info said (empty when it was not asked);
    ``results_dir`` holds saved results and peers; ``variables`` are the host's, for the groups of its peers.
    """

    node: Snapshot
    options: Mapping[str, Any]
    results_dir: Path
    cluster: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    inventory_dir: str | None = None


@dataclass(frozen=True)
class Compared:
    """A node that was compared: its result, the result before that, what was seen and what was expected."""

    result: dict[str, Any]
    bare: dict[str, Any]
    observed: Observed
    expectations: tuple[Expectation, ...] = ()
    asked: Asked | None = None
    exceptions: tuple[Exemption, ...] = ()
    calm: str = HEALTHY

    def registered(self) -> dict[str, Any]:
        """What `report` needs to compare the node again with its peers of the run; JSON-ready."""
        kept = [wanted.to_dict() for wanted in self.expectations if wanted.source.origin != Origin.PEERS]
        return {
            "bare": self.bare,
            "observed": self.observed.to_dict(),
            "expectations": kept,
            "exceptions": [each.to_dict() for each in self.exceptions],
            "calm": self.calm,
        }


def asked_of(judged: Judged, options: Mapping[str, Any], variables: Mapping[str, Any]) -> Asked:
    """What is asked of a node that was judged, by a task's options and its host's variables."""
    return Asked(
        judged.node,
        options,
        Path(options["results_dir"]),
        cluster_answer(options.get("cluster")) or {},
        to_native_tree({name: variables[name] for name in options["peer_group_by"] if name in variables}),
        variables.get("inventory_dir"),
    )


def check_options(options: Mapping[str, Any]) -> None:
    """:raises ExpectedError: expected values or exceptions that cannot be used"""
    declared.check(options["expected"])
    ignore.check(options["ignore"])
    _references.check(options)


def compare_node(judged: Judged, asked: Asked) -> Compared:
    """Compare a node with all that is expected of it, its saved peers included.

    :raises ExpectedError: an option, a baseline or a saved file cannot be used
    :raises OSError: as the system gives it
    """
    bare = judged.diagnosis.to_dict()
    observed = observe(judged.node, declared.files(asked.options["expected"]))
    given = [expectation for source in SOURCES for expectation in source(asked, observed)]
    wanted, not_searched = _value_patterns.answer(given, observed)
    not_read = _references.unread(asked.options, asked.node.host_name)
    bare["unknowns"] = [*bare["unknowns"], *not_read, *not_searched]
    exceptions = ignore.exemptions(asked.options["ignore"])
    calm = HEALTHY if configuration_read(judged.node) else "unknown"
    result = compared(bare, observed, wanted, exceptions, calm)
    return Compared(result, bare, observed, wanted, asked, exceptions, calm)


def _declared(asked: Asked, _observed: Observed) -> Iterable[Expectation]:
    """What the user declared in the inventory."""
    return declared.expectations(asked.options["expected"])


def _hardening(asked: Asked, observed: Observed) -> Iterable[Expectation]:
    """What is recommended, where the user wants to know."""
    return hardening.expectations(asked.node, observed) if asked.options["hardening"] else ()


def _control_plane(asked: Asked, observed: Observed) -> Iterable[Expectation]:
    """What the control plane publishes for its nodes."""
    # Right after a repair the node's own view of the cluster is left out; what is published did not change.
    said = asked.cluster.get("published") or asked.node.cluster.published
    return published.expectations(said, observed, asked.node.profile)


def with_peers(entries: Sequence[Mapping[str, Any]], files: Sequence[Path], peers: str) -> list[dict[str, Any]]:
    """Results of all nodes of a run, compared again where enough of them are peers; those that change are written.

    ``entries`` are registered results of `diagnose`. OSError as the system gives it.
    """
    results = [dict(entry["diagnosis"]) for entry in entries]
    if peers == OFF:
        return results
    for before, after, file in zip(entries, results, files, strict=True):
        if after != before["diagnosis"]:
            write_json(file, after)
    return results


def _expected_from(asked: Asked, observed: Observed) -> Iterable[Expectation]:
    """What the nodes and the baselines hold that the user named. A node is not compared with itself."""
    for kind, name in _references.entries(asked.options):
        if kind == _references.FILE:
            yield from _baseline_files.expectations(name, asked.inventory_dir)
        elif name != asked.node.host_name:
            yield from _references.of_node(asked.options, name, observed)


# Each gives what one source expects of a node. Y: declared, hardening. Z: reference and baseline. P: saved peers.
SOURCES = (_declared, _control_plane, _expected_from, _hardening)
