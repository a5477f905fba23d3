# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The images of a host, as far as they take space: a directory for each below the runtime's, with what is said of it.

image.json: tags; pinned (the sandbox image is); container: whether a container of this host was made from it
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any


class Images:
    """The images below one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def answer(self, question: str) -> dict[str, Any]:
        """What the runtime says: images -> all; containers -> the image of each; remove ID -> nothing, as to others."""
        verb, _space, name = question.partition(" ")
        if verb == "images":
            return {"images": [self._image(path) for path in self._paths()]}
        if verb == "containers":
            return {"containers": [path.name for path in self._paths() if _said(path).get("container")]}
        if verb == "remove":
            shutil.rmtree(self.directory / Path(name).name, ignore_errors=True)
        return {}

    def _paths(self) -> list[Path]:
        return sorted(path.parent for path in self.directory.glob("*/image.json"))

    @staticmethod
    def _image(path: Path) -> dict[str, Any]:
        said = _said(path)
        return {"id": path.name, "tags": said.get("tags", []), "pinned": bool(said.get("pinned"))}


def _said(path: Path) -> dict[str, Any]:
    return dict(json.loads((path / "image.json").read_text()))
