# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan as it comes from the controller, checked before anything is believed.

A plan is refused as a whole when any part of it is not understood. The format is described in docs/repair-record.md.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError

FORMAT = "node-repair/1"
VERBS = ("unmask", "enable", "start", "restart", "reset-failed", "daemon-reload")

_RUN = re.compile(r"[0-9A-Za-z][\w.-]{0,63}")
_UNIT = re.compile(r"[\w:.@\\][\w:.@\\-]{0,254}")
_SYSCTL = re.compile(r"[a-z0-9_]+(?:[./][\w-]+)+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MODE = re.compile(r"0?[0-7]{3,4}")
_NUMBER = re.compile(r"\d{1,9}")
_ABSOLUTE = re.compile(r"/(?!.*(?:/\.{1,2}(?:/|$)|//|\x00)).*[^/]", re.DOTALL)
_LINE = re.compile(r"[^\x00\r\n]{1,1024}")
_HEALTHZ = re.compile(r"http://(?P<host>\[[0-9a-fA-F:]+\]|[\w.-]+)(?::(?P<port>\d{1,5}))?(?P<path>/[\x21-\x7e]*)")
MAX_STEPS = 100
_TEXT_LIMIT = 1024 * 1024
_WORD: t.Mapping[str, re.Pattern[str]] = {
    "path": _ABSOLUTE,
    "source": _ABSOLUTE,
    "sha256": _SHA256,
    "mode": _MODE,
    "uid": _NUMBER,
    "gid": _NUMBER,
    "target": _LINE,
    "unit": _UNIT,
    "name": _SYSCTL,
    "value": _LINE,
    "verb": re.compile("|".join(VERBS)),
    "size": re.compile(r"[1-9]\d{0,5}[MG]"),
    "endpoint": re.compile(r"unix:///[\w./@-]{1,200}"),
}
# The words that a step of each kind must have; edits and content are checked apart.
_KINDS: t.Mapping[str, tuple[str, ...]] = {
    "edit": ("path", "sha256"),
    "create": ("path", "mode"),
    "client_certificate": ("path",),
    "attributes": ("path", "mode", "uid", "gid"),
    "copy": ("path", "source", "sha256"),
    "directory": ("path", "mode"),
    "link": ("path", "target"),
    "replace_by_link": ("path", "target", "sha256"),
    "move_aside": ("path", "sha256"),
    "unit": ("verb", "unit"),
    "sysctl": ("name", "value"),
    "swapoff": (),
    "vacuum_journal": ("size", "path"),
    "prune_images": ("endpoint", "path"),
}


@dataclass(frozen=True)
class Splice:
    """New text for the bytes from start to end (exclusive) of a file as it was diagnosed."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Step:
    """One thing to do, as part of an action. `words` are its plain values by key."""

    action: str
    kind: str
    words: t.Mapping[str, str]
    edits: tuple[Splice, ...] = ()
    content: str = ""

    @property
    def path(self) -> str:
        """The path that the step is about; empty where it is about none."""
        return self.words.get("path", "")


@dataclass(frozen=True)
class Verify:
    """What must hold after the repair: the unit up with one main process for stable_seconds, and healthz ok.

    hold: when it does not, nothing is rolled back yet; who asked looks at the node and decides.
    """

    stable_seconds: float = 20
    timeout: float = 90
    healthz: str = ""
    hold: bool = False

    def to_dict(self) -> dict[str, t.Any]:
        """For the record."""
        return {
            "stable_seconds": self.stable_seconds,
            "timeout": self.timeout,
            "healthz": self.healthz or None,
            "hold": self.hold,
        }


@dataclass(frozen=True)
class Plan:
    """A whole plan. `about` and `actions` are carried into the record for people, unjudged."""

    run: str
    unit: str
    restart: bool
    verify: Verify
    steps: tuple[Step, ...]
    findings: tuple[str, ...]
    about: t.Mapping[str, str]
    actions: tuple[t.Mapping[str, str], ...]


def parse(data: t.Any) -> Plan:
    """The plan of a JSON object.

    :raises RefusedError: it has another format, or a part of it cannot be used
    """
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise RefusedError(f"This is no plan in the format {FORMAT}.")
    actions = data.get("actions")
    if not isinstance(actions, list) or not all(isinstance(action, dict) for action in actions):
        raise RefusedError("The plan has no list of actions.")
    steps = [step for action in actions for step in _steps(action)]
    if len(steps) > MAX_STEPS:
        raise RefusedError(f"The plan has {len(steps)} steps, more than the {MAX_STEPS} that are allowed.")
    return Plan(
        run=run_id(data.get("run")),
        unit=unit_name(data.get("unit")),
        restart=bool(data.get("restart")),
        verify=verification(data.get("verify") or {}),
        steps=tuple(steps),
        findings=tuple(dict.fromkeys(str(action["finding"]) for action in actions if action.get("finding"))),
        about={key: str(data.get(key, ""))[:1024] for key in ("host", "diagnosed_at", "reason")},
        actions=tuple(
            {key: str(action.get(key, ""))[:1024] for key in ("id", "finding", "class", "summary")}
            for action in actions
        ),
    )


def run_id(value: t.Any) -> str:
    """A run id, which is also the name of a directory.

    :raises RefusedError: it is none
    """
    return _matching(_RUN, value, "run")


def unit_name(value: t.Any) -> str:
    """The name of a unit with its suffix.

    :raises RefusedError: it is none
    """
    name = _matching(_UNIT, value, "unit")
    return name if "." in name.rpartition("@")[2] else f"{name}.service"


def verification(data: t.Any) -> Verify:
    """What to verify.

    :raises RefusedError: a limit is no number or out of range, or healthz no http URL
    """
    if not isinstance(data, dict):
        raise RefusedError("verify of the plan is no mapping.")
    healthz = data.get("healthz") or ""
    if healthz:
        split_url(healthz)
    stable, timeout = _seconds(data, "stable_seconds", 20, 600), _seconds(data, "timeout", 90, 1200)
    return Verify(stable, max(timeout, stable + 5), healthz, bool(data.get("hold")))


def split_url(url: t.Any) -> tuple[str, int, str]:
    """Host, port and path of a plain http URL.

    :raises RefusedError: it is none
    """
    match = _HEALTHZ.fullmatch(url) if isinstance(url, str) else None
    port = int(match.group("port") or 80) if match else 0
    if match is None or not 0 < port < 65536:
        raise RefusedError(f"healthz {url!r} is no URL such as http://127.0.0.1:10248/healthz.")
    return match.group("host").strip("[]"), port, match.group("path")


def splices(data: t.Any, where: str) -> tuple[Splice, ...]:
    """Edits of a file, ascending and not overlapping.

    :raises RefusedError: they are not
    """
    if not isinstance(data, list) or not data or len(data) > MAX_STEPS:
        raise RefusedError(f"{where}: edits must be a list of 1 to {MAX_STEPS} spans.")
    found: list[Splice] = []
    for item in data:
        if not isinstance(item, dict) or not {"start", "end", "text"} <= set(item):
            raise RefusedError(f"{where}: an edit needs start, end and text.")
        start, end, text = item["start"], item["end"], item["text"]
        numbers = all(isinstance(value, int) and not isinstance(value, bool) for value in (start, end))
        if not numbers or not isinstance(text, str) or len(text) > _TEXT_LIMIT or not 0 <= start <= end:
            raise RefusedError(f"{where}: an edit needs byte offsets 0 <= start <= end, and text of at most 1 MiB.")
        found.append(Splice(start, end, text))
    return tuple(found)


def _steps(action: t.Mapping[str, t.Any]) -> t.Iterator[Step]:
    steps = action.get("steps", [])
    name = str(action.get("id", ""))
    if not isinstance(steps, list):
        raise RefusedError(f"The steps of action {name} are no list.")
    for data in steps:
        kind = str(data.get("kind")) if isinstance(data, dict) else ""
        if kind not in _KINDS:
            raise RefusedError(f"Action {name} has a step of kind {kind!r}, which this version does not know.")
        where = f"{kind} step of action {name}"
        words = {key: _matching(_WORD[key], data.get(key), f"{key} of the {where}") for key in _KINDS[kind]}
        content = data.get("content", "")
        needed = kind in ("create", "client_certificate")
        if not isinstance(content, str) or len(content) > _TEXT_LIMIT or (needed and "content" not in data):
            raise RefusedError(f"The {where} needs content, a text of at most 1 MiB.")
        if "unit" in words:
            words["unit"] = unit_name(words["unit"])
        yield Step(name, kind, words, splices(data.get("edits"), where) if kind == "edit" else (), content)


def _matching(pattern: re.Pattern[str], value: t.Any, name: str) -> str:
    if isinstance(value, str) and pattern.fullmatch(value):
        return value
    raise RefusedError(f"The plan cannot be used: {name} is {str(value)[:100]!r}.")


def _seconds(data: t.Mapping[str, t.Any], key: str, default: float, highest: float) -> float:
    value = data.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= highest:
        raise RefusedError(f"{key} of verify is {value!r}, but must be a number of seconds from 0 to {highest:g}.")
    return float(value)
