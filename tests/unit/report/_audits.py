# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample run of docs/audit.schema.json, and the same with words of a test's choice in each text."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

AUDIT = Path(__file__).resolve().parents[1] / "audit"
# What is no free text in a run: words of the form itself, times, verdicts, kinds.
FIXED = frozenset({"format", "at", "verdict", "was", "from_verdict", "since", "not_after", "first", "kind", "severity"})


def sample() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A run, and those before it."""
    return tuple(json.loads((AUDIT / f"sample_{name}.json").read_text()) for name in ("run", "history"))  # type: ignore[return-value]


def reworded(value: Any, change: Callable[[str], str], key: str = "") -> Any:
    """A copy of a run in which each free text is another one; the same text stays the same."""
    if isinstance(value, dict):
        return {name: reworded(item, change, name) for name, item in value.items()}
    if isinstance(value, list):
        return [reworded(item, change, key) for item in value]
    fixed = key in FIXED or (key in ("from", "to") and value in ("healthy", "at_risk", "degraded", "down", "unknown"))
    return change(value) if isinstance(value, str) and not fixed else value


class Outline(HTMLParser):
    """What a page consists of besides its text: tags with attributes, in order. Unbalanced tags are an error."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag. A paragraph ends where one of these begins, so what was to end it would be left over."""
        assert "p" not in self.open or tag not in ("details", "div", "ol", "p", "pre", "table", "ul")
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It must be that of the innermost open tag."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Keep text, but for the style sheet."""
        if self.open and self.open[-1] != "style":
            self.text.append(data)
