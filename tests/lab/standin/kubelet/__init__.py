# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stand-in kubelet: reads the real files, dials the real endpoints, fails with the real messages."""

from __future__ import annotations

import sys

from .wording import current_version


def main() -> None:
    """Run as the kubelet. --version is answered at once, as it is asked for on every diagnosis."""
    if "--version" in sys.argv[1:]:
        sys.stdout.write(f"Kubernetes {current_version()}\n")
        return
    from .main import run  # noqa: PLC0415 -- loads TLS, HTTP and YAML

    run()
