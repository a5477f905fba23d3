# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is expected of a node, for its user to see before trusting it: values, who says so, what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._model.expected import Difference, Expectation, Observed
from .compare import all_settled
from .defaults import effective
from .matchers import value_text, words

View = dict[str, Any]
Split = Mapping[str, Sequence[tuple[str, int]]]
FORMAT = "nodeclinic.kubelet/expected/1"


def view(
    host: str, observed: Observed, expectations: Iterable[Expectation], split: Split, unread: Mapping[str, str]
) -> View:
    """JSON-ready, in the form of FORMAT.

    ``expected`` has one entry for each path: its state (as_expected, different, unknown), the kind of the source with
    precedence (declared, control_plane, reference, peers, hardening), all sources that expect the same, and what others
    expect instead. ``undecided`` are the paths at which the peers have no clear majority, with the number of nodes by
    value (``split``). ``unread`` says which source could not be asked, and why.
    """
    settled = all_settled(observed, expectations)
    return {
        "format": FORMAT,
        "host": host,
        "expected": [_entry(found, state) for found, state in settled],
        "undecided": [
            {"path": path, "values": [{"value": value, "nodes": number} for value, number in counts]}
            for path, counts in sorted(split.items())
        ],
        "unread": dict(unread),
    }


def _entry(found: Difference, state: str) -> View:
    matcher = found.expected.matcher
    entry: View = {
        "path": found.path,
        "state": state,
        "expected": _words(found),
        "origin": found.expected.source.origin.name.lower(),
        "sources": list(dict.fromkeys(source.text for source in (found.expected.source, *found.agreeing))),
        "seen": found.seen.value if found.seen else None,
        "place": found.seen.place if found.seen else "",
    }
    if matcher.kind == "exact":
        entry["value"] = matcher.value
    if found.expected.id:
        entry["id"] = found.expected.id
    if found.dissenting:
        entry["conflicts"] = [
            {"expected": words(other.matcher), "source": other.source.text} for other in found.dissenting
        ]
    return entry


def _words(found: Difference) -> str:
    """What is expected, in words; of a value that sets nothing, what holds then."""
    matcher = found.expected.matcher
    holds = effective(found.path, matcher.value)
    if matcher.kind != "exact" or holds == matcher.value:
        return words(matcher)
    return "unset" if holds is None else f"{value_text(holds)} (the default)"
