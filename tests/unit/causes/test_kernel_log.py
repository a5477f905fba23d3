# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel says of the machine counts where it names what is this node's, and while it is of now."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.causes._make import files, findings, healthy, kernel, risks, roots, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.finding import Effect
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

KILLED = "Memory cgroup out of memory: Killed process 3856 (kubelet) total-vm:2115208kB, anon-rss:8120kB, UID:0"
DISK = "I/O error, dev nvme0n1, sector 2048 op 0x1:(WRITE) flags 0x800 phys_seg 1 prio class 2"


def killed_by_signal(pid: str) -> Snapshot:
    """A kubelet whose last process, with this pid, ended by signal 9; systemd does not know who sent it."""
    ended = {"Result": "signal", "ExecMainCode": "2", "ExecMainStatus": "9", "ExecMainPID": pid}
    return unit(stopped(healthy()), **ended)


def test_the_kernel_names_who_killed_the_kubelet() -> None:
    """A kill of the OOM killer explains an end by signal 9, when it names the very process."""
    found = findings(kernel(killed_by_signal("3856"), KILLED))["resource/oom-kill-kubelet"]
    assert any(KILLED in item.excerpt for item in found.evidence)
    assert roots(kernel(killed_by_signal("3856"), KILLED)) == {"resource/oom-kill-kubelet"}


def test_another_kubelet_on_the_same_machine_is_not_this_one() -> None:
    """Nodes in containers share a kernel: a kill of another pid says nothing of this node."""
    assert "resource/oom-kill-kubelet" not in findings(kernel(killed_by_signal("77"), KILLED))


def test_a_failing_disk_is_a_risk_before_the_kubelet_feels_it() -> None:
    """The node works, from caches; the kernel already knows."""
    node = kernel(healthy(), DISK)
    assert "system/disk-io-errors" in risks(node)
    assert not roots(node)


def test_a_failing_disk_that_is_felt_is_the_root() -> None:
    """Where a file cannot be read the kernel's line is quoted beside it."""
    unread = files(healthy(), FileFact("/var/lib/kubelet/x", type="error", error="Input/output error"))
    found = findings(kernel(unread, DISK))["system/disk-io-errors"]
    assert found.effect == Effect.DEGRADED
    assert [item.source for item in found.evidence] == ["host", "journal"]


@pytest.mark.parametrize(
    "node",
    [
        kernel(healthy(), DISK, ago=3600),
        kernel(healthy(), "I/O error, dev sr0, sector 0 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2"),
        kernel(healthy(), KILLED, "Out of memory: Killed process 12 (java) total-vm:1kB"),
        kernel(healthy(), "nfs: server 10.0.0.9 not responding, still trying"),
        kernel(healthy(), "EXT4-fs (sdz1): Remounting filesystem read-only"),
    ],
    ids=[
        "an hour ago",
        "optical drive",
        "other programs",
        "nfs that the node does not feel",
        "a disk of something else",
    ],
)
def test_what_the_node_does_not_feel_is_no_finding(node: Snapshot) -> None:
    """Old messages, other programs and other devices raise nothing."""
    assert set(findings(node)) == set(findings(healthy()))


def test_a_remounted_file_system_is_quoted_from_the_kernel() -> None:
    """The state of the mount decides; the kernel's line says since when and why."""
    base = healthy()
    mounts = tuple(replace(entry, read_only=entry.path == "/var/lib/kubelet") for entry in base.host.filesystems)
    node = replace(base, host=replace(base.host, filesystems=mounts))
    said = findings(kernel(node, "EXT4-fs (sda1): Remounting filesystem read-only"))["resource/readonly-filesystem"]
    assert "Remounting filesystem" in said.evidence[-1].excerpt
