# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes of the same group share, and what is expected of a node because a clear majority of its peers has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .._model.expected import Expectation, Matcher, Observed, Origin, Source
from .between import by_size
from .defaults import effective
from .portable import portable_path
from .spans import Spans, inside, numbers, size

LEAST = 3  # peers that have to share a value
MASK = "***"  # what was masked is not known, so it is never expected
MOST_SPLIT = 5  # values of an undecided path that are told
# Of these, what a node does not have is unset there; anything else that was not seen is unknown.
SETTINGS = ("config", "flags")
# What peers have here is told to a node that has lost its own.
LOST = "kubeconfig"


@dataclass(frozen=True)
class Peer:
    """One node of a run. ``groups`` are the group of its peers, and that of those among them whose machine has the same
    size ('' where the size is unknown); ``at`` is the time of its evidence, as ISO 8601 in UTC."""

    name: str
    groups: tuple[str, str]
    at: str
    observed: Observed


@dataclass(frozen=True)
class Shared:
    """What most nodes of a group have at a path, or nearly: None where most have it unset.

    ``known`` are the numbers of the nodes at which somebody could look, ``others`` those of them with another value.
    """

    value: Any
    known: Spans
    others: Spans = ()

    def votes(self, number: int | None) -> tuple[int, int]:
        """How many nodes have the value, and how many are known, without the node of that number."""
        known, others = size(self.known), size(self.others)
        if number is not None and inside(self.known, number):
            known, others = known - 1, others - inside(self.others, number)
        return known - others, known


@dataclass(frozen=True)
class PeerGroup:
    """Nodes that are each other's peers. A node's number is its place in ``hosts``.

    ``at`` is when the newest was read. ``by_size``: only what follows from a machine's size is compared here.
    ``unread`` are the nodes in which a prefix of paths (``config``) could not be read. ``values`` holds paths on which
    a clear majority can agree, ``split`` all others: how many nodes have which value, most first. A setting that is in
    neither is unset on all nodes.
    """

    name: str
    at: str
    hosts: tuple[str, ...]
    by_size: bool = False
    unread: Mapping[str, Spans] = field(default_factory=dict)
    values: Mapping[str, Shared] = field(default_factory=dict)
    split: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each node."""
        return {host: number for number, host in enumerate(self.hosts)}

    @cached_property
    def outliers(self) -> Mapping[str, tuple[str, ...]]:
        """By node the paths at which it has another value than a clear majority of its peers."""
        found: dict[str, list[str]] = defaultdict(list)
        for path, shared in self.values.items():
            for number in numbers(shared.others):
                if clear(*shared.votes(number)):
                    found[self.hosts[number]].append(path)
        return {host: tuple(paths) for host, paths in found.items()}

    def unset(self, path: str, number: int | None) -> tuple[int, int]:
        """As :meth:`Shared.votes`, of a setting that no node has."""
        unread = {each for prefix, where in self.unread.items() if below(path, prefix) for each in numbers(where)}
        known = len(self.hosts) - len(unread) - (number is not None and number not in unread)
        return known, known

    def even(self) -> Mapping[str, tuple[tuple[str, int], ...]]:
        """Paths at which about one half of the nodes has one value, and the other half another."""
        return {path: counts for path, counts in self.split.items() if _even(counts)}


@dataclass(frozen=True)
class PeerTable:
    """Groups by name."""

    groups: Mapping[str, PeerGroup] = field(default_factory=dict)

    def of(self, groups: Iterable[str], host: str) -> Iterator[PeerGroup]:
        """Those of a node's groups that are known; else those in which it was, for a fault may change its group."""
        found = [self.groups[name] for name in groups if name in self.groups]
        return iter(found or [group for group in self.groups.values() if host in group.numbers])


def clear(votes: int, known: int) -> bool:
    """True where a clear majority shares a value: at least three nodes, and more than two thirds."""
    return votes >= LEAST and 3 * votes > 2 * known


def below(path: str, prefix: str) -> bool:
    """True when the path is the prefix, or stands below it."""
    return path == prefix or path.startswith(f"{prefix}.")


def expectations(
    table: PeerTable, groups: Iterable[str], host: str, observed: Observed, paths: Collection[str] | None = None
) -> tuple[Expectation, ...]:
    """What the peers in a node's groups expect of it; the node is never its own peer. ``paths`` limits it to these."""
    return tuple(wanted for group in table.of(groups, host) for wanted in _of_group(group, host, observed, paths))


def _of_group(group: PeerGroup, host: str, observed: Observed, paths: Collection[str] | None) -> Iterator[Expectation]:
    number = group.numbers.get(host)
    own = {path for path in observed.values if is_setting(path) and portable_path(path, observed.names)}
    for path in sorted({*group.values, *own} if paths is None else paths):
        shared = group.values.get(path)
        if shared is not None and (is_setting(path) or path in observed.values or below(path, LOST)):
            votes, value = shared.votes(number), shared.value
        elif shared is None and path in own and path not in group.split and by_size(path) == group.by_size:
            votes, value = group.unset(path, number), effective(path, None)
        else:
            continue
        own_value = observed.value(path)
        nothing_set = value is None and effective(path, own_value) is None
        if clear(*votes) and not nothing_set and MASK not in f"{value}{own_value}":
            matcher = Matcher("absent") if value is None else Matcher("exact", value)
            yield Expectation(path, matcher, Source(Origin.PEERS, f"{votes[0]} of {votes[1]} peers"))


def is_setting(path: str) -> bool:
    """True for a path that is unset where it is not seen."""
    return path.partition(".")[0] in SETTINGS


def _even(counts: tuple[tuple[str, int], ...]) -> bool:
    known = sum(count for _value, count in counts)
    return len(counts) > 1 and known > LEAST and 5 * counts[1][1] >= 2 * known
