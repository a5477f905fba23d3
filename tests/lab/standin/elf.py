# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program in the place of a script: a real kubelet is an ELF file, the stand-in a script, which is not looked into.

The program does nothing but execute the script, with its own arguments and environment.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

_ADDRESS = 0x400000
_HEADERS = 64 + 56
# The machine code for x86_64: execve(path, argv, envp), and exit(126) where that fails. argc is on top of the stack,
# then argv, a null, envp. The path follows the code.
_CODE = bytes.fromhex(
    "488d3d21000000"  # lea rdi, [rip+33]
    "488d742408"  # lea rsi, [rsp+8]
    "488b0424"  # mov rax, [rsp]
    "488d54c410"  # lea rdx, [rsp+rax*8+16]
    "b83b000000"  # mov eax, 59
    "0f05"  # syscall
    "bf7e000000"  # mov edi, 126
    "b83c000000"  # mov eax, 60
    "0f05"  # syscall
)


def program(path: str) -> bytes:
    """An ELF executable for x86_64 that executes another program."""
    code = _CODE + path.encode() + b"\0"
    size = _HEADERS + len(code)
    kind, machine, version, flags = 2, 62, 1, 5
    identity = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", identity, kind, machine, version, _ADDRESS + _HEADERS, 64, 0, 0, 64, 56, 1, 64, 0, 0
    )
    segment = struct.pack("<IIQQQQQQ", 1, flags, 0, _ADDRESS, _ADDRESS, size, size, 0x1000)
    return header + segment + code


def main() -> None:
    """Put a program in the place of the script that is named, which goes below /opt/nodelab/libexec."""
    script = Path(sys.argv[1])
    kept = Path("/opt/nodelab/libexec") / script.name
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(script.read_bytes())
    kept.chmod(0o755)
    script.write_bytes(program(str(kept)))
