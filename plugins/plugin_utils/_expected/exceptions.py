# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there is to say of the user's exceptions (``kubelet_ignore``). Each entry has a page like the causes."""

from __future__ import annotations

from .._model.cause import cause
from .._model.finding import Effect, Remedy
from .catalogue import SOURCE, by_comparison

ENDED = cause(
    "exception/ended",
    title="an exception has ended, and what it was for is still there",
    effect=Effect.INFO,
    healthy="What kubelet_ignore names is gone when its date has passed.",
    see="A line with the exception, its last day and its reason. What it covered is shown and counts again.",
    why="The day in `until` is over by the time of the node's evidence, and the difference or risk was not removed.",
    remedy=Remedy("Remove what the exception was for, or give it a new day with a reason that still holds."),
    apart={"exception/not-hidden": "there the exception holds, but for something that is never hidden"},
    sources=SOURCE,
)(by_comparison)
NOT_HIDDEN = cause(
    "exception/not-hidden",
    title="an exception names what is never hidden",
    effect=Effect.INFO,
    healthy="kubelet_ignore names only risks and differences.",
    see="The finding as always, and a line that says that kubelet_ignore has it.",
    why="The exception's `id` covers a finding that makes this node down or degraded. A node that is broken is never"
    " shown as healthy.",
    remedy=Remedy("Repair the node; make the exception narrower where its glob covers more than was meant."),
    apart={"exception/ended": "there the exception's day has passed"},
    sources=SOURCE,
)(by_comparison)
EXCEPTIONS = (ENDED, NOT_HIDDEN)
