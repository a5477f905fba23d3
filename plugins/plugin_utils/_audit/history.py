# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs that are kept: their file names, what is read of them again, which of them go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from sys import intern
from typing import Any

from .compare import FORMAT, VERDICTS, Past

_NAME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.json\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
_FORM = "%Y-%m-%dT%H:%M:%SZ"
# As a run's file begins; what begins otherwise is not ours to remove.
BEGINNING = f'{{"format":"{FORMAT}"'

# What is used of a run again.
_NODE = frozenset(
    {
        *("host", "node_name", "at", "verdict", "since", "was", "reachable", "summary"),
        *("findings", "unknowns", "certificates", "versions"),
    }
)
_FINDING = frozenset(("id", "kind", "severity", "summary", "since", "new", "confirmed", "remedy", "repair", "sources"))


def moment(time: datetime) -> str:
    """A time (UTC) as runs have it."""
    return time.strftime(_FORM)


def file_name(at: str) -> str:
    """``2026-11-24T03:00:00Z`` -> ``20261124T030000Z.json``."""
    return re.sub("[-:]", "", at) + ".json"


def time_of(name: str) -> str:
    """The time that is a run's file name; empty for another name."""
    found = _NAME.match(name)
    return "{}-{}-{}T{}:{}:{}Z".format(*found.groups()) if found else ""


def free(now: datetime, names: Iterable[str]) -> str:
    """The time of a run that begins now, or the first second after it whose name is free."""
    taken = set(names)
    while file_name(moment(now)) in taken:
        now += timedelta(seconds=1)
    return moment(now)


def earlier(names: Iterable[str], at: str) -> list[str]:
    """Names of runs before this time, the newest first."""
    return sorted((name for name in names if "" < time_of(name) < at), reverse=True)


def surplus(names: Iterable[str], keep: int, at: str) -> list[str]:
    """Names of the oldest runs beyond ``keep`` (0 keeps all); never the run of this time."""
    runs = sorted(name for name in names if time_of(name))
    return [name for name in runs[: max(0, len(runs) - keep)] if name != file_name(at)] if keep else []


def valid(run: Any) -> bool:
    """True for a run that can be built on, whoever has had the file in hand."""
    try:
        return (
            run["format"] == FORMAT
            and run.keys() >= {"limited", "counts"}
            and isinstance(run["version"], str)
            and all(node.keys() >= _NODE and node["verdict"] in VERDICTS for node in run["nodes"])
            and all(_MOMENT.match(each["at"]) for each in (run, *run["nodes"]))
            and all(_MOMENT.match(node["since"]) for node in run["nodes"])
            and all(_MOMENT.match(each["not_after"]) for node in run["nodes"] for each in node["certificates"])
            and all(each.keys() >= _FINDING for node in run["nodes"] for each in node["findings"])
            and all(cause.keys() >= {"id", "endpoint", "since"} for cause in run["fleet"])
        )
    except (AttributeError, KeyError, TypeError):  # not of this form
        return False


def past(run: Mapping[str, Any]) -> Past:
    """A run in short, of the nodes that were in it."""
    here = [node for node in run["nodes"] if node["at"] == run["at"]]
    verdicts = {intern(str(node["host"])): intern(str(node["verdict"])) for node in here}
    return {"at": run["at"], "limited": run["limited"], "counts": run["counts"], "verdicts": verdicts}


def left_alone(names: Sequence[str]) -> list[str]:
    """A sentence on files that are no runs, none where there are none."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return [f"left alone among the runs, for they are none: {', '.join(names[:3])}{more}"] if names else []
