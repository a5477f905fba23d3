# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory of the audits: what is written, what is left alone, and that history survives what goes wrong."""

from __future__ import annotations

import errno
import fcntl
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from unit.audit._runs import CA, VALID, node, of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _audit_files, _files
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.compare import Known, compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit.record import seen
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._audit_files import Kept, Place, keep

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The controller's clock; assign to its only item."""
    now = [NOON]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            assert tz is UTC
            return now[0]

    monkeypatch.setattr(_audit_files, "datetime", Clock)
    return now


def audit(directory: Path, *results: dict[str, Any], runs: int = 400, check: bool = False, metrics: str = "") -> Kept:
    """Keep a run of these nodes; without any, of one that is down."""
    nodes = results or (node(verdict="down", roots=[CA]),)

    def judge(at: str, known: Known) -> dict[str, Any]:
        return compare([seen(each, at) for each in nodes], [], known, at=at)

    kept = keep(Place(directory, Path(metrics or directory / "metrics.prom"), runs), judge, check=check)
    VALID.validate(kept.run)
    return kept


def files(directory: Path) -> list[str]:
    """Names of all files, hidden ones too."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_what_is_written(tmp_path: Path) -> None:
    """One file for the run, the same as the latest, and metrics that node_exporter may read; nothing half-written."""
    kept = audit(tmp_path / "new" / "audit")
    place = tmp_path / "new" / "audit"
    assert kept.problems == []
    assert kept.file == place / "runs" / "20261124T120000Z.json"
    assert {"runs/20261124T120000Z.json", "latest.json", "metrics.prom"} <= set(files(place))
    assert not [name for name in files(place) if name.count(".json.")]
    assert json.loads(kept.file.read_text()) == kept.run
    assert kept.file.read_bytes() == (place / "latest.json").read_bytes()
    assert [oct(path.stat().st_mode & 0o777) for path in (kept.file, place / "metrics.prom")] == ["0o640", "0o644"]


def test_second_run_knows_the_first(tmp_path: Path) -> None:
    """Beginnings go on from file to file, also where two runs are in the same second."""
    audit(tmp_path)
    second = audit(tmp_path)
    assert second.run["at"] == "2026-11-24T12:00:01Z"
    assert of(second.run)["since"] == "2026-11-24T12:00:00Z"
    assert second.run["history"] == {"runs": 2, "first": "2026-11-24T12:00:00Z"}
    assert [run["at"] for run in second.known.past] == ["2026-11-24T12:00:00Z"]


def test_check_mode_writes_nothing(tmp_path: Path) -> None:
    """What changed is told, from the history that there is; not even the directory is made."""
    assert audit(tmp_path / "none", check=True).file is None
    assert not (tmp_path / "none").exists()
    audit(tmp_path, node())
    before = files(tmp_path)
    assert audit(tmp_path, check=True).run["changes"]["new"] != []
    assert files(tmp_path) == before


def test_oldest_runs_go(tmp_path: Path, clock: list[datetime]) -> None:
    """As many as wanted stay, the newest; what is no run stays whatever its name is."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "20200101T000000Z.json").write_text("mine")
    (tmp_path / "runs" / "notes.txt").write_text("mine")
    for minute in range(5):
        clock[0] = NOON.replace(minute=minute)
        last = audit(tmp_path, runs=3)
    assert [name[-21:] for name in files(tmp_path / "runs")] == [
        "20200101T000000Z.json",
        "20261124T120200Z.json",
        "20261124T120300Z.json",
        "20261124T120400Z.json",
        "notes.txt",
    ]
    assert last.run["notes"] == ["left alone among the runs, for they are none: 20200101T000000Z.json, notes.txt"]
    assert last.problems == []


def test_all_runs_may_stay(tmp_path: Path) -> None:
    """0 keeps all; 1 keeps the run itself, and what it was compared with is known all the same."""
    for _number in range(3):
        audit(tmp_path, runs=0)
    assert len(files(tmp_path / "runs")) == 3
    last = audit(tmp_path, runs=1)
    assert len(files(tmp_path / "runs")) == 1
    assert last.run["history"] == {"runs": 1, "first": last.run["at"]}
    assert of(audit(tmp_path, runs=1).run)["since"] == "2026-11-24T12:00:00Z"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "fleet-audit/1"}', "\ud800", '{"format":"fleet-audit/2"}'])
def test_latest_that_is_no_run(tmp_path: Path, text: str) -> None:
    """The newest of the runs counts then, and a note says so."""
    audit(tmp_path)
    (tmp_path / "latest.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    second = audit(tmp_path)
    assert of(second.run)["since"] == "2026-11-24T12:00:00Z"
    assert ["latest.json" in note for note in second.run["notes"]] == [True]


@pytest.mark.parametrize(
    ("key", "value"),
    [("verdict", "fine"), ("since", "yesterday"), ("findings", None), ("certificates", [{}]), ("host", ...)],
)
def test_latest_that_somebody_edited(tmp_path: Path, key: str, value: Any) -> None:
    """An entry that is not as documented makes the file no run; the one among the runs counts."""
    kept = audit(tmp_path)
    edited = {name: part for name, part in of(kept.run).items() if name != key}
    edited.update({} if value is ... else {key: value})
    (tmp_path / "latest.json").write_text(json.dumps({**kept.run, "nodes": [edited]}))
    second = audit(tmp_path)
    assert (of(second.run)["since"], second.problems) == ("2026-11-24T12:00:00Z", [])


def test_damaged_run_is_left_alone(tmp_path: Path, clock: list[datetime]) -> None:
    """It is named, not removed, and the run before it counts."""
    audit(tmp_path)
    clock[0] = NOON.replace(minute=5)
    damaged = audit(tmp_path).file
    assert damaged is not None
    damaged.write_text(damaged.read_text()[:100])
    (tmp_path / "latest.json").unlink()
    clock[0] = NOON.replace(minute=10)
    last = audit(tmp_path)
    assert of(last.run)["since"] == "2026-11-24T12:00:00Z"
    assert last.run["notes"] == [f"left alone among the runs, for they are none: {damaged.name}"]
    assert len(damaged.read_text()) == 100


def test_latest_that_was_not_written(tmp_path: Path, clock: list[datetime]) -> None:
    """A run that was kept counts, though the machine stopped before it was the latest."""
    audit(tmp_path, node())
    first = (tmp_path / "latest.json").read_bytes()
    clock[0] = NOON.replace(minute=5)
    audit(tmp_path)
    (tmp_path / "latest.json").write_bytes(first)
    clock[0] = NOON.replace(minute=10)
    assert audit(tmp_path).run["changes"]["new"] == []


def test_clock_that_was_wrong_for_once(tmp_path: Path, clock: list[datetime]) -> None:
    """A run of the future counts for the next one, which tells; after that time goes on as usual."""
    audit(tmp_path, node())
    clock[0] = NOON.replace(year=2030)
    audit(tmp_path)
    clock[0] = NOON.replace(minute=5)
    back, after = audit(tmp_path), audit(tmp_path)
    assert (back.run["changes"]["new"], len(back.run["notes"])) == ([], 1)
    assert (after.run["changes"]["new"], after.run["notes"]) == ([], [])
    assert [run["at"] for run in after.known.past] == ["2026-11-24T12:00:00Z", "2026-11-24T12:05:00Z"]
    assert audit(tmp_path, runs=2).file is not None
    assert (tmp_path / "latest.json").read_text().count('"at":"2026-11-24T12:05:02Z"') > 0


def test_audits_at_once_come_one_after_the_other(tmp_path: Path) -> None:
    """Each sees the one before; none is lost."""
    kept: list[Kept] = []
    threads = [threading.Thread(target=lambda: kept.append(audit(tmp_path))) for _number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.run["history"]["runs"] for each in kept) == [1, 2, 3, 4, 5, 6]
    assert len(files(tmp_path / "runs")) == 6


def test_audit_that_never_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while it is said that another one is at work; the run is made all the same, and nothing is written."""
    monkeypatch.setattr(_audit_files, "_WAIT", 0.3)
    audit(tmp_path)
    before = files(tmp_path)
    with (tmp_path / ".lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        kept = audit(tmp_path)
    assert [problem.endswith("another audit has been at work for a minute") for problem in kept.problems] == [True]
    assert kept.run["history"]["runs"] == 2
    assert files(tmp_path) == before


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    """The run is made, and what happened is one sentence."""
    (tmp_path / "file").write_text("")
    kept = audit(tmp_path / "file" / "audit")
    assert kept.problems == [f"the run was not kept: {tmp_path}/file/audit is no directory"]
    assert of(kept.run)["verdict"] == "down"


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of before is touched, nothing is left behind, and the next run goes on from it."""
    audit(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_files.os, "fsync", full)
        kept = audit(tmp_path, runs=1)
    (problem,) = kept.problems
    assert (
        problem == f"the run was not kept: cannot write {tmp_path}/runs/20261124T120001Z.json: No space left on device"
    )
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before
    assert of(audit(tmp_path).run)["since"] == "2026-11-24T12:00:00Z"


def test_history_that_cannot_be_read_is_not_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the permission to read it nothing is written: a first run in its place would lose all beginnings."""
    audit(tmp_path)
    before = files(tmp_path)

    def denied(_path: Path) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "latest.json"))

    monkeypatch.setattr(_audit_files, "_run", denied)
    kept = audit(tmp_path)
    assert kept.problems == [
        f"the runs of before cannot be read, and nothing was kept: cannot use {tmp_path}/latest.json: Permission denied"
    ]
    assert files(tmp_path) == before


def test_metrics_that_cannot_be_written(tmp_path: Path) -> None:
    """The run is kept all the same."""
    (tmp_path / "file").write_text("")
    kept = audit(tmp_path / "audit", metrics=str(tmp_path / "file" / "m.prom"))
    assert kept.file is not None
    assert kept.file.exists()
    assert kept.problems == [
        f"the run was kept, but cannot write {tmp_path}/file/m.prom: {tmp_path}/file is no directory"
    ]


def test_hostile_text_can_be_written(tmp_path: Path) -> None:
    """Half a character, an escape and a line of another script are text like any other."""
    hostile = "\ud800 \x1b[2J \u202e <script> {{ 7 * 7 }}"
    kept = audit(tmp_path, node(host="w", summary=hostile, verdict="down", node_name=hostile))
    assert kept.problems == []
    text = (tmp_path / "latest.json").read_text(encoding="utf-8")
    assert not {"\x1b", "\u202e"} & set(text)
    assert "{{ 7 * 7 }}" in json.loads(text)["nodes"][0]["summary"]


def test_run_of_a_large_fleet_is_small(tmp_path: Path) -> None:
    """Less than 600 bytes for a healthy node with its certificates."""
    certificate = {"path": f"/var/lib/kubelet/pki/{'x' * 20}", "not_before": "2026-01-01T00:00:00Z"}
    uses = [
        {**certificate, "use": use, "not_after": "2027-01-01T00:00:00Z"} for use in ("client", "serving", "client-ca")
    ]
    nodes = [node(f"worker-{number}", facts={"certificates": uses, "os": "Debian"}) for number in range(500)]
    audit(tmp_path, *nodes)
    assert (tmp_path / "latest.json").stat().st_size < 500 * 700
