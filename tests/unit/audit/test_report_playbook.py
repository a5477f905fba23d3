# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/report.yml as a user runs it: without an inventory, over runs that were kept, and over none."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
RUN = json.loads((Path(__file__).parent / "sample_run.json").read_text())


def report(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the playbook for a directory of audits."""
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "playbooks/report.yml", *arguments]
    return subprocess.run(
        [*command, "-e", json.dumps({"kubelet_audit_dir": str(directory)})],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_reports_are_written_again(tmp_path: Path) -> None:
    """Of the newest run, whatever its texts contain; templates and markup stay text."""
    run = copy.deepcopy(RUN)
    run["nodes"][2]["summary"] = "{{ lookup('pipe', 'id') }} <script>"
    (tmp_path / "latest.json").write_text(json.dumps(run))
    done = report(tmp_path)
    assert done.returncode == 0, done.stdout
    assert f"Reports of the audit at 2026-11-24T03:00:00Z are in {tmp_path}" in done.stdout
    assert "{{ lookup(&#39;pipe&#39;, &#39;id&#39;) }} &lt;script&gt;" in (tmp_path / "report.html").read_text()
    assert (tmp_path / "report.md").read_text().startswith("# Kubelet audit of 2026-11-24 03:00 UTC\n")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("report.*")} == {0o640}


@pytest.mark.parametrize(
    ("run", "sentence"),
    [
        (None, "no audit has been kept in"),
        ({**RUN, "counts": {}}, "no report could be made: the run is not as docs/audit.schema.json says"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(tmp_path: Path, run: object, sentence: str) -> None:
    """Without a run, and with one that somebody edited; nothing is written."""
    if run:
        (tmp_path / "latest.json").write_text(json.dumps(run))
    done = report(tmp_path)
    assert done.returncode == 2
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not list(tmp_path.glob("report.*"))
