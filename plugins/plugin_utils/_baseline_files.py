# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Baseline files on the controller: read, checked, and understood as what is expected of a node."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import _user_files
from ._expected import declared
from ._expected.baseline import KEY
from ._expected.declared import ExpectedError
from ._interpret import _yaml
from ._model.expected import Expectation, Origin, Source


def expectations(name: str, inventory_dir: str | None) -> tuple[Expectation, ...]:
    """What a file holds. A relative path starts at the inventory's directory, else where Ansible was started.

    :raises ExpectedError: the file cannot be read, or what is in it cannot be used
    """
    directories = [Path(directory) for directory in (inventory_dir, ".") if directory]
    candidates = [directory / Path(name).expanduser() for directory in directories]
    path = next((candidate for candidate in candidates if candidate.exists()), candidates[0])
    held = _values(path)
    if not isinstance(held, dict):
        raise ExpectedError(f"{path} must hold a mapping under {KEY}, as playbooks/baseline.yml writes it")
    declared.check(held, f"{path}: {KEY}")
    return declared.expectations(held, Source(Origin.REFERENCE, path.name))


def holds(text: str | None, document: Mapping[str, Any]) -> bool:
    """True when the text of a baseline file (None: there is none) holds the same expected values as a document."""
    tree = _yaml.load(text, "").tree if text is not None else None
    held = tree.plain() if tree is not None else None
    return isinstance(held, dict) and held.get(KEY) == document[KEY]


def _values(path: Path) -> Any:
    """What stands under kubelet_expected in a file."""
    try:
        tree = _user_files.content(path)
    except _user_files.UserFileError as error:
        raise ExpectedError(str(error)) from None
    return tree.get(KEY) if isinstance(tree, dict) else None
