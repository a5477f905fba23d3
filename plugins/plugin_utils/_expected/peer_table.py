# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the table of what peers share. Time and memory grow with the number of nodes, and with nothing faster."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from .._model.expected import Observed
from .between import by_size
from .defaults import effective
from .matchers import key, value_text
from .peers import MOST_SPLIT, Peer, PeerGroup, PeerTable, Shared, below, clear, is_setting
from .portable import portable, portable_path
from .spans import Spans, numbers, size, spans

OfPath = dict[Hashable, tuple[Any, list[int]]]  # by key: the value, and the nodes that have it
Seen = tuple[str, Hashable, Any]  # path, key that is the same for values that mean the same, value
_UNSET: Hashable = None


def table(peers: Iterable[Peer]) -> PeerTable:
    """What the nodes of each group have. Each node is looked at once, and need not be kept."""
    groups: dict[str, _Votes] = {}
    memory: dict[Hashable, tuple[Hashable, Any]] = {}
    for peer in peers:
        kept = [
            groups.setdefault(name, _Votes(name, sized)) if name else None
            for name, sized in zip(peer.groups, (False, True), strict=True)
        ]
        for votes in kept:
            if votes is not None:
                votes.enter(peer)
        for path, value_key, value in _values(peer.observed, memory):
            votes = kept[by_size(path)]
            if votes is not None:
                votes.add(path, value_key, value)
    return PeerTable({name: votes.counted() for name, votes in groups.items()})


def _values(observed: Observed, memory: dict[Hashable, tuple[Hashable, Any]]) -> Iterator[Seen]:
    """Everything of a node that takes part, as it may be compared. ``memory`` saves the work for values that many nodes
    have."""
    names = observed.names
    own = (*names.node, *names.addresses)
    for path, seen in observed.values.items():
        if not portable_path(path, names):
            continue
        value = seen.value
        text = value if isinstance(value, str) else repr(value)
        if any(name in text for name in own):
            yield path, *_keyed(path, portable(value, names))
            continue
        known = (path, text, value.__class__)
        found = memory.get(known)
        if found is None:
            found = memory[known] = _keyed(path, value)
        yield path, *found


def _keyed(path: str, value: Any) -> tuple[Hashable, Any]:
    """A value's key, and the value as it holds: one that sets nothing is the default, or unset."""
    holds = effective(path, value)
    return (_UNSET if holds is None else (key(holds),)), holds


class _Votes:
    """Who has what in one group, by path and by key of the value; filled node by node."""

    def __init__(self, name: str, by_size: bool) -> None:
        self._name = name
        self._by_size = by_size
        self._at = ""
        self._hosts: list[str] = []
        self._unread: dict[str, list[int]] = {}
        self._found: dict[str, OfPath] = {}
        self._known: dict[tuple[str, ...], tuple[Spans, frozenset[int]]] = {}

    def enter(self, peer: Peer) -> None:
        """The next node; what is added from now on is of it."""
        for prefix in dict.fromkeys(peer.observed.unread):
            if is_setting(prefix):
                self._unread.setdefault(prefix, []).append(len(self._hosts))
        self._hosts.append(peer.name)
        self._at = max(self._at, peer.at)

    def add(self, path: str, value_key: Hashable, value: Any) -> None:
        """One value of the node."""
        of_path = self._found.setdefault(path, {})
        if value_key in of_path:
            of_path[value_key][1].append(len(self._hosts) - 1)
        else:
            of_path[value_key] = (value, [len(self._hosts) - 1])

    def counted(self) -> PeerGroup:
        """The group, once all nodes are in."""
        values: dict[str, Shared] = {}
        split: dict[str, tuple[tuple[str, int], ...]] = {}
        for path, of_path in sorted(self._found.items()):
            known = self._known_of(path, [number for _value, nodes in of_path.values() for number in nodes])
            ranked = _ranked(path, of_path, size(known))
            top, value, votes = ranked[0]
            if clear(votes, size(known) - (votes < size(known))):  # to a node that has another value
                values[path] = Shared(value, known, _others(path, known, top, of_path))
            elif len(ranked) > 1 or is_setting(path):
                split[path] = tuple((value_text(value), count) for _key, value, count in ranked[:MOST_SPLIT])
        unread = {prefix: spans(nodes) for prefix, nodes in self._unread.items()}
        return PeerGroup(self._name, self._at, tuple(self._hosts), self._by_size, unread, values, split)

    def _known_of(self, path: str, holders: list[int]) -> Spans:
        """Nodes of which it is known what they have: a setting that is not seen is unset, unless it was not read."""
        if not is_setting(path):
            return spans(sorted(holders))
        prefixes = tuple(prefix for prefix in self._unread if below(path, prefix))
        if prefixes not in self._known:
            unread = frozenset(number for prefix in prefixes for number in self._unread[prefix])
            read = spans(number for number in range(len(self._hosts)) if number not in unread)
            self._known[prefixes] = (read, unread)
        read, unread = self._known[prefixes]
        if not any(number in unread for number in holders):
            return read
        seen = set(holders)
        return spans(number for number in range(len(self._hosts)) if number in seen or number not in unread)


def _ranked(path: str, of_path: OfPath, known: int) -> list[tuple[Hashable, Any, int]]:
    """Key, value, and how many nodes have it, most first; nodes on which a setting is unset have its default."""
    counts = {value_key: (value, len(nodes)) for value_key, (value, nodes) in of_path.items()}
    missing = known - sum(count for _value, count in counts.values())
    if missing:
        value_key, value = _keyed(path, None)
        counts[value_key] = (value, counts.get(value_key, (None, 0))[1] + missing)
    found = [(value_key, value, count) for value_key, (value, count) in counts.items()]
    return sorted(found, key=lambda entry: (-entry[2], str(entry[0])))


def _others(path: str, known: Spans, top: Hashable, of_path: OfPath) -> Spans:
    """Nodes that are known and have not the value of most."""
    if top == _keyed(path, None)[0]:  # so have those on which it is unset
        different = (nodes for value_key, (_value, nodes) in of_path.items() if value_key != top)
        return spans(sorted(number for nodes in different for number in nodes))
    having = set(of_path[top][1])
    if len(having) == size(known):
        return ()
    return spans(number for number in numbers(known) if number not in having)
