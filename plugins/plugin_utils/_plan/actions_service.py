# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on units: start, enable, unmask, reload, restart, and drop-ins."""

from __future__ import annotations

from .._model.plan import NEEDS_APPROVAL, SAFE, Action, Step
from .._model.service import Directive
from .context import Context, UnavailableError, edit, unit
from .text_edit import insert_line, replace_word

NOTHING = "none: no file is changed"
UNITS_BACK = "the unit is put back into the state in which it was found"


def start_kubelet(at: Context) -> Action:
    """Enable and start a stopped kubelet."""
    name = at.node.kubelet.name
    steps = (unit("enable", name), unit("start", name))
    return at.action(
        "start-kubelet",
        at.finding.remedy.automatic,
        f"enable and start {name}",
        *steps,
        way_back=UNITS_BACK,
        restart=False,
    )


def enable_kubelet(at: Context) -> Action:
    """Enable for boot, nothing else."""
    name = at.node.kubelet.name
    return at.action(
        "enable-kubelet",
        SAFE,
        f"enable {name} for boot",
        unit("enable", name),
        pods=NOTHING,
        way_back=UNITS_BACK,
        restart=False,
    )


def unmask_kubelet(at: Context) -> Action:
    """Unmask, enable and start."""
    name = at.node.kubelet.name
    steps = (unit("unmask", name), unit("daemon-reload", name), unit("enable", name), unit("start", name))
    return at.action(
        "unmask-kubelet", NEEDS_APPROVAL, f"unmask, enable and start {name}", *steps, way_back=UNITS_BACK, restart=False
    )


def restart_kubelet(at: Context) -> Action:
    """Restart without any change."""
    name = at.node.kubelet.name
    return at.action("restart-kubelet", NEEDS_APPROVAL, f"restart {name}", way_back="none needed: nothing is changed")


def reset_failed_and_start(at: Context) -> Action:
    """Let systemd try again after it gave up."""
    name = at.node.kubelet.name
    steps = (unit("reset-failed", name),)
    return at.action("reset-failed-and-start", SAFE, f"reset-failed and start {name}", *steps, way_back=UNITS_BACK)


def daemon_reload(at: Context) -> Action:
    """Read the unit files again; restart only a kubelet that is down."""
    name = at.node.kubelet.name
    down = not at.node.kubelet.running or at.node.crash_looping
    text = f"daemon-reload{' and restart ' + name if down else ''}"
    way_back = "the old definition cannot be brought back: it is no longer on disk"
    return at.action("daemon-reload", SAFE, text, unit("daemon-reload", name), way_back=way_back, restart=down)


def start_runtime(at: Context) -> Action:
    """Enable and start the container runtime."""
    runtime = at.node.runtime
    if runtime is None:
        raise UnavailableError("the runtime's unit must be known")
    steps = (unit("enable", runtime.name), unit("start", runtime.name))
    return at.action("start-runtime", SAFE, f"enable and start {runtime.name}", *steps, way_back=UNITS_BACK)


def restart_runtime(at: Context) -> Action:
    """Restart the container runtime; running pods go on."""
    runtime = at.node.runtime
    if runtime is None:
        raise UnavailableError("the runtime's unit must be known")
    automatic = at.finding.remedy.automatic
    return at.action(
        "restart-runtime",
        automatic,
        f"restart {runtime.name}",
        unit("restart", runtime.name),
        way_back="none needed: nothing is changed",
        restart=at.node.crash_looping,
    )


def set_aside_drop_in(at: Context) -> Action:
    """Move the drop-in that the finding quotes into the record, and reload."""
    path = next((e.locator.rpartition(":")[0] or e.locator for e in at.finding.evidence if ".d/" in e.locator), "")
    if not path.startswith("/etc/"):
        raise UnavailableError("only a local drop-in under /etc may be set aside")
    fact = at.file(path)
    steps = (
        Step("move_aside", {"path": path, "sha256": fact.sha256}),
        unit("daemon-reload", at.node.kubelet.name),
    )
    return at.action("set-aside-drop-in", NEEDS_APPROVAL, f"move {path} aside and daemon-reload", *steps)


def correct_drop_in(at: Context) -> Action:
    """Clear the packaged ExecStart= before the drop-in sets its own, or name the configuration file that exists."""
    if at.finding.id == "config/kubelet-config-missing":
        return _config_path(at)
    starts: list[Directive] = []
    for directive in at.node.kubelet.directives:
        if (directive.section, directive.key) == ("Service", "ExecStart"):
            starts = [*starts, directive] if directive.value else []  # an empty one clears those before it
    if len(starts) != 2 or starts[1].place.line is None or starts[0].place.path == starts[1].place.path:
        raise UnavailableError("exactly one drop-in must add a second ExecStart= without clearing the first")
    fact = at.file(starts[-1].place.path)
    splice = insert_line(fact.content or "", starts[-1].place.line, "ExecStart=")
    steps = (edit(fact, splice), unit("daemon-reload", at.node.kubelet.name))
    text = f"add an empty ExecStart= line before {starts[-1].place} and daemon-reload"
    return at.action("correct-drop-in", NEEDS_APPROVAL, text, *steps)


def _config_path(at: Context) -> Action:
    """Replace the value of --config by the usual path, where that file exists."""
    flag, usual = at.node.command_line.flag("config"), f"{at.node.kubelet_root}/config.yaml"
    if flag is None or flag.value in (None, usual) or not at.node.file(usual).exists:
        raise UnavailableError("another configuration file must exist, or the lost one be restored from the cluster")
    fact = at.file(flag.place.path)
    splice = replace_word(fact.content or "", flag.place.line, f"--config={flag.value}", f"--config={usual}")
    reload = (unit("daemon-reload", at.node.kubelet.name),) if flag.origin != "environment-file" else ()
    return at.action("correct-drop-in", NEEDS_APPROVAL, f"{flag.place}: --config={usual}", edit(fact, splice), *reload)
