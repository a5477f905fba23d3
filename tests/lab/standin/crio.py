# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in CRI-O: answers on its own socket as the stand-in containerd does."""

from __future__ import annotations

import sys

from lab.standin import _process, containerd

VERSION = "1.36.0"
SOCKET = containerd.ROOT / "run/crio/crio.sock"


def main() -> None:
    """Run as crio until SIGTERM."""
    if "--version" in sys.argv[1:]:
        sys.stdout.write(f"crio version {VERSION}\n")
        return
    _process.exit_on_sigterm(lambda: SOCKET.unlink(missing_ok=True))
    _process.impersonate(sys.argv[0], sys.argv[1:])
    containerd.log("info", f"Starting CRI-O, version: {VERSION}")
    server = containerd.listen(SOCKET, containerd.Runtime(""))
    _process.notify_ready()
    server.serve_forever()
