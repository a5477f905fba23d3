# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drop-ins and environment files: stale, shadowed, not loaded, or not saying what they seem to say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from .._model.cause import cause
from .._model.finding import Effect, Evidence, Hit, Remedy
from .._model.service import Flag, Unit
from .._model.snapshot import Snapshot
from . import _api, _layout, _logs, _quote, _runtime
from ._machine import registers_as
from ._trust import client_in_use

SOURCES = (
    "systemd.unit(5), drop-in directories",
    "kubernetes/release templates of kubelet.service and 10-kubeadm.conf",
)
PATH_FLAGS = {
    "config": "config/kubelet-config-missing",
    "kubeconfig": "kubeconfig/kubelet-conf-missing",
    "container-runtime-endpoint": "runtime/endpoint-wrong",
}
GIVE_KUBECONFIG = Remedy(
    "Give the kubelet its --kubeconfig back, in the unit or its environment file, then `systemctl daemon-reload` and"
    " `systemctl restart kubelet`."
)
FLAG_REFUSED = ("config/unknown-flag", "config/removed-flag-*", "config/flag-value-invalid", "config/feature-gate-*")


@cause(
    "service/daemon-reload-needed",
    title="systemd runs an old definition of the unit",
    effect=Effect.RISK,
    compares=("unit.*",),
    healthy="NeedDaemonReload is no.",
    see="*Warning: The unit file, source configuration file or drop-ins of kubelet.service changed on disk.*",
    why=(
        "A unit file or drop-in was edited and nobody ran `systemctl daemon-reload`, so a repair seems without effect"
        " or old flags stay in force."
    ),
    remedy=Remedy(
        "`systemctl daemon-reload`, then `systemctl restart kubelet` if it fails now.", "daemon-reload", "safe"
    ),
    apart={"config/*": "the command line in use is not the one on disk: judge it before accusing a file"},
    sources=SOURCES,
)
def daemon_reload_needed(node: Snapshot) -> Iterator[Hit]:
    """Why the kubelet is down when a flag that only the old definition has is what it fails on; else a risk."""
    unit = node.kubelet
    if not unit.need_daemon_reload or _refused_again(unit):
        return
    stale = _differing(node)
    blamed = [flag for flag in stale if _fails_on(node, flag)]
    quoted = _quote.unit(unit, "NeedDaemonReload", "DropInPaths")
    if blamed and (node.crash_looping or not unit.running):
        flag = blamed[0]
        now = node.command_line_on_disk.flag(flag.name)
        on_disk = f"on disk it is {now.value} ({now.place})" if now else "on disk it is gone"
        yield Hit(
            f"systemd still starts --{flag.name}={flag.value}; {on_disk}, but daemon-reload was not run",
            (quoted, *((_quote.flag(now),) if now else ())),
            Effect.DOWN,
            explains=(*FLAG_REFUSED, *(PATH_FLAGS[f.name] for f in blamed if f.name in PATH_FLAGS)),
        )
        return
    changed = ", ".join(f"--{flag.name}" for flag in stale[:4])
    detail = f" (differs in {changed})" if changed else ""
    yield Hit(f"unit files of {unit.name} changed on disk after systemd read them{detail}", (quoted,))


def _refused_again(unit: Unit) -> bool:
    """True when systemd refuses the files, which it never counts as read, and would do so again: they have several
    commands still."""
    starts: list[str] = []
    for each in unit.directives:
        if (each.section, each.key) == ("Service", "ExecStart"):
            starts = [*starts, each.value] if each.value else []
    return unit.load_state in ("bad-setting", "error") and len(starts) > 1


def _differing(node: Snapshot) -> list[Flag]:
    """Flags of the loaded command line that the one on disk gives otherwise or not at all."""
    if not node.command_line_on_disk.flags:
        return []
    found = []
    for flag in node.command_line.flags:
        now = node.command_line_on_disk.flag(flag.name)
        if now is None or now.value != flag.value:
            found.append(flag)
    return found


def _fails_on(node: Snapshot, flag: Flag) -> bool:
    """True when the evidence says that this flag's loaded value is what the kubelet cannot start with."""
    value = (flag.value or "").removeprefix("unix://")
    if flag.name in PATH_FLAGS and node.file(value).looked_at:
        return node.file(value).absent
    unread = _logs.current(node, "config-load-failed", window=None)
    if flag.name == "config" and unread is not None and unread.groups.get("path") == value:
        return True
    said = _logs.current(node, "flag-refused", window=None)
    return said is not None and said.groups.get("flag") == flag.name


@cause(
    "service/dropin-stale-override",
    title="an old drop-in in /etc replaces the packaged one",
    effect=Effect.RISK,
    compares=("unit.*",),
    healthy="Only one drop-in of a name exists, or the one in /etc is meant to replace the packaged one.",
    see="`systemctl cat kubelet` shows a 10-kubeadm.conf under /etc, and the packaged one exists as well.",
    why=(
        "Older packages and install scripts wrote the drop-in under /etc; a file there replaces the packaged one of the"
        " same name whole, so that flags removed years ago are passed on after an upgrade."
    ),
    remedy=Remedy(
        "Compare both files, move local settings to the configuration file, then set the copy in /etc aside,"
        " daemon-reload and restart.",
        "set-aside-drop-in",
        "needs-approval",
    ),
    apart={"config/unknown-flag": "same log line; this one holds when the flag comes from the replacing drop-in"},
    sources=SOURCES,
)
def dropin_stale_override(node: Snapshot) -> Iterator[Hit]:
    """A drop-in under /etc shadows one of the same name under /usr/lib; down when a refused flag stands in it."""
    for path in node.kubelet.drop_in_paths:
        if not path.startswith("/etc/"):
            continue
        packaged = _packaged(node, path)
        if packaged is None:
            continue
        quoted: tuple[Evidence, ...] = (
            _quote.file(node.file(path), "loaded"),
            _quote.file(node.file(packaged), "shadowed"),
        )
        refused = _logs.current(node, "flag-refused", window=None)
        flag = node.command_line.flag(refused.groups.get("flag", "")) if refused else None
        if refused and flag and flag.place.path == path and not (node.kubelet.running and not node.crash_looping):
            text = f"{flag.place} passes --{flag.name}; {path} replaces the packaged {packaged}"
            yield Hit(text, (_quote.flag(flag), *quoted, _quote.log(refused)), Effect.DOWN, explains=FLAG_REFUSED)
        else:
            yield Hit(f"{path} replaces the packaged {packaged}", quoted)


def _packaged(node: Snapshot, path: str) -> str | None:
    """The packaged drop-in of the same name and unit, where the evidence has it with other content."""
    name, unit_dir = PurePosixPath(path).name, PurePosixPath(path).parent.name
    for base in ("/usr/lib/systemd/system", "/lib/systemd/system"):
        fact = node.file(f"{base}/{unit_dir}/{name}")
        if fact.type == "file" and fact.sha256 != node.file(path).sha256:
            return fact.path
    return None


@cause(
    "service/dropin-missing-standalone",
    title="the kubelet runs without a kubeconfig",
    effect=Effect.DOWN,
    compares=("unit.*",),
    healthy="The kubelet is started with --kubeconfig.",
    see="The service is active, healthz says ok, nothing fails in the log, and the node is NotReady.",
    why=(
        "10-kubeadm.conf belongs to the kubeadm package: removing it, or an edit that drops $KUBELET_KUBECONFIG_ARGS,"
        " leaves a kubelet in standalone mode that never talks to the cluster."
    ),
    remedy=Remedy(
        "Restore the drop-in that passes --kubeconfig (reinstall the matching kubeadm package), then daemon-reload and"
        " restart."
    ),
    apart={"apiserver/connection-refused": "there requests fail in the log, in standalone mode none are made"},
    sources=("kubernetes cmd/kubelet/app/server.go, standalone mode",),
)
def dropin_missing_standalone(node: Snapshot) -> Iterator[Hit]:
    """Running without --kubeconfig on a machine that joined a cluster."""
    if not node.kubelet.running:
        return
    line = node.running if node.running is not None else node.command_line
    said = _logs.current(node, "standalone", window=None)
    if line.flag("kubeconfig") or line.flag("bootstrap-kubeconfig") or (said is None and not line.arguments):
        return
    joined = [path for path in _layout.row(node).kubeconfigs if node.file(path).exists]
    if not joined and not node.cluster.node_found:
        return
    if node.cluster.ready is not None and node.cluster.ready.status == "True":
        return
    place = line.place or node.command_line.place
    yield Hit(
        f"the kubelet runs without --kubeconfig ({place or node.kubelet.fragment_path}): it never talks to the cluster",
        (
            *((_quote.log(said),) if said else ()),
            _quote.unit(node.kubelet, "ActiveState", "FragmentPath", "DropInPaths"),
            *(_quote.file(node.file(path), "exists and is not used") for path in joined),
        ),
        remedy=None if node.profile in _layout.MADE_BY_KUBEADM else GIVE_KUBECONFIG,
    )


@cause(
    "service/environment-file-syntax",
    title="systemd ignores a line of an environment file",
    effect=Effect.RISK,
    healthy="Every line of the environment files is a comment or NAME=value.",
    see="*Ignoring invalid environment assignment*; flags that stand in the file are not on the command line.",
    why=(
        "Environment files are not shell scripts: `export`, a missing quote or a line break makes systemd drop the"
        " assignment, and the kubelet starts with other settings than the file suggests."
    ),
    remedy=Remedy(
        'Write the line as NAME="--flag=value ..." with one pair of double quotes, then restart the kubelet.'
    ),
    apart={"config/unknown-flag": "an unquoted value lets a stray word through: 'unknown command'"},
    sources=("systemd.exec(5), EnvironmentFile=",),
)
def environment_file_syntax(node: Snapshot) -> Iterator[Hit]:
    """A line that systemd drops: down when a flag that stands in it is what the node lacks."""
    said = _logs.current(node, "environment-line-ignored", window=None)
    for entry in node.environment_files:
        for where in entry.ignored:
            content = (node.file(entry.path).content or "").splitlines()
            line = content[where.line - 1] if where.line and where.line <= len(content) else ""
            quoted = (_quote.place(where, line.strip()), *((_quote.log(said),) if said else ()))
            missed = _missed(node, line)
            lost = f"; the kubelet lacks --{missed[0]}" if missed else ""
            text = f"{where}: systemd ignores this line: {line.strip()[:80]}{lost}"
            effect = Effect.DOWN if missed else None
            yield Hit(text, quoted, effect, explains=_WITHOUT.get(missed[0], ()) if missed else ())


_WITHOUT = {
    "hostname-override": ("identity/hostname-changed", "certificate/client-cn-mismatch"),
    "container-runtime-endpoint": ("runtime/endpoint-wrong", "runtime/service-down"),
}


def _missed(node: Snapshot, line: str) -> tuple[str, ...]:
    """The flags of a dropped line whose value is another than the kubelet goes by, where it fails for that."""
    given = {name: value for name, value in _FLAG.findall(line) if node.command_line.flag(name) is None}
    named, endpoint = given.get("hostname-override", ""), given.get("container-runtime-endpoint", "")
    leaf = client_in_use(node).leaf
    joined = leaf is not None and leaf.common_name == f"system:node:{named.lower()}"
    other = joined and named.lower() != registers_as(node) and not _api.works(node)
    dialled = bool(endpoint) and endpoint != _runtime.endpoint(node).url and _runtime.dial_error(node) is not None
    wanted = {"hostname-override": other, "container-runtime-endpoint": dialled}
    return tuple(name for name, holds in wanted.items() if holds)


_FLAG = re.compile(r"--([a-z-]{1,60})[= ]([^\s\"']{1,300})")
