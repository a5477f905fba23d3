# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's exceptions, ``kubelet_ignore``: findings and differences that are known and accepted until a date.

What makes a node down or degraded is never hidden. The day of a diagnosis is that of its evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from .._causes import CATALOGUE
from .._engine.verdict import cut
from .._model.cause import Cause
from .._model.expected import Difference
from .._model.finding import Evidence, Finding
from .declared import refuse
from .exceptions import ENDED, NOT_HIDDEN
from .form import FORM
from .ids import BY_ID
from .say import told
from .user_matchers import shown

Result = dict[str, Any]
NAME = "kubelet_ignore"
NEVER = "never"
KEYS = ("id", "path", "reason", "until")
EVIDENCE_LIMIT = 12
_LIMIT = 300
_WILD = "*?["
_HARMFUL = ("critical", "error")
_IDS = frozenset({*BY_ID, *(cause.id for cause in CATALOGUE)})


@dataclass(frozen=True)
class Exemption:
    """One exception. ``by`` is id or path, ``pattern`` a glob of it; ``until`` is the last day, or never."""

    by: str
    pattern: str
    reason: str
    until: str

    def to_dict(self) -> dict[str, str]:
        """JSON-ready; the arguments of the record."""
        return asdict(self)

    def covers(self, by: str, name: str) -> bool:
        """True when an id or a path is meant."""
        return self.by == by and fnmatchcase(name, self.pattern)

    def holds(self, day: str) -> bool:
        """True when it has not ended on a day, as ISO 8601."""
        return self.until == NEVER or day <= self.until


def check(entries: Sequence[Any]) -> None:
    """:raises ExpectedError: an entry of ``kubelet_ignore`` cannot be used"""
    refuse([said for number, entry in enumerate(entries, 1) for said in _problems(entry, f"{NAME} entry {number}")])


def exemptions(entries: Sequence[Mapping[str, Any]]) -> tuple[Exemption, ...]:
    """Of entries that :func:`check` has taken."""
    return tuple(
        Exemption(
            "id" if "id" in entry else "path",
            entry.get("id") or entry["path"],
            " ".join(entry["reason"].split()),
            str(entry["until"]),
        )
        for entry in entries
    )


def _problems(entry: Any, name: str) -> Iterator[str]:
    if not isinstance(entry, Mapping):
        yield f"{name} must be a mapping with id or path, reason and until, not {shown(entry)}"
        return
    for key in entry:
        if key not in KEYS:
            near = get_close_matches(str(key), KEYS, 1, 0.6)
            yield f"{name}: {key} is not known{_meant(near)}; known are {', '.join(KEYS)}"
    if ("id" in entry) == ("path" in entry):
        yield f"{name} must have either id or path"
    for key, problem in (("id", _id), ("path", _path), ("reason", _reason)):
        if key in entry or key == "reason":
            yield from (f"{name}: {key} {said}" for said in problem(entry.get(key)))
    if not _until(entry.get("until")):
        yield f'{name}: until must be the last day as YYYY-MM-DD, or "never", not {shown(entry.get("until"))}'


def _id(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or "/" not in value or len(value) > _LIMIT:
        yield f"must be an id or a glob of ids, such as expected/flag or hardening/*, not {shown(value)}"
    elif not any(sign in value for sign in _WILD) and value not in _IDS:
        near = get_close_matches(value, _IDS, 1, 0.85)  # others may be signatures of the user's
        if near:
            yield f"{value} is not known{_meant(near)}"


def _path(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not value or len(value) > _LIMIT:
        yield f"must be a path or a glob of paths, such as config.maxPods or files./etc/*, not {shown(value)}"
        return
    group = value.partition(".")[0]
    if group not in FORM.fields and not any(sign in group for sign in _WILD):
        near = get_close_matches(group, list(FORM.fields), 1, 0.6)
        yield f"{value} begins with {group}, which is no group{_meant(near)}; groups are {', '.join(FORM.fields)}"


def _reason(value: Any) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip():
        yield f"must say why this is accepted, not {shown(value)}"


def _until(value: Any) -> bool:
    try:
        return bool(value == NEVER or date.fromisoformat(value).isoformat() == value)
    except (TypeError, ValueError):
        return False


def _meant(near: Sequence[str]) -> str:
    return f" (did you mean {near[0]}?)" if near else ""


def split(
    differences: Iterable[Difference], exceptions: Sequence[Exemption], day: str
) -> tuple[list[Difference], list[tuple[Difference, Exemption]]]:
    """Differences that count, and those whose path is excepted on this day, with the exception."""
    kept: list[Difference] = []
    ignored: list[tuple[Difference, Exemption]] = []
    for difference in differences:
        found = _first(exceptions, "path", difference.path, day)
        if found is None:
            kept.append(difference)
        else:
            ignored.append((difference, found))
    return kept, ignored


def apply(
    result: Mapping[str, Any],
    exceptions: Sequence[Exemption],
    calm: str,
    ignored: Sequence[tuple[Difference, Exemption]] = (),
) -> Result:
    """The result without the risks that are excepted by id, which are under ``ignored`` then, and its verdict.

    ``calm`` is the verdict on this node when nothing is wrong with it (healthy, or unknown where its configuration
    could not be read); ``ignored`` are the differences that were left out already.
    """
    day = str(result["captured_at"])[:10]
    changed, out = dict(result), [_entry(rule, told(each), path=each.path) for each, rule in ignored]
    kept = []
    for finding in result["risks"]:
        rule = _first(exceptions, "id", finding["id"], day)
        if rule is None or finding["severity"] in _HARMFUL:
            kept.append(finding)
        else:
            out.append(_entry(rule, finding["summary"], id=finding["id"]))
    changed["ignored"] = out
    changed["risks"] = [*kept, *_about_exceptions({**result, "risks": kept}, exceptions, day)]
    if result["verdict"] == "at_risk" and len(kept) < len(result["risks"]):
        _judge_again(changed, calm)
    return changed


def excepted(name: str, exceptions: Sequence[Exemption], day: str) -> bool:
    """True when findings with an id are accepted on a day, as ISO 8601: nothing is done about them."""
    return _first(exceptions, "id", name, day) is not None


def _first(exceptions: Sequence[Exemption], by: str, name: str, day: str) -> Exemption | None:
    return next((each for each in exceptions if each.covers(by, name) and each.holds(day)), None)


def _entry(rule: Exemption, summary: str, **what: str) -> dict[str, str]:
    return {**what, "summary": summary, "rule": rule.pattern, "reason": rule.reason, "until": rule.until}


def _judge_again(result: Result, calm: str) -> None:
    """The verdict and the summary of a node that works, by the risks that are left."""
    left = [each for each in (*result["risks"], *result["consequences"]) if each["severity"] == "warning"]
    if left:
        result["summary"] = cut(f"works, but: {left[0]['summary']}")
        return
    result["verdict"] = calm
    state = str(result.get("facts", {}).get("state") or "works")
    result["summary"] = cut(state if calm == "healthy" else f"could not be judged ({state})")


def _about_exceptions(result: Result, exceptions: Sequence[Exemption], day: str) -> Iterator[dict[str, Any]]:
    """What the user has to know of exceptions: they ended although what they are about is still there, or they are
    about what is never hidden."""
    harmful = [
        each["id"]
        for part in ("root_causes", "consequences", "risks")
        for each in result[part]
        if each["severity"] in _HARMFUL
    ]
    present = {
        "id": [each["id"] for each in result["risks"]],
        "path": [each["path"] for each in result.get("differences", ())],
    }
    ended = [rule for rule in exceptions if not rule.holds(day) and _any(rule, present[rule.by])]
    refused = [rule for rule in exceptions if rule.holds(day) and rule.by == "id" and _any(rule, harmful)]
    if ended:
        first = ended[0]
        yield _finding(ENDED, f"the exception for {first.pattern} ended on {first.until} ({first.reason})", ended)
    if refused:
        first = refused[0]
        shown = [each for each in harmful if first.covers("id", each)]
        yield _finding(
            NOT_HIDDEN, f"{shown[0]} is shown although {NAME} has it ({first.reason}): it does harm now", refused
        )


def _any(rule: Exemption, names: Iterable[str]) -> bool:
    return any(rule.covers(rule.by, name) for name in names)


def _finding(cause: Cause, summary: str, rules: Sequence[Exemption]) -> dict[str, Any]:
    evidence = tuple(
        Evidence("expected", f"{rule.by} {rule.pattern}, until {rule.until}: {rule.reason}", NAME)
        for rule in rules[:12]
    )
    more = f" (and {len(rules) - 1} more like it)" if len(rules) > 1 else ""
    return Finding(cause.id, cause.title, cause.effect, summary + more, evidence, cause.remedy).to_dict()
