# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML files that the user names: read whole, or refused in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ._interpret import _yaml


class UserFileError(ValueError):
    """A file cannot be used; the message names it and says why."""


def content(path: Path) -> Any:
    """What a YAML file holds, as plain values; None when it holds nothing.

    :raises UserFileError: it cannot be read, is no UTF-8 text or no YAML, or has a key twice
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserFileError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserFileError(f"{path} is not UTF-8 text") from None
    document = _yaml.load(text, str(path))
    for problem in (document.problem, *document.duplicates):
        if problem is not None:
            raise UserFileError(f"{problem.place}: {problem.message}")
    return document.tree.plain() if document.tree else None
