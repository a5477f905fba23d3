# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a node may be compared with another node, and how: its own names and addresses stand as placeholders."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from .._model.expected import Names, Observed
from .between import between_nodes

NODE = "{node}"
ADDRESS = "{address}"


def portable(value: Any, names: Names) -> Any:
    """A value with the node's own names and addresses replaced by ``{node}`` and ``{address}``; lists item by item."""
    if isinstance(value, list):
        return [portable(item, names) for item in value]
    if not isinstance(value, str):
        return value
    for own, placeholder in ((names.node, NODE), (names.addresses, ADDRESS)):
        for name in sorted(own, key=len, reverse=True):
            if name in value:
                value = _whole(name).sub(placeholder, value)
    return value


def localised(value: Any, names: Names) -> Any:
    """A value with its placeholders replaced by the name and the address of this node, where they are known."""
    if isinstance(value, list):
        return [localised(item, names) for item in value]
    if not isinstance(value, str):
        return value
    for placeholder, own in ((NODE, names.node), (ADDRESS, names.addresses)):
        value = value.replace(placeholder, own[0]) if own else value
    return value


def portable_path(path: str, names: Names) -> bool:
    """True when a path may be compared between nodes and names no node itself."""
    return between_nodes(path) and not any(name in path and _whole(name).search(path) for name in names.node)


def portable_values(observed: Observed) -> dict[str, Any]:
    """Everything of a node that can be compared with another one, by path, with placeholders."""
    names = observed.names
    return {path: portable(seen.value, names) for path, seen in observed.values.items() if portable_path(path, names)}


@lru_cache(maxsize=1024)
def _whole(name: str) -> re.Pattern[str]:
    """The name where it is not a part of a longer one: worker-1 neither in worker-12 nor in my-worker-1."""
    return re.compile(rf"(?<![\w-])(?<![\w]\.){re.escape(name)}(?![\w-]|\.\d)")
