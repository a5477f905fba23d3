# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node is compared with: values that were seen, values that should be, and where the two differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Origin(IntEnum):
    """Who expects a value. The lower number has precedence."""

    DECLARED = 0
    CONTROL_PLANE = 1
    REFERENCE = 2
    PEERS = 3
    BUILT_IN = 4
    HARDENING = 5


@dataclass(frozen=True)
class Source:
    """Who expects a value: ``text`` names it in a sentence ("inventory", "cluster-info", "4 of 5 peers")."""

    origin: Origin
    text: str


@dataclass(frozen=True)
class Seen:
    """A value on the node, as JSON has it (a list is one value; mappings are flattened), and where it stands
    (``path:line``, a unit, a command; empty where it is nowhere written)."""

    value: Any
    place: str = ""


# Of these groups the node is known as a whole: what is not in the values is absent. Of the others it is unknown.
WHOLE = ("config", "flags", "kubeconfig", "unit", "certificates")


@dataclass(frozen=True)
class Names:
    """What only this node is called: its names and its addresses, first those by which the cluster knows it."""

    node: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Observed:
    """What can be compared of one node: values by path.

    A path is dotted, its first piece is the group: ``config.clusterDNS``, ``kubeconfig.server``, ``flags.max-pods``,
    ``files./etc/kubernetes/kubelet.conf.mode``, ``kernel.net.ipv4.ip_forward``. ``unread`` are prefixes of paths at
    which nobody could look. Every file that was looked at has its ``type``, which may be absent.
    """

    values: Mapping[str, Seen] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    names: Names = field(default_factory=Names)

    def known(self, path: str) -> bool:
        """True when the node was looked at for this path, so that a value that is not there is absent."""
        if path in self.values:
            return True
        group = path.partition(".")[0]
        if group == "files":
            return bool(self.value(f"{path.rpartition('.')[0]}.type") == "absent")
        unread = any(path == prefix or path.startswith(f"{prefix}.") for prefix in self.unread)
        return group in WHOLE and not unread

    def value(self, path: str) -> Any:
        """The value at a path; None where it is absent or unknown."""
        found = self.values.get(path)
        return None if found is None else found.value

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready and whole; :meth:`from_dict` reads it."""
        return {
            "values": {path: [seen.value, seen.place] for path, seen in self.values.items()},
            "unread": list(self.unread),
            "names": {"node": list(self.names.node), "addresses": list(self.names.addresses)},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Observed:
        """Of what :meth:`to_dict` gave."""
        names = data["names"]
        return cls(
            {path: Seen(value, place) for path, (value, place) in data["values"].items()},
            tuple(data["unread"]),
            Names(tuple(names["node"]), tuple(names["addresses"])),
        )


@dataclass(frozen=True)
class Matcher:
    """What a value must be. ``kind`` is exact, one_of, regex, range, at_least, absent or present.

    ``value`` is the value (exact), the list of values (one_of), the pattern (regex), the bounds as (low, high) with
    None for an open end (range), the least value (at_least), None (absent, present).
    """

    kind: str
    value: Any = None


@dataclass(frozen=True)
class Expectation:
    """One source expects something of one path. ``id`` is the finding's id where that does not follow from the path's
    group: hardening, which is compared apart."""

    path: str
    matcher: Matcher
    source: Source
    id: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready and whole; :meth:`from_dict` reads it."""
        return {
            "path": self.path,
            "kind": self.matcher.kind,
            "value": self.matcher.value,
            "origin": int(self.source.origin),
            "source": self.source.text,
            "id": self.id,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Expectation:
        """Of what :meth:`to_dict` gave."""
        matcher = Matcher(data["kind"], data["value"])
        return cls(data["path"], matcher, Source(Origin(data["origin"]), data["source"]), data["id"])


@dataclass(frozen=True)
class Difference:
    """A value that is not as expected.

    ``seen`` is None when it is absent. ``expected`` is the expectation with the highest precedence, ``agreeing`` are
    the other sources that expect the same, ``dissenting`` what other sources expect instead.
    """

    path: str
    seen: Seen | None
    expected: Expectation
    agreeing: tuple[Source, ...] = ()
    dissenting: tuple[Expectation, ...] = ()
