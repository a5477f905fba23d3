# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd cannot start the process: binary, environment, steps before it."""

from __future__ import annotations

from collections.abc import Iterator

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.journal import Match
from .._model.snapshot import Snapshot
from . import _logs, _program, _quote

SOURCES = ("systemd src/core/exec-invoke.c, src/shared/exit-status.c", "systemd.exec(5), table of exit codes")


def _binary(node: Snapshot, said: Match | None) -> str:
    """Path of the program that systemd starts, from the log line or the unit."""
    return (said.groups.get("path") if said else "") or node.command_line.binary


EXIT_EXEC = 203  # systemd.exec(5)
_IDENTITY = ("216", "217")  # GROUP, USER
AS_ROOT = Remedy(
    "Remove User= and Group= from the unit's drop-in, daemon-reload and restart.", "correct-drop-in", "needs-approval"
)


def _spawn_evidence(node: Snapshot, said: Match | None, path: str) -> tuple[Evidence, ...]:
    """What systemd says, where ExecStart= stands, and what is at the path."""
    fact = node.file(path)
    place = node.command_line.place
    return (
        *((_quote.file(fact),) if fact.looked_at else ()),
        *((_quote.place(place, f"ExecStart={node.command_line.binary}"),) if place else ()),
        *((_quote.log(said),) if said else ()),
        *((_quote.unit(node.kubelet, "ExecMainStatus", "Result"),) if node.kubelet.known else ()),
    )


@cause(
    "service/binary-missing",
    title="the kubelet binary is not there",
    effect=Effect.DOWN,
    gate=0,
    healthy="ExecStart= names an executable that exists.",
    see="status=203/EXEC, and *Failed at step EXEC spawning ...: No such file or directory*.",
    why=(
        "The package was removed or half upgraded, a drop-in names a wrong path, or the directory of the binary is on"
        " a file system that is not mounted. The same text appears when the binary's ELF interpreter is missing."
    ),
    remedy=Remedy(
        "Reinstall the kubelet package of the same version, or correct the path in the ExecStart= line, then"
        " `systemctl daemon-reload && systemctl restart kubelet`."
    ),
    apart={
        "service/binary-not-executable": "there the error is Permission denied or Operation not permitted",
        "service/binary-wrong-format": "there the error is Exec format error",
        "service/exec-environment-failed": "there a step before EXEC fails (CHDIR, NAMESPACE, ...)",
        "service/environment-file-missing": "there the Result is resources and nothing was executed",
    },
    sources=SOURCES,
)
def binary_missing(node: Snapshot) -> Iterator[Hit]:
    """systemd could not find the program; or the file is absent while the old process still runs (a risk)."""
    said = _logs.current(node, "exec-not-found")
    path = _binary(node, said)
    absent = node.file(path).absent
    if node.kubelet.running and not node.crash_looping:
        if absent:
            text = f"{path} is gone: the kubelet that runs cannot be started again"
            yield Hit(text, _spawn_evidence(node, None, path), Effect.RISK)
        return
    if said and node.file(path).exists and node.file(path).type != "link":
        interpreter = f"{path} exists, but its ELF interpreter or a script's interpreter does not"
        yield Hit(interpreter, _spawn_evidence(node, said, path))
    elif said or (absent and node.kubelet.exit_status == 203):
        at = f" (ExecStart= at {node.command_line.place})" if node.command_line.place else ""
        yield Hit(f"{path}{at} does not exist, so systemd cannot start the kubelet", _spawn_evidence(node, said, path))


@cause(
    "service/binary-not-executable",
    title="the kubelet binary may not be executed",
    effect=Effect.DOWN,
    gate=0,
    explains=("system/exec-denied",),
    healthy="The binary has mode 0755 and lies on a file system that allows execution.",
    see="status=203/EXEC, and *Failed at step EXEC spawning ...: Permission denied* (or *Operation not permitted*).",
    why=(
        "A hand-copied binary kept its mode or SELinux label, lies on a noexec mount, or fapolicyd does not trust it"
        " (Operation not permitted)."
    ),
    remedy=Remedy(
        "`chmod 0755` and, with SELinux, `restorecon -v` on the binary; with fapolicyd add it to the trust list.",
        "make-kubelet-executable",
        "needs-approval",
    ),
    apart={
        "service/binary-missing": "there the error is No such file or directory",
        "service/binary-wrong-format": "there the error is Exec format error",
        "system/exec-denied": "there the kubelet runs, and other programs may not be executed",
    },
    sources=SOURCES,
)
def binary_not_executable(node: Snapshot) -> Iterator[Hit]:
    """systemd was refused execution of the program, or could not execute a file without that permission: journald does
    not always know to which unit the line of a process belonged that ended at once."""
    said = _logs.current(node, "exec-denied")
    path = _binary(node, said)
    program = _program.binary(node, path)
    mode = program.mode if program.type == "file" else node.file(path).mode
    unlogged = node.kubelet.exit_status == EXIT_EXEC and program.type == "file" and _program.closed(mode)
    if not (said or unlogged) or (node.kubelet.running and not node.crash_looping):
        return
    detail = f" (mode {mode})" if mode else ""
    why = said.groups["errno"] if said else "no execute permission"
    yield Hit(f"{path}{detail} may not be executed: {why}", _spawn_evidence(node, said, path))


@cause(
    "service/binary-wrong-format",
    title="the kubelet binary is not a program for this machine",
    effect=Effect.DOWN,
    gate=0,
    healthy="The binary is an ELF executable of this machine's architecture.",
    see=(
        "status=203/EXEC, and *Failed at step EXEC spawning ...: Exec format error*; or, where journald lost that line,"
        " a file that is neither an ELF program for this machine nor a script."
    ),
    why="A download fetched another architecture, a redirect page, or was cut short by a full disk.",
    remedy=Remedy("Reinstall the kubelet package for this architecture (`uname -m`) and restart the kubelet."),
    apart={
        "service/binary-missing": "there the error is No such file or directory",
        "service/binary-not-executable": "there the error is Permission denied",
    },
    sources=SOURCES,
)
def binary_wrong_format(node: Snapshot) -> Iterator[Hit]:
    """The kernel refused the format of the program; or the file has such a format, where journald lost the line."""
    said = _logs.current(node, "exec-format")
    path = _binary(node, said)
    if not (said or _unlogged_format(node, path)) or (node.kubelet.running and not node.crash_looping):
        return
    program = _program.binary(node, path)
    built = _program.architecture(program)
    facts = (
        f"{program.size} bytes" if program.size is not None else "",
        f"built for {built}" if built else "",
        f"machine {node.host.machine}" if node.host.machine else "",
    )
    detail = ", ".join(filter(None, facts))
    shown = f" ({detail})" if program.size is not None else ""
    yield Hit(f"{path}{shown} is not an executable for this machine", _spawn_evidence(node, said, path))


def _unlogged_format(node: Snapshot, path: str) -> bool:
    """True when systemd could not execute a file whose first bytes and mode leave only its format as the reason."""
    program = _program.binary(node, path)
    if node.kubelet.exit_status != EXIT_EXEC or _program.closed(program.mode):
        return False
    other = any(_logs.current(node, name) for name in ("exec-not-found", "exec-denied"))
    return not other and _program.runs_on(program, node.host.machine) is False


@cause(
    "service/exec-environment-failed",
    title="systemd cannot prepare what the unit asks for",
    effect=Effect.DOWN,
    gate=0,
    healthy="Every directive of the unit and its drop-ins can be applied on this machine.",
    see="The main process exits with a status from 200 to 245 other than 203; systemd names the step that failed.",
    why=(
        "A directive cannot be applied: WorkingDirectory= missing (200), User= unknown (217), log target missing (209),"
        " a path of the mount namespace missing (226), and so on. The kubelet itself never exits with such a status."
    ),
    remedy=Remedy("Correct or drop the directive that the status names, then daemon-reload and restart."),
    apart={"service/binary-missing": "203/EXEC is about the program, the other numbers about its surroundings"},
    sources=SOURCES,
)
def exec_environment_failed(node: Snapshot) -> Iterator[Hit]:
    """The last exits carry one of systemd's own codes."""
    said = _logs.current(node, "exec-environment")
    if said is None or said.groups["number"] == "203" or (node.kubelet.running and not node.crash_looping):
        return
    step = _logs.current(node, "exec-step-failed")
    detail = f": step {step.groups['step']}: {step.groups['errno']}" if step else ""
    yield Hit(
        f"systemd cannot set up the process: status {said.groups['number']}/{said.groups['name']}{detail}",
        (*((_quote.log(step),) if step else ()), _quote.log(said)),
        remedy=AS_ROOT if said.groups["number"] in _IDENTITY else None,
    )


@cause(
    "service/exec-start-pre-failed",
    title="a step before the kubelet fails",
    effect=Effect.DOWN,
    gate=0,
    healthy="Every ExecStartPre= command of the unit succeeds.",
    see="systemd logs *Control process exited*, and the kubelet itself logs nothing.",
    why=(
        "A helper step (iptables policy, swapoff, modprobe, a mount check, k3s's refusal to run beside nm-cloud-setup)"
        " returns an error, so the main process never runs."
    ),
    remedy=Remedy("Run the ExecStartPre= command by hand and repair what it checks."),
    apart={"config/*": "the kubelet's own exits say 'Main process exited', these 'Control process exited'"},
    sources=SOURCES,
)
def exec_start_pre_failed(node: Snapshot) -> Iterator[Hit]:
    """A control process failed and the unit is not running."""
    unit = node.kubelet
    said = _logs.current(node, "control-process-exited")
    steps = [d for d in unit.directives if d.key in ("ExecStartPre", "ExecCondition") and d.value]
    if said is None or unit.running or not steps or unit.result == "exec-condition":
        return
    failed = [d for d in steps if not d.value.startswith("-")] or steps
    named = ", ".join(f"`{d.value.lstrip('-@:+!')}` ({d.place})" for d in failed[:3])
    yield Hit(
        f"a step before the kubelet ends with status {said.groups['status']}: {failed[0].value} ({failed[0].place})",
        (*(_quote.directive(d) for d in failed), _quote.log(said)),
        remedy=Remedy(
            f"Run it by hand, {named}, and repair what it checks. No repair takes a check away: where nobody wants it,"
            " remove its line, then `systemctl daemon-reload` and `systemctl restart kubelet`."
        ),
    )


@cause(
    "service/environment-file-missing",
    title="an EnvironmentFile= that must exist does not",
    effect=Effect.DOWN,
    gate=0,
    healthy="Every EnvironmentFile= without a leading dash exists.",
    see="Result=resources, and *Failed to load environment files: No such file or directory*.",
    why="The unit names an environment file without the dash that makes it optional, and the file is absent.",
    remedy=Remedy(
        "Restore the file, or make it optional with `EnvironmentFile=-<path>` and daemon-reload.",
        "correct-drop-in",
        "needs-approval",
    ),
    apart={"service/binary-missing": "there the status is 203/EXEC; here nothing was executed"},
    versions="kubeadm's packages use the optional form and are immune",
    sources=SOURCES,
)
def environment_file_missing(node: Snapshot) -> Iterator[Hit]:
    """A mandatory environment file is absent."""
    said = _logs.current(node, "environment-file-missing")
    for entry in node.environment_files:
        if entry.optional or not node.file(entry.path).absent:
            continue
        effect = Effect.RISK if node.kubelet.running else Effect.DOWN
        text = f"{entry.path}, which {entry.place} requires, does not exist"
        quoted = (_quote.place(entry.place, f"EnvironmentFile={entry.path}"), _quote.file(node.file(entry.path)))
        yield Hit(text, (*quoted, *((_quote.log(said),) if said else ())), effect)


@cause(
    "service/not-root",
    title="the kubelet does not run as root",
    effect=Effect.DOWN,
    explains=("certificate/serving-pair-incomplete", "kubeconfig/unreadable"),
    gate=9,
    healthy="The unit has no User=, the kubelet runs as uid 0.",
    see="*kubelet needs to run as uid 0*, then errors about files that only root can read.",
    why="User= was set in a drop-in.",
    remedy=AS_ROOT,
    apart={
        "certificate/serving-pair-incomplete": "there the kubelet runs as root and one file is really missing",
        "kubeconfig/unreadable": "there the kubelet runs as root, and something keeps it from this one file",
        "system/dev-kmsg-missing": "there the kubelet is root, within a container that has no /dev/kmsg",
    },
    sources=("kubernetes cmd/kubelet/app/server_others.go",),
)
def not_root(node: Snapshot) -> Iterator[Hit]:
    """The kubelet said so, or the unit sets another user and the kubelet is not up."""
    said = _logs.current(node, "not-root", window=None)
    user = node.kubelet.setting("Service", "User")
    other = user is not None and user.value not in ("", "root", "0")
    if said is None and other:
        # The second is logged before the user is looked at: files that another user may not open count as missing.
        denied = (_logs.current(node, name, window=None) for name in ("start-denied", "serving-pair-incomplete"))
        said = next(filter(None, denied), None)
    if said is None or (node.kubelet.running and not node.crash_looping):
        return
    at = f" (User={user.value} at {user.place})" if user and other else ""
    yield Hit(
        f"the kubelet is started as uid {said.groups['uid']}{at}"
        if "uid" in said.groups
        else f"no root{at}: it may not read or write what it needs",
        (*((_quote.directive(user),) if user else ()), _quote.log(said)),
    )
