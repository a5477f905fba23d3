# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All mutants of all recorded nodes: the kind of change, the changed bundle, and what is true of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from accuracy import combining, layout, losing, noise, recovering, wording
from accuracy._bundles import Bundle, journal, load
from corpus._load import CORPUS, NAMES
from corpus._score import Expected, expected_of

Change = Callable[[Bundle], Bundle | None]

SAME: dict[str, Change] = {
    f"{group.__name__.rpartition('.')[2]}: {change.__name__.replace('_', ' ')}": change
    for group, changes in (
        (
            wording,
            (
                wording.release_1_31,
                wording.release_1_28,
                wording.release_1_23,
                wording.fatal_lines,
                wording.plain_errors,
                wording.json_format,
                wording.other_lines,
                wording.no_identifier,
                wording.byte_lists,
                wording.wrapper,
                wording.colours_and_ends,
            ),
        ),
        (
            layout,
            (
                layout.other_kubernetes_directory,
                layout.other_kubelet_directory,
                layout.other_unit_name,
                layout.other_port,
                layout.other_names,
                layout.local_times,
            ),
        ),
    )
    for change in changes
}
SAME |= {"layout: east of utc": layout.east_of_utc, "layout: west of utc": layout.west_of_utc}
LESS: dict[str, Change] = {
    f"losing: {name.replace('_', ' ')}": getattr(losing, name)
    for name in (
        "last_50_lines",
        "last_10_lines",
        "no_lines",
        "only_old_lines",
        "cut_lines",
        "no_journal",
        "no_probes",
        "no_cluster",
        "no_host",
        "no_units",
        "no_files",
        "only_units",
        "unreadable_files",
        "unlooked_files",
        "without_probes_and_cluster",
        "without_journal_and_cluster",
        "without_files_and_cluster",
        "without_units_and_host",
        "broken_json",
    )
}
ENOUGH = 200  # lines of a journal that mutations start from: the longest ones repeat themselves
HEALTHY = Expected(frozenset(("healthy",)), (), frozenset(), root_or_risk=False)


@dataclass(frozen=True)
class Mutant:
    """One changed bundle. ``whole``: the decisive evidence is still there, so the truth must be found; else less may be
    found, but nothing else."""

    kind: str
    case: str
    bundle: Bundle
    expected: Expected
    whole: bool = True


def mutants(names: list[str] | None = None) -> Iterator[Mutant]:
    """Mutants of the named cases (all when None)."""
    for case in names or NAMES:
        bundle, expected = load(case), expected_of(CORPUS / case)
        yield Mutant("as recorded", case, bundle, expected)
        bundle = losing.last_lines(bundle, ENOUGH)
        for kind, change in SAME.items():
            changed = change(bundle)
            if changed is not None and changed != bundle:
                yield Mutant(kind, case, changed, expected)
        for kind, change in LESS.items():
            changed = change(bundle)
            if changed is not None and changed != bundle:
                yield Mutant(kind, case, changed, expected, whole=False)
        for fault in combining.FAULTS:
            both = combining.combined(bundle, expected, fault)
            if both is not None:
                yield Mutant(f"combined: {fault}", case, *both)
        yield from _recovered(case, bundle)
        if case.startswith("healthy"):
            yield Mutant("noise: all that is harmless", case, noise.noisy(bundle), expected)


def _recovered(case: str, bundle: Bundle) -> Iterator[Mutant]:
    healthy = load("healthy")
    if case == "healthy" or not journal(bundle):
        return
    yield Mutant("recovered: long ago", case, recovering.recovered(bundle, healthy), HEALTHY)
    yield Mutant("recovered: just now", case, recovering.freshly_recovered(bundle, healthy), HEALTHY)
