# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own repairs of this node that did not come to an end."""

from __future__ import annotations

from collections.abc import Iterator

from ...module_utils import _schema
from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.host import UnfinishedRepair
from .._model.snapshot import Snapshot
from . import _quote

# What the next run does, by the state in which the record was left.
_NEXT = {
    "prepared": "nothing was changed yet",
    "verified": "it was verified and stands",
    "held": "the kubelet did not stay up after it, and nobody decided whether it stays",
}


@cause(
    "repair/unfinished",
    title="a repair of this node was interrupted",
    effect=Effect.RISK,
    healthy="Every record under /var/lib/nodeclinic/repairs is committed, rolled back or failed.",
    see="Files may be half of the old and half of the new state; the log shows nothing of it.",
    why="The node lost power or was rebooted, or the process was killed, while a repair was at work.",
    remedy=Remedy(
        "`ansible-playbook playbooks/repair.yml -l NODE` ends it first: back to the state before it, unless it was"
        " already verified. Then it goes on with what is wrong.",
        "end-unfinished-repair",
        "safe",
    ),
    sources=("docs/repair-record.md",),
)
def unfinished(node: Snapshot) -> Iterator[Hit]:
    """A record has no final state; while its process is at work, that is only said."""
    for repair in node.host.unfinished_repairs:
        what = f"repair {repair.run} for {', '.join(repair.findings) or 'no finding'}"
        evidence = (_quote.host(f"state {repair.state}", f"{_schema.REPAIR_RECORDS}/{repair.run}/manifest.json"),)
        if repair.running:
            yield Hit(f"{what} is at work now ({repair.state})", evidence, Effect.INFO)
        else:
            yield Hit(f"{what} was interrupted in state {repair.state}{_since(node, repair)}", evidence)


def _since(node: Snapshot, repair: UnfinishedRepair) -> str:
    begun = repair.created_at
    ago = f", begun {_quote.age((node.captured_at - begun).total_seconds())} ago" if begun else ""
    known = _NEXT.get(repair.state, "the node may be half changed")
    return f"{ago}: {known}"
