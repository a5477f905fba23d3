# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What service_info returns: the state of the kubelet's and the container runtime's units."""

from __future__ import annotations

from typing import Any

from .._causes._quote import iso
from .._model.common import FileFact
from .._model.service import Unit
from .._model.snapshot import Snapshot

# systemd.exec(5), "Process Exit Codes": statuses that systemd itself gives when it cannot start the program.
_SYSTEMD_EXIT = {
    200: "CHDIR, the working directory could not be entered",
    201: "NICE",
    202: "FDS",
    203: "EXEC, the program could not be executed",
    204: "MEMORY",
    205: "LIMITS",
    206: "OOM_ADJUST",
    207: "SIGNAL_MASK",
    208: "STDIN",
    209: "STDOUT",
    210: "CHROOT",
    211: "IOPRIO",
    214: "SETSCHEDULER",
    215: "CPUAFFINITY",
    216: "GROUP, the group could not be found or taken",
    217: "USER, the user could not be found or taken",
    218: "CAPABILITIES",
    219: "CGROUP, the control group could not be set up",
    224: "PAM",
    226: "NAMESPACE, mount namespacing failed",
    228: "SECCOMP",
    229: "SELINUX_CONTEXT",
    231: "APPARMOR_PROFILE",
    238: "STATE_DIRECTORY",
    239: "CACHE_DIRECTORY",
    240: "LOGS_DIRECTORY",
    243: "CREDENTIALS",
}
# signal(7), Linux on x86 and ARM: those that end a service in practice.
_SIGNALS = {
    1: "HUP",
    2: "INT",
    3: "QUIT",
    6: "ABRT",
    7: "BUS",
    9: "KILL",
    11: "SEGV",
    13: "PIPE",
    15: "TERM",
    31: "SYS",
}
_ENABLED = ("enabled", "enabled-runtime", "static", "alias", "indirect", "generated", "linked", "linked-runtime")


def service_facts(node: Snapshot) -> dict[str, Any]:
    """``{"kubelet": {...}, "runtime": {...} or None}``, JSON-ready; None stands for what is not known."""
    kubelet = _unit(node.kubelet)
    kubelet["newer_than_process"] = _newer_than_process(node)
    return {"kubelet": kubelet, "runtime": _unit(node.runtime) if node.runtime else None}


def _unit(unit: Unit) -> dict[str, Any]:
    known = unit.known
    return {
        "name": unit.name,
        "load_state": unit.load_state or None,
        "active_state": unit.active_state or None,
        "sub_state": unit.sub_state or None,
        "result": unit.result or None,
        "exit": _exit(unit),
        "restarts": unit.restarts if known else None,
        "since": iso(unit.state_change_at),
        "enabled": unit.enabled in _ENABLED if unit.enabled else None,
        "enabled_state": unit.enabled or None,
        "masked": unit.load_state == "masked" or unit.enabled.startswith("masked") if known else None,
        "unit_file": unit.fragment_path or None,
        "drop_ins": list(unit.drop_in_paths),
        "need_daemon_reload": unit.need_daemon_reload if known else None,
        "problems": [f"{problem.place}: {problem.message}" for problem in unit.problems],
    }


def _exit(unit: Unit) -> dict[str, Any] | None:
    """How the last main process ended; None while it never did."""
    if not unit.exit_code:
        return None
    return {"how": unit.exit_code, "status": unit.exit_status, "meaning": _meaning(unit), "at": iso(unit.main_exit_at)}


def _meaning(unit: Unit) -> str:
    status = unit.exit_status
    if status is None:
        return "unknown"
    if unit.exit_code in ("killed", "dumped"):
        name = f"SIG{_SIGNALS[status]}" if status in _SIGNALS else "no common signal"
        return f"ended by signal {status} ({name})" + (" with a core dump" if unit.exit_code == "dumped" else "")
    if status in _SYSTEMD_EXIT:
        return f"systemd could not start the program: {_SYSTEMD_EXIT[status]}"
    return "ended without an error" if status == 0 else "the program ended with an error of its own"


def _newer_than_process(node: Snapshot) -> list[str] | None:
    """Files in effect that changed after the running process was started; None when that cannot be told."""
    started = node.kubelet.main_start_at
    if not node.kubelet.running or started is None:
        return None
    return sorted(fact.path for fact in _files_in_effect(node) if fact.mtime is not None and fact.mtime > started)


def _files_in_effect(node: Snapshot) -> list[FileFact]:
    paths = {node.kubelet.fragment_path, *node.kubelet.drop_in_paths, *(item.path for item in node.environment_files)}
    named = [node.file(path) for path in paths if path]
    return [*named, node.config.file, *node.config.drop_ins, node.kubeconfig.file]
