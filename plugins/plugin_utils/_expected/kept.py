# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values as results can hold them: what JSON has no word for, and texts that nobody reads."""

from __future__ import annotations

import math
from hashlib import sha256
from typing import Any

TEXT_LIMIT = 16 * 1024
_SHOWN = 200


def kept(value: Any) -> Any:
    """The value; a text for a number that is none (``.nan``, ``.inf`` of YAML), and the beginning of a very long text
    with its hash, so that it still differs from every other one."""
    if isinstance(value, list):
        return [kept(item) for item in value]
    if isinstance(value, dict):
        return {key: kept(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str) and len(value) > TEXT_LIMIT:
        digest = sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{value[:_SHOWN]}… ({len(value)} characters, SHA-256 {digest})"
    return value
