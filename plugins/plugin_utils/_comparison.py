# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares a node with what is expected of it, for the action plugins: options, files, and every source in turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import _baseline_files, _peers, _references, _value_patterns
from ._boundary import to_native_tree
from ._engine.verdict import configuration_read
from ._expected import declared, hardening, ignore, peer_groups, published
from ._expected.ignore import Exemption
from ._expected.observe import observe
from ._expected.result import compared
from ._judgement import Judged
from ._model.expected import Expectation, Observed, Origin
from ._model.snapshot import Snapshot
from ._reading import cluster_answer

AUTO, OFF, ON = "auto", "off", "on"
HEALTHY = "healthy"

PEER_OPTIONS: dict[str, dict[str, Any]] = {
    "peers": {"type": "str", "default": AUTO, "choices": [AUTO, OFF, ON]},
    "peers_max_age": {"type": "int", "default": 30},
}
# Options of every action that compares. The roles' variables have the same names with the prefix kubelet_.
OPTIONS: dict[str, dict[str, Any]] = {
    "expected": {"type": "dict", "default": {}},
    **_references.OPTIONS,
    "ignore": {"type": "list", "elements": "dict", "default": []},
    "hardening": {"type": "bool", "default": False},
    **PEER_OPTIONS,
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
    groups: tuple[str, str] = ("", "")

    def registered(self) -> dict[str, Any]:
        """What `report` needs to compare the node again with its peers of the run; JSON-ready."""
        kept = [wanted.to_dict() for wanted in self.expectations if wanted.source.origin != Origin.PEERS]
        return {
            "bare": self.bare,
            "observed": self.observed.to_dict(),
            "expectations": kept,
            "exceptions": [each.to_dict() for each in self.exceptions],
            "calm": self.calm,
            "groups": list(self.groups),
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


def compare_node(judged: Judged, asked: Asked, *, alone: bool = False) -> Compared:
    """Compare a node with all that is expected of it. Peers: those of an earlier run where the node is ``alone``, else
    :func:`with_peers` follows.

    :raises ExpectedError: an option, a baseline or a saved file cannot be used
    :raises OSError: as the system gives it
    """
    bare = judged.diagnosis.to_dict()
    observed = observe(judged.node, declared.files(asked.options["expected"]))
    sources = (*SOURCES, _saved_peers) if alone else SOURCES
    given = [expectation for source in sources for expectation in source(asked, observed)]
    wanted, not_searched = _value_patterns.answer(given, observed)
    not_read = _references.unread(asked.options, asked.node.host_name)
    bare["unknowns"] = [*bare["unknowns"], *not_read, *not_searched]
    exceptions = ignore.exemptions(asked.options["ignore"])
    calm = HEALTHY if configuration_read(judged.node) else "unknown"
    result = compared(bare, observed, wanted, exceptions, calm)
    return Compared(result, bare, observed, wanted, asked, exceptions, calm, _groups(asked))


def _groups(asked: Asked) -> tuple[str, str]:
    return peer_groups.groups(asked.node, asked.options["peer_group_by"], asked.variables)


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


def _saved_peers(asked: Asked, observed: Observed) -> Iterable[Expectation]:
    """What the peers of an earlier run have."""
    if asked.options["peers"] == OFF:
        return ()
    return _peers.saved_expectations(
        asked.results_dir,
        _groups(asked),
        asked.node.host_name,
        observed,
        at=asked.node.captured_at.isoformat(),
        max_age=asked.options["peers_max_age"],
    )


def with_peers(
    entries: Sequence[Mapping[str, Any]], files: Sequence[Path], options: Mapping[str, Any]
) -> _peers.Compared:
    """Results of all nodes of a run, compared again with their peers where enough of them are known; those that change
    are written.

    ``entries`` are registered results of `diagnose`; of ``options`` peers and peers_max_age count. OSError as the
    system gives it.
    """
    if options["peers"] == OFF:
        return _peers.Compared([dict(entry["diagnosis"]) for entry in entries])
    return _peers.compare_peers(entries, files, options["peers_max_age"], _again)


def _again(entry: Mapping[str, Any], of_peers: Sequence[Expectation]) -> dict[str, Any]:
    """The result of a node that was compared before, with what its peers expect."""
    before = entry["comparison"]
    wanted = [Expectation.from_dict(each) for each in before["expectations"]]
    exceptions = [Exemption(**each) for each in before["exceptions"]]
    observed = Observed.from_dict(before["observed"])
    return compared(before["bare"], observed, [*wanted, *of_peers], exceptions, before["calm"])


def _expected_from(asked: Asked, observed: Observed) -> Iterable[Expectation]:
    """What the nodes and the baselines hold that the user named. A node is not compared with itself."""
    for kind, name in _references.entries(asked.options):
        if kind == _references.FILE:
            yield from _baseline_files.expectations(name, asked.inventory_dir)
        elif name != asked.node.host_name:
            yield from _references.of_node(asked.options, name, observed)


# Each gives what one source expects of a node.
SOURCES = (_declared, _control_plane, _expected_from, _hardening)
