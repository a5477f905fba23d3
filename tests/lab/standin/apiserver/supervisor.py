# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a K3s or RKE2 server answers to an agent that joins: the cluster's CA, and its configuration for the token.

K3s serves it on the API server's port, RKE2 on one of its own.
"""

from __future__ import annotations

import base64
import hashlib
import re

from . import settings

PORT = 9345
SECRET = "lab-join-secret"
_CONFIG = re.compile(r"/v1-(?:k3s|rke2)/config")


def token(ca: str) -> str:
    """The join token of a cluster with this CA: the CA's hash, then the secret."""
    return f"K10{hashlib.sha256(ca.encode()).hexdigest()}::server:{SECRET}"


def answer(path: str, authorization: str, known_node: bool) -> tuple[int, str] | None:
    """Status and text; None for a path that is the API server's own. A node's certificate serves as a token does."""
    if path == "/cacerts":
        return 200, settings.CA.read_text()
    if not _CONFIG.fullmatch(path):
        return None
    given = base64.b64decode(authorization.rpartition(" ")[2] or "").decode(errors="replace")
    return (200, "{}") if known_node or given.partition(":")[2] == SECRET else (401, "Unauthorized\n")
