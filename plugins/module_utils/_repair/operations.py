# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repair is made of: changes of paths, and acts that are asked of systemd, the kernel and other programs."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import paths, splice, units

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.paths import PathState
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Splice

PLANNED, CHANGED, ALREADY, UNDONE = "planned", "changed", "already", "undone"


@dataclass
class Change:
    """A path that gets another content. There is one for each path, however many steps edit it."""

    action: str
    kind: str
    path: str
    old: PathState
    new: PathState
    old_data: bytes = b""
    data: bytes = b""
    edits: tuple[Splice, ...] = ()
    status: str = PLANNED

    @property
    def target(self) -> str:
        """What it is about, for people."""
        return self.path

    def figures(self) -> dict[str, t.Any]:
        """None: its differences say more."""
        return {}

    def entry(self, number: int) -> dict[str, t.Any]:
        """For the record. The number names its backup."""
        return {
            "action": self.action,
            "kind": self.kind,
            "path": self.path,
            "before": self.old.to_dict(),
            "after": self.new.to_dict(),
            "backup": str(number) if self.old.type == paths.FILE else None,
            "edits": splice.digest(self.edits) if self.edits else None,
        }


@dataclass
class Act:
    """Something asked of systemd, the kernel or another program. before: the value or the swap devices before it;
    of what makes room, before and after are what was available."""

    action: str
    kind: str
    words: t.Mapping[str, str]
    before: t.Any = None
    status: str = PLANNED
    after: t.Any = None

    @property
    def target(self) -> str:
        """What it is about, for people."""
        words = self.words
        return " ".join(words[key] for key in ("verb", "unit", "name", "value", "size", "path", "mode") if key in words)

    def entry(self) -> dict[str, t.Any]:
        """For the record."""
        return {"action": self.action, "kind": self.kind, **self.words, "before": self.before, "after": self.after}

    def figures(self) -> dict[str, t.Any]:
        """For the result: before and after of what makes room; nothing for any other act."""
        return {"before": self.before, "after": self.after} if self.after else {}


@dataclass
class Prepared:
    """Operations in order, and the units as they were found."""

    operations: list[Change | Act] = field(default_factory=list)
    units: dict[str, units.State] = field(default_factory=dict)

    @property
    def changes(self) -> list[Change]:
        """Those of paths."""
        return [item for item in self.operations if isinstance(item, Change)]

    @property
    def acts(self) -> list[Act]:
        """Those of systemd and the kernel."""
        return [item for item in self.operations if isinstance(item, Act)]

    @property
    def idle(self) -> bool:
        """Whether there were steps, and each of them is done already."""
        return bool(self.operations) and all(item.status == ALREADY for item in self.operations)

    def steps(self) -> list[dict[str, t.Any]]:
        """What became of each, for the result."""
        return [
            {
                "action": item.action,
                "kind": item.kind,
                "target": item.target,
                "status": item.status,
                **item.figures(),
            }
            for item in self.operations
        ]

    def differences(self) -> list[dict[str, str]]:
        """Each changed path before and after, masked, as Ansible shows it."""
        return [
            splice.difference(item.path, paths.shown(item.old, item.old_data), paths.shown(item.new, item.data))
            for item in self.changes
            if item.status != ALREADY
        ]
