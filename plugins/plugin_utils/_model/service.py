# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's view of a unit, and the command line that it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .common import Place, Problem


@dataclass(frozen=True)
class Directive:
    """One ``Key=value`` line of a unit file or drop-in, in the order in which systemd reads them."""

    section: str
    key: str
    value: str
    place: Place


@dataclass(frozen=True)
class Unit:
    """One systemd unit: ``systemctl show`` properties (as strings) plus the text of its files.

    ``properties`` is empty when nobody could ask systemd. Times are UTC.
    """

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)
    enabled: str = ""
    active: str = ""
    directives: tuple[Directive, ...] = ()
    problems: tuple[Problem, ...] = ()
    active_enter_at: datetime | None = None
    inactive_enter_at: datetime | None = None
    state_change_at: datetime | None = None
    main_start_at: datetime | None = None
    main_exit_at: datetime | None = None

    def get(self, key: str, default: str = "") -> str:
        """Raw property of ``systemctl show``."""
        return self.properties.get(key, default)

    def number(self, key: str) -> int | None:
        """Property as an integer, None when it is missing or not a number (for example ``infinity``)."""
        value = self.properties.get(key, "")
        return int(value) if value.isascii() and value.lstrip("-").isdigit() else None

    @property
    def known(self) -> bool:
        """True when systemd was asked."""
        return bool(self.properties)

    @property
    def load_state(self) -> str:
        """loaded, not-found, bad-setting, error, masked; empty when unknown."""
        return self.get("LoadState")

    @property
    def active_state(self) -> str:
        """active, activating, inactive, failed, deactivating, ...; empty when unknown."""
        return self.get("ActiveState") or self.active

    @property
    def sub_state(self) -> str:
        """running, auto-restart, dead, failed, ...; empty when unknown."""
        return self.get("SubState")

    @property
    def result(self) -> str:
        """systemd's Result= of the last run (success, exit-code, signal, oom-kill, start-limit-hit, ...)."""
        return self.get("Result")

    @property
    def running(self) -> bool:
        """True when the main process runs now (also while it reloads, or has not yet said that it is ready)."""
        if self.active_state == "activating":
            return self.sub_state in ("start", "start-post") and (self.number("MainPID") or 0) > 0
        return self.active_state in ("active", "reloading", "refreshing") and self.sub_state.startswith(
            ("running", "reload", "refresh")
        )

    @property
    def waits_for_restart(self) -> bool:
        """True between the end of a process and its automatic restart (auto-restart, auto-restart-queued)."""
        return self.sub_state.startswith("auto-restart")

    @property
    def restarts(self) -> int:
        """Automatic restarts since the unit was last started by a job."""
        return self.number("NRestarts") or 0

    @property
    def exit_status(self) -> int | None:
        """Exit status (or signal number) of the last main process."""
        return self.number("ExecMainStatus")

    @property
    def exit_code(self) -> str:
        """How the last main process ended: exited, killed, dumped; empty when it never ended."""
        return {"1": "exited", "2": "killed", "3": "dumped"}.get(self.get("ExecMainCode"), "")

    @property
    def need_daemon_reload(self) -> bool:
        """True when a unit file changed on disk after systemd read it."""
        return self.get("NeedDaemonReload") == "yes"

    @property
    def fragment_path(self) -> str:
        """The unit file that systemd loaded, or empty."""
        return self.get("FragmentPath")

    @property
    def drop_in_paths(self) -> tuple[str, ...]:
        """Drop-ins that systemd loaded, in its order."""
        return tuple(self.get("DropInPaths").split())

    def setting(self, section: str, key: str) -> Directive | None:
        """Last occurrence of a directive in the files on disk, or None."""
        found = [d for d in self.directives if d.section == section and d.key == key]
        return found[-1] if found else None


@dataclass(frozen=True)
class Flag:
    """One command line flag, ``--name=value`` or ``--name`` (value None), and where it was written.

    ``origin`` is unit, drop-in, environment, environment-file or process; arguments-file, log or profile of a kubelet
    inside another program (see _interpret/embedded.py).
    """

    name: str
    value: str | None
    place: Place
    origin: str


@dataclass(frozen=True)
class CommandLine:
    """A kubelet command line: binary, flags in order, and the ExecStart= line that gives it."""

    binary: str = ""
    flags: tuple[Flag, ...] = ()
    place: Place | None = None
    arguments: tuple[str, ...] = ()

    def flag(self, name: str) -> Flag | None:
        """The last occurrence of a flag (the one that wins), or None. ``name`` without dashes."""
        found = [f for f in self.flags if f.name == name]
        return found[-1] if found else None


@dataclass(frozen=True)
class EnvironmentFile:
    """One EnvironmentFile= line and what it holds: variables with their lines, and lines that systemd ignores."""

    path: str
    optional: bool
    place: Place
    variables: Mapping[str, tuple[str, Place]] = field(default_factory=dict)
    ignored: tuple[Place, ...] = ()
