# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit as Markdown: short, and what nodes say is neither markup nor a link nor the name of a person."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.audit_markdown import text
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.audit_view import view

from ._audits import Outline, reworded, sample

HOSTILE = (
    "<script>alert(1)</script>",
    "![x](https://evil.example/x.png) [y](javascript:alert(1))",
    "` `` ``` ```` @everyone #1 https://evil.example",
    "\n\n# heading\n\n~~~\n- [ ] item\n\n| a | b |\n|---|---|\n",
    "```\n<b>out of the fence</b>\n```",
    "\x1b[31mred \u202edcba *a* _b_ ~~c~~ \\",
)


class Spoken(Outline):
    """The same, and the text that is not code."""

    def __init__(self, page: str) -> None:
        self.outside: list[str] = []
        super().__init__(page)

    def handle_data(self, data: str) -> None:
        """Keep text by where it is."""
        super().handle_data(data)
        if "code" not in self.open:
            self.outside.append(data)


def rendered(markdown: str) -> Spoken:
    """What a reader of CommonMark makes of it."""
    return Spoken(MarkdownIt("commonmark").render(markdown))


def test_ticket_says_what_matters() -> None:
    """The four numbers, each cause with its nodes, its remedy and the command, and nothing of healthy nodes."""
    run, history = sample()
    said = text(view(run, history))
    for line in (
        "# Kubelet audit of 2026-11-24 03:00 UTC",
        "7 nodes: 1 down, 2 degraded, 1 unknown, 1 at risk, 2 healthy.",
        "- **9 changes**: `worker-2: healthy → down`",
        "## What changed since 2026-11-23 03:00 UTC",
        "- cause `certificate/client-expired` (critical, 1 node)",
        "  ansible-playbook playbooks/repair.yml -l worker-2 --check --diff",
        "- not in this run, which was limited: `worker-6`",
    ):
        assert line in said.splitlines()
    assert "since 2026-11-22 03:00 UTC (2 days)" in said
    assert "kubelet runs since 54 days" not in said


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_is_code(payload: str) -> None:
    """No field of a run makes another element than harmless words make, and none is told outside of code."""
    words: dict[str, str] = {}

    def harmless(said: str) -> str:
        return words.setdefault(said, f"word{len(words)}")

    run, _history = sample()
    tame = rendered(text(view(reworded(run, harmless))))
    wild = rendered(text(view(reworded(run, lambda said: f"{harmless(said)} {payload}"))))
    assert [tag for tag, _attributes in wild.tags] == [tag for tag, _attributes in tame.tags]
    assert {tag for tag, _attributes in wild.tags} <= {"h1", "h2", "p", "ul", "li", "strong", "pre", "code"}
    assert wild.outside == tame.outside
    assert not [said for said in wild.outside if "word" in said]


def test_a_large_fleet_fits_into_a_ticket() -> None:
    """Many nodes and many reasons are counted, not listed."""
    run, history = sample()
    lost = run["nodes"][5]
    run["nodes"] = [
        {**lost, "host": f"node-{number}", "unknowns": [f"no route to 10.0.0.{number}"]} for number in range(1000)
    ]
    said = text(view(run, history))
    assert "and 990 more" in said
    assert len(said) < 10_000
