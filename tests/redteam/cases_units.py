# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit, its process, the runtime and the disk; and nodes with two faults, or none."""

from __future__ import annotations

import json
from typing import Any

from accuracy._bundles import (
    CONFIG,
    KUBECONFIG,
    Bundle,
    each_message,
    edit,
    edit_json,
    journal,
    load,
    message,
    put,
    replace,
    with_journal,
)
from redteam._case import WELL, Case
from redteam._nodes import DROP_IN, absent, config, drop_in, ends_on, fact, failed, kubeconfig, probes, show

_LOCAL = "/etc/systemd/system/kubelet.service.d/50-local.conf"
_BINARY = "/usr/bin/kubelet"
_SOCKET = "/run/containerd/containerd.sock"
_RUN = "failed to run Kubelet: "


def not_spawned(status: str, *lines: str) -> Bundle:
    """A node where systemd fails before the kubelet runs, with ``lines`` of systemd."""
    bundle, told = load("binary-missing"), []
    for entry in journal(bundle):
        text = message(entry)
        if "EXEC spawning" in text or "ocate executable" in text:
            told += [{**entry, "MESSAGE": line} for line in lines]
        else:
            told.append({**entry, "MESSAGE": text.replace("203/EXEC", status)})
    good = json.loads(load("healthy")["files.json"])[_BINARY]
    return fact(show(with_journal(bundle, told), ExecMainStatus=status.partition("/")[0]), _BINARY, **good)


def local(bundle: Bundle, line: str, **properties: str) -> Bundle:
    """The bundle with one more line in a drop-in's [Service]."""
    return drop_in(bundle, _LOCAL, f"[Service]\n{line}\n", **properties)


def _typo() -> Bundle:
    bundle = replace(load("binary-missing"), {f"{_BINARY} ": f"{_BINARY[:-2]}t "}, names=False)
    bundle = each_message(bundle, lambda text: text.replace(_BINARY, "/usr/bin/kubelt"))
    bundle = fact(bundle, "/usr/bin/kubelt", type="absent")
    bundle = fact(bundle, _BINARY, **json.loads(load("healthy")["files.json"])[_BINARY])
    changed = {
        path: bundle[path].replace(_BINARY, "/usr/bin/kubelt")
        for path in ("systemd/kubelet.service.show", "systemd/kubelet.service.cat")
    }
    return put({**bundle, **changed}, DROP_IN, bundle[f"files{DROP_IN}"].replace(_BINARY, "/usr/bin/kubelt"))


def _start_timeout() -> Bundle:
    bundle, told = load("kill9-loop"), []
    for entry in journal(bundle):
        if "Main process exited" in message(entry):
            told.append({**entry, "MESSAGE": "kubelet.service: start operation timed out. Terminating."})
        told.append({**entry, "MESSAGE": message(entry).replace("9/KILL", "15/TERM").replace("'signal'", "'timeout'")})
    return local(show(with_journal(bundle, told), Result="timeout", Type="notify"), "Type=notify\nNotifyAccess=none")


def _pre_failed() -> Bundle:
    bundle = not_spawned("1/FAILURE")
    bundle = each_message(bundle, lambda text: text.replace("Main process exited", "Control process exited"))
    return local(show(bundle, ExecMainStatus="0"), "ExecStartPre=/bin/false")


def _with_runtime_of(case: str, bundle: Bundle) -> Bundle:
    """The node with another one's runtime: its unit, and a socket that nobody serves."""
    path = "systemd/containerd.service.show"
    stopped: dict[str, Any] = {"status": "absent", "error": "[Errno 2] No such file or directory"}
    bundle = probes({**bundle, path: load(case)[path]}, lambda p: stopped if p["probe"] == "unix" else {})
    return edit_json(
        bundle,
        "systemd/state.json",
        lambda s: {**s, "containerd.service": {"enabled": "enabled", "active": "inactive"}},
    )


def _socket_gone() -> Bundle:
    return fact(replace(load("runtime-endpoint-wrong"), {"containerd.sck": "containerd.sock"}), _SOCKET, type="absent")


def _full(bundle: Bundle, **left: int) -> Bundle:
    def change(host: dict[str, Any]) -> dict[str, Any]:
        mounts = [{**m, **left} if m["path"] == "/var/lib/kubelet" else m for m in host["filesystems"]]
        return {**host, "filesystems": mounts}

    return edit_json(bundle, "host.json", change)


def _other_conf_dir() -> Bundle:
    bundle, well, conflist = load("cni-config-invalid"), load("healthy"), "/etc/cni/net.d/10-lab.conflist"
    lines = bundle["journal/containerd.service.jsonl"].split("\n")
    quiet = "".join(f"{line}\n" for line in lines if line and "cni" not in line)
    bundle = put({**bundle, "journal/containerd.service.jsonl": quiet}, conflist, well[f"files{conflist}"])
    return edit(
        bundle, "files/etc/containerd/config.toml", lambda text: text.replace("/etc/cni/net.d", "/etc/cni/other.d")
    )


CASES = (
    Case(
        "WorkingDirectory= is missing",
        lambda: local(
            not_spawned(
                "200/CHDIR",
                "kubelet.service: Failed at step CHDIR spawning /usr/bin/kubelet: No such file or directory",
            ),
            "WorkingDirectory=/opt/kubelet",
        ),
        ("service/exec-environment-failed",),
    ),
    Case(
        "User= is unknown",
        lambda: local(
            not_spawned("217/USER", "kubelet.service: Failed at step USER spawning /usr/bin/kubelet: No such process"),
            "User=kubelet",
        ),
        ("service/exec-environment-failed",),
    ),
    Case(
        "the binary is not executable",
        lambda: fact(
            not_spawned(
                "203/EXEC",
                "kubelet.service: Unable to locate executable '/usr/bin/kubelet': Permission denied",
                "kubelet.service: Failed at step EXEC spawning /usr/bin/kubelet: Permission denied",
            ),
            _BINARY,
            mode="0644",
        ),
        ("service/binary-not-executable",),
    ),
    Case(
        "ExecStart= names a mistyped binary, on a host that needs failCgroupV1: false",
        _typo,
        ("service/binary-missing",),
    ),
    Case("ExecStartPre=/bin/false", _pre_failed, ("service/exec-start-pre-failed",)),
    Case(
        "User=nobody",
        lambda: local(
            ends_on(
                failed(f"failed to load kubelet config file, path: {CONFIG}, error: open {CONFIG}: permission denied"),
                at="version",
            ),
            "User=nobody",
        ),
        ("service/not-root",),
    ),
    Case("Type=notify, and nobody may notify", _start_timeout, ("service/start-timeout",)),
    Case(
        "LimitNOFILE=10, which inotify feels first",
        lambda: local(
            ends_on(failed(f"{_RUN}inotify_init: too many open files")),
            "LimitNOFILE=10",
            LimitNOFILE="10",
            LimitNOFILESoft="10",
        ),
        ("resource/fd-exhaustion",),
    ),
    Case(
        "TasksMax=5",
        lambda: local(
            ends_on(
                "runtime: failed to create new OS thread (have 6 already; errno=11)",
                "fatal error: newosproc",
                at="flags",
                status="2/INVALIDARGUMENT",
            ),
            "TasksMax=5",
            TasksMax="5",
        ),
        ("resource/pid-exhaustion",),
    ),
    Case(
        "ProtectSystem=strict",
        lambda: local(
            ends_on(failed(f"{_RUN}mkdir /var/lib/kubelet/pki: read-only file system")), "ProtectSystem=strict"
        ),
        ("resource/readonly-filesystem",),
    ),
    Case(
        "killed by SIGTERM again and again",
        lambda: each_message(load("kill9-loop"), lambda text: text.replace("9/KILL", "15/TERM")),
        ("service/killed-repeatedly",),
    ),
    Case("containerd's socket was removed", _socket_gone, ("runtime/endpoint-wrong",)),
    Case(
        "the endpoint is CRI-O's",
        lambda: replace(load("runtime-endpoint-wrong"), {"/run/containerd/containerd.sck": "/var/run/crio/crio.sock"}),
        ("runtime/endpoint-wrong",),
    ),
    Case("containerd looks for CNI elsewhere", _other_conf_dir, ("network/cni-dir-mismatch",)),
    Case(
        "/var/lib/kubelet is full, and the kubelet runs",
        lambda: _full(load("healthy"), available_bytes=0),
        ("resource/disk-full",),
        "degraded at_risk",
    ),
    Case(
        "/var/lib/kubelet is full, and the kubelet cannot start",
        lambda: _full(
            ends_on(failed(f"{_RUN}failed to create kubelet: mkdir /var/lib/kubelet/plugins: no space left on device")),
            available_bytes=0,
        ),
        ("resource/disk-full",),
    ),
    Case(
        "/var/lib/kubelet has no inodes",
        lambda: _full(load("healthy"), inodes=2000, inodes_available=0),
        ("resource/inodes-exhausted",),
        "degraded",
    ),
    Case(
        "stopped, and kubelet.conf is gone",
        lambda: absent(load("kubelet-stopped-disabled"), KUBECONFIG),
        ("service/not-running", "kubeconfig/kubelet-conf-missing"),
    ),
    Case(
        "masked, and containerd is stopped",
        lambda: _with_runtime_of("containerd-stopped", load("kubelet-masked")),
        ("service/masked", "runtime/service-down"),
    ),
    Case(
        "an expired certificate, and containerd is stopped",
        lambda: _with_runtime_of("containerd-stopped", load("cert-expired")),
        ("certificate/client-expired", "runtime/service-down"),
    ),
    Case(
        "config.yaml is broken, and so is current-context",
        lambda: kubeconfig(load("config-yaml-syntax"), "current-context: .*", "current-context: no"),
        ("config/yaml-invalid", "kubeconfig/context-missing"),
    ),
    Case(
        "rebooted a minute ago",
        lambda: edit_json(load("healthy"), "host.json", lambda host: {**host, "uptime_seconds": 80.0}),
        (),
        WELL,
    ),
    Case(
        "upgraded, not yet restarted",
        lambda: edit_json(
            load("healthy"),
            "host.json",
            lambda host: {**host, "kubelet": {**host["kubelet"], "version": "Kubernetes v1.36.3"}},
        ),
        (),
        WELL,
    ),
    Case(
        "cordoned",
        lambda: edit_json(
            load("healthy"),
            "cluster.json",
            lambda c: {**c, "node": {**c["node"], "spec": {**c["node"]["spec"], "unschedulable": True}}},
        ),
        (),
        WELL,
    ),
    Case("Ready, and the journal is empty", lambda: with_journal(load("healthy"), []), (), WELL),
    Case(
        "healthz on another port",
        lambda: config(load("healthy"), lambda text: text.replace("healthzPort: 10248", "healthzPort: 10348")),
        (),
        WELL,
    ),
)
