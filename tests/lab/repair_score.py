# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Breaks lab hosts in every known way and repairs each in one command: ``python -m lab.repair_score [CASE...]``.

A case with a safe repair must go from broken to healthy, keep so in a second run that changes nothing, and be byte for
byte as broken as before after a rollback. One that needs approval must be left as it is without, and then do the same.
Every other case must be left as it is, and what a person has to do must be said of each root cause. All of it is looked
at without the collection's own modules: files by their checksums, services by systemctl, the node by kubectl. Needs the
.venv. What was printed stays in .cache/repair-score/LAB/CASE.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from lab import cases, proofs, settings
from lab.lifecycle import Lab
from lab.playbook import ROOT, play
from lab.shell import LabError

WORKERS = 3
STABLE_SECONDS = 5
WALKTHROUGH = "ca-path-wrong"

# Cases that one command heals, and what has to be approved for it beyond what is safe.
HEALED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "ca-path-wrong",
            "ca-path-wrong-1.31",
            "combo-ca-path-and-port",
            "config-number-quoted",
            "config-wrong-kind",
            "config-wrong-type-declared",
            "containerd-stopped",
            "cert-current-not-symlink",
            "cert-link-stale",
            "containerd-stopped-restart",
            "crio-stopped",
            "dropin-no-daemon-reload",
            "expected-values-differ",
            "extra-args-unknown-flag",
            "inotify-exhausted",
            "killed-once",
            "kubeconfig-context-missing",
            "kubelet-not-enabled",
            "kubespray-env-unknown-flag",
            "microk8s-containerd-stopped",
            "removed-feature-gate-flag",
            "removed-flag-network-plugin",
            "removed-flag-pod-infra",
            "runtime-endpoint-wrong",
            "server-host-unresolvable",
            "server-name-not-in-san",
            "server-port-wrong",
            "server-port-wrong-1.31",
            "start-limit-hit",
            "static-pod-path-missing",
            "unknown-feature-gate",
        ),
        (),
    ),
    "binary-not-executable": ("make-kubelet-executable",),
    **dict.fromkeys(("eks-kubelet-disabled", "k3s-agent-stopped", "rke2-agent-stopped"), ("start-kubelet",)),
    "kubelet-masked": ("unmask-kubelet",),
    "kubelet-stopped-disabled": ("start-kubelet",),
    "kubeconfig-ca-wrong": ("set-kubeconfig-ca",),
    "kubeconfig-embedded-cert-expired": ("set-kubeconfig-client-certificate",),
    **dict.fromkeys(("ca-file-corrupt", "ca-file-other-ca"), ("restore-ca-file",)),
    **dict.fromkeys(
        (
            "cert-corrupt",
            "cert-expired",
            "cert-expired-no-rotation",
            "cert-expired-not-symlink",
            "cert-key-mismatch",
            "cert-missing-dangling",
            "cert-no-organization",
            "cert-other-ca",
            "cert-server-eku",
        ),
        ("renew-client-certificate",),
    ),
    **dict.fromkeys(("config-empty", "config-missing", "config-yaml-syntax"), ("restore-kubelet-config",)),
    **dict.fromkeys(("config-invalid", "config-wrong-type"), ("set-config-field",)),
    "config-dropin-broken": ("set-aside-config-drop-in",),
    "config-unknown-field": ("remove-unknown-field",),
    "extra-args-value-invalid": ("set-flag",),
    **dict.fromkeys(("kubelet-conf-empty", "kubelet-conf-malformed", "kubelet-conf-missing"), ("restore-kubeconfig",)),
    "cri-plugin-disabled": ("enable-cri-plugin",),
    "cpu-manager-state": ("remove-cpu-manager-state",),
    "containerd-hung-restart": ("restart-runtime",),
    **dict.fromkeys(("disk-full-images", "disk-full-journal"), ("free-space",)),
    **dict.fromkeys(
        (
            "dropin-local-config-wrong-path",
            "dropin-local-no-reset",
            "dropin-local-no-reset-running",
            "dropin-requires-missing-unit-beside",
            "environment-file-missing",
            "unit-user-missing",
        ),
        ("correct-drop-in",),
    ),
    **dict.fromkeys(("dropin-requires-missing-unit", "dropin-requires-missing-unit-stopped"), ("set-aside-drop-in",)),
    "feature-gate-locked": ("remove-feature-gate",),
    "forwarding-off": ("enable-forwarding",),
    "kubeconfig-ca-file-missing": ("set-kubeconfig-ca",),
    "kubelet-sigstop": ("restart-kubelet",),
    "memory-manager-state": ("remove-memory-manager-state",),
    "swap-enabled": ("swap-off",),
}

# What runs on a worker of another kind than most cases have, by the first word of the case.
UNITS = {
    "crio": ("kubelet", "crio"),
    "k3s": ("k3s-agent",),
    "rke2": ("rke2-agent",),
    "microk8s": ("snap.microk8s.daemon-kubelite", "snap.microk8s.daemon-containerd"),
}

# Recorded nodes of tests/corpus that no lab host can be broken like.
NOT_MADE = {"oom-killed": "MemoryMax= needs the memory controller of cgroup2, which is not there in the hybrid layout"}

# Everything that a repair may touch, as a user would compare it.
FILES = (Path(__file__).parent / "repair_files.sh").read_text(encoding="utf-8")


@dataclass
class Row:
    """What became of one case."""

    case: str
    state: str = "-"
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def text(self) -> str:
        """One line for the screen."""
        word = "BAD" if self.faults else "ok "
        return f"{word} {self.case:36} {self.state:12} {self.seconds:5.1f} s  {'; '.join(self.faults)}"


@dataclass(frozen=True)
class Scorer:
    """Repairs cases on the hosts of one lab that is up."""

    lab: Lab

    def all(self, names: list[str]) -> list[Row]:
        """Several hosts at once; cases that break the control plane, which all share, one by one after."""
        free: SimpleQueue[str] = SimpleQueue()
        for number in range(self.lab.settings.workers):
            free.put(f"worker-{number + 1}")

        def on_a_free_host(name: str) -> Row:
            host = free.get()
            try:
                return self.one(name, host)
            finally:
                free.put(host)

        own = [name for name in names if not cases.load(name).controlplane_steps]
        with ThreadPoolExecutor(self.lab.settings.workers) as pool:
            rows = list(pool.map(on_a_free_host, own))
        return rows + [self.one(name, "worker-1") for name in names if name not in own]

    def one(self, name: str, host: str) -> Row:
        """Break a host, repair it, look at it, heal it."""
        row, kept = Row(name), ROOT / ".cache/repair-score" / self.lab.settings.name / name
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        try:
            time.sleep(1)  # times of files are whole seconds: in that of the kubelet's start nothing is "since" then
            self.lab.break_host(name, host)
            time.sleep(2)
            self._judge(row, host, kept)
        except (LabError, subprocess.SubprocessError, OSError, KeyError) as error:
            row.faults.append(f"{type(error).__name__}: {error}"[:300])
        finally:
            self.lab.heal(host)
        sys.stdout.write(row.text() + "\n")
        sys.stdout.flush()
        return row

    def _judge(self, row: Row, host: str, kept: Path) -> None:
        broken = self.on(host, FILES)
        approve = HEALED.get(row.case)
        if approve != ():
            self._left_alone(row, host, kept, broken)
        checked = self._repair(host, kept, "check", approve, "--check", "--diff")
        self._same(row, host, broken, "check mode")
        if approve is None:
            return
        started = time.monotonic()
        repaired = self._repair(host, kept, "repair", approve)
        row.seconds, row.state = time.monotonic() - started, repaired.state
        edits = '"kind": "edit"' in json.dumps(checked.result["repair"])
        if checked.state != "planned" or (edits and "+++" not in checked.output):
            row.faults.append(f"check mode says {checked.state} and shows no difference")
        if repaired.state != "committed" or repaired.result["verdict"] not in ("healthy", "at_risk"):
            why = repaired.result["repair"]
            said = f"{repaired.state}, {repaired.result['verdict']}: {why['reason']} {why['not_offered']}"
            row.faults.append(said[:400])
            return
        done = {action["id"] for each in repaired.result["repair"]["rounds"] for action in each["actions"]}
        row.faults += [f"not done: {action}" for action in sorted(proofs.of(row.case) - done)]
        units = UNITS.get(row.case.partition("-")[0], ("kubelet", "containerd"))
        row.faults += self._independently(host, units, repaired.result["node_name"])
        again = self._repair(host, kept, "again", approve)
        if again.changed or again.state != "nothing":
            row.faults.append(f"a second run: {again.state}")
        for _round in repaired.result["repair"]["rounds"]:
            self._play("rollback", host, kept, "rollback")
        self._same(row, host, broken, "a rollback")

    def _left_alone(self, row: Row, host: str, kept: Path, broken: str) -> None:
        """Where nothing is safe, nothing is done, and what a person has to do is said."""
        run = self._repair(host, kept, "unasked", None)
        row.state, repair = run.state, run.result["repair"]
        self._same(row, host, broken, "a repair that nobody asked for")
        if run.changed or run.state in ("committed", "rolled_back", "failed"):
            row.faults.append(f"state {run.state} {repair['reason']}"[:300])
        said = {entry["finding"] for entry in repair["not_offered"] if entry["reason"]}
        silent = [root["id"] for root in run.result["root_causes"] if root["id"] not in said and not repair["reason"]]
        row.faults += [f"nothing is said about {root}" for root in silent]

    def _same(self, row: Row, host: str, before: str, after_what: str) -> None:
        changed = sorted(set(self.on(host, FILES).splitlines()) ^ set(before.splitlines()))
        if changed:
            row.faults.append(f"changed by {after_what}: {changed}"[:400])

    def _independently(self, host: str, units: tuple[str, ...], node_name: str) -> list[str]:
        """What systemd, healthz and the control plane say of a repaired host."""
        probe = (
            "import urllib.request as u; print(u.urlopen('http://127.0.0.1:10248/healthz', timeout=3).read().decode())"
        )
        script = f'systemctl is-active {" ".join(units)}; python3 -c "{probe}"; ls -ld /var/lib/nodeclinic/repairs; '
        script += "find /var/lib/nodeclinic/repairs -perm /077 ! -type l"
        said = self.on(host, script).splitlines()
        good = [*("active" for _unit in units), "ok"]
        states, record = said[: len(good)], said[len(good) :]
        faults = [] if states == good and record[0].startswith("drwx------") else [f"{said}"]
        faults += [f"readable to others: {record[1:]}"] if record[1:] else []
        query = f"kubectl --kubeconfig=/etc/kubernetes/admin.conf get --raw /api/v1/nodes/{node_name}"
        node = json.loads(self.on("controlplane", query))
        ready = {item["type"]: item["status"] for item in node["status"]["conditions"]}.get("Ready")
        return faults + ([] if ready == "True" else [f"Ready={ready}"])

    def on(self, host: str, script: str) -> str:
        """Run shell lines as root on a host, past SSH."""
        return self.lab.podman("exec", "-i", f"{self.lab.settings.name}-{host}", "/bin/sh", stdin=script.encode())

    def _repair(self, host: str, kept: Path, step: str, approve: tuple[str, ...] | None, *arguments: str) -> Run:
        said = {"kubelet_repair_allow": ["safe", *(approve or ())], **cases.load(kept.name).variables}
        return self._play("repair", host, kept, step, "-e", json.dumps(said), *arguments)

    def _play(self, playbook: str, host: str, kept: Path, step: str, *arguments: str) -> Run:
        extra = ["-e", f"kubelet_results_dir={kept}", "-e", f"kubelet_verify_stable_seconds={STABLE_SECONDS}"]
        inventory, result = self.lab.settings.inventory, kept / f"{host}.json"
        if playbook == "repair":
            result.unlink(missing_ok=True)  # what is judged is of this run
        dummy, said = play(inventory, playbook, host, *extra, *arguments)
        (kept / f"{step}.txt").write_text(said, encoding="utf-8")
        return Run(said, json.loads(result.read_text()) if result.exists() else {})


@dataclass(frozen=True)
class Run:
    """One run of a playbook: what it printed, and the result of the host."""

    output: str
    result: dict[str, Any]

    @property
    def state(self) -> str:
        """State of the repair."""
        return str(self.result["repair"]["state"])

    @property
    def changed(self) -> bool:
        """Whether Ansible counts a change."""
        return bool(re.search(r"changed=[1-9]", self.output))


def main(argv: list[str]) -> int:
    """Repair the cases named, or all, on a lab of their own; exit status 1 when one is not as it should be."""
    parser = argparse.ArgumentParser(prog="lab.repair_score", description=__doc__)
    parser.add_argument("case", nargs="*", help="id of a case (default: all)")
    parser.add_argument("--part", default="1/1", metavar="N/M", help="the Nth of M parts of the cases")
    parser.add_argument("--keep", action="store_true", help="leave the lab up afterwards")
    arguments = parser.parse_args(argv)
    part, parts = (int(number) for number in arguments.part.split("/"))
    environment = {"LAB_NAME": "repairs", "WORKERS": str(WORKERS)}
    environment.update({name: value for name, value in os.environ.items() if value})
    try:
        lab = Lab(settings.from_environment(environment), say=lambda _line: None)
        lab.up()
        try:
            rows = Scorer(lab).all((arguments.case or cases.names())[part - 1 :: parts])
        finally:
            if not arguments.keep:
                lab.down()
    except LabError as error:
        sys.stderr.write(f"lab.repair_score: {error}\n")
        return 1
    for row in (row for row in rows if row.case == WALKTHROUGH):
        spent = row.seconds - STABLE_SECONDS
        sys.stdout.write(f"{row.case}: verified {spent:.1f} s after the command, beside the stability wait\n")
    bad = [row for row in rows if row.faults]
    sys.stdout.write("".join(f"{row.text()}\n" for row in bad))
    sys.stdout.write(f"{len(rows) - len(bad)} of {len(rows)} cases as they should be\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
