# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every cause has its page in docs/causes, written from the catalogue."""

from __future__ import annotations

from tools import cause_pages

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE


def test_pages_are_those_of_the_catalogue() -> None:
    """No page is missing, stale, or left of a cause that is gone; `make docs` writes them."""
    assert cause_pages.differences() == []


def test_a_page_answers_what_a_person_asks() -> None:
    """What you see, why, how to tell it apart, how to repair it, and where the facts come from."""
    cause = next(c for c in CATALOGUE if c.id == "certificate/client-ca-file-missing")
    text = cause_pages.page(cause, {c.id for c in CATALOGUE})
    for heading in (
        "What you see",
        "Why it happens",
        "How to tell it from its neighbours",
        "How to repair it",
        "Facts",
    ):
        assert f"## {heading}" in text
    assert cause.sources[0] in text


def test_every_cause_is_written_out() -> None:
    """No empty text in the catalogue, and a source for every fact."""
    for cause in CATALOGUE:
        assert all((cause.title, cause.healthy, cause.see, cause.why, cause.remedy.text)), cause.id
        assert cause.sources, cause.id
