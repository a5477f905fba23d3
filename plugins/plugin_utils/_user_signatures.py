# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variable ``kubelet_extra_signatures``: read from inventory and files, checked, searched for in nodes' logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import _patterns, _user_files
from ._model.cause import Cause
from ._model.snapshot import Snapshot
from ._signatures import _extra
from ._signatures._extra import Extra, SignatureError

OPTION: dict[str, dict[str, Any]] = {"extra_signatures": {"type": "list", "elements": "raw", "default": []}}
VARIABLE = "kubelet_extra_signatures"


@dataclass(frozen=True)
class UserSignatures:
    """Signatures that were found in order."""

    extras: tuple[Extra, ...] = ()

    def causes(self, node: Snapshot) -> list[Cause]:
        """The signatures as causes over this node. OSError when no process can be started for the search."""
        texts = [pattern.text for pattern in _extra.log_patterns(node)]
        searches = [_patterns.Search(extra.pattern, _extra.searched(extra, node)) for extra in self.extras]
        found = _patterns.run(searches, texts)
        return [
            _extra.cause_of(extra, result.hits, result.error) for extra, result in zip(self.extras, found, strict=True)
        ]


def load(given: Sequence[Any], task_vars: Mapping[str, Any]) -> UserSignatures:
    """Signatures of ``given``: entries, and paths of YAML files of them.

    A relative path starts at the inventory's directory, else where Ansible was started. SignatureError with what is
    wrong, in one sentence.
    """
    try:
        entries = list(_entries(given, [task_vars.get("inventory_dir"), "."]))
        extras = _extra.parse(entries)
        _check_examples(extras)
    except SignatureError as error:
        raise SignatureError(f"{VARIABLE}: {error}") from None
    return UserSignatures(extras)


def _entries(given: Sequence[Any], directories: Sequence[str | None]) -> Iterable[tuple[str, Any]]:
    """Entries with the words that name their place."""
    for number, item in enumerate(given, 1):
        if isinstance(item, str):
            yield from _of_file(item, [Path(directory) for directory in directories if directory])
        else:
            yield f"entry {number}", item


def _of_file(name: str, directories: Sequence[Path]) -> Iterable[tuple[str, Any]]:
    """Entries of a YAML file."""
    candidates = [directory / Path(name).expanduser() for directory in directories]
    path = next((candidate for candidate in candidates if candidate.exists()), candidates[0])
    try:
        held = _user_files.content(path)
    except _user_files.UserFileError as error:
        raise SignatureError(str(error)) from None
    entries = [] if held is None else held
    if not isinstance(entries, list):
        raise SignatureError(f"{path} must hold a list of signatures")
    return [(f"{path} entry {number}", entry) for number, entry in enumerate(entries, 1)]


def _check_examples(extras: Sequence[Extra]) -> None:
    """Hold each pattern against its own lines, within the limits of a search."""
    texts: list[str] = []
    searches: list[_patterns.Search] = []
    for extra in extras:
        examples = (*extra.match, *extra.nomatch)
        searches.append(_patterns.Search(extra.pattern, range(len(texts), len(texts) + len(examples))))
        texts += examples
    problems: list[str] = []
    for extra, search, found in zip(extras, searches, _patterns.run(searches, texts), strict=True):
        first = search.texts[0] if search.texts else 0
        problems += _extra.example_problems(extra, [hit - first for hit in found.hits], found.error)
        unknown = _extra.unexplained(extra, [other.id for other in extras])
        problems += [f"{extra.place}: explains {name!r}, which is no cause" for name in unknown]
    _extra.refuse(problems)
