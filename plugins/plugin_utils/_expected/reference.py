# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node is expected to have because another node, on which one relies, has it."""

from __future__ import annotations

from .._model.expected import Expectation, Matcher, Observed, Origin, Source
from .portable import portable_values
from .unset import further

# Of these, what the other node has not set is expected to be unset here too.
_SETTINGS = ("config", "flags")


def expectations(reference: Observed, name: str, observed: Observed) -> tuple[Expectation, ...]:
    """Everything that can be the same on both nodes. ``name`` is the reference's, for the sentence that says who
    expects a value; ``observed`` is the node that is compared, whose further settings are not expected.

    Values hold ``{node}`` and ``{address}`` where the reference has its own names.
    """
    source = Source(Origin.REFERENCE, f"reference node {name}")
    shared = {path: Matcher("exact", value) for path, value in portable_values(reference).items()}
    for group in _SETTINGS:
        shared.update(further(observed, group, lambda path: path not in reference.values and reference.known(path)))
    return tuple(Expectation(path, matcher, source) for path, matcher in sorted(shared.items()))
