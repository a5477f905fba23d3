# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong during a repair, on real hosts: no node is worse than it was found, and the next run ends well.

Each way is tried on a host of its own, several at once, since most of the time is waiting.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import pytest
from live._lab import LIMIT_SECONDS, PATH, ROOT, LiveLab
from live._repairs import Patient

HOSTS = ("worker-1", "worker-2", "worker-3")
CASE = "ca-path-wrong"
WRONG = {"config": {"authentication": {"x509": {"clientCAFile": "/etc/hostname"}}}}
# Kills the kubelet a quarter of a minute after each start.
FLAP = """
cat > /root/flap.sh <<'END'
last=0
while sleep 0.5; do
  pid=$(systemctl show -p MainPID --value kubelet)
  [ "$pid" = "$last" ] && continue
  last=$pid
  (sleep 15; [ "$pid" = 0 ] || kill -9 "$pid" 2>/dev/null) &
done
END
systemd-run -q --unit=lab-flap sh /root/flap.sh
"""


def wrong_value(patient: Patient) -> None:
    """What is declared to be right keeps the kubelet down as well."""
    before = patient.break_with(CASE)
    run = patient.repair("-e", json.dumps({"kubelet_expected": WRONG}))
    assert run.status != 0
    assert patient.said(run)["state"] == "rolled_back", run.output[-3000:]
    assert patient.files() == before
    assert patient.faults() == []
    patient.ends_well()


def disk_full_beforehand(patient: Patient) -> None:
    """There is no room for the backups, which can be seen."""
    before = patient.break_with(CASE)
    patient.on("mkdir -p /var/lib/nodeclinic; mount -t tmpfs -o size=128k,mode=700 tmpfs /var/lib/nodeclinic")
    run = patient.repair()
    assert run.status != 0
    assert patient.said(run)["state"] == "refused"
    assert "bytes free" in run.output
    assert patient.files() == before
    patient.on("umount /var/lib/nodeclinic")
    patient.ends_well()


def disk_full_at_backup(patient: Patient) -> None:
    """There was room when it was looked for, and there is none for the backup."""
    before = patient.break_with(CASE)
    patient.inject("/backup/ full")
    run = patient.repair()
    patient.on("rm /run/inject")
    assert run.status != 0
    assert patient.said(run)["state"] == "refused", run.output[-3000:]
    assert "No space left on device" in run.output
    assert patient.files() == before
    assert patient.faults() == []
    patient.ends_well()


def changed_after_diagnosis(patient: Patient) -> None:
    """Somebody edits the file after it was read."""
    before = patient.break_with(CASE)
    patient.inject("#1: echo '# somebody else' >> /var/lib/kubelet/config.yaml")
    run = patient.repair()
    assert run.status != 0
    assert patient.said(run)["state"] == "refused", run.output[-3000:]
    assert "was changed since it was diagnosed" in run.output
    assert patient.on("tail -n 1 /var/lib/kubelet/config.yaml") == "# somebody else\n"
    assert changed(before, patient.files()) == {"/var/lib/kubelet/config.yaml"}
    patient.ends_well()
    assert patient.on("tail -n 1 /var/lib/kubelet/config.yaml") == "# somebody else\n"


def changed_before_rename(patient: Patient) -> None:
    """Somebody edits the file while its replacement is made beside it."""
    before = patient.break_with(CASE)
    patient.inject("open:/var/lib/kubelet/.nodeclinic- echo '# somebody else' >> /var/lib/kubelet/config.yaml")
    run = patient.repair()
    assert run.status != 0
    assert patient.said(run)["state"] in ("rolled_back", "failed"), run.output[-3000:]
    assert "was changed by somebody else" in run.output
    assert patient.on("tail -n 1 /var/lib/kubelet/config.yaml") == "# somebody else\n"
    assert changed(before, patient.files()) == {"/var/lib/kubelet/config.yaml"}
    assert patient.faults() == []
    patient.ends_well()


def connection_lost(patient: Patient) -> None:
    """The SSH sessions are killed while the kubelet is watched: the node goes on, and the controller asks it again."""
    patient.break_with(CASE)
    with begun(patient, stable=8) as run:
        wait_for(patient, "restarted")
        patient.on("pkill -9 -f '^sshd(-session)?: root@notty'")
        output, _errors = run.communicate(timeout=LIMIT_SECONDS)
        assert run.returncode == 0, output[-3000:]
    assert [record["state"] for record in patient.records()] == ["committed"]
    assert patient.faults() == []
    patient.ends_well()


def controller_dies(patient: Patient) -> None:
    """The playbook is killed while the kubelet is watched: the node ends the repair by itself."""
    patient.break_with(CASE)
    with begun(patient, stable=4) as run:
        wait_for(patient, "restarted")
        os.killpg(run.pid, signal.SIGKILL)
    wait_for(patient, "committed")
    assert patient.faults() == []
    patient.ends_well()


def session_ends(patient: Patient) -> None:
    """Everything in the control group of the login is killed with it, as logind does with KillUserProcesses=yes."""
    patient.break_with(CASE)
    drop_in = "/run/systemd/system/ssh.service.d"
    patient.on(f"mkdir -p {drop_in}; printf '[Service]\\nKillMode=control-group\\n' > {drop_in}/kill.conf")
    patient.on("systemctl daemon-reload; systemctl restart ssh")
    with begun(patient, stable=4) as run:
        wait_for(patient, "restarted")
        os.killpg(run.pid, signal.SIGKILL)
        patient.on("systemctl restart ssh")
    wait_for(patient, "committed")
    assert patient.faults() == []
    patient.ends_well()


def network_gone(patient: Patient) -> None:
    """No packet passes for a while during the restart; nobody notices."""
    patient.break_with(CASE)
    controller = patient.nodes.address(patient.host).rpartition(".")[0] + ".1"
    with begun(patient, stable=6) as run:
        wait_for(patient, "backed_up", "applied", "restarted")
        patient.on(f"ip route add blackhole {controller}/32 && sleep 9 && ip route del blackhole {controller}/32")
        output, _errors = run.communicate(timeout=LIMIT_SECONDS)
        assert run.returncode == 0, output[-3000:]
    assert patient.state() == "committed"
    assert patient.faults() == []
    patient.ends_well()


def flapping(patient: Patient) -> None:
    """The kubelet starts well and dies 15 seconds later."""
    before = patient.break_with(CASE)
    patient.on(FLAP)
    run = patient.repair(stable=20)
    assert run.status != 0
    assert patient.said(run)["state"] == "rolled_back", run.output[-3000:]
    assert patient.files() == before
    assert patient.faults() == []
    patient.on("systemctl stop lab-flap")
    patient.ends_well()


def two_controllers(patient: Patient) -> None:
    """Two people repair the same node at the same time."""
    patient.break_with(CASE)
    with begun(patient, stable=5) as first, begun(patient, stable=5, results="second") as second:
        outputs = [run.communicate(timeout=LIMIT_SECONDS)[0] for run in (first, second)]
        codes = [first.returncode, second.returncode]
    assert 0 in codes, outputs
    lost = [output for output, code in zip(outputs, codes, strict=True) if code != 0]
    assert all("Another repair of this node is going on" in output for output in lost), lost
    assert [record["state"] for record in patient.records()] == ["committed"]
    assert patient.faults() == []
    patient.ends_well()


WAYS: tuple[Callable[[Patient], None], ...] = (
    flapping,
    network_gone,
    connection_lost,
    controller_dies,
    session_ends,
    wrong_value,
    two_controllers,
    disk_full_beforehand,
    disk_full_at_backup,
    changed_after_diagnosis,
    changed_before_rename,
)


def changed(before: str, after: str) -> set[str]:
    """Paths of the lines that differ."""
    return {line.split()[0] for line in set(before.splitlines()) ^ set(after.splitlines())}


def begun(patient: Patient, *, stable: int, results: str = "results") -> subprocess.Popen[str]:
    """The playbook, running."""
    directory = patient.results / results
    command = ["ansible-playbook", "-i", str(patient.nodes.inventory), "playbooks/repair.yml", "-l", patient.host]
    command += ["-e", f"kubelet_verify_stable_seconds={stable}", "-e", f"kubelet_results_dir={directory}"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        # Connections of its own, as those of another machine.
        env={**os.environ, "PATH": PATH, "ANSIBLE_SSH_CONTROL_PATH_DIR": f"{patient.results}/ssh-{results}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(patient: Patient, *states: str) -> None:
    """Return once the node's record is in one of these states."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while patient.state() not in states:
        assert time.monotonic() < deadline, patient.state()
        time.sleep(0.2)


@pytest.fixture(scope="module")
def tried(
    nodes: LiveLab, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[None]]]:
    """All ways that are asked for, each on whichever host is free; the host is healed after it."""
    named = {item.name for item in request.session.items}
    free: SimpleQueue[str] = SimpleQueue()
    for host in HOSTS:
        free.put(host)

    def on_a_free_host(way: Callable[[Patient], None], results: Path) -> None:
        host = free.get()
        try:
            try:
                way(Patient(nodes, host, results))
            finally:
                nodes.lab.heal(host)
        finally:
            free.put(host)

    with ThreadPoolExecutor(len(HOSTS)) as pool:
        yield {
            way.__name__: pool.submit(on_a_free_host, way, tmp_path_factory.mktemp(way.__name__))
            for way in WAYS
            if f"test_repair_survives[{way.__name__}]" in named
        }


@pytest.mark.faults
@pytest.mark.parametrize("way", [way.__name__ for way in WAYS])
def test_repair_survives(tried: dict[str, Future[None]], way: str) -> None:
    """No half-written file, no lost original, no secret for others, no node worse than found; a further run is well."""
    tried[way].result()
