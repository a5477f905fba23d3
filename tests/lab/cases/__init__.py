# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to break a lab host: one YAML file each.

id, title     what is broken, in one sentence
break         shell lines for the node, run as root, each with `sh -eu`
control_plane shell lines for the control plane host
undo          shell lines before healing, for what making the host anew does not undo
settle        seconds until the fault can be seen in full (default 6)
variables     what the user's inventory says of the node, for a diagnosis and a repair
expect        verdicts: any is right; roots: one entry per root cause, each a list of ids of which one must be named;
              may_also_be_roots, root_or_risk as in tests/corpus/README.md; facts: some facts of the result
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.shell import LabError

_HERE = Path(__file__).parent
_KEYS = {"id", "title", "break", "control_plane", "undo", "settle", "variables", "expect"}


@dataclass(frozen=True)
class Case:
    """One way to break a host."""

    id: str
    title: str
    node_steps: list[str]
    controlplane_steps: list[str]
    undo_steps: list[str]
    settle_seconds: int
    variables: dict[str, Any] = field(default_factory=dict)
    expect: dict[str, Any] = field(default_factory=dict)


def names() -> list[str]:
    """All case ids, sorted."""
    return sorted(path.stem for path in _HERE.glob("*.yml"))


def load(case_id: str) -> Case:
    """Read one case. Raises LabError when there is no such case or its file is wrong."""
    if case_id not in names():
        raise LabError(f"there is no case {case_id!r}; the cases are: {', '.join(names())}")
    document = _yaml().safe_load((_HERE / f"{case_id}.yml").read_text(encoding="utf-8"))
    unknown = set(document) - _KEYS
    if unknown or document.get("id") != case_id:
        raise LabError(f"case {case_id}: unknown keys {sorted(unknown)} or an id that is not the file's name")
    return Case(
        id=case_id,
        title=document["title"],
        node_steps=document.get("break", []),
        controlplane_steps=document.get("control_plane", []),
        undo_steps=document.get("undo", []),
        settle_seconds=document.get("settle", 6),
        variables=document.get("variables", {}),
        expect=document["expect"],
    )


def _yaml() -> Any:
    """PyYAML: this Python's own, else the pure Python half of the one in the project's environment."""
    try:
        import yaml  # noqa: PLC0415 -- may be missing
    except ImportError:
        environment = _HERE.parents[2] / ".venv/lib"
        sys.path += [str(path) for path in environment.glob("python3*/site-packages")]
        import yaml  # noqa: PLC0415
    return yaml
