# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A repair whose process is killed between any two things that it does, through the real module, over SSH.

The module is run once by Ansible, which leaves it on the node, and then again and again from there. After each kill the
node has each path wholly as before or wholly as after; the same plan, run again, ends with all of it as after, and a
plan whose kubelet does not stay up ends with all of it as before.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from live._lab import LiveLab, run
from live._repairs import LEFTOVERS, OPEN, RECORDS, SECRET, Patient

HOSTS = ("worker-1", "worker-2", "worker-3")
SAMPLE = 5
BETWEEN = "=== then ==="
RUN = "20261124T070000Z-ab12cd"
WRONG, GOOD, BAD = (f"/etc/kubernetes/pki/{name}.crt" for name in ("WRONG-CA-FILE", "ca", "none"))
CONFIG, CONF = "/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet.conf"
DROP_IN = "/etc/systemd/system/kubelet.service.d/20-old.conf"
# Everything that the plan changes, so that a fresh start costs no new host.
BREAK = f"""
sed -i 's#clientCAFile: .*#clientCAFile: {WRONG}#' {CONFIG}
mkdir -p $(dirname {DROP_IN}) && printf '[Service]\nEnvironment=OLD=1\n' > {DROP_IN}
chmod 640 {CONFIG}; chown 7:8 {CONFIG}
ln -s config.yaml /etc/kubernetes/current
tar -cPf /root/before.tar {CONFIG} {CONF} {DROP_IN} /etc/kubernetes/current
"""
FRESH = f"""
rm -rf {RECORDS} /etc/kubernetes/made /etc/kubernetes/made.conf /etc/kubernetes/current /etc/sysctl.d/90-nodeclinic.conf
tar -xPf /root/before.tar
echo 60 > /proc/sys/net/ipv4/tcp_fin_timeout
systemctl disable -q kubelet
systemctl daemon-reload
systemctl restart --no-block kubelet
"""
STATE = f"""
for path in {CONFIG} {CONF} {DROP_IN} /etc/kubernetes/current /etc/kubernetes/made /etc/kubernetes/made.conf \\
            /etc/sysctl.d/90-nodeclinic.conf; do
  printf '%s ' $path
  stat -c '%F %a %u %g' $path 2>/dev/null | tr '\n' ' ' || true
  if [ -L $path ]; then readlink $path; elif [ -f $path ]; then sha256sum < $path; else echo; fi
done
echo fin $(cat /proc/sys/net/ipv4/tcp_fin_timeout)
echo enabled $(systemctl is-enabled kubelet)
"""


def plan(config: str, conf: str, drop_in: str, ca: str) -> dict[str, Any]:
    """A plan with a step of each kind; a kubelet that is given a wrong CA file does not start."""
    steps = [
        {"kind": "edit", "path": CONFIG, **_edit(config, WRONG, ca)},
        {"kind": "edit", "path": CONF, **_edit(conf, "kind: Config", "kind: Config # read")},
        {"kind": "directory", "path": "/etc/kubernetes/made", "mode": "0750"},
        {"kind": "create", "path": "/etc/kubernetes/made.conf", "content": f"token: {SECRET}\n", "mode": "0600"},
        {"kind": "link", "path": "/etc/kubernetes/current", "target": "made.conf"},
        {"kind": "move_aside", "path": DROP_IN, "sha256": _sha256(drop_in)},
        {"kind": "sysctl", "name": "net.ipv4.tcp_fin_timeout", "value": "30"},
        {"kind": "unit", "verb": "daemon-reload", "unit": "kubelet.service"},
        {"kind": "unit", "verb": "enable", "unit": "kubelet.service"},
    ]
    action = {"id": "everything", "finding": "test/everything", "class": "safe", "summary": "a step of each kind"}
    return {
        "format": "node-repair/1",
        "run": RUN,
        "unit": "kubelet.service",
        "reason": "test",
        "actions": [{**action, "steps": steps}],
        "restart": True,
        "verify": {"stable_seconds": 1, "healthz": "http://127.0.0.1:10248/healthz", "timeout": 30},
    }


def _edit(text: str, old: str, new: str) -> dict[str, Any]:
    start = len(text[: text.index(old)].encode())
    edits = [{"start": start, "end": start + len(old.encode()), "text": new}]
    return {"sha256": _sha256(text), "edits": edits}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Case:
    """A host with the module on it: how many things that does, what the host is before and after, and each line of what
    it may be in between."""

    patient: Patient
    module: str
    points: int
    before: str
    after: str
    between: frozenset[str]

    def killed_at(self, point: int) -> list[str]:
        """Kill the repair at a point, run it again; what is not as it should be. Every other time the module that
        waits for the repair is killed with it, as by a power failure: otherwise it puts everything back at once."""
        word = "kill-all" if point % 2 else "kill"
        run = f"/usr/bin/python3 {self.module} < /dev/null || true\n"
        parts = (
            FRESH,
            STATE,
            f"echo '#{point}: {word}' > /run/inject\n",
            run,
            STATE,
            OPEN,
            run,
            STATE,
            OPEN,
            LEFTOVERS,
        )
        script = f"\necho; echo {BETWEEN}\n".join(parts)
        command = self.patient.nodes.login(self.patient.host, "/bin/sh", "-euc", script)
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        said = [part.strip() for part in done.stdout.split(BETWEEN)]
        if len(said) != len(parts) or said[1] != self.before:
            return [f"{point}: the host was not made fresh: {done.stdout[-1000:]} {done.stderr[-1000:]}"]
        _fresh, _before, _order, first, middle, opened, second, last, *left = said
        faults = [f"half made: {line}" for line in middle.splitlines() if line not in self.between]
        if word == "kill" and state(first) not in ("rolled_back", "committed", "refused"):
            faults.append(f"the module said {first}")
        wanted = "committed" if self.after != self.before else "rolled_back"
        if (state(second), last) != (wanted, self.after):
            faults.append(f"the second run said {second}; now {last}")
        faults += [f"left or readable to others: {found}" for found in (opened, *left) if found]
        return [f"{point} {word}: {fault}" for fault in faults]


def state(answer: str) -> str:
    """State in what the module printed; empty when it was killed."""
    return str(json.loads(answer[answer.index("{") :])["state"]) if "{" in answer else ""


def prepared(patient: Patient, ca: str) -> Case:
    """Run the plan once with Ansible, which leaves the module there; learn what it does and what comes of it."""
    patient.on(FRESH)
    before = patient.on(STATE).strip()
    texts = [patient.on(f"cat {path}") for path in (CONFIG, CONF, DROP_IN)]
    arguments = json.dumps({"plan": plan(*texts, ca)})
    patient.inject("#0: nothing")
    patient.on("rm -rf /root/.ansible")
    command = ["ansible", "-i", str(patient.nodes.inventory), patient.host, "-m", "nodeclinic.kubelet.repair_apply"]
    environment = {"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_PIPELINING": "0"}
    done = run([*command, "-a", arguments], patient.results, environment)
    assert ("committed" if ca == GOOD else "rolled_back") in done.output, done.output[-3000:]
    points = int(patient.on("wc -l < /run/inject.log"))
    module = patient.on("ls /root/.ansible/tmp/*/AnsiballZ_repair_apply.py").strip()
    after = patient.on(STATE).strip()
    config = f"{CONFIG} regular file 640 7 8 {_sha256(texts[0].replace(WRONG, ca))}  -"
    return Case(patient, module, points, before, after, frozenset((*before.splitlines(), *after.splitlines(), config)))


@pytest.fixture(scope="module")
def patients(nodes: LiveLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Patient]]:
    """Three broken hosts with Python 3.9, 3.11 and 3.13; healed afterwards."""
    found = [Patient(nodes, host, tmp_path_factory.mktemp(host)) for host in HOSTS]
    for patient in found:
        patient.on(BREAK)
    yield found
    for host in HOSTS:
        nodes.lab.heal(host)


@pytest.fixture(scope="module")
def good(patients: list[Patient]) -> list[Case]:
    """The plan that repairs, on each host."""
    with ThreadPoolExecutor(len(patients)) as pool:
        return list(pool.map(lambda patient: prepared(patient, GOOD), patients))


@pytest.fixture
def bad(good: list[Case], patients: list[Patient]) -> list[Case]:
    """The plan that does not help, on each host: in between, it is much as the good one at its end."""
    with ThreadPoolExecutor(len(patients)) as pool:
        cases = list(pool.map(lambda patient: prepared(patient, BAD), patients))
    pairs = zip(cases, good, strict=True)
    return [replace(case, between=case.between | frozenset(other.after.splitlines())) for case, other in pairs]


def killed(cases: list[Case]) -> list[str]:
    """Try the points, each on one of the hosts; all that is not as it should be."""
    points = range(1, min(case.points for case in cases) + 1)[:: 1 if os.environ.get("EVERY_POINT") else SAMPLE]

    def share(number: int) -> list[str]:
        return [fault for point in points[number :: len(cases)] for fault in cases[number].killed_at(point)]

    with ThreadPoolExecutor(len(cases)) as pool:
        return [fault for found in pool.map(share, range(len(cases))) for fault in found]


@pytest.mark.faults
def test_killed_between_any_two_steps(good: list[Case]) -> None:
    """A repair: of the hundred and more points each fifth, with EVERY_POINT=1 (make repair-faults) each."""
    assert killed(good) == []


@pytest.mark.faults
def test_killed_while_everything_is_put_back(bad: list[Case]) -> None:
    """A repair after which the kubelet does not stay up, to the end of its rollback."""
    assert killed(bad) == []
