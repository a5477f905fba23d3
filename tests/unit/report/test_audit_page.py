# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of an audit: what it says, and that it is sound, safe and readable whatever the nodes say."""

from __future__ import annotations

import copy
import re
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.audit_html import page
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._report.audit_view import ViewError, view

from ._audits import Outline, reworded, sample

CSS = Path(__file__).resolve().parents[3] / "plugins/plugin_utils/_report/audit.css"
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style></title></textarea><!--",
    "{{ 7 * 7 }}{% for x in y %}&lt;b&gt;",
    "\x1b[31mred\x1b]8;;http://evil.example\x07",
    "abc\u202edcba\u2066\u200b\ufeff",
    "https://evil.example/" + "x" * 5000,
)


@pytest.fixture
def outline() -> Outline:
    """The sample's page."""
    return Outline(page(view(*sample())))


def said(html: str) -> str:
    """The text of a page, white space run together."""
    return " ".join(" ".join(Outline(html).text).split())


def test_reader_finds_what_he_came_for() -> None:
    """What changed, what is broken and since when, what will break, who could not be looked at, and what to do."""
    text = said(page(view(*sample())))
    for words in (
        "2026-11-24 03:00 UTC, 7 nodes",
        "9 changes worker-2: healthy → down",
        "What changed since 2026-11-23 03:00 UTC",
        "certificate/client-expired cause, critical, 1 node",
        "since 2026-11-22 03:00 UTC (2 days)",
        "kubeadm kubeconfig user --client-name system:node:worker-2",
        "ansible-playbook playbooks/repair.yml -l worker-2 --check --diff",
        "2026-12-03 11:00 UTC 9 days left client",
        "worker-5 nothing of it",
        "Not in this run, which was limited: worker-6",
        "held when last looked at; could not be looked at in this run",
    ):
        assert words in text, words


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_is_text(payload: str) -> None:
    """In every field of a run, hostile words make the same tags with the same attributes as harmless ones."""
    words: dict[str, str] = {}

    def harmless(text: str) -> str:
        return words.setdefault(text, f"word {len(words)}")

    run, history = sample()
    tame = page(view(reworded(run, harmless), history))
    wild = page(view(reworded(run, lambda text: f"{harmless(text)}{payload}"), history))
    assert Outline(wild).tags == Outline(tame).tags
    assert "word 1" in "".join(Outline(wild).text)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", wild)
    assert ("{{ 7 * 7 }}" in said(wild)) == ("{{" in payload)
    assert len(wild) < 100 * len(tame)


def test_page_asks_nobody_for_anything(outline: Outline) -> None:
    """No script, no form, nothing loaded: each link stays on the page, and the policy forbids the rest."""
    tags = {tag for tag, _attributes in outline.tags}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base", "svg", "video"})
    names = {name for _tag, attributes in outline.tags for name in attributes}
    assert names.isdisjoint({"src", "srcset", "action", "background"})
    assert not [name for name in names if name.startswith("on")]
    assert not re.search(r"url\(|@import|expression", CSS.read_text())
    policies = [attributes["content"] for _tag, attributes in outline.tags if "http-equiv" in attributes]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]
    order = [tag for tag, _attributes in outline.tags]
    assert order.index("meta") < order.index("style")


def test_links_lead_somewhere(outline: Outline) -> None:
    """Each link is to a place on the page; no place has two."""
    ids = [attributes["id"] for _tag, attributes in outline.tags if "id" in attributes]
    links = {str(attributes["href"]) for tag, attributes in outline.tags if tag == "a"}
    assert len(set(ids)) == len(ids)
    assert links <= {f"#{each}" for each in ids}
    described = {attributes["aria-labelledby"] for _tag, attributes in outline.tags if "aria-labelledby" in attributes}
    assert described <= set(ids)


def test_structure_can_be_heard(outline: Outline) -> None:
    """One main heading, none skipped; a language; each table with a caption, each heading of a cell with its scope."""
    levels = [int(tag[1]) for tag, _attributes in outline.tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    order = [tag for tag, _attributes in outline.tags]
    assert order.count("table") == order.count("caption")
    assert all(attributes.get("scope") in ("row", "col") for tag, attributes in outline.tags if tag == "th")
    assert outline.tags[0] == ("html", {"lang": "en"})
    assert {"header", "nav", "main", "footer"} <= set(order)


def test_verdicts_are_words() -> None:
    """Colour only repeats what a word says."""
    text = said(page(view(*sample())))
    assert all(f"{number} {verdict}" in text for number, verdict in ((1, "down"), (2, "degraded"), (1, "at risk")))


def colours(block: str) -> dict[str, tuple[float, ...]]:
    """The colours of one block of the style sheet, as red, green and blue from 0 to 1."""
    found = re.findall(r"--(\w+): #([0-9a-f]{3,6});", block)
    whole = {name: digits if len(digits) == 6 else "".join(d + d for d in digits) for name, digits in found}
    return {name: tuple(int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)) for name, digits in whole.items()}


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance as WCAG defines it."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_every_text_has_contrast_in_light_and_dark() -> None:
    """At least 4.5 to 1 against both backgrounds."""
    light, dark = (colours(block) for block in re.findall(r":root \{(.*?)\}", CSS.read_text(), re.DOTALL))
    assert light.keys() == dark.keys()
    for scheme in (light, dark):
        fronts = scheme.keys() - {"back", "card", "line"}
        for front, back in product(sorted(fronts), ("back", "card")):
            bright, dim = sorted((luminance(scheme[front]), luminance(scheme[back])), reverse=True)
            assert (bright + 0.05) / (dim + 0.05) >= 4.5, (front, back)


def empty(run: dict[str, Any]) -> dict[str, Any]:
    """A run in which all is well."""
    run = copy.deepcopy(run)
    run |= {"limited": False, "fleet": [], "notes": [], "nodes": [run["nodes"][0]]}
    run["changes"] = {name: [] for name in run["changes"]}
    run["counts"] = dict.fromkeys(run["counts"], 0) | {"healthy": 1}
    return run


def test_all_is_well() -> None:
    """A quiet run says so in each section, and the first run that it has nothing to compare with."""
    run, history = sample()
    quiet = said(page(view(empty(run), history)))
    for words in (
        "Nothing.",
        "Nothing that could be looked at.",
        "Nothing that is known.",
        "Everything was looked at.",
    ):
        assert words in quiet
    assert "This is the first run" in said(page(view(empty(run), [])))


def test_long_lists_fold() -> None:
    """Where many nodes are named at once, in whatever place, the page is still sound."""
    run, history = sample()
    proto = {node["verdict"]: node for node in run["nodes"]}
    run["nodes"] = [{**node, "host": f"{verdict}-{n}"} for verdict, node in proto.items() for n in range(25)]
    run["nodes"] += [{**proto["healthy"], "host": f"away-{n}", "at": "2026-11-23T03:00:00Z"} for n in range(25)]
    run["changes"]["added"] = [node["host"] for node in run["nodes"]]
    summaries = [tag for tag, _attributes in Outline(page(view(run, history))).tags if tag == "summary"]
    assert len(summaries) > 8


def test_a_large_fleet_stays_usable() -> None:
    """Of 5,000 nodes the healthy ones are folded away, and a cause on hundreds of them is told in a few lines."""
    run, history = sample()
    down, healthy = run["nodes"][2], run["nodes"][0]
    assert (down["verdict"], healthy["verdict"]) == ("down", "healthy")
    run["nodes"] = [{**(healthy if number % 20 else down), "host": f"node-{number}"} for number in range(5000)]
    html = page(view(run, history))
    assert len(html) < 4_000_000
    before = html[: html.index("Healthy nodes")]
    assert before.rstrip().rindex("<details>") > before.rindex("</details>")
    assert "and 230 more" in html
    limit = re.search(r"repair.yml -l (\S+) --check", html)
    assert limit is not None
    assert limit.group(1).count(",") == 19


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("nodes", 0, "certificates", 0), {}),
        (("nodes", 0, "verdict"), "fine"),
        (("nodes", 2, "findings", 0, "severity"), "terrible"),
        (("nodes", 0, "since"), "yesterday"),
        (("counts",), {}),
        (("changes",), []),
        (("fleet", 0), "api down"),
    ],
)
def test_run_that_somebody_edited_is_no_page(place: tuple[str | int, ...], value: object) -> None:
    """What is not as the schema says is one sentence, not a stack of calls, and not half a page."""
    run, history = sample()
    inner: Any = run
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    with pytest.raises(ViewError, match=r"not as docs/audit.schema.json says"):
        page(view(run, history))
