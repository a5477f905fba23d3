# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on units: start, enable, unmask, reload, restart."""

from __future__ import annotations

from .._model.plan import NEEDS_APPROVAL, SAFE, Action
from .context import Context, UnavailableError, unit

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
