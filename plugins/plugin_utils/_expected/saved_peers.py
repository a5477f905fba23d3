# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of peers as JSON, so that a later run over a single node knows its peers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .peers import PeerGroup, PeerTable, Shared
from .spans import Spans, parse, spans, text

FORMAT = "kubelet-peers/1"


def to_dict(table: PeerTable) -> dict[str, Any]:
    """JSON-ready and whole; :func:`from_dict` reads it."""
    return {"format": FORMAT, "groups": [_group_to_dict(group) for group in table.groups.values()]}


def from_dict(data: Any) -> PeerTable:
    """Of what :func:`to_dict` gave.

    :raises ValueError: it is something else, with a sentence that says what
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise ValueError(f"it has not the format {FORMAT}")
    try:
        groups = [_group(each) for each in data["groups"]]
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"it is not whole ({error})") from None
    return PeerTable({group.name: group for group in groups})


def _group_to_dict(group: PeerGroup) -> dict[str, Any]:
    everybody = _all(len(group.hosts))
    return {
        "group": group.name,
        "at": group.at,
        "by_size": group.by_size,
        "hosts": list(group.hosts),
        "unread": {prefix: text(nodes) for prefix, nodes in group.unread.items()},
        "values": {path: _shared_to_dict(shared, everybody) for path, shared in group.values.items()},
        "split": {path: [list(count) for count in counts] for path, counts in group.split.items()},
    }


def _shared_to_dict(shared: Shared, everybody: Spans) -> dict[str, Any]:
    """``known`` and ``others`` are left out where they say nothing: all nodes are known, none has another value."""
    told = {"value": shared.value}
    if shared.known != everybody:
        told["known"] = text(shared.known)
    if shared.others:
        told["others"] = text(shared.others)
    return told


def _group(data: Mapping[str, Any]) -> PeerGroup:
    hosts = tuple(str(host) for host in data["hosts"])
    at = str(data["at"])
    if datetime.fromisoformat(at).tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return PeerGroup(
        str(data["group"]),
        at,
        hosts,
        bool(data["by_size"]),
        {str(prefix): parse(nodes, len(hosts)) for prefix, nodes in data["unread"].items()},
        {str(path): _shared(shared, len(hosts)) for path, shared in data["values"].items()},
        {
            str(path): tuple((str(value), int(count)) for value, count in counts)
            for path, counts in data["split"].items()
        },
    )


def _shared(data: Mapping[str, Any], count: int) -> Shared:
    known = parse(data["known"], count) if "known" in data else _all(count)
    return Shared(data["value"], known, parse(data.get("others", ""), count))


def _all(count: int) -> Spans:
    return spans(range(count))
