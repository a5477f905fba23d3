# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions that give a node its expected values: fields of the configuration, flags, owner and mode of files.

What the user declared is safe, what others expect needs approval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from .._model.expected import Difference
from .._model.plan import NEEDS_APPROVAL, SAFE, Action, Step
from .changes import DRAIN, Change, change_field, change_flag, steps_of
from .context import Context, UnavailableError, Wanted

_ATTRIBUTES = ("owner", "group", "mode")


Changer = Callable[[Context, str, Wanted], Change]


def set_expected_config(at: Context) -> Action:
    """Set or remove fields of KubeletConfiguration where they are written, or the flags that win over them."""
    return _action(at, "set-expected-config", _of_group(at, "config"), change_field)


def set_expected_flag(at: Context) -> Action:
    """Set, add or remove flags in the files that give them."""
    return _action(at, "set-expected-flag", _of_group(at, "flags"), change_flag)


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
        safe = wanted.declared and difference.path.removeprefix("config.") not in DRAIN
        changes[safe].append(change(at, difference.path, wanted))
    found = changes[True] or changes[False]
    if not found:
        raise UnavailableError("the values that differ must be known")
    text = ", ".join(one.text for one in found)
    return at.action(name, SAFE if changes[True] else NEEDS_APPROVAL, text, *steps_of(at, found))


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
