# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audits that run by themselves: playbooks/schedule.yml on a host that has systemd, SSH and Ansible, as user ops."""

from __future__ import annotations

from typing import Any

import pytest
from live._audit_host import AUDITS, HOST, KEY, PLACE, AuditHost, audit_host
from live._lab import LiveLab

UNITS = "/etc/systemd/system/kubelet-audit.service /etc/systemd/system/kubelet-audit.timer"
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "password": ({"arguments": ["-e", "ansible_become_password=hunter2"]}, "holds a control character, a password"),
    "json": ({"arguments": ['-e {"ansible_password": "hunter2"}']}, "holds a control character, a password"),
    "newline": ({"limit": "worker-1\nUser=root"}, "holds a control character, a password"),
    "name": ({"name": "../evil"}, "kubelet_schedule_name may hold letters"),
    "path": ({"directory": "srv/audit"}, "Paths must be absolute"),
    "calendar": ({"calendar": "each morning"}, "Failed to parse calendar"),
    "user": ({"user": "nobody-here"}, "controlplane has no user nobody-here"),
    "denied": ({"user": "nopriv"}, f"test -w {PLACE}; runuser --user nopriv -- test -r {KEY}"),
    "hosts": ({"inventory": [f"{PLACE}/nowhere.yml"]}, "The audit would have no hosts"),
    "playbook": ({"playbook": "nodeclinic.kubelet.nothing"}, "could not be found"),
}


@pytest.fixture(scope="module")
def host(nodes: LiveLab) -> AuditHost:
    """The control plane, on which nothing is scheduled yet."""
    return audit_host(nodes)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_said_before_a_unit_is_written(host: AuditHost, mistake: str) -> None:
    """Whatever would fail at five in the morning fails now, in one sentence."""
    variables, sentence = MISTAKES[mistake]
    done = host.schedule(**variables)
    assert done.status == 2
    assert sentence in done.output
    assert "No such file" in host.nodes.on(HOST, f"ls {UNITS} 2>&1 || true")


def test_schedule_runs_fails_visibly_and_goes(host: AuditHost) -> None:
    """Check mode writes nothing; sound units run an audit as ops; a failure is seen; absent leaves nothing."""
    given = ["-e", f"kubelet_audit_dir={AUDITS}"]
    done = host.schedule(*given, "--check", "--diff")
    assert done.status == 0, done.output
    assert "+OnCalendar=" in done.output
    assert "No such file" in host.nodes.on(HOST, f"ls {UNITS} 2>&1 || true")

    assert "changed=3" in host.schedule(*given, limit="worker-1").output
    again = host.schedule(*given, limit="worker-1")
    assert "changed=0" in again.output, again.output
    assert host.nodes.on(HOST, f"systemd-analyze verify {UNITS} 2>&1") == ""
    assert host.nodes.on(HOST, "systemd-analyze security --threshold=20 kubelet-audit.service")
    assert "kubelet-audit.service" in host.systemctl("list-timers")
    assert host.nodes.on(HOST, f"cat {KEY}").splitlines()[1] not in host.nodes.on(HOST, f"cat {UNITS}")
    _runs_once(host)
    _fails_visibly(host)

    assert host.schedule("-e", "kubelet_schedule_state=absent").status == 0
    assert "changed=0" in host.schedule("-e", "kubelet_schedule_state=absent").output
    assert "0 loaded units" in host.systemctl("list-units", "--all", "'kubelet-audit*'")
    assert host.nodes.on(HOST, f"ls {UNITS} /var/lib/systemd/timers/*kubelet-audit* 2>/dev/null || true") == ""
    assert "report.html" in host.nodes.on(HOST, f"ls {AUDITS}")


def _runs_once(host: AuditHost) -> None:
    """Two starts at once are one run, which writes as ops what an audit writes."""
    before = host.nodes.on(HOST, "journalctl --unit=kubelet-audit.service --output=cat")
    host.systemctl("start", "--no-block", "kubelet-audit.service")
    host.systemctl("start", "kubelet-audit.service")
    log = host.nodes.on(HOST, "journalctl --unit=kubelet-audit.service --output=cat").removeprefix(before)
    assert "Result=success" in host.systemctl("show", "kubelet-audit.service"), log
    assert log.count("Starting kubelet-audit.service") == 1, log
    assert "worker-1  HEALTHY" in log or "1 healthy" in log
    written = host.nodes.on(HOST, f"stat --format='%U %n' {AUDITS}/*")
    assert f"ops {AUDITS}/report.html" in written
    assert f"ops {AUDITS}/latest.json" in written


def _fails_visibly(host: AuditHost) -> None:
    """With a key that opens nothing, no node can be judged."""
    host.write(KEY, "no key")
    assert "failed" in host.systemctl("start", "kubelet-audit.service")
    assert "kubelet-audit.service" in host.systemctl("--failed")


def test_hostile_words_stay_words(host: AuditHost) -> None:
    """Quotes, dollars, percent signs and backslashes reach ansible-playbook as they were given."""
    words = ["-e", 'a="b c" d=%h e=$HOME f=\\n', "--extra-vars=@%i;reboot"]
    host.write(f"{PLACE}/echo", '#!/bin/sh\necho "  hosts (1):"\nprintf "<%s>\\n" "$@"', "0755")
    done = host.schedule(arguments=words, ansible_playbook=f"{PLACE}/echo", name="words.2")
    assert done.status == 0, done.output
    host.systemctl("start", "words.2.service")
    said = host.nodes.on(HOST, "journalctl --unit=words.2.service --output=cat").splitlines()
    assert [f"<{word}>" for word in words] == [line for line in said if line.startswith("<")][2:-1]
    assert host.schedule(name="words.2", state="absent").status == 0
