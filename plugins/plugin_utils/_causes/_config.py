# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the causes of the configuration share: what the last start said, and the fields it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._model.finding import Effect, Evidence, Remedy
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _logs, _quote

RESTART = "then `systemctl restart kubelet`."
SET_FIELD, SET_FLAG, BY_APPROVAL = "set-config-field", "set-flag", "needs-approval"
_PAIR = re.compile(r"(?P<field>\w+) \(--(?P<flag>[a-z][a-z0-9-]*)\)")
_WORD = re.compile(r"[a-z]\w*(?:\.[a-z]\w*)*")


def correct(text: str, repair: str = SET_FIELD) -> Remedy:
    """Give a setting its right value, where that is known."""
    return Remedy(text, repair, BY_APPROVAL)


def effect_at_start(node: Snapshot) -> Effect:
    """Down when the start fails; a risk when the process that runs read the file before it changed."""
    return Effect.DOWN if _logs.starting_fails(node) else Effect.RISK


def said_at_start(node: Snapshot, name: str) -> Match | None:
    """What the last start said, where the kubelet is not up."""
    return _logs.current(node, name, window=None) if _logs.starting_fails(node) else None


def fields(node: Snapshot, *paths: str) -> tuple[Evidence, ...]:
    """Those of the fields that the files set."""
    return tuple(_quote.field(found) for path in paths if (found := node.config.get(path)) is not None)


def at_fault(node: Snapshot, why: str) -> tuple[str, ...]:
    """The settings that a refusal names, as far as they are set: the flag of *maxPods (--max-pods)* where it is given,
    else the field."""
    given = {pair["field"]: pair["flag"] for pair in _PAIR.finditer(why) if node.command_line.flag(pair["flag"])}
    flags = [f"flags.{name}" for name in given.values()]
    names = [word for word in _WORD.findall(why) if word not in given and node.config.get(word) is not None]
    return (*dict.fromkeys(flags), *dict.fromkeys(path for name in names for path in leaves(node, name, why)))


def leaves(node: Snapshot, name: str, why: str = "") -> Iterator[str]:
    """The single values of a field that is set: of a map its entries, where the text names some only these."""
    value = node.config.value(name)
    if not isinstance(value, dict):
        yield f"config.{name}"
        return
    named = [key for key in value if re.search(rf"(?<![\w.]){re.escape(key)}(?![\w.])", why)]
    for key in named or value:
        yield from leaves(node, f"{name}.{key}")


def where(node: Snapshot, *paths: str) -> str:
    """' (file:line)' of the first field that is set, else nothing."""
    found = next((field for path in paths if (field := node.config.get(path)) is not None), None)
    return f" ({found.place})" if found else ""
