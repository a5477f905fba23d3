# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which paths nodes can be expected to agree on. One table says which never, and why."""

from __future__ import annotations

import re
from functools import lru_cache

# Pattern of whole paths, and why each node has a value of its own there.
NEVER: tuple[tuple[str, str], ...] = (
    (
        r"(?:config\.providerID|flags\.(?:hostname-override|node-ip|provider-id))",
        "names or addresses one machine",
    ),
    (
        r"(?:config\.(?:registerWithTaints|podCIDR)(?:\..+)?|flags\.(?:register-with-taints|node-labels|pod-cidr))",
        "given to one node by who schedules on it, or by the control plane",
    ),
    (
        r"config\.(?:reservedMemory|reservedSystemCPUs)(?:\..+)?",
        "follows from the processors and the memory banks of one machine",
    ),
    (
        r"certificates\.(?:serving\..+|client\.fingerprint_sha256)",
        "issued to one node; without a serving certificate the kubelet makes one, signed by itself",
    ),
    (r"certificates\.[^.]+\.(?:remaining_days|sans)", "depends on when, and to whom, a certificate was issued"),
    (r"certificates\.server-ca\..+", "the same as kubeconfig.ca_sha256, which is compared"),
    (
        r"(?:unit|files)\..*\.sha256",
        "the file may hold a name, an address or a key of its node; of unit files the text is compared instead",
    ),
    (r"files\..*[-_]\d{4}-\d\d-\d\d[-_T].*", "the file's name holds the time at which it was made"),
    (r"service\.[^.]+\.active", "what a service does now is judged, not compared"),
    (r"versions\.skew", "the same as versions.kubelet, which is compared"),
    (
        r"kernel\.(?:vm\.(?:overcommit_memory|panic_on_oom)|kernel\.(?:panic|panic_on_oops|keys\.root_max.+))",
        "set by the kubelet itself when it starts: it differs on every node whose kubelet did not start since the boot",
    ),
    (r"kernel\.net\.netfilter\.nf_conntrack_(?:count|max)", "a counter, and what kube-proxy makes of the processors"),
    (
        r"kernel\.(?:fs\.file-max|fs\.inotify\.max_user_watches|user\.max_user_namespaces|kernel\.threads-max)",
        "the kernel makes it of the size of the memory",
    ),
)
# These follow from the machine's size where somebody computes them: compared among nodes of the same size only.
BY_SIZE = (
    r"config\.(?:maxPods|podsPerCore|kubeReserved|systemReserved|evictionHard|evictionSoft|evictionMinimumReclaim)"
    r"(?:\..+)?|flags\.(?:max-pods|pods-per-core|kube-reserved|system-reserved|eviction-hard|eviction-soft"
    r"|eviction-minimum-reclaim)"
)
_NEVER = re.compile("|".join(f"(?:{pattern})" for pattern, _reason in NEVER))
_BY_SIZE = re.compile(BY_SIZE)


@lru_cache(maxsize=16384)
def between_nodes(path: str) -> bool:
    """True when nodes can be expected to agree on a path."""
    return not _NEVER.fullmatch(path)


@lru_cache(maxsize=16384)
def by_size(path: str) -> bool:
    """True when nodes can be expected to agree on a path only where their machines are of the same size."""
    return _BY_SIZE.fullmatch(path) is not None
