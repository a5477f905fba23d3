# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process: killed from outside, hung, or kept from starting by its watchdog."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from .._model.cause import cause
from .._model.finding import Effect, Hit, Remedy
from .._model.snapshot import Snapshot
from . import _logs, _quote
from ._quote import age

STARTING = timedelta(seconds=15)
QUIET = timedelta(seconds=10)
SOURCES = ("systemd.service(5), Result=", "kubernetes pkg/kubelet/watchdog/watchdog_linux.go")
OUTSIDE = ("9", "15", "2", "1", "3")


def _killed(node: Snapshot) -> tuple[str, int] | None:
    """Signal of the last end (name with number) and how many starts in a row ended by a signal, newest backwards."""
    ended = [start for start in node.log.starts if start.exit_code]
    count = 0
    for start in reversed(ended):
        if start.exit_code != "killed":
            break
        count += 1
    if count:
        return ended[-1].exit_status, count
    if node.kubelet.exit_code == "killed":
        return f"{node.kubelet.exit_status}", node.kubelet.restarts or 1
    return None


@cause(
    "service/killed-repeatedly",
    title="something kills the kubelet again and again",
    effect=Effect.DOWN,
    healthy="The kubelet ends only when systemd stops it.",
    see="*Main process exited, code=killed, status=9/KILL* after every start, with nothing wrong in the kubelet's log.",
    why=(
        "A process on the host sends the signal: a monitoring agent, a script, a hardening tool; or the kernel does"
        " under a memory limit so tight that no message is left."
    ),
    remedy=Remedy(
        "Find the sender: `journalctl -k | grep -i -E 'oom|killed process'`, `systemctl list-units --type=service`,"
        " or `auditctl -a always,exit -F arch=b64 -S kill -k kubelet-kill`."
    ),
    apart={
        "resource/oom-kill-kubelet": "there the kernel or systemd-oomd says so, or a memory limit is in the unit",
        "service/watchdog-kill": "there the Result is watchdog",
        "service/killed": "there it was killed once and stays down",
        "service/start-timeout": "there systemd itself ends the start, and says *start operation timed out*",
    },
    sources=SOURCES,
)
def killed_repeatedly(node: Snapshot) -> Iterator[Hit]:
    """At least two starts in a row ended by a signal that came from outside."""
    killed = _killed(node)
    if killed is None or killed[1] < 2 or node.kubelet.result in ("watchdog", "oom-kill"):
        return
    signal, count = killed
    if signal.split("/")[0] not in OUTSIDE or not (node.crash_looping or not node.kubelet.running):
        return
    said = _logs.current(node, "main-process-killed")
    yield Hit(
        f"the kubelet was killed {count} times in a row by signal {signal}; it did not exit by itself",
        (
            *((_quote.log(said),) if said else ()),
            _quote.unit(node.kubelet, "Result", "ExecMainStatus", "NRestarts"),
        ),
    )


@cause(
    "service/killed",
    title="the kubelet was killed and stays down",
    effect=Effect.DOWN,
    healthy="The kubelet runs; Restart=always brings it back when something kills it.",
    see="The unit is failed with Result=signal or inactive after a kill, and nothing restarts it.",
    why="The process was killed and the unit has no Restart=always (or the restart was cancelled).",
    remedy=Remedy(
        "`systemctl start kubelet`; give the unit `Restart=always` in a drop-in so that it comes back by itself.",
        "start-kubelet",
        "safe",
    ),
    apart={
        "service/killed-repeatedly": "there it is restarted and killed again",
        "service/not-running": "there it was stopped in good order",
    },
    sources=SOURCES,
)
def killed_once(node: Snapshot) -> Iterator[Hit]:
    """Failed by a signal, and not being restarted."""
    unit = node.kubelet
    killed = _killed(node)
    if unit.active_state != "failed" or unit.result not in ("signal", "core-dump") or killed is None or killed[1] > 1:
        return
    since = f" {age((node.captured_at - unit.state_change_at).total_seconds())} ago" if unit.state_change_at else ""
    restart = unit.get("Restart")
    yield Hit(
        f"the kubelet was killed by signal {killed[0]}{since} and is not restarted (Restart={restart or 'no'})",
        (_quote.unit(unit, "ActiveState", "Result", "ExecMainStatus", "Restart"),),
    )


@cause(
    "service/process-hung",
    title="the kubelet process exists and does nothing",
    effect=Effect.DOWN,
    healthy="http://127.0.0.1:10248/healthz answers ok within a second.",
    see="systemd says active (running), the healthz port accepts and never answers, the log is silent.",
    why=(
        "The process is stopped (SIGSTOP, a debugger, the cgroup freezer) or all of it waits: for a dead network file"
        " system, or for a lock."
    ),
    remedy=Remedy(
        "Look at it first: `cat /proc/$(pidof kubelet)/status | grep State` (T is stopped, D waits for a device)."
        " Stopped: `kill -CONT`. Otherwise `systemctl restart kubelet`.",
        "restart-kubelet",
        "needs-approval",
    ),
    apart={
        "runtime/hung": "there healthz of the kubelet answers, the runtime's socket does not",
        "apiserver/connection-refused": "there the kubelet logs failing requests, here it logs nothing",
    },
    sources=("kubernetes pkg/kubelet/server (healthz)",),
)
def process_hung(node: Snapshot) -> Iterator[Hit]:
    """Running for a while, healthz accepts without answering, and no recent log line of the kubelet itself."""
    unit, probe = node.kubelet, node.probes.healthz
    started = unit.main_start_at
    if not unit.running or probe.status != "timeout":
        return
    if started is not None and node.captured_at - started < STARTING:
        return
    process_state = str((node.host.raw.get("kubelet") or {}).get("state") or "")
    quiet = [p for p in node.log.patterns if p.source != "systemd"]
    last = max((p.last_at for p in quiet), default=None)
    if process_state not in ("T", "t", "D") and last is not None and node.captured_at - last < QUIET:
        return  # it logs: alive, whatever else is wrong
    silent = f", last log line {age((node.captured_at - last).total_seconds())} ago" if last else ""
    state = f", process state {process_state}" if process_state else ""
    yield Hit(
        f"the kubelet (pid {unit.get('MainPID')}) is running but healthz accepts and never answers{silent}{state}",
        (_quote.probe(probe), _quote.unit(unit, "ActiveState", "SubState", "MainPID")),
    )


@cause(
    "service/watchdog-kill",
    title="systemd's watchdog killed the kubelet",
    effect=Effect.DOWN,
    healthy="The kubelet's own health checks pass, so that it pings the watchdog in time.",
    see="*Watchdog timeout (limit ...)!* and Result=watchdog.",
    why=(
        "WatchdogSec= is set and the kubelet's health checks failed (its sync loop, for example when the runtime was"
        " down for five minutes), or the process was starved. Kubelets before 1.32 never ping, so that any WatchdogSec="
        " kills them at regular times."
    ),
    remedy=Remedy("Repair what the failing check names in the log; do not raise WatchdogSec= before that."),
    apart={
        "resource/oom-kill-kubelet": "there the Result is oom-kill",
        "runtime/service-down": "why it happens when the runtime is down for five minutes: then that is the cause",
        "service/killed-repeatedly": "there the Result is signal, and nobody says who sends it",
        "service/start-timeout": "there the start was never reported, and the limit is TimeoutStartSec=",
        "service/watchdog-misconfigured": "there the kubelet refuses to start over the value of WatchdogSec=",
    },
    versions="the kubelet pings the watchdog since 1.32",
    sources=SOURCES,
)
def watchdog_kill(node: Snapshot) -> Iterator[Hit]:
    """Result=watchdog now, or a timeout line within the last starts of a crash loop."""
    said = _logs.current(node, "watchdog-timeout")
    if node.kubelet.result != "watchdog" and not (said and node.crash_looping):
        over = _logs.past(node, "watchdog-timeout")
        if over:
            yield Hit("systemd's watchdog killed the kubelet earlier", (_quote.log(over),), Effect.RESOLVED)
        return
    reason = _logs.past_or_current(node, "watchdog-unhealthy")
    version = node.kubelet_version
    old = version is not None and version < (1, 32)
    detail = ": this kubelet never pings a watchdog" if old else f": {reason.groups['err']}" if reason else ""
    limit = f" (limit {said.groups['limit']})" if said else ""
    setting = node.kubelet.setting("Service", "WatchdogSec")
    yield Hit(
        f"systemd's watchdog kills the kubelet{limit}{detail}",
        (
            *((_quote.log(said),) if said else (_quote.unit(node.kubelet, "Result"),)),
            *((_quote.directive(setting),) if setting else ()),
            *((_quote.log(reason),) if reason else ()),
        ),
    )


@cause(
    "service/watchdog-misconfigured",
    title="the kubelet refuses its watchdog setting",
    effect=Effect.DOWN,
    gate=10,
    healthy="WatchdogSec= is unset, 0, or well above one second.",
    see="*failed to run Kubelet: create health checker: configure watchdog timeout too small*.",
    why="WatchdogSec= is one second or less, or a wrapper passes on a WATCHDOG_USEC that is not a number.",
    remedy=Remedy("Set WatchdogSec= to at least 30s or remove it, daemon-reload and restart."),
    apart={"service/watchdog-kill": "that happens after a good start"},
    versions="1.32 and newer",
    sources=SOURCES,
)
def watchdog_misconfigured(node: Snapshot) -> Iterator[Hit]:
    """The kubelet said so when it started."""
    said = _logs.current(node, "watchdog-setting", window=None)
    if said is None or (node.kubelet.running and not node.crash_looping):
        return
    setting = node.kubelet.setting("Service", "WatchdogSec")
    at = f" ({setting.place})" if setting else ""
    yield Hit(
        f"WatchdogSec={setting.value if setting else said.groups['value']}{at} is refused by the kubelet",
        (*((_quote.directive(setting),) if setting else ()), _quote.log(said)),
    )
