# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel settings and swap: what they are, and how they are changed and put back."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import StepError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import failure

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

SYSCTL_FILE = "/etc/sysctl.d/90-nodeclinic.conf"
FSTAB = "/etc/fstab"
_SWAPS = "/proc/swaps"
_SWAP_SECONDS = 300.0
_FSTAB_SWAP = re.compile(rb"^(?=[^\s#]+[ \t]+\S+[ \t]+swap(?:[ \t]|$))", re.MULTILINE)


def sysctl(system: System, name: str) -> str:
    """The value of a kernel setting, with single spaces.

    :raises OSError: there is no such setting, or it cannot be read
    """
    return " ".join(Path(_sysctl_path(system, name)).read_text(encoding="utf-8").split())


def set_sysctl(system: System, name: str, value: str) -> None:
    """Sets a kernel setting until the next boot.

    :raises StepError: the kernel refuses the value
    """
    try:
        Path(_sysctl_path(system, name)).write_text(f"{value}\n", encoding="utf-8")
    except OSError as exc:
        raise StepError(f"sysctl {name}={value}: {exc.strerror}") from exc
    system.mark(f"sysctl {name}")


def sysctl_file(content: bytes, name: str, value: str) -> bytes:
    """The content of our file in sysctl.d with one setting in it, once."""
    wanted = f"{name} = {value}"
    lines = content.decode("utf-8", "surrogateescape").splitlines() or ["# Written by a repair of nodeclinic.kubelet."]
    kept = [line for line in lines if line.partition("=")[0].strip().replace("/", ".") != name.replace("/", ".")]
    return "".join(f"{line}\n" for line in [*kept, wanted]).encode("utf-8", "surrogateescape")


def swaps(system: System) -> dict[str, str]:
    """Swap devices and files in use, with their priorities.

    :raises OSError: they cannot be read
    """
    lines = Path(system.root + _SWAPS).read_text(encoding="utf-8", errors="surrogateescape").splitlines()[1:]
    fields = [line.split() for line in lines if line.split()]  # Filename Type Size Used Priority
    return {words[0].replace("\\040", " "): words[-1] for words in fields}


def swap_off(system: System) -> None:
    """Gives up all swap.

    :raises StepError: there is too little memory, or it takes more than five minutes
    """
    _run(system, ["swapoff", "-a"], "swapoff")
    if swaps(system):
        _run(system, ["swapoff", "--", *swaps(system)], "swapoff of what fstab does not name")


def swap_on(system: System, before: t.Mapping[str, str]) -> None:
    """Uses swap again that is not in use any more, with its priority; one below 0 is the kernel's own choice.

    :raises OSError: what is in use cannot be read
    :raises StepError: a device is refused
    """
    for device, priority in before.items():
        if device not in swaps(system):
            chosen = [f"--priority={priority}"] if priority.isdigit() else []
            _run(system, ["swapon", *chosen, "--", device], f"swapon {device}")


def fstab_without_swap(content: bytes) -> bytes:
    """fstab with its lines for swap commented out, everything else byte for byte."""
    return _FSTAB_SWAP.sub(b"# nodeclinic: ", content)


def _run(system: System, argv: list[str], name: str) -> None:
    problem = failure(system.run(argv, _SWAP_SECONDS))
    if problem:
        raise StepError(f"{' '.join(argv)}: {problem}")
    system.mark(name)


def _sysctl_path(system: System, name: str) -> str:
    """Dots separate, except where the name has slashes: there dots belong to the words (sysctl.d(5))."""
    if "/" in name and ("." not in name or name.index("/") < name.index(".")):
        return f"{system.root}/proc/sys/{name}"
    return f"{system.root}/proc/sys/{name.translate(str.maketrans('./', '/.'))}"
