# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of an audit: one file that a browser shows without scripts and without asking anybody for anything."""

from __future__ import annotations

import pkgutil
from functools import cache

from jinja2 import Environment, StrictUndefined, Template

from .audit_digest import cards
from .audit_view import AuditView, number_of, word
from .text import VERDICTS
from .words import plural

_SOME = 20  # hosts and reasons that are shown at once; the others unfold
_FEW = 5  # cases of one cause that are shown at once


def page(shown: AuditView) -> str:
    """A run and those before it as HTML.

    Whatever the run holds is shown as text: escaped here, and kept from loading anything by the page's own policy.
    """
    return _template().render(
        view=shown,
        headline=number_of(shown.counts),
        cards=cards(shown),
        anchors={row.host: number for number, row in enumerate(shown.rows)},
        causes=_anchors(shown),
        verdicts=VERDICTS,
        word=word,
        plural=plural,
        some=_SOME,
        few=_FEW,
    )


def _anchors(shown: AuditView) -> dict[tuple[str, str], str]:
    """Where on the page each cause is."""
    groups = (*shown.fleet, *shown.broken, *shown.risks)
    return {(group.kind, group.id): f"c{number}" for number, group in enumerate(groups)}


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals["style"] = _file("audit.css")
    return environment.from_string(_file("audit.html.j2"))


def _file(name: str) -> str:
    return (pkgutil.get_data(__package__, name) or b"").decode()
