# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node under repair: what it holds that a repair may touch, and what must be true of it whatever happened."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from live._lab import ROOT, LiveLab, Run

FILES = (ROOT / "tests/lab/repair_files.sh").read_text()
INJECT = (ROOT / "tests/live/_inject.py").read_text()
RECORDS = "/var/lib/nodeclinic/repairs"
SECRET = "c2VjcmV0LXRoYXQtbm9ib2R5LWVsc2UtbWF5LXJlYWQ"
# A kubeconfig may hold secrets, and so may its backups.
PLANT = f"printf -- '- name: other\n  user:\n    token: {SECRET}\n' > /root/user && sed -i '/^users:/r /root/user' "
PLANT += "/etc/kubernetes/kubelet.conf && rm /root/user"
READABLE = (
    r"find / -xdev \( -path /proc -o -path /sys \) -prune -o -type f -perm /077 -newer /root/planted -size -1000k "
    f"-exec grep -l {SECRET} {{}} + || true"
)
LEFTOVERS = "find /etc /root /run /usr/lib/systemd /var/lib -xdev -name '.nodeclinic-*'"
OPEN = f"[ ! -e {RECORDS} ] || find {RECORDS} -perm /077 ! -type l"


@dataclass(frozen=True)
class Patient:
    """One broken host of the lab."""

    nodes: LiveLab
    host: str
    results: Path

    def break_with(self, case: str) -> str:
        """Break it as a case of tests/lab/cases says, with a secret in its kubeconfig; what its files are then."""
        self.nodes.lab.break_host(case, self.host)
        self.on(f"touch -d '1 second ago' /root/planted; {PLANT}")
        return self.files()

    def on(self, script: str) -> str:
        """Run shell lines as root, past SSH."""
        return self.nodes.on(self.host, script)

    def files(self) -> str:
        """Path, mode, owner and checksum of everything that a repair may touch."""
        return self.on(FILES)

    def repair(self, *arguments: str, stable: int = 3, results: str = "results") -> Run:
        """Run the playbook as a user does."""
        limit = ["-l", self.host, "-e", f"kubelet_verify_stable_seconds={stable}"]
        return self.nodes.play("repair", *limit, *arguments, results=self.results / results)

    def said(self, run: Run) -> dict[str, Any]:
        """What the result of a run says of the repair."""
        return dict(run.results[self.host]["repair"])

    def records(self) -> list[dict[str, Any]]:
        """The manifests of all records, the newest run last."""
        text = self.on(f"for file in {RECORDS}/*/manifest.json; do cat $file 2>/dev/null && echo; done || true")
        found, position, decoder = [], 0, json.JSONDecoder()
        while text[position:].strip():
            manifest, position = decoder.raw_decode(text, position)
            found.append(manifest)
            position += 1
        return sorted(found, key=lambda manifest: str(manifest["run"]))

    def state(self) -> str:
        """State of the newest record; empty when there is none."""
        found = self.records()
        return str(found[-1]["state"]) if found else ""

    def inject(self, order: str) -> None:
        """Have the next repair interfered with, as _inject.py describes."""
        self.on(f"cat > /run/inject.py <<'END'\n{INJECT}\nEND\ncp /run/inject.py /usr/lib/python3*/sitecustomize.py")
        self.on(f"rm -f /run/inject.log; echo {shlex.quote(order)} > /run/inject")

    def faults(self) -> list[str]:
        """What must not be, whatever happened: a file half made, a record or a secret that others can read."""
        left, readable = self.on(LEFTOVERS).split(), self.on(f"{OPEN}; {READABLE}").split()
        masked = [] if SECRET not in json.dumps(self.records()) else ["the secret is in the manifest"]
        return [f"left: {path}" for path in left] + [f"readable to others: {path}" for path in readable] + masked

    def ends_well(self) -> None:
        """A further run repairs the host, or finds it repaired; one more changes nothing."""
        run = self.repair(results="further")
        assert run.status == 0, run.output[-3000:]
        result = run.results[self.host]
        assert (result["verdict"], self.faults()) == ("healthy", []), run.output[-3000:]
        last = self.repair(results="last")
        assert self.said(last)["state"] == "nothing", last.output[-3000:]
        assert SECRET not in run.output + last.output
