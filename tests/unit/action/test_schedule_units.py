# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units that the role schedule writes: words stay words, and the service has few rights.

tests/live/test_schedule.py has systemd check and run them.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).resolve().parents[3] / "roles" / "schedule" / "templates"


def unit(name: str, **more: object) -> dict[str, list[str]]:
    """The settings of a rendered unit; a setting may stand there several times."""
    # Units are no markup, so nothing is escaped, as in Ansible.
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True)  # noqa: S701
    given = {
        "kubelet_schedule_name": "kubelet-audit",
        "kubelet_schedule_calendar": "Mon..Fri 05:00",
        "kubelet_schedule_random_delay": "15min",
        "kubelet_schedule_timeout": "6h",
        "kubelet_schedule_directory": "/srv/audit",
        "__kubelet_schedule_user": "ops",
        "__kubelet_schedule_home": "/home/ops",
        "__kubelet_schedule_writable": [],
        "__kubelet_schedule_command": ["/usr/bin/ansible-playbook", "nodeclinic.kubelet.audit"],
        **more,
    }
    settings: dict[str, list[str]] = {}
    for line in environment.get_template(f"{name}.j2").render(given).splitlines():
        if line and not line.startswith(("#", "[")):
            key, _equals, value = line.partition("=")
            settings.setdefault(key, []).append(value)
    return settings


@pytest.mark.parametrize("word", ["plain", "two words", 'say "so"', "back\\slash", "$HOME ${HOME}", ";reboot", "ä → ✓"])
def test_words_of_the_command_stay_words(word: str) -> None:
    """What systemd would split, substitute or expand is written so that it does not."""
    command = ["/opt/my venv/ansible-playbook", word, "nodeclinic.kubelet.audit"]
    (line,) = unit("service", __kubelet_schedule_command=command)["ExecStart"]
    assert shlex.split(line.replace("$$", "$")) == command  # a shell unquotes here as systemd does
    assert "$" not in line.replace("$$", "")


def test_percent_signs_are_no_specifiers() -> None:
    """In paths and arguments alike."""
    settings = unit("service", kubelet_schedule_directory="/srv/100%h", __kubelet_schedule_command=["/a%i", "b%%"])
    assert settings["WorkingDirectory"] == ["/srv/100%%h"]
    assert settings["ReadWritePaths"][0] == '"/srv/100%%h"'
    assert settings["ExecStart"] == ['"/a%%i" "b%%%%"']


def test_service_writes_where_it_must_and_no_further() -> None:
    """The working directory, the user's ~/.ansible where there is one, and what was asked for; not as root."""
    settings = unit("service", __kubelet_schedule_writable=["/var/lib/node_exporter"])
    assert settings["ReadWritePaths"] == ['"/srv/audit"', '"-/home/ops/.ansible"', '"/var/lib/node_exporter"']
    wanted = {
        "ProtectSystem": "strict",
        "ProtectHome": "read-only",
        "CapabilityBoundingSet": "",
        "NoNewPrivileges": "yes",
    }
    assert {name: settings[name] for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert (settings["User"], settings["Type"], settings["TimeoutStartSec"]) == (["ops"], ["oneshot"], ["6h"])


def test_timer_makes_up_for_a_missed_run() -> None:
    """At the same delayed time on each day."""
    settings = unit("timer")
    assert settings["OnCalendar"] == ["Mon..Fri 05:00"]
    assert (settings["Persistent"], settings["FixedRandomDelay"]) == (["yes"], ["yes"])
    assert settings["WantedBy"] == ["timers.target"]
