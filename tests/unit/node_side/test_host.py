# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs and files cannot hang, flood or break a collector."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import FILE_SECONDS, Host

AT_ONCE = 30
"""Seconds: far more than it takes on a busy machine, far less than what must not be waited for."""


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().split()[2]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    """At the time limit the whole process group goes, and what was printed until then is kept."""
    pid_file = tmp_path / "pid"
    started = time.monotonic()
    result = Host().run(["sh", "-c", f"sleep 60 & echo $! > {pid_file}; echo begun; wait"], timeout=0.5)
    assert (result.status, result.exit_code, result.out) == ("timeout", None, "begun\n")
    assert time.monotonic() - started < AT_ONCE
    child = int(pid_file.read_text())
    while _alive(child):
        assert time.monotonic() - started < AT_ONCE
        time.sleep(0.05)


def test_background_child_that_keeps_the_pipe_cannot_hold_us() -> None:
    """A program that ended but left somebody with its output open costs its time limit only."""
    started = time.monotonic()
    assert Host().run(["sh", "-c", "echo x; sleep 60 &"], timeout=0.5).status == "timeout"
    assert time.monotonic() - started < AT_ONCE


def test_endless_output_is_cut() -> None:
    """Output beyond the limit stops the program at once."""
    result = Host().run(["yes"], timeout=60, max_bytes=100_000)
    assert result.status == "truncated"
    assert len(result.out) == 100_000
    assert result.seconds < AT_ONCE


def test_programs_that_cannot_run(tmp_path: Path) -> None:
    """Absence, refusal and a broken program are statuses, not exceptions."""
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF broken")
    program.chmod(0o644)
    assert Host().run([str(program)]).status == "denied"
    program.chmod(0o755)
    assert Host().run([str(program)]).status == "error"
    assert Host().run(["/nonexistent/program"]).status == "absent"
    assert Host().run(["false"]).exit_code == 1


def test_output_that_is_not_utf8_becomes_escapes() -> None:
    """Ansible refuses results with broken UTF-8, so no byte of it may come through."""
    result = Host().run(["printf", r"caf\351\n"])
    assert result.out == "caf\\xe9\n"
    assert result.out.encode("utf-8")


def test_input_goes_through_a_pipe() -> None:
    """Data for a program is not on its command line; a program that does not read it is no failure."""
    assert Host().run(["cat"], data=b"secret").out == "secret"
    assert Host().run(["true"], data=b"x" * 1_000_000).status == "ok"


def test_number_of_programs_is_limited() -> None:
    """Beyond the limit nothing is started any more."""
    host = Host(max_processes=2)
    assert [host.run(["true"]).status for dummy in range(3)] == ["ok", "ok", "error"]
    assert host.processes == 2


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """A FIFO, a directory and a device do not block and give no content."""
    os.mkfifo(tmp_path / "fifo")
    host = Host()
    started = time.monotonic()
    for path in (str(tmp_path / "fifo"), str(tmp_path), "/dev/zero"):
        assert host.read(path, 10).status == "error"
    assert time.monotonic() - started < AT_ONCE
    assert host.read(str(tmp_path / "none"), 10).status == "absent"
    assert host.stat(str(tmp_path / "fifo")).type == "other"


def test_reading_is_bounded(tmp_path: Path) -> None:
    """More bytes than asked for make it truncated; exactly as many do not."""
    (tmp_path / "file").write_bytes(b"0123456789")
    host = Host()
    assert (host.read(str(tmp_path / "file"), 10).status, host.read(str(tmp_path / "file"), 9).data) == (
        "ok",
        b"012345678",
    )
    assert host.read(str(tmp_path / "file"), 9).status == "truncated"


def test_dead_mount_costs_its_limit_once(tmp_path: Path) -> None:
    """A file system that does not answer is given up after its limit, and not asked again below its mount point."""
    mounts = tmp_path / "proc/self/mounts"
    mounts.parent.mkdir(parents=True)
    mounts.write_text("server:/x /data/dead nfs rw 0 0\n")
    host = Host(str(tmp_path))
    with pytest.raises(TimeoutError, match="/data/dead/a"):
        host.limited("/data/dead/a", lambda: time.sleep(1.0), 0.1)
    started = time.monotonic()
    assert host.stat("/data/dead/b").status == "timeout"
    assert host.read("/data/dead/c/d", 10).status == "timeout"
    assert time.monotonic() - started < FILE_SECONDS
    (tmp_path / "alive").write_text("x")
    assert host.read("/alive", 10).status == "ok"


def test_nothing_is_asked_after_the_limit_of_everything(tmp_path: Path) -> None:
    """When the time is up, files and programs have status timeout at once."""
    host = Host(seconds=0.0)
    assert host.stat(str(tmp_path)).status == "timeout"
    assert host.run(["sleep", "5"]).status == "timeout"


def test_links_stay_inside_the_root(tmp_path: Path) -> None:
    """With another root an absolute link is resolved below it, as it would be on that host."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").symlink_to("/usr/lib/os-release")
    (tmp_path / "usr/lib").mkdir(parents=True)
    (tmp_path / "usr/lib/os-release").write_text("ID=other\n")
    host = Host(str(tmp_path))
    assert host.text("/etc/os-release") == "ID=other\n"
    assert host.readlink("/etc/os-release") == "/usr/lib/os-release"
    (tmp_path / "etc/loop").symlink_to("loop")
    assert host.exists("/etc/loop") is not True


def test_names_that_are_not_utf8_are_listed(tmp_path: Path) -> None:
    """A directory entry with broken UTF-8 is shown escaped."""
    os.close(os.open(os.fsencode(str(tmp_path)) + b"/\xe9", os.O_CREAT | os.O_WRONLY))
    assert Host().listdir(str(tmp_path)).names == ("\\xe9",)
