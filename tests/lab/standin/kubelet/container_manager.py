# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kubelet starts once the runtime has answered: cAdvisor, and the managers of CPUs and memory."""

from __future__ import annotations

import contextlib
import json
import os
import re
from pathlib import Path

from . import startup
from .errors import Exits
from .logs import go_quote
from .state import Kubelet

_INSTANCES = "/proc/sys/fs/inotify/max_user_instances"


def cadvisor(k: Kubelet) -> None:
    """cAdvisor watches the cgroups. The kernel refuses a watcher to a user who has as many as he may have; here the
    instances of this host's processes are counted, and the limit is what its /proc says."""
    limit = k.path(_INSTANCES)
    if limit.exists() and _instances(k) >= int(limit.read_text()):
        k.log.error("kubelet.go:1823", "Failed to start cAdvisor", "inotify_init: too many open files")
        raise Exits


def cpu_manager(k: Kubelet) -> None:
    """The manager of CPUs, with the state that it kept."""
    startup.write(k, "cpu-manager")
    policy = k.setting("cpuManagerPolicy")
    fresh = f'{{"policyName":"{policy}","defaultCpuSet":"","checksum":1353318690}}'
    _restore(k, "CPU", "cpu_manager.go:246", policy, fresh)


def memory_manager(k: Kubelet) -> None:
    """The manager of memory, with the state that it kept."""
    startup.write(k, "memory-manager")
    policy = k.setting("memoryManagerPolicy")
    fresh = f'{{"policyName":"{policy}","machineState":{{}},"checksum":4236770233}}'
    _restore(k, "memory", "memory_manager.go:199", policy, fresh)


def _restore(k: Kubelet, manager: str, where: str, policy: str, fresh: str) -> None:
    """Go on with the state of the last start. Raises Exits where it belongs to another policy."""
    shown = f"{k.data_directory}/{manager.lower()}_manager_state"
    path = k.path(shown)
    if not path.exists():
        path.write_text(fresh)
        path.chmod(0o600)
        return
    recorded = json.loads(path.read_text() or "{}").get("policyName")
    if recorded == policy:
        return
    prefix = "[memorymanager] " if manager == "memory" else ""
    text = (
        f"could not restore state from checkpoint: {prefix}configured policy {go_quote(policy)} differs from state "
        f"checkpoint policy {go_quote(recorded)}, please drain this node and delete the {manager} manager checkpoint "
        f"file {go_quote(shown)} before restarting Kubelet"
    )
    message = "Could not initialize checkpoint manager, please drain node and remove policy state file"
    k.log.error(where, message, text)
    k.log.error("kubelet.go:1839", "Failed to start ContainerManager", f"start {manager.lower()} manager error: {text}")
    raise Exits


def _instances(k: Kubelet) -> int:
    """How many inotify instances the processes of this host have."""
    return sum(_has_instance(link) for link in k.path("/proc").glob("[0-9]*/fd/*"))


def _has_instance(link: Path) -> bool:
    with contextlib.suppress(OSError):  # the process, or the file that it had open, is gone
        return re.fullmatch(r"anon_inode:\[?inotify\]?", os.fspath(link.readlink())) is not None
    return False
