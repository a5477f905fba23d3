# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results as text for a person: one block per node that is not healthy, one line per healthy node."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._model.plan import NEVER
from .._plan.plan import OFFERED
from .words import log_line, plural, shorten, visible

Result = Mapping[str, Any]
Row = tuple[str, str]

VERDICTS = ("down", "degraded", "unknown", "at_risk", "healthy")
SOME = 3  # rows of one kind on the screen; the result file holds all
COMPARED = ("expected/", "hardening/", "exception/")  # findings that compare with expected values
NAMES = 20  # nodes that a fleet cause names on the screen
LABEL_WIDTH = 7
INDENT = 2 + LABEL_WIDTH

_STYLES = {"down": "1;31", "degraded": "1;31", "unknown": "1;35", "at_risk": "1;33", "healthy": "32"}
_STRONG = "1"
_DIM = "2"


def render(results: Sequence[Result], *, width: int, colour: bool) -> str:
    """All results, most severe first, without a line end after the last line.

    ``results`` are dictionaries as in result.schema.json, ``width`` is in columns, ``colour`` allows SGR escapes.
    Nothing in the results reaches the terminal as anything but text.
    """
    blocks: list[str] = []
    healthy: list[str] = []
    for result in sorted(results, key=rank):
        if result["verdict"] == "healthy":
            notes = _labelled(_note_rows(result), width, colour)
            healthy.append("\n".join([*_header(result, width, colour), *notes]))
        else:
            blocks.append("\n".join(_block(result, width, colour)))
    if healthy:
        blocks.append("\n".join(healthy))
    return "\n\n".join(blocks)


def closing_line(results: Sequence[Result], files: Sequence[str]) -> str:
    """``5 nodes: 1 down, 1 unknown, 3 healthy. Results: ./kubelet-results/worker-2.json`` (or their directory)."""
    verdicts = [result["verdict"] for result in results]
    numbers = [f"{verdicts.count(name)} {_word(name)}" for name in VERDICTS if name in verdicts]
    return f"{plural(len(results), 'node')}: {', '.join(numbers)}. Results: {visible(results_place(files))}"


def results_place(files: Sequence[str]) -> str:
    """The one file, or the directory of several."""
    return files[0] if len(files) == 1 else f"{files[0].rpartition('/')[0]}/" if files else "none"


def sentences(texts: Sequence[str], width: int) -> list[str]:
    """Sentences about a run as one block; none where there are none."""
    lines = [line for text in texts for line in _wrap(visible(text), width, "", "  ")]
    return ["\n".join(lines)] if lines else []


def rank(result: Result) -> tuple[int, list[tuple[int, str]]]:
    """Worst verdict first, then by name with numbers in their order (worker-2 before worker-10)."""
    pieces = re.findall(r"\d+|\D+", result["host"])
    return VERDICTS.index(result["verdict"]), [(int(p), "") if p.isdecimal() else (-1, p) for p in pieces]


def _word(verdict: str) -> str:
    return verdict.replace("_", " ")


def _header(result: Result, width: int, colour: bool) -> list[str]:
    """Host, verdict, and what the service does (or the summary, where no cause below carries it)."""
    host, verdict = visible(result["host"]), _word(result["verdict"]).upper()
    return _headed(host, verdict, _headline(result), width, _STYLES[result["verdict"]] if colour else "")


def _headed(host: str, word: str, text: str, width: int, style: str) -> list[str]:
    lines, head = _wrap(f"{host}  {word}  {visible(text)}", width, "", " " * INDENT), f"{host}  {word}"
    if style and lines[0].startswith(head):
        lines[0] = f"{_sgr(host, _STRONG)}  {_sgr(word, style)}{lines[0][len(head) :]}"
    return lines


def _headline(result: Result) -> str:
    """What the rows below the header do not say."""
    state, unknowns = result.get("facts", {}).get("state"), _gaps(result)
    if (result["root_causes"] or result.get("fleet_causes")) and state:
        return str(state)
    if result["verdict"] == "unknown" and unknowns:
        return "could not be judged"
    if result["verdict"] == "healthy":
        return str(result["summary"]) + _not_looked_at(result)
    return str(result["summary"])


def _not_looked_at(result: Result) -> str:
    """What a healthy node's line has to admit: parts that were not read, rules that broke."""
    gaps, broken = [gap["part"] for gap in _gaps(result)], [error["id"] for error in result.get("rule_errors", ())]
    words = [f"not looked at: {', '.join(gaps)}"] if gaps else []
    words += [f"rules that broke: {', '.join(broken[:SOME])}"] if broken else []
    return f"  ({'; '.join(words)})" if words else ""


def _block(result: Result, width: int, colour: bool) -> Iterator[str]:
    yield from _header(result, width, colour)
    yield from _labelled(_rows(result), width, colour)


def block(host: str, word: str, headline: str, rows: Iterable[Row], *, width: int, style: str) -> str:
    """A block in the form of a node's, with other words; ``style`` (an SGR code) colours it, empty does not."""
    return "\n".join([*_headed(visible(host), word, headline, width, style), *_labelled(rows, width, bool(style))])


def _labelled(rows: Iterable[Row], width: int, colour: bool) -> Iterator[str]:
    for label, text in rows:
        command = text.removeprefix("or  ").startswith("ansible-playbook ")
        # A command is one line, so that it can be copied.
        lines = [" " * INDENT + text] if command else _wrap(text, width, " " * INDENT, " " * INDENT)
        if label:
            shown = _sgr(label, _DIM) if colour else label
            lines[0] = f"  {shown}{' ' * (LABEL_WIDTH - len(label))}{lines[0][INDENT:]}"
        yield from lines


def _rows(result: Result) -> Iterator[Row]:
    """The rows of a block: label and text; an empty label continues the row above."""
    captured_at = result["captured_at"]
    roots, risks = result["root_causes"], [finding for finding in result["risks"] if not _is_note(finding)]
    for finding in roots:
        yield from _cause_rows("cause", finding, captured_at)
    for finding in risks[:SOME]:
        yield "risk", f"{finding['id']}  {visible(finding['summary'])}"
    yield from _more(risks)
    yield from _note_rows(result)
    # The last error of a start is the log line that the root cause quotes already.
    told = [f for f in result["consequences"] if f["id"] != "symptom/last-error" or not f.get("explained_by")]
    yield from (("so", _consequence(finding)) for finding in told[:SOME])
    yield from _more(told)
    yield from (("past", visible(finding["summary"])) for finding in result["resolved"][:SOME])
    if result.get("hidden"):
        yield "later", visible(result["hidden"])
    yield from (("gap", text) for text in gaps(result))
    yield from _error_rows(result.get("rule_errors", ()))
    yield from _next_rows(roots or risks[:1])
    if any(repairable(finding) for finding in roots or risks):
        asked = "" if roots else " -e kubelet_repair_risks=true"
        host = visible(shlex.quote(result["host"]))
        yield "", f"or  ansible-playbook playbooks/repair.yml -l {host}{asked} --check --diff"


def _is_note(finding: Mapping[str, Any]) -> bool:
    """True for a value that differs from what is expected and does no harm."""
    return bool(finding["severity"] == "info" and finding["id"].startswith(COMPARED))


def _note_rows(result: Result) -> Iterator[Row]:
    """What differs from expected values without harm, a few lines of it."""
    notes = [finding for finding in result["risks"] if _is_note(finding)]
    for finding in notes[:SOME]:
        yield "note", f"{finding['id']}  {shorten(visible(finding['summary']))}"
    yield from _more(notes)


def _gaps(result: Result) -> list[Mapping[str, str]]:
    """The unknowns that a person must know of: not that a busy node's journal holds older lines than were read."""
    return [
        gap for gap in result["unknowns"] if not (gap["part"].startswith("journal") and gap["status"] == "truncated")
    ]


def _consequence(finding: Mapping[str, Any]) -> str:
    """A consequence; the fleet's cause is named, as its own block stands elsewhere."""
    fleet = [name for name in finding.get("explained_by", ()) if name.startswith("fleet/")]
    return visible(finding["summary"] + (f"  ({', '.join(fleet)})" if fleet else ""))


def gaps(result: Result) -> Iterator[str]:
    """What could not be looked at, and why; parts with the same reason share a line."""
    parts: dict[tuple[str, str], list[str]] = {}
    for unknown in _gaps(result):
        parts.setdefault((unknown["status"], unknown["reason"]), []).append(unknown["part"])
    for (status, reason), names in parts.items():
        pieces = [name for name in names if ":" in name]
        more = f" and {len(pieces) - SOME} more" if len(pieces) > SOME else ""
        shown = ", ".join([*(name for name in names if ":" not in name), *pieces[:SOME]])
        yield visible(f"{shown}{more} ({status.replace('_', ' ')}): {reason}")


def _error_rows(errors: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """Rules that broke (bugs of ours) and signatures of the user's, those with the same message in one row."""
    ids: dict[tuple[str, str], list[str]] = {}
    for error in errors:
        whose = "own signature" if error.get("own") else "broken, please report it"
        ids.setdefault((whose, error["error"]), []).append(error["id"])
    for (whose, message), names in ids.items():
        more = f" and {len(names) - SOME} more" if len(names) > SOME else ""
        yield "error", visible(f"{whose}: {', '.join(names[:SOME])}{more}: {message}")


def _cause_rows(label: str, finding: Mapping[str, Any], captured_at: str) -> Iterator[Row]:
    """A root cause: id, this case in words, what of its evidence the words leave out, the decisive log line."""
    yield label, finding["id"]
    yield "", visible(finding["summary"])
    shown = [item for item in finding["evidence"] if item["source"] != "journal" and not _told(item, finding)]
    for item in shown[:SOME]:
        yield "", shorten(visible(f"{item.get('locator') or item['source']}  {item['excerpt']}"))
    if finding.get("nodes"):
        yield "nodes", _several(finding["nodes"])
    logs = [item for item in finding["evidence"] if item["source"] == "journal"]
    yield from (("log", log_line(item, captured_at)) for item in logs[:1])


def _several(names: Sequence[str]) -> str:
    """Names in a row, not more than fit into a few lines."""
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return visible(", ".join(names[:NAMES]) + more)


def _told(item: Mapping[str, Any], finding: Mapping[str, Any]) -> bool:
    """True when the summary already says what this evidence says: its place, and its value or that nothing is there."""
    place, summary = item.get("locator") or "", " ".join(finding["summary"].split())
    if item["source"] == "expected":  # the first difference of a root cause is in its summary
        return item is next(each for each in finding["evidence"] if each["source"] == "expected")
    value = re.split(r": |=", " ".join(item["excerpt"].split()))[-1]
    return bool(place) and place in summary and (value in summary or value == "absent")


def _more(findings: Sequence[Any]) -> Iterator[Row]:
    if len(findings) > SOME:
        yield "", f"and {len(findings) - SOME} more in the result file"


def _next_rows(findings: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """What a person does now: the remedy of each root cause, its own lines kept."""
    told: list[str] = []
    for finding in findings:
        text = finding["remedy"]["text"].strip()
        if text and text not in told:
            told.append(text)
            first, *others = text.splitlines()
            yield "next", visible(first)
            yield from (("", visible(line)) for line in others)


def repairable(finding: Mapping[str, Any]) -> bool:
    """True when a repair may be offered for a finding, asked for or not."""
    remedy = finding["remedy"]
    return remedy.get("automatic") != NEVER and remedy.get("repair") in OFFERED


def _wrap(text: str, width: int, first: str, rest: str) -> list[str]:
    """Lines of at most ``width`` columns; words are never broken, so that paths can be copied."""
    return textwrap.wrap(
        text,
        max(width, INDENT + 30),
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _sgr(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m"
