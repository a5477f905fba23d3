# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The machine: operating system, memory, disks, ports, clock, kernel settings, and the versions that run on it."""

from __future__ import annotations

import os
import platform
import re
import typing as t
from datetime import datetime, timezone

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _redact, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import clock, parallel, repairs, sockets

if t.TYPE_CHECKING:
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect.units import Show
    from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

_VERSION_SECONDS = 5.0
_FILESYSTEMS = (
    "/",
    "/var/lib/kubelet",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/docker",
    "/var/log",
    "/run",
    "/tmp",  # noqa: S108 - looked at, not written
)
# What the kubelet's kernel defaults, kube-proxy and CNI plugins need, and the limits that break them.
_SYSCTLS = (
    "net.ipv4.ip_forward",
    "net.ipv6.conf.all.forwarding",
    "net.bridge.bridge-nf-call-iptables",
    "net.bridge.bridge-nf-call-ip6tables",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_count",
    "vm.overcommit_memory",
    "vm.panic_on_oom",
    "vm.swappiness",
    "kernel.panic",
    "kernel.panic_on_oops",
    "kernel.keys.root_maxkeys",
    "kernel.keys.root_maxbytes",
    "fs.inotify.max_user_instances",
    "fs.inotify.max_user_watches",
    "fs.file-max",
    "user.max_user_namespaces",
)
_SECRET_SYSCTL = re.compile(r"secret|_key$")  # stable_secret, tcp_fastopen_key
_MODULES = ("br_netfilter", "overlay", "nf_conntrack", "ip_vs")
_READ_ONLY = os.ST_RDONLY
_CONTROL_GROUP_2 = "/sys/fs/cgroup/cgroup.controllers"


def collect(
    host: Host,
    show: Show,
    cmdline: t.Sequence[str],
    runtime: str | None,
    runtime_show: Show,
    seconds: float,
    sysctls: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """All facts about the machine.

    :param show: properties of the kubelet's unit, and of the runtime's; cmdline: arguments of the running kubelet
    :param seconds: time limit of the programs that are asked (versions, systemd)
    :param sysctls: kernel settings that are read beside the usual ones
    """
    asked = parallel.run_all(
        {
            "kubelet": lambda: _version(host, _program(show, cmdline, "kubelet")),
            "runtime": lambda: _version(host, _program(runtime_show, (), (runtime or "").partition(".")[0])),
            "systemd": lambda: _systemd(host),
        },
        seconds,
    )
    facts = {**_kernel(host), **_memory(host), **_security(host)}
    facts["pressure"] = _pressure(host)
    facts["filesystems"] = _filesystems(host)
    facts["listening"] = sockets.listening(host)
    facts["addresses"] = _addresses(host)
    facts["sysctl"] = _sysctls(host, sysctls)
    facts["clock"] = {"utc": _now(), "ntp_synchronized": clock.synchronized()}
    facts["kubelet"] = {"version": asked["kubelet"].value, **_process(show, cmdline)}
    facts["runtime"] = {"version": asked["runtime"].value}
    facts["unfinished_repairs"] = repairs.unfinished(host)
    facts.update(asked["systemd"].value or {"systemd": None, "system_state": None})
    return facts


def _kernel(host: Host) -> dict[str, t.Any]:
    uptime = host.text("/proc/uptime").split()
    statistics = dict(line.partition(" ")[::2] for line in host.text("/proc/stat", 1024 * 1024).splitlines())
    load = host.text("/proc/loadavg").split()
    controllers = host.text(_CONTROL_GROUP_2).split()
    release = host.text("/etc/os-release") or host.text("/usr/lib/os-release")
    return {
        "hostname": host.text("/proc/sys/kernel/hostname").strip(),
        "boot_id": host.text("/proc/sys/kernel/random/boot_id").strip(),
        "os_release": _assignments(release),
        "kernel": host.text("/proc/sys/kernel/osrelease").strip(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "uptime_seconds": float(uptime[0]) if uptime else None,
        "load": load[:3],
        "blocked_processes": _number(statistics.get("procs_blocked")),
        "cgroup": "v2" if host.exists(_CONTROL_GROUP_2) else "v1",
        "cgroup_controllers": controllers,
        "pids": {
            "current": _number(load[3].partition("/")[2]) if len(load) > 3 else None,
            "max": _number(host.text("/proc/sys/kernel/pid_max")),
        },
    }


def _memory(host: Host) -> dict[str, t.Any]:
    values = {name: int(size) * 1024 for name, size in re.findall(r"(\w+): +(\d+) kB", host.text("/proc/meminfo"))}
    swaps = [line.split() for line in host.text("/proc/swaps").splitlines()[1:]]
    kills = re.search(r"^oom_kill (\d+)", host.text("/proc/vmstat"), re.MULTILINE)
    return {
        "memory": {
            "total_bytes": values.get("MemTotal"),
            "available_bytes": values.get("MemAvailable"),
            "swap_total_bytes": values.get("SwapTotal"),
            "swap_free_bytes": values.get("SwapFree"),
        },
        "swaps": [
            {"name": row[0], "type": row[1], "size_bytes": int(row[2]) * 1024, "used_bytes": int(row[3]) * 1024}
            for row in swaps
            if len(row) > 3
        ],
        "oom_kills": int(kills.group(1)) if kills else None,
    }


def _pressure(host: Host) -> dict[str, dict[str, float]]:
    """Percent of the last minute in which some (or all) tasks waited for a resource; empty without PSI."""
    found: dict[str, dict[str, float]] = {}
    for resource in ("cpu", "io", "memory"):
        shares = re.findall(r"^(some|full) .*?avg60=(\d+\.\d+)", host.text(f"/proc/pressure/{resource}"), re.MULTILINE)
        if shares:
            found[resource] = {f"{kind}_avg60": float(share) for kind, share in shares}
    return found


def _security(host: Host) -> dict[str, t.Any]:
    enforce = host.text("/sys/fs/selinux/enforce").strip()
    return {
        "selinux": {"1": "enforcing", "0": "permissive"}.get(enforce, "disabled"),
        "apparmor": host.text("/sys/module/apparmor/parameters/enabled").strip() == "Y",
        "modules": {name: host.exists(f"/sys/module/{name}") for name in _MODULES},
    }


def _filesystems(host: Host) -> list[dict[str, t.Any]]:
    mounts = [line.split() for line in host.text("/proc/self/mounts", 1024 * 1024).splitlines()]
    found: list[dict[str, t.Any]] = []
    for path in _FILESYSTEMS:
        exists = host.exists(path)
        facts = host.statvfs(path) if exists else None
        if facts is None:
            if exists is None:
                found.append({"path": path, "status": _schema.TIMEOUT})
            continue
        mount = max(
            (row for row in mounts if len(row) > 3 and _is_below(path, row[1])),
            key=lambda row: len(row[1]),
            default=["", "", "", ""],
        )
        found.append(
            {
                "path": path,
                "size_bytes": facts.f_blocks * facts.f_frsize,
                "available_bytes": facts.f_bavail * facts.f_frsize,
                "inodes": facts.f_files,
                "inodes_available": facts.f_favail,
                "read_only": bool(facts.f_flag & _READ_ONLY),
                "mount_point": mount[1],
                "type": mount[2],
                "source": _redact.redact(mount[0]),
            }
        )
    return found


def _is_below(path: str, mount_point: str) -> bool:
    return mount_point in ("/", path) or path.startswith(mount_point + "/")


def _addresses(host: Host) -> list[str]:
    """The host's own IPv4 addresses: the /32 routes of type LOCAL."""
    found = re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", host.text("/proc/net/fib_trie", 1024 * 1024))
    return sorted({address for address in found if not address.startswith("127.")})


def _sysctls(host: Host, more: t.Sequence[str]) -> dict[str, str]:
    names = (*_SYSCTLS, *(name for name in more if not _SECRET_SYSCTL.search(name)))
    values = {name: host.text("/proc/sys/" + name.replace(".", "/"), 256).strip() for name in names}
    return {name: value for name, value in values.items() if value}


def _assignments(text: str) -> dict[str, str]:
    """The variables of os-release(5)."""
    found = re.findall(r"^([A-Z0-9_]+)=(.*)$", text, re.MULTILINE)
    return {name: value.strip().strip("\"'") for name, value in found}


def _process(show: Show, cmdline: t.Sequence[str]) -> dict[str, t.Any]:
    pid = _number(show.get("MainPID")) or 0
    return {
        "pid": pid,
        "cmdline": _redact.redact_argv(cmdline),
        "started_at": _moment(show.get("ExecMainStartTimestamp", "")) if pid else None,
    }


def _program(show: Show, cmdline: t.Sequence[str], default: str) -> str:
    """The program of a unit, told by its own path; k3s and others that are not asked for a version give none."""
    path = re.search(r"path=(\S+)", show.get("ExecStart", ""))
    program = path.group(1) if path else (cmdline[0] if cmdline else default)
    known = ("kubelet", "containerd", "crio", "cri-dockerd", "dockerd", "k3s", "rke2", "hyperkube")
    return program if program.rpartition("/")[2] in known else ""


def _version(host: Host, program: str) -> str | None:
    if not program:
        return None
    result = host.run([program, "--version"], timeout=_VERSION_SECONDS, max_bytes=4096)
    line = result.out.strip().partition("\n")[0][:200]
    return _redact.redact(line) if result.exit_code == 0 and line else None


def _systemd(host: Host) -> dict[str, t.Any]:
    result = host.run(["systemctl", "show", "--property=Version,SystemState"], timeout=3.0, max_bytes=4096)
    values = dict(line.partition("=")[::2] for line in result.out.splitlines())
    version = values.get("Version", "")
    major = re.match(r"\d+", version)
    return {
        "systemd": f"systemd {major.group()} ({version})" if major else None,
        "system_state": values.get("SystemState"),
    }


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None


def _moment(timestamp: str) -> str | None:
    """A timestamp of systemctl in UTC (`Mon 2026-11-23 21:36:13 UTC`) as RFC 3339."""
    found = re.search(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC", timestamp)
    return f"{found.group(1)}T{found.group(2)}Z" if found else None


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
