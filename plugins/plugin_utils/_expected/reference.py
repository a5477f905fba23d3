# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node is expected to have because another node, on which one relies, has it."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.expected import Expectation, Matcher, Observed, Origin, Source
from .defaults import effective
from .portable import portable_path, portable_values

# Of these, what the other node has not set is expected to be unset here too.
_SETTINGS = ("config.", "flags.")


def expectations(reference: Observed, name: str, observed: Observed) -> tuple[Expectation, ...]:
    """Everything that can be the same on both nodes. ``name`` is the reference's, for the sentence that says who
    expects a value; ``observed`` is the node that is compared, whose further settings are not expected.

    Values hold ``{node}`` and ``{address}`` where the reference has its own names.
    """
    source = Source(Origin.REFERENCE, f"reference node {name}")
    shared = {path: Matcher("exact", value) for path, value in portable_values(reference).items()}
    shared.update(dict(_unset(reference, observed)))
    return tuple(Expectation(path, matcher, source) for path, matcher in sorted(shared.items()))


def _unset(reference: Observed, observed: Observed) -> Iterator[tuple[str, Matcher]]:
    """Settings that only the compared node has; a field of KubeletConfiguration has the default on the reference."""
    for path, seen in observed.values.items():
        only_here = path.startswith(_SETTINGS) and path not in reference.values and reference.known(path)
        if only_here and portable_path(path, observed.names) and effective(path, seen.value) is not None:
            default = effective(path, None)
            yield path, Matcher("absent") if default is None else Matcher("exact", default)
