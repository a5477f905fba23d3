# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes whose recorded node may be named by more than one id: the one that is named here."""

from __future__ import annotations

from functools import partial

from accuracy._bundles import load
from apart._nodes import Made

_CASES = {
    "certificate/apiserver-san-mismatch": "server-name-not-in-san",
    "certificate/rotation-symlink-dangling": "cert-missing-dangling",
    "config/removed-flag-dockershim": "removed-flag-network-plugin",
    "config/removed-flag-pod-infra-image": "removed-flag-pod-infra",
    "resource/oom-kill-kubelet": "oom-killed",
}
NODES: dict[str, tuple[Made, ...]] = {cause: (partial(load, case),) for cause, case in _CASES.items()}
