# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of --config-dir, whose files the kubelet merges into its configuration."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Hit
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._config import correct, effect_at_start
from .config_file import SOURCES

SET_ASIDE = "set-aside-config-drop-in"


@cause(
    "config/dropin-dir-broken",
    title="a file of --config-dir cannot be merged",
    effect=Effect.DOWN,
    gate=5,
    healthy="The directory exists and every *.conf file in it has apiVersion, kind and valid fields.",
    see="*failed to merge kubelet configs: ...*.",
    why="The directory is missing, or a *.conf file in it is empty, lacks its header, or has a wrong type.",
    remedy=correct("Correct or move away the named file; create the directory when it is missing.", SET_ASIDE),
    apart={"config/kubelet-config-missing": "that concerns the main file"},
    versions="--config-dir is a plain flag since 1.30",
    sources=SOURCES,
)
def dropin_dir_broken(node: Snapshot) -> Iterator[Hit]:
    """The directory is absent, or a drop-in in it has a problem."""
    flag = node.command_line.flag("config-dir")
    if flag is None or not flag.value:
        return
    said = _logs.current(node, "config-merge-failed", window=None) if _logs.starting_fails(node) else None
    line = (_quote.log(said),) if said else ()
    directory = node.file(flag.value)
    if directory.absent:
        text = f"--config-dir ({flag.place}) names {flag.value}, which does not exist"
        yield Hit(text, (_quote.flag(flag), _quote.file(directory), *line), effect_at_start(node))
    for problem in node.config.drop_in_problems:
        quoted = _quote.place(problem.place, problem.message)
        yield Hit(f"{problem.place}: {problem.message}", (quoted, *line), effect_at_start(node))
    if said and not directory.absent and not node.config.drop_in_problems:
        yield Hit(
            f"the drop-ins of {flag.value} cannot be merged: {said.groups['why'][:150]}", (_quote.flag(flag), *line)
        )
