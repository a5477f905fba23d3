# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Live and replayed diagnosis of the same moment."""

from __future__ import annotations

from pathlib import Path

from live._lab import LiveLab, run


def test_replay_says_the_same(broken: LiveLab, tmp_path: Path) -> None:
    """What capture.yml judged live and what replay.yml says of its bundle differ in the seconds that judging took."""
    bundles, live, replayed = tmp_path / "bundles", tmp_path / "live", tmp_path / "replayed"
    captured = broken.play("capture", "-e", f"kubelet_bundle_dir={bundles}", results=live)
    assert captured.status == 0, captured.output
    variables = ["-e", f"kubelet_bundle_dir={bundles}", "-e", f"kubelet_results_dir={replayed}"]
    again = run(["ansible-playbook", "playbooks/replay.yml", *variables], replayed)
    assert again.status == 0, again.output
    for result in (*captured.results.values(), *again.results.values()):
        del result["engine"]["seconds"]
    assert set(captured.results) == {"worker-1", "worker-2", "worker-3"}
    assert again.results == captured.results
