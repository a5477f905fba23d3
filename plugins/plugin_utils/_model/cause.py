# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cause is: one entry of the catalogue, self-contained, with the function that judges it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .finding import Effect, Hit, Remedy
from .snapshot import Snapshot

Judge = Callable[[Snapshot], Iterable[Hit]]


@dataclass(frozen=True)
class Cause:
    """One entry of the catalogue.

    ``healthy`` is the condition on a good node, in one sentence. ``explains`` lists ids (or ``layer/*`` globs) of
    findings that are consequences when this one is present. ``gate`` is the stage of the kubelet's start at which it
    stops (see ``_engine/gates.py``), None when it does not stop the start. ``why`` says how it comes about, ``see``
    what a person sees, ``apart`` how to tell it from its neighbours (id -> sentence). ``symptom`` findings never
    stand as root causes. ``compares`` are paths (globs) of expected values that this cause is about: where one of
    them differs, the finding says what it should be. ``own`` marks a user's signature: it has no page, and what breaks
    in it is the user's to repair. Texts are Markdown for the generated page of the cause.
    """

    id: str
    title: str
    effect: Effect
    healthy: str
    see: str
    why: str
    remedy: Remedy
    judge: Judge
    explains: tuple[str, ...] = ()
    gate: int | None = None
    apart: Mapping[str, str] = field(default_factory=dict)
    versions: str = ""
    sources: tuple[str, ...] = ()
    symptom: bool = False
    own: bool = False
    compares: tuple[str, ...] = ()

    @property
    def layer(self) -> str:
        """The part of the id before the slash."""
        return self.id.partition("/")[0]


def cause(
    id: str,  # noqa: A002 - the field's own name, only ever given as the first argument
    *,
    title: str,
    effect: Effect,
    healthy: str,
    see: str,
    why: str,
    remedy: Remedy,
    explains: tuple[str, ...] = (),
    gate: int | None = None,
    apart: Mapping[str, str] | None = None,
    versions: str = "",
    sources: tuple[str, ...] = (),
    symptom: bool = False,
    compares: tuple[str, ...] = (),
) -> Callable[[Judge], Cause]:
    """Make a catalogue entry of the function below it; arguments as in :class:`Cause`."""

    def wrap(judge: Judge) -> Cause:
        return Cause(
            id=id,
            title=title,
            effect=effect,
            healthy=healthy,
            see=see,
            why=why,
            remedy=remedy,
            judge=judge,
            explains=explains,
            gate=gate,
            apart=apart or {},
            versions=versions,
            sources=sources,
            symptom=symptom,
            compares=compares,
        )

    return wrap
