# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions that give a node its expected values: fields of the configuration, flags, owner and mode of files.

What the user declared is safe, what others expect needs approval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .._expected.defaults import FLAGS
from .._expected.matchers import value_text
from .._model.expected import Difference
from .._model.plan import NEEDS_APPROVAL, SAFE, Action, Splice, Step
from .._model.service import Flag
from .actions_config import attempt, bare, reload_for, word_of
from .context import Context, UnavailableError, Wanted, edit
from .text_edit import line_at, remove_word, replace_word
from .yaml_edit import add_field, remove_field, set_list, set_scalar

# A restart alone does not do it: pods or a state file depend on the old value.
_DRAIN = (
    "cgroupDriver",
    "cpuManagerPolicy",
    "memoryManagerPolicy",
    "containerRuntimeEndpoint",
    "topologyManagerPolicy",
)
_KUBEADM = "KUBELET_KUBEADM_ARGS"
_ATTRIBUTES = ("owner", "group", "mode")


@dataclass(frozen=True)
class Change:
    """One edit: file, span, what it does in words, and the steps that must follow."""

    path: str
    splice: Splice
    text: str
    after: tuple[Step, ...] = ()


Changer = Callable[[Context, Difference, Wanted], Change]


def set_expected_config(at: Context) -> Action:
    """Set or remove fields of KubeletConfiguration where they are written, or the flags that win over them."""
    return _action(at, "set-expected-config", _of_group(at, "config"), _field)


def set_expected_flag(at: Context) -> Action:
    """Set, add or remove flags in the files that give them."""
    return _action(at, "set-expected-flag", _of_group(at, "flags"), _flag)


def set_expected_file(at: Context) -> Action:
    """Give files their expected owner, group and mode; their content stays. A lost directory of static pods is made."""
    if lost := _static_pod_path(at):
        return _directory(at, *lost)
    attributes: dict[str, dict[str, Wanted]] = defaultdict(dict)
    for difference in _of_group(at, "files"):
        path, _dot, name = difference.path.removeprefix("files.").rpartition(".")
        wanted = at.wanted(difference.path)
        if name in _ATTRIBUTES and wanted is not None and wanted.value is not None:
            attributes[path][name] = wanted
    if not attributes:
        raise UnavailableError(
            "only owner, group and mode are set, to a value that is expected: the rest is for a person"
        )
    steps = tuple(_attributes(at, path, wanted) for path, wanted in sorted(attributes.items()))
    text = ", ".join(
        f"{path}: {name} {value.value} ({value.source})"
        for path, wanted in sorted(attributes.items())
        for name, value in sorted(wanted.items())
    )
    declared = all(value.declared for wanted in attributes.values() for value in wanted.values())
    pods = "none: the kubelet is not restarted"
    way_back = "owner and mode are put back"
    return at.action(
        "set-expected-file",
        SAFE if declared else NEEDS_APPROVAL,
        text,
        *steps,
        pods=pods,
        way_back=way_back,
        restart=False,
    )


def _static_pod_path(at: Context) -> tuple[str, Wanted] | None:
    """The directory of static pods, where it is expected and not there."""
    path = str(at.node.value("staticPodPath", "", "pod-manifest-path"))
    wanted = at.wanted(f"files.{path}.type")
    lost = path.startswith("/") and at.node.file(path).absent and wanted is not None and wanted.value == "directory"
    return (path, wanted) if lost and wanted is not None else None


def _directory(at: Context, path: str, wanted: Wanted) -> Action:
    """Make a directory that the kubelet looks for by itself, again and again."""
    return at.action(
        "create-static-pod-path",
        SAFE if wanted.declared else NEEDS_APPROVAL,
        f"create {path} ({wanted.source})",
        Step("directory", {"path": path, "mode": "0755"}),
        pods="none: the kubelet is not restarted",
        way_back="the directory is removed",
        restart=False,
    )


def _of_group(at: Context, group: str) -> list[Difference]:
    """The differences of this finding."""
    return [each for each in at.differences if each.path.startswith(f"{group}.") and not each.expected.id]


def _action(at: Context, name: str, differences: Sequence[Difference], change: Changer) -> Action:
    """One action for the differences that the user declared; where there is none, for the others. What is left comes
    with the next round."""
    changes: dict[bool, list[Change]] = {True: [], False: []}
    for difference in differences:
        wanted = at.wanted(difference.path)
        if wanted is None:
            raise UnavailableError(f"one value must be expected of {difference.path}, not a choice of them")
        safe = wanted.declared and difference.path.removeprefix("config.") not in _DRAIN
        changes[safe].append(change(at, difference, wanted))
    found = changes[True] or changes[False]
    if not found:
        raise UnavailableError("the values that differ must be known")
    text = ", ".join(one.text for one in found)
    return at.action(name, SAFE if changes[True] else NEEDS_APPROVAL, text, *_steps(at, found))


def _steps(at: Context, changes: Sequence[Change]) -> list[Step]:
    """One edit for each file, then what must follow, once."""
    by_file: dict[str, list[Splice]] = defaultdict(list)
    for change in changes:
        by_file[change.path].append(change.splice)
    steps = [edit(at.file(path), *splices) for path, splices in by_file.items()]
    for change in changes:
        steps += [step for step in change.after if step not in steps]
    return steps


def _field(at: Context, difference: Difference, wanted: Wanted) -> Change:
    """Change a field where it is written; its flag, where there is one, wins."""
    name = difference.path.removeprefix("config.")
    flag = at.node.command_line.flag(FLAGS.get(name, ""))
    if flag is not None:
        return _written(at, flag, wanted)
    path, found = tuple(name.split(".")), at.node.config.get(name)
    fact = at.file(found.place.path if found else at.node.config.path)
    content = fact.content or ""
    value = wanted.value
    if value is None:
        splice = attempt(lambda: remove_field(content, path))
        return Change(fact.path, splice, f"{found.place if found else fact.path}: remove {name}")
    if found is None:
        splice = attempt(lambda: add_field(content, path, value))
    elif isinstance(value, list):
        splice = attempt(lambda: set_list(content, path, value))
    else:
        splice = attempt(lambda: set_scalar(content, path, value))
    text = f"{found.place if found else fact.path}: {name}: {value_text(value)} ({wanted.source})"
    return Change(fact.path, splice, text)


def _flag(at: Context, difference: Difference, wanted: Wanted) -> Change:
    """Change a flag where it is given; one that is missing is added to kubeadm's own flags."""
    name = difference.path.removeprefix("flags.")
    flag = at.node.command_line.flag(name)
    if flag is not None:
        return _written(at, flag, wanted)
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


def _written(at: Context, flag: Flag, wanted: Wanted) -> Change:
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


def _attributes(at: Context, path: str, wanted: dict[str, Wanted]) -> Step:
    """The step that sets them; what is not expected stays as it is."""
    fact = at.node.file(path)
    if fact.type != "file" or fact.mode is None or fact.uid is None or fact.gid is None:
        raise UnavailableError(f"{path} must be a regular file whose owner and mode are known")
    values = {"mode": fact.mode, "uid": str(fact.uid), "gid": str(fact.gid)}
    for name, value in wanted.items():
        key = {"owner": "uid", "group": "gid"}.get(name, name)
        values[key] = "0" if value.value == "root" else str(value.value)
    if not values["uid"].isdigit() or not values["gid"].isdigit():
        raise UnavailableError(f"owner and group of {path} must be root or a number")
    return Step("attributes", {"path": path, **values})
