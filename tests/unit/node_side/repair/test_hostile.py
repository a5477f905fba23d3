# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that others may write to, files that are mounts, clocks that go back, and systems that half work."""

from __future__ import annotations

import errno
import os
import socket
import stat
import struct
import subprocess
import threading
import time
import typing as t
from pathlib import Path

import pytest
from unit.node_side.repair._node import RUNTIME, Node, apply, edit, leftovers, plan_of, whole_plan

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _process
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import http
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import lock, rollback, transaction, undo
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import record as rec
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.attempts import Attempts
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Verify

LAST, WATCH = rollback.Request(), Verify(1, 10)
GOOD = "/good/ca.crt"


def test_link_that_is_planted_beside_a_file_is_not_followed(node: Node) -> None:
    """Who may write in the file's directory cannot have root change owner and mode of another file."""
    other = Path(node.path("/etc/shadow"))
    node.write("/etc/shadow", b"secret\n", 0o600)
    Path(node.path("/config.yaml")).chmod(0o666)

    def plant(point: str) -> None:
        if point.startswith("temporary file for") and point.endswith("config.yaml"):
            (temp,) = (Path(path) for path in leftovers(node) if not path.startswith(node.records))
            temp.unlink()
            temp.symlink_to(other)

    node.on_mark = plant
    apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", GOOD)))
    assert stat.S_IMODE(other.stat().st_mode) == 0o600


def test_access_that_a_directory_gives_to_new_files_is_not_given(node: Node) -> None:
    """A file without an ACL has none after its edit, though its directory has a default ACL for new ones."""
    path, folder = node.path("/kubelet.conf"), node.root
    everybody, undefined = 7, 0xFFFFFFFF
    entries = [
        (0x01, 6, undefined),
        (0x02, 4, 4711),
        (0x04, 4, undefined),
        (0x10, everybody, undefined),
        (0x20, 0, undefined),
    ]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    Path(path).chmod(0o640)
    try:
        os.setxattr(folder, "system.posix_acl_default", acl)
    except OSError:
        pytest.skip("this file system has no ACLs")
    apply(
        node,
        plan_of(
            edit(node, "/kubelet.conf", b"https://old", "https://new"), edit(node, "/config.yaml", b"/wrong", GOOD)
        ),
    )
    assert b"https://new" in node.read("/kubelet.conf")
    assert "system.posix_acl_access" not in os.listxattr(path)
    assert rollback.roll_back(node, LAST, WATCH)["state"] == "rolled_back"
    assert "system.posix_acl_access" not in os.listxattr(path)


def test_file_that_is_a_mount_is_refused(node: Node) -> None:
    """It cannot be replaced by a rename, which is said before anything else is changed."""
    path = node.path("/a mount.yaml")
    node.write("/a mount.yaml", b"a: 1\n")
    if subprocess.run(["mount", "--bind", path, path], check=False, capture_output=True).returncode != 0:
        pytest.skip("this host does not let us mount")
    try:
        result = apply(
            node, plan_of(edit(node, "/config.yaml", b"/wrong", GOOD), edit(node, "/a mount.yaml", b"1", "2"))
        )
    finally:
        subprocess.run(["umount", path], check=True)
    assert (result["state"], result["changed"]) == ("refused", False)
    assert f"{path} is a mount" in result["reason"]


def test_file_that_grows_beyond_all_bounds_meanwhile(node: Node) -> None:
    """It is left as it is, the rest is put back, and the reason is a sentence."""
    before = node.tree()

    def grow(point: str) -> None:
        if point == "state backed_up":
            os.truncate(node.path("/config.yaml"), 5 * 1024 * 1024)

    node.on_mark = grow
    first = edit(node, "/kubelet.conf", b"https://old", "https://new")
    result = apply(node, plan_of(first, edit(node, "/config.yaml", b"/wrong", GOOD)))
    assert result["state"] in ("rolled_back", "failed")
    assert "more than the 4194304" in result["reason"]
    assert "Traceback" not in result["reason"]
    assert leftovers(node) == []
    assert node.tree()["kubelet.conf"] == before["kubelet.conf"]


@pytest.mark.parametrize("where", ["records", "above", "lock"])
def test_directory_that_others_may_write_to_is_not_trusted(where: str, node: Node) -> None:
    """A record has root write files by a rollback, so nobody else may have written it."""
    assert apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", GOOD)))["state"] == "committed"
    another = plan_of(edit(node, "/kubelet.conf", b"old", "new"), run="other")
    open_to_all = {
        "records": node.records,
        "above": str(Path(node.records).parent),
        "lock": str(Path(node.lock).parent),
    }
    Path(open_to_all[where]).chmod(0o777)
    after = node.tree()
    for attempt in (lambda: apply(node, another), lambda: rollback.roll_back(node, LAST, WATCH)):
        try:
            said = attempt()
        except lock.RefusedError as exc:
            said = {"state": "refused", "reason": str(exc)}
        assert said["state"] == "refused"
        assert "is not root's alone" in said["reason"]
    assert node.tree() == after


def test_clock_that_goes_back_between_two_repairs(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last repair is the one that was done last, whatever the clock said."""
    monkeypatch.setattr(node, "now", lambda: "2031-01-01T00:00:00Z")
    assert apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", GOOD), run="b"))["state"] == "committed"
    monkeypatch.setattr(node, "now", lambda: "2026-11-24T07:00:00Z")
    assert apply(node, plan_of(edit(node, "/kubelet.conf", b"old", "new"), run="a"))["state"] == "committed"
    assert rollback.roll_back(node, LAST, WATCH)["run"] == "a"
    assert rollback.roll_back(node, LAST, WATCH)["run"] == "b"


def test_failures_of_a_clock_that_was_ahead_do_not_count_for_years(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits until the time to which the clock had been set by mistake."""
    monkeypatch.setattr(node, "now", lambda: "2031-01-01T00:00:00Z")
    assert apply(node, whole_plan(node, "/also-wrong", "one"), 1)["state"] == "rolled_back"
    assert apply(node, whole_plan(node, run="two"), 1)["state"] == "refused"
    monkeypatch.setattr(node, "now", lambda: "2026-11-24T07:00:00Z")
    assert apply(node, whole_plan(node, run="three"), 1)["state"] == "committed"


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"config/broken": {}}', None])
def test_attempts_that_cannot_be_read_are_no_reason_to_fail(content: bytes | None, node: Node) -> None:
    """What became of the repair is said all the same."""
    Path(node.records).mkdir(mode=0o700, parents=True)
    file = Path(node.records) / "attempts.json"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    assert apply(node, whole_plan(node, "/also-wrong"))["state"] == "rolled_back"


def test_what_is_no_record_is_not_deleted(node: Node) -> None:
    """Something that a person keeps beside the records stays; what a killed run has begun does not."""
    mine, begun = Path(node.records) / "mine" / "backup", Path(node.records) / "begun"
    mine.mkdir(parents=True)
    (mine / "0").write_text("all that is left of a file")
    begun.mkdir()
    (begun / Path(rec.paths.temp_of(f"{begun}/manifest.json")).name).write_text("{")
    assert apply(node, whole_plan(node))["state"] == "committed"
    assert ((mine / "0").exists(), begun.exists()) == (True, False)


def test_systemd_that_is_silent_at_the_end_has_not_confirmed(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubelet of which nothing is known at the end of the watch is not called stable."""
    run = node.run

    def silent_later(argv: t.Sequence[str], timeout: float) -> _process.RunResult:
        if node.monotonic() > 1010 and "show" in argv:
            return _process.RunResult("timeout")
        return run(argv, timeout)

    monkeypatch.setattr(node, "run", silent_later)
    result = apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", GOOD)))
    assert result["state"] != "committed"
    assert "did not end (timeout)" in result["reason"]


def test_directory_that_is_gone_does_not_stop_all_repairs_for_ever(node: Node) -> None:
    """What cannot be put back is said, and the next repair is not refused because of it."""
    node.on_mark = lambda point: _lose(node) if point == "state restarted" else None
    bad = plan_of({"kind": "move_aside", **_file(node, "/systemd/20-bad.conf")})
    result = apply(node, bad)
    assert result["state"] == "failed"
    assert "20-bad.conf could not be put back" in result["reason"]
    node.on_mark = lambda _point: None
    assert apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", GOOD), run="next"))["state"] == "committed"


def _file(node: Node, name: str) -> dict[str, str]:
    return {"path": node.path(name), "sha256": rec.paths.sha256(node.read(name))}


def _lose(node: Node) -> None:
    Path(node.path("/systemd")).rmdir()


def test_swap_that_is_gone_does_not_keep_the_rest_from_being_put_back(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel setting comes back, and further repairs are not refused."""
    run = node.run
    gone = _process.RunResult("ok", 255, err="swapon: cannot open /dev/sda2: No such file or directory")
    monkeypatch.setattr(node, "run", lambda argv, timeout: gone if argv[0] == "swapon" else run(argv, timeout))
    result = apply(node, whole_plan(node, "/also-wrong"))
    assert result["state"] == "failed"
    assert "cannot open /dev/sda2" in result["reason"]
    assert node.read("/proc/sys/net/ipv4/ip_forward") == b"0\n"
    assert node.service(RUNTIME) == {"UnitFileState": "masked", "ActiveState": "inactive"}
    assert apply(node, whole_plan(node, run="next"))["state"] == "committed"


def test_systemd_reads_a_restored_drop_in_also_when_the_first_try_was_killed(node: Node) -> None:
    """The path is back by then, but systemd does not know it yet."""
    step = {"kind": "move_aside", **_file(node, "/systemd/20-bad.conf")}
    plan = plan_of(edit(node, "/config.yaml", b"/wrong", GOOD), step)
    assert apply(node, plan)["state"] == "committed"
    (record,) = rec.Records(node).all()
    undo._put_back(node, record, record.manifest["changes"][1], False, undo.Undone())
    record.enter(rec.ROLLING_BACK)
    node.asked.clear()
    undo.recover(node, rec.Records(node), Attempts(node))
    assert node.asked[0] == "daemon-reload"


def test_check_mode_on_a_disk_that_cannot_be_read(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused with a reason."""

    def broken(_records: rec.Records) -> t.NoReturn:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(rec.Records, "all", broken)
    result = transaction.check(node, whole_plan(node), transaction.Limits())
    assert result["state"] == "refused"
    assert "Input/output error" in result["reason"]


def test_healthz_that_answers_byte_by_byte_is_not_waited_for() -> None:
    """The time limit is one for the whole answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_drip, args=(server,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(OSError, match="timed out"):
            http.get(["127.0.0.1"], server.getsockname()[1], "/healthz", None, 0.5)
        assert time.monotonic() - began < 5


def _drip(server: socket.socket) -> None:
    with server.accept()[0] as connection:
        try:
            while True:
                connection.sendall(b"x")
                time.sleep(0.001)
        except OSError:
            return


def test_owner_and_mode_are_set_after_an_edit_whatever_their_order(node: Node) -> None:
    """An edit keeps the mode that the file had; the one that is wanted must not be lost by it."""
    own = {"uid": str(os.getuid()), "gid": "0"}
    mode = {"kind": "attributes", "path": node.path("/config.yaml"), "mode": "0600", **own}
    before = node.tree()
    assert apply(node, plan_of(mode, edit(node, "/config.yaml", b"/wrong", GOOD)))["state"] == "committed"
    assert stat.S_IMODE(Path(node.path("/config.yaml")).stat().st_mode) == 0o600
    assert rollback.roll_back(node, LAST, WATCH)["state"] == "rolled_back"
    assert node.tree() == before


def test_swap_comes_back_with_its_priority(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was before; one that the kernel had chosen is left to it."""
    node.write(
        "/proc/swaps", b"Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n/dev/zram0 partition 1 0 100\n"
    )
    run, asked = node.run, []

    def noted(argv: t.Sequence[str], timeout: float) -> _process.RunResult:
        asked.append(" ".join(argv))
        return run(argv, timeout)

    monkeypatch.setattr(node, "run", noted)
    assert apply(node, plan_of({"kind": "swapoff"}))["state"] == "rolled_back"
    assert [line for line in asked if "swapon" in line] == [
        "swapon -- /dev/sda2",
        "swapon --priority=100 -- /dev/zram0",
    ]


def test_text_that_cannot_be_written_is_refused(node: Node) -> None:
    """Half of a character is none, in any encoding."""
    step = edit(node, "/config.yaml", b"/wrong", GOOD)
    step["edits"][0]["text"] = "\ud800"
    assert apply(node, plan_of(step))["state"] == "refused"


def test_kubelet_that_takes_long_to_start_is_watched(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemctl restart is not waited for without end; a unit that comes up after that (RKE2, say) has come up."""
    run = node.run

    def long(argv: t.Sequence[str], timeout: float) -> _process.RunResult:
        done = run(argv, timeout)
        return _process.RunResult("timeout") if "restart" in argv else done

    monkeypatch.setattr(node, "run", long)
    assert apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", GOOD)))["state"] == "committed"
    never = apply(node, plan_of(edit(node, "/config.yaml", b"/good", "/also-wrong"), run="never"))
    assert never["state"] != "committed"


def test_unit_that_is_masked_until_the_next_boot_is_unmasked(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemctl unmask alone leaves that mask; the way back makes one of the same kind."""
    node.set_service(RUNTIME, UnitFileState="masked-runtime")
    run = node.run

    def real(argv: t.Sequence[str], timeout: float) -> _process.RunResult:
        if "unmask" in argv and "--runtime" not in argv:
            return _process.RunResult("ok", 0)
        return run(argv, timeout)

    monkeypatch.setattr(node, "run", real)
    steps = [{"kind": "unit", "verb": verb, "unit": RUNTIME} for verb in ("unmask", "start")]
    assert apply(node, plan_of(edit(node, "/config.yaml", b"/wrong", GOOD), *steps))["state"] == "committed"
    assert node.service(RUNTIME)["ActiveState"] == "active"
    assert rollback.roll_back(node, LAST, WATCH)["state"] == "rolled_back"
    assert node.asked[-3:-1] == [f"stop {RUNTIME}", f"mask --runtime {RUNTIME}"]


def test_file_system_that_cannot_sync_directories(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some network file systems; a repair there is as durable as it can be."""
    sync = os.fsync

    def files_alone(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", files_alone)
    assert apply(node, whole_plan(node))["state"] == "committed"
    assert rollback.roll_back(node, LAST, WATCH)["state"] == "rolled_back"
