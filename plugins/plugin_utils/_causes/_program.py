# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file's mode and first bytes say about whether this machine can execute it."""

from __future__ import annotations

import re

from .._model.common import FileFact
from .._model.snapshot import Snapshot

_SCRIPT = "#!"  # execve(2): a file that begins so is as good as a program
# `uname -m` in the words in which the node tells e_machine of an ELF header.
_FAMILIES = (
    (re.compile(r"i[3-6]86"), "i686"),
    (re.compile(r"arm.*|aarch32"), "armv7l"),
    (re.compile(r"ppc64.*"), "ppc64"),
    (re.compile(r"x86_64|aarch64|s390x|riscv64"), r"\g<0>"),
)
_SMALLER = {"x86_64": "i686", "aarch64": "armv7l"}  # many of these kernels execute programs of these, too


def binary(node: Snapshot, path: str) -> FileFact:
    """The file that is executed for a path: what a link there leads to, where that was looked at."""
    fact = node.file(path)
    return node.file(fact.resolves) if fact.type == "link" and fact.resolves else fact


def closed(mode: str | None) -> bool:
    """True for the mode of a file that nobody may execute."""
    return mode is not None and not int(mode, 8) & 0o111


def architecture(fact: FileFact) -> str:
    """The architecture that an ELF program is built for; empty for anything else, or when nobody looked."""
    found = (fact.extra or {}).get("elf_machine")
    return found if isinstance(found, str) else ""


def runs_on(fact: FileFact, machine: str) -> bool | None:
    """Whether a kernel for ``machine`` (as `uname -m` says) executes this format; None where that is not certain."""
    if fact.type != "file" or "elf_machine" not in (fact.extra or {}):
        return None
    own, found = _family(machine), architecture(fact)
    if not found:
        return None if str((fact.extra or {}).get("head", "")).startswith(_SCRIPT) else False
    if not own or found == _SMALLER.get(own):
        return None
    return found == own


def _family(machine: str) -> str:
    return next((found.expand(word) for pattern, word in _FAMILIES if (found := pattern.fullmatch(machine))), "")
