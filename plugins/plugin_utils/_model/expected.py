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


@dataclass(frozen=True)
class Observed:
    """What can be compared of one node: values by path.

    A path is dotted, its first piece is the group: ``config.clusterDNS``, ``kubeconfig.server``, ``flags.max-pods``,
    ``files./etc/kubernetes/kubelet.conf.mode``, ``kernel.net.ipv4.ip_forward``. What is not in ``values`` is absent on
    the node, unless it is below one of ``unread``: prefixes of paths at which nobody could look.
    """

    values: Mapping[str, Seen] = field(default_factory=dict)
    unread: tuple[str, ...] = ()

    def known(self, path: str) -> bool:
        """True when the node was looked at for this path, so that a value that is not there is absent."""
        return not any(path == prefix or path.startswith(f"{prefix}.") for prefix in self.unread)


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
    """One source expects something of one path."""

    path: str
    matcher: Matcher
    source: Source


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
