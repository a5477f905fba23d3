# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of this room in other words, or with less evidence: the same cause or a less exact one, no wrong one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from accuracy import losing, wording
from accuracy._bundles import Bundle
from apart._pool import ROOM, named

Change = Callable[[Bundle], Bundle | None]
NODES = [(cause, make) for room in ROOM for cause, made in room.NODES.items() for make in made]
WORDS: dict[str, Change] = {"release 1.28": wording.release_1_28, "JSON": wording.json_format}
PARTS: dict[str, Change] = {
    "journal": losing.no_journal,
    "files": losing.no_files,
    "units": losing.no_units,
    "probes and cluster": losing.without_probes_and_cluster,
}
# What is also true, and all that can be said, where what would tell more was not read.
LESS_EXACT = {
    "service/dependency-failed": {"service/not-running"},
    "service/condition-skipped": {"config/kubelet-config-missing"},
    "service/start-limit-hit": {"certificate/client-ca-file-missing"},
    "service/dropin-stale-override": {"config/removed-flag-dockershim"},
    "certificate/rotation-symlink-dangling": {"certificate/client-pem-missing"},
    "kubeconfig/bootstrap-token-expired": {"certificate/no-usable-client-cert"},
    "identity/hostname-changed": {"certificate/client-cn-mismatch"},
    "network/cni-pod-cannot-start": {"network/cni-config-missing"},
    "network/pod-cidr-missing": {"network/cni-config-missing", "network/flannel-subnet-env-missing"},
    "resource/oom-kill-kubelet": {"service/killed-repeatedly"},
    "resource/var-lib-kubelet-not-mounted": {"config/kubelet-config-missing"},
    "runtime/config-invalid": {"runtime/service-down"},
    "runtime/state-corrupt": {"runtime/service-down"},
}


@cache
def _whole(number: int) -> frozenset[str]:
    return named(NODES[number][1]()).roots


def _changed(number: int, change: Change) -> frozenset[str]:
    bundle = NODES[number][1]()
    return named(change(bundle) or bundle).roots


@pytest.mark.parametrize("change", WORDS)
def test_other_words(change: str) -> None:
    """What an older release says, or one that logs JSON, names the same root causes."""
    got = {(n, NODES[n][0]): (_whole(n), _changed(n, WORDS[change])) for n in range(len(NODES))}
    assert {cause: roots for cause, roots in got.items() if roots[0] != roots[1]} == {}


@pytest.mark.parametrize("change", PARTS)
def test_less_evidence(change: str) -> None:
    """A part that was not read takes causes away, and puts none in their place that are not true."""
    wrong = {}
    for number, (cause, dummy) in enumerate(NODES):
        false = _changed(number, PARTS[change]) - _whole(number) - LESS_EXACT.get(cause, set())
        if false:
            wrong[cause] = false
    assert wrong == {}
