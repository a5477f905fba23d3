# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the API server keeps its files, and the ways in which it can be made to misbehave."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(os.environ.get("NODELAB_ROOT", "/"))
PORT = int(os.environ.get("NODELAB_API_PORT", "6443"))
GRACE_SECONDS = float(os.environ.get("NODELAB_GRACE", "8"))  # 40 s, since 1.32 50 s, in the real one
VERSION = "v1.36.2"

PKI = ROOT / "etc/kubernetes/pki"
CA = PKI / "ca.crt"
CA_KEY = PKI / "ca.key"
CLIENT_CA = PKI / "client-ca.crt"
SEED = ROOT / "var/lib/nodelab/seed.json"
STATE = ROOT / "var/lib/nodelab/apiserver.json"
MODE = ROOT / "etc/nodelab/apiserver-mode"  # one word, read at start and at every request

ETCD_DOWN, UNAVAILABLE, NO_NODE_AUTHORIZER = "etcd-down", "unavailable", "no-node-authorizer"
CERTIFICATES = {"expired-certificate": "apiserver-expired", "other-ca": "apiserver-other-ca"}


def mode() -> str:
    """How the API server misbehaves at the moment, "" when it does not."""
    return MODE.read_text().strip() if MODE.exists() else ""


def certificate() -> tuple[Path, Path]:
    """The serving pair to start with."""
    name = CERTIFICATES.get(mode(), "apiserver")
    return PKI / f"{name}.crt", PKI / f"{name}.key"
