# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the table of what peers share. Time and memory grow with the number of nodes, and with nothing faster."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

from .._model.expected import Observed
from .between import by_size
from .defaults import effective
from .matchers import key, value_text
from .peers import MASK, MOST_SPLIT, Peer, PeerGroup, PeerTable, Shared, below, clear, is_setting
from .portable import portable, portable_path
from .spans import Spans, numbers, size, spans

OfPath = dict[Hashable, tuple[Any, list[int]]]  # by key: the value, and the nodes that have it
Keyed = tuple[Hashable, Any]  # a key that is the same for values that mean the same, and the value
_UNSET: Hashable = None
_MASKED = re.compile(r"\*{3,}")


def table(peers: Iterable[Peer]) -> PeerTable:
    """What the nodes of each group have. Each node is looked at once, and need not be kept."""
    groups: dict[str, _Votes] = {}
    memory: dict[Hashable, Keyed] = {}
    for peer in peers:
        kept = [
            groups.setdefault(name, _Votes(name, sized)) if name else None
            for name, sized in zip(peer.groups, (False, True), strict=True)
        ]
        for votes in kept:
            if votes is not None:
                votes.enter(peer)
        for path, found, written in _values(peer.observed, memory):
            votes = kept[by_size(path)]
            if votes is not None:
                votes.add(path, found, written)
    return PeerTable({name: votes.counted() for name, votes in groups.items()})


def _values(observed: Observed, memory: dict[Hashable, Keyed]) -> Iterator[tuple[str, Keyed, Keyed | None]]:
    """Everything of a node that takes part, by path: as it may be compared, and where its own name or address stands in
    it, also as it is written. ``memory`` saves the work for values that many nodes have.
    """
    names = observed.names
    own = (*names.node, *names.addresses)
    for path, seen in observed.values.items():
        if not portable_path(path, names):
            continue
        value = seen.value
        text = value if isinstance(value, str) else repr(value)
        if any(name in text for name in own):
            shown = portable(value, names)
            yield path, _keyed(path, shown), None if shown == value else _keyed(path, value)
            continue
        known = (path, text, value.__class__)
        found = memory.get(known)
        if found is None:
            found = memory[known] = _keyed(path, value)
        yield path, found, None


def _keyed(path: str, value: Any) -> Keyed:
    """A value's key, and the value as it holds: one that sets nothing is the default, or unset. What was masked is the
    same, however long it was."""
    if MASK in str(value):
        value = _MASKED.sub(MASK, str(value))
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
        self._written: dict[str, list[tuple[int, Keyed]]] = {}
        self._known: dict[tuple[str, ...], tuple[Spans, frozenset[int]]] = {}

    def enter(self, peer: Peer) -> None:
        """The next node; what is added from now on is of it."""
        for prefix in dict.fromkeys(peer.observed.unread):
            if is_setting(prefix):
                self._unread.setdefault(prefix, []).append(len(self._hosts))
        self._hosts.append(peer.name)
        self._at = max(self._at, peer.at)

    def add(self, path: str, found: Keyed, written: Keyed | None) -> None:
        """One value of the node, and how it is written where that is another one."""
        number = len(self._hosts) - 1
        _enter(self._found.setdefault(path, {}), found, number)
        if written is not None:
            self._written.setdefault(path, []).append((number, written))

    def counted(self) -> PeerGroup:
        """The group, once all nodes are in."""
        values: dict[str, Shared] = {}
        split: dict[str, tuple[tuple[str, int], ...]] = {}
        for path, found in sorted(self._found.items()):
            known = self._known_of(path, [number for _value, nodes in found.values() for number in nodes])
            for of_path in (self._as_written(path), found):
                ranked = _ranked(path, of_path, size(known)) if of_path else []
                if ranked and _clear(ranked[0][2], size(known)):
                    break
            top, value, votes = ranked[0]
            if _clear(votes, size(known)):
                values[path] = Shared(value, known, _others(path, known, top, of_path))
            elif len(ranked) > 1 or is_setting(path):
                split[path] = tuple((value_text(value), count) for _key, value, count in ranked[:MOST_SPLIT])
        unread = {prefix: spans(nodes) for prefix, nodes in self._unread.items()}
        return PeerGroup(self._name, self._at, tuple(self._hosts), self._by_size, unread, values, split)

    def _as_written(self, path: str) -> OfPath:
        """Who has what where no name or address is replaced: nodes may well share an address that some of them have for
        their own (of a virtual service, of a load balancer). Empty where nothing was replaced."""
        written = self._written.get(path)
        if not written:
            return {}
        replaced = {number for number, _keyed_value in written}
        of_path: OfPath = {}
        for value_key, (value, nodes) in self._found[path].items():
            for number in nodes:
                if number not in replaced:
                    _enter(of_path, (value_key, value), number)
        for number, keyed in written:
            _enter(of_path, keyed, number)
        return of_path

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


def _enter(of_path: OfPath, keyed: Keyed, number: int) -> None:
    if keyed[0] in of_path:
        of_path[keyed[0]][1].append(number)
    else:
        of_path[keyed[0]] = (keyed[1], [number])


def _clear(votes: int, known: int) -> bool:
    """True where there is a clear majority at least for a node that has another value."""
    return clear(votes, known - (votes < known))


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
