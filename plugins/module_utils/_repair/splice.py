# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of a file by byte span, and how they look to a person. Pure."""

from __future__ import annotations

import hashlib
import json
import typing as t

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _redact
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Splice

_MAX_SHOWN_BYTES = 256 * 1024


def splice(data: bytes, edits: t.Sequence[Splice], path: str) -> bytes:
    """The bytes after all edits; whatever is outside of their spans stays.

    :param path: for messages only
    :raises RefusedError: spans overlap or end behind the end of the file
    """
    parts: list[bytes] = []
    end = 0
    for edit in sorted(set(edits), key=lambda edit: (edit.start, edit.end)):
        if edit.start < end:
            raise RefusedError(f"{path}: two edits overlap at byte {edit.start}.")
        if edit.end > len(data):
            raise RefusedError(f"{path}: an edit ends at byte {edit.end}, but the file has {len(data)}.")
        parts += [data[end : edit.start], edit.text.encode("utf-8", "surrogateescape")]
        end = edit.end
    return b"".join([*parts, data[end:]])


def digest(edits: t.Sequence[Splice]) -> str:
    """A name for a set of edits that gives nothing of their text away."""
    plain = sorted((edit.start, edit.end, edit.text) for edit in set(edits))
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


def difference(path: str, old: bytes | None, new: bytes | None) -> dict[str, str]:
    """A file before and after in the form that Ansible shows as a unified diff, masked; None is an absent file."""
    if max(len(old or b""), len(new or b"")) > _MAX_SHOWN_BYTES:
        return {"prepared": f"{path}: too large to show\n"}
    return {
        "before_header": path if old is not None else f"{path} (absent)",
        "after_header": path if new is not None else f"{path} (absent)",
        "before": _shown(old),
        "after": _shown(new),
    }


def _shown(data: bytes | None) -> str:
    return _redact.redact((data or b"").decode("utf-8", "backslashreplace"))
