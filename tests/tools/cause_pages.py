# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/causes: one page per cause of the catalogue, and an index.

``python tests/tools/cause_pages.py`` writes, ``--check`` only says (exit status 1) which pages are missing, differ from
the catalogue, or belong to no cause.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".collections"))

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._causes import CATALOGUE  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.fleet_causes import FLEET  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.gates import GATES  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.ids import BY_ID  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.cause import Cause  # noqa: E402
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect  # noqa: E402

PAGES = ROOT / "docs" / "causes"
EFFECTS = {
    Effect.DOWN: "down: the node cannot run work, or the cluster cannot see it",
    Effect.DEGRADED: "degraded: the node runs with a function broken",
    Effect.RISK: "at risk: the node works, and this will break it",
    Effect.RESOLVED: "none any more: it is over, and worth knowing",
    Effect.INFO: "for information: true, and harmless",
}
AUTOMATIC = {
    "safe": "yes",
    "needs-approval": "only after a person approved it",
    "never": "no, a person has to do it",
}


def page(cause: Cause, known: set[str]) -> str:
    """Markdown of one cause. ``known`` are the ids that have a page, for links."""
    parts = [
        f"# {cause.id}\n",
        f"**{cause.title[0].upper()}{cause.title[1:]}.** Usual effect: {EFFECTS[cause.effect]}.\n",
        f"## What you see\n\n{cause.see}\n",
        f"## Why it happens\n\n{cause.why}\n",
        f"## On a good node\n\n{cause.healthy}\n",
    ]
    if cause.apart:
        rows = "\n".join(f"- {_link(other, known)}: {text}." for other, text in cause.apart.items())
        parts.append(f"## How to tell it from its neighbours\n\n{rows}\n")
    repair = f"{cause.remedy.text}\n\nMay a tool do it: {AUTOMATIC[cause.remedy.automatic]}"
    parts.append(f"## How to repair it\n\n{repair}{f' (`{cause.remedy.repair}`)' if cause.remedy.repair else ''}.\n")
    parts.append(f"## Facts\n\n{_facts(cause, known)}\n")
    return "\n".join(parts)


def _facts(cause: Cause, known: set[str]) -> str:
    rows = []
    if cause.gate is not None:
        rows.append(f"- Stops the kubelet's start at stage {cause.gate}: {GATES[cause.gate]}.")
    if cause.explains:
        rows.append(f"- When present, it explains: {', '.join(_link(other, known) for other in cause.explains)}.")
    if cause.versions:
        rows.append(f"- Versions: {cause.versions.rstrip('.')}.")
    rows.append(f"- Sources: {'; '.join(cause.sources)}.")
    return "\n".join(rows)


def _link(other: str, known: set[str]) -> str:
    return f"[{other}](../{other}.md)" if other in known else f"`{other}`"


def index(catalogue: tuple[Cause, ...]) -> str:
    """Markdown list of all causes by layer."""
    lines = ["# Causes\n", "Every cause that the collection can name, by layer. Written by `make docs`.\n"]
    layers = sorted({cause.layer for cause in catalogue})
    for layer in layers:
        lines.append(f"## {layer}\n")
        own = sorted((c for c in catalogue if c.layer == layer), key=lambda c: c.id)
        lines += [f"- [{cause.id}]({cause.id}.md): {cause.title}" for cause in own]
        lines.append("")
    return "\n".join(lines)


def wanted() -> dict[Path, str]:
    """Every page with its text."""
    catalogue = (*CATALOGUE, *FLEET, *BY_ID.values())
    known = {cause.id for cause in catalogue}
    pages = {PAGES / f"{cause.id}.md": page(cause, known) for cause in catalogue}
    pages[PAGES / "README.md"] = index(catalogue)
    return pages


def differences() -> list[str]:
    """One sentence for every page that is missing, stale or orphaned."""
    pages = wanted()
    found = [f"{path.relative_to(ROOT)} is missing" for path in pages if not path.exists()]
    found += [f"{p.relative_to(ROOT)} is stale" for p, text in pages.items() if p.exists() and p.read_text() != text]
    orphans = set(PAGES.rglob("*.md")) - set(pages)
    return found + [f"{path.relative_to(ROOT)} belongs to no cause" for path in sorted(orphans)]


def write() -> None:
    """Write all pages and remove those that belong to no cause."""
    pages = wanted()
    for path in set(PAGES.rglob("*.md")) - set(pages):
        path.unlink()
    for path, text in pages.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        problems = differences()
        print("\n".join(problems) or "every cause has its page")
        sys.exit(1 if problems else 0)
    write()
