# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One value of a node changed where it is written: fields of KubeletConfiguration, and flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .._expected.baseline import keys
from .._expected.defaults import FLAGS
from .._expected.matchers import value_text
from .._model.common import Field
from .._model.plan import Splice, Step
from .._model.service import Flag
from .actions_config import attempt, bare, reload_for, word_of
from .context import Context, UnavailableError, Wanted, edit
from .text_edit import line_at, remove_word, replace_word
from .yaml_edit import Path, add_field, remove_field, set_list, set_map, set_scalar

# A restart alone does not do it: pods or a state file depend on the old value.
DRAIN = (
    "cgroupDriver",
    "cpuManagerPolicy",
    "memoryManagerPolicy",
    "containerRuntimeEndpoint",
    "topologyManagerPolicy",
)
_KUBEADM = "KUBELET_KUBEADM_ARGS"


@dataclass(frozen=True)
class Change:
    """One edit: file, span, what it does in words, and the steps that must follow."""

    path: str
    splice: Splice
    text: str
    after: tuple[Step, ...] = ()


def steps_of(at: Context, changes: Sequence[Change]) -> list[Step]:
    """One edit for each file, then what must follow, once."""
    by_file: dict[str, list[Splice]] = defaultdict(list)
    for change in changes:
        by_file[change.path].append(change.splice)
    steps = [edit(at.file(path), *splices) for path, splices in by_file.items()]
    for change in changes:
        steps += [step for step in change.after if step not in steps]
    return steps


def change_field(at: Context, path: str, wanted: Wanted) -> Change:
    """Change, add or remove what sets a field (``config.maxPods``): its flag, which wins, or the field."""
    flag = at.node.command_line.flag(FLAGS.get(path.removeprefix("config."), ""))
    return written(at, flag, wanted) if flag is not None else write_field(at, path, wanted)


def write_field(at: Context, path: str, wanted: Wanted) -> Change:
    """Change, add or remove a field where it is written."""
    name = path.removeprefix("config.")
    where, found = keys(path)[1:], at.node.config.get(name)
    fact = at.file(found.place.path if found else at.node.config.path)
    content, value = fact.content or "", wanted.value
    if value is None:
        gone = _with_empty_parents(at, where)
        splice = attempt(lambda: remove_field(content, gone))
        text = f"remove {'.'.join(gone)} ({wanted.source})"
        return Change(fact.path, splice, f"{found.place if found else fact.path}: {text}")
    if found is None:
        splice = attempt(lambda: add_field(content, where, value))
    else:
        splice = attempt(lambda: _replaced(content, where, found, value))
    text = f"{found.place if found else fact.path}: {name}: {value_text(value)} ({wanted.source})"
    return Change(fact.path, splice, text)


def _replaced(content: str, path: Path, found: Field, value: Any) -> Splice:
    """The edit that fits what stands there and what should."""
    if isinstance(value, dict):
        return set_map(content, path, value)
    return (set_list if isinstance(value, list) and isinstance(found.value, list) else set_scalar)(content, path, value)


def _with_empty_parents(at: Context, path: tuple[str, ...]) -> tuple[str, ...]:
    """The path of what goes with a field: mappings that have nothing else."""
    while len(path) > 1:
        parent = at.node.config.value(".".join(path[:-1]))
        if not isinstance(parent, dict) or len(parent) > 1:
            break
        path = path[:-1]
    return path


def change_flag(at: Context, path: str, wanted: Wanted) -> Change:
    """Change a flag (``flags.max-pods``) where it is given; one that is missing is added to kubeadm's own flags."""
    name = path.removeprefix("flags.")
    flag = at.node.command_line.flag(name)
    if flag is not None:
        return written(at, flag, wanted)
    variables = (file.variables.get(_KUBEADM) for file in at.node.environment_files)
    place = next((found[1] for found in variables if found), None)
    if place is None or wanted.value is None:
        raise UnavailableError(f"--{name} can only be added to {_KUBEADM}, which this node does not have")
    fact = at.file(place.path)
    start, line = line_at(fact.content or "", place.line)
    if not line.endswith('"') or line.count('"') != 2:
        raise UnavailableError(f"{place} must hold {_KUBEADM} in one pair of double quotes")
    word = f"--{name}" if wanted.value is True else f"--{name}={bare(wanted)}"
    at_end = start + len(line.encode()) - 1
    lead = "" if line.endswith('=""') else " "
    return Change(fact.path, Splice(at_end, at_end, lead + word), f"{place}: add {word} ({wanted.source})")


def written(at: Context, flag: Flag, wanted: Wanted) -> Change:
    """Change or remove a flag on the line that gives it."""
    fact = at.file(flag.place.path)
    content, old = fact.content or "", word_of(flag)
    if wanted.value is None:
        splice, text = remove_word(content, flag.place.line, old), f"remove {old}"
    else:
        items = [str(item) for item in wanted.value] if isinstance(wanted.value, list) else []
        value = bare(Wanted(",".join(items), wanted.source)) if items else bare(wanted)
        new = f"--{flag.name}" if wanted.value is True and flag.value is None else f"--{flag.name}={value}"
        splice, text = replace_word(content, flag.place.line, old, new), new
    return Change(fact.path, splice, f"{flag.place}: {text} ({wanted.source})", reload_for(at, flag))
