# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repair asks of systemd, and how a unit is put back as it was found."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.units import parse_show
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import NotEndedError, StepError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import SYSTEMCTL_SECONDS, failure

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

State = t.Dict[str, str]  # noqa: UP006 - evaluated at run time, also by Python 3.9

# Also in the order in which they are shown.
PROPERTIES = (
    "LoadState", "UnitFileState", "ActiveState", "SubState", "MainPID", "NRestarts", "InvocationID", "Result",
    "ExecMainStatus", "NeedDaemonReload",
)  # fmt: skip
_RUNNING = ("active", "activating", "reloading", "deactivating")
_ENABLED = ("enabled", "enabled-runtime", "alias", "static", "indirect", "generated", "linked", "linked-runtime")
_BELOW_MASK = "BelowMask"  # ours: systemd does not tell
_QUERY_SECONDS = 10.0


def state(system: System, unit: str) -> State:
    """Properties of a unit.

    :raises StepError: systemd does not answer
    """
    argv = ["systemctl", "show", "--no-pager", f"--property={','.join(PROPERTIES)}", "--", unit]
    result = system.run(argv, _QUERY_SECONDS)
    problem = failure(result)
    if problem:
        raise StepError(f"systemctl show {unit}: {problem}")
    shown = parse_show(result.out)
    return {key: shown[key] for key in PROPERTIES if key in shown}


def found(system: System, unit: str) -> State:
    """A unit as a repair finds it: its properties, and for a masked one whether it is enabled below its mask.

    :raises StepError: systemd does not answer
    """
    properties = state(system, unit)
    if masked(properties):
        links = Path(f"{system.root}/etc/systemd/system").glob(f"*.*/{unit}")
        enabled = any(link.is_symlink() and link.parent.suffix in (".wants", ".requires") for link in links)
        properties[_BELOW_MASK] = "enabled" if enabled else "disabled"
    return properties


def running(seen: State) -> bool:
    """Whether systemd runs the unit or is about to, a crash loop included."""
    return seen.get("ActiveState") in _RUNNING


def masked(seen: State) -> bool:
    """Whether the unit is masked, for ever or until the next boot."""
    return seen.get("UnitFileState", "").startswith("masked") or seen.get("LoadState") == "masked"


def done_already(verb: str, seen: State) -> bool:
    """Whether a verb would change nothing; restart and daemon-reload are judged by what happened before them."""
    if verb == "unmask":
        return not masked(seen)
    if verb == "enable":
        return seen.get("UnitFileState") in _ENABLED
    if verb == "start":
        return seen.get("ActiveState") in ("active", "reloading")
    return verb == "reset-failed" and seen.get("ActiveState") != "failed"


def ask(system: System, verb: str, unit: str) -> None:
    """Runs `systemctl VERB UNIT` and waits until it has ended.

    :raises NotEndedError: it does not end within two minutes
    :raises StepError: systemd refuses
    """
    argv = ["systemctl", "--no-ask-password", *verb.split()]
    if verb != "daemon-reload":
        argv += ["--", unit]
    result = system.run(argv, SYSTEMCTL_SECONDS)
    problem = failure(result)
    if problem:
        error = NotEndedError if result.status == _schema.TIMEOUT else StepError
        raise error(f"{' '.join(argv)}: {problem}")
    system.mark(f"{verb} {unit}")


def unmask(system: System, unit: str) -> None:
    """Takes every mask from a unit: systemctl leaves the one until the next boot unless it is named.

    :raises StepError: systemd refuses
    """
    ask(system, "unmask", unit)
    if masked(state(system, unit)):
        ask(system, "unmask --runtime", unit)


def start_again(system: System, unit: str, wait: bool = True) -> None:
    """Restarts a unit, or starts it; a start limit that it has hit does not stand in the way.

    :param wait: for the end of the start; not for a unit that is not expected to come up

    :raises StepError: systemd refuses
    """
    if state(system, unit).get("ActiveState") == "failed":
        ask(system, "reset-failed", unit)
    ask(system, "restart" if wait else "restart --no-block", unit)


def put_back(system: System, unit: str, before: State, verbs: t.Collection[str]) -> list[str]:
    """Puts a unit back as it was found: running or not, enabled or not, masked or not.

    :param verbs: what the run may have asked of it; states that none of these changes are left alone
    :returns: sentences about what could not be put back
    """
    try:
        wanted = _way_back(before, state(system, unit), verbs)
    except StepError as exc:
        return [f"{exc}."]
    return [problem for problem in (_try(system, verb, unit, before) for verb in wanted) if problem]


def _way_back(before: State, now: State, verbs: t.Collection[str]) -> t.Iterator[str]:
    """Verbs that lead from the present state of a unit to the earlier one."""
    if {"start", "restart"} & set(verbs):
        if not running(before) and running(now):
            yield "stop"
        elif running(before) and not masked(now) and before.get("InvocationID") != now.get("InvocationID"):
            yield "restart"
    was_disabled = before.get("UnitFileState") == "disabled" or before.get(_BELOW_MASK) == "disabled"
    if "enable" in verbs and was_disabled and now.get("UnitFileState") == "enabled":
        yield "disable"
    if "unmask" in verbs and masked(before) and not masked(now):
        yield "mask --runtime" if before.get("UnitFileState") == "masked-runtime" else "mask"


def _try(system: System, verb: str, unit: str, before: State) -> str:
    """Asks systemd; a sentence if it refuses, for the rest is put back all the same."""
    try:
        if verb == "restart":
            start_again(system, unit, wait=before.get("ActiveState") == "active")
        else:
            ask(system, verb, unit)
    except StepError as exc:
        return f"{exc}."
    return ""
