# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a unit counts as up, and that a repair goes on without the process that asked for it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from unit.node_side.repair._node import KUBELET, RUNTIME, Node, edit

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import kernel, service, verify
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError, StepError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Verify

STABLE = Verify(20, 60)


def _good(node: Node) -> Node:
    node.write("/config.yaml", b"good\n")
    node.run(["systemctl", "--no-ask-password", "restart", "--", KUBELET], 1)
    return node


def test_stable_unit(node: Node) -> None:
    """It takes the stability wait and no more."""
    seen = verify.verify(_good(node), KUBELET, STABLE)
    assert (seen["ok"], seen["reason"]) == (True, "")
    assert 20 <= seen["seconds"] < 21


def test_main_process_that_changes(node: Node) -> None:
    """A unit that is up with another process than before was restarted."""
    _good(node)
    node.on_mark = lambda _point: None
    original = node.sleep

    def sleep(seconds: float) -> None:
        original(seconds)
        node.set_service(KUBELET, MainPID="77")

    node.sleep = sleep  # type: ignore[method-assign]
    seen = verify.verify(node, KUBELET, STABLE)
    assert not seen["ok"]
    assert "main process changed from 1001 to 77" in seen["reason"]


def test_unit_that_never_runs(node: Node) -> None:
    """One that neither runs nor fails ends at the time limit, which the reason tells."""
    seen = verify.verify(node, KUBELET, STABLE)
    assert not seen["ok"]
    assert seen["reason"] == "kubelet.service: it does not get to run after 60 s."


def test_systemd_that_hangs(node: Node) -> None:
    """It ends at the time limit as well."""
    node.run = lambda argv, timeout: RunResult("timeout")  # type: ignore[method-assign]  # noqa: ARG005
    seen = verify.verify(node, KUBELET, STABLE)
    assert "it did not end" in seen["reason"]


def test_restart_alone(node: Node) -> None:
    """It tells what was before and after; in check mode nothing is asked of systemd; a masked unit is refused."""
    node.write("/config.yaml", b"good\n")
    assert service.restart(KUBELET, STABLE, True, node)["changed"] is True
    assert node.asked == []
    result = service.restart(KUBELET, STABLE, False, node)
    assert (result["ok"], result["before"]["ActiveState"], result["after"]["ActiveState"]) == (
        True, "activating", "active",
    )  # fmt: skip
    with pytest.raises(RefusedError, match="masked"):
        service.restart(RUNTIME, STABLE, False, node)
    node.write("/config.yaml", b"bad\n")
    assert service.restart(KUBELET, STABLE, False, node)["ok"] is False


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"/dev/a none swap sw 0 0\n", b"# nodeclinic: /dev/a none swap sw 0 0\n"),
        (b"# /dev/a none swap sw 0 0\n", b"# /dev/a none swap sw 0 0\n"),
        (b"LABEL=swap / ext4 defaults 0 1\r\n", b"LABEL=swap / ext4 defaults 0 1\r\n"),
        (
            b"\n  \n/swap\tswap\tswap\tdefaults\n/x /y ext4",
            b"\n  \n# nodeclinic: /swap\tswap\tswap\tdefaults\n/x /y ext4",
        ),
    ],
)
def test_swap_lines_of_fstab(before: bytes, after: bytes) -> None:
    """Only lines whose type is swap are commented out, and not twice."""
    assert kernel.fstab_without_swap(before) == after
    assert kernel.fstab_without_swap(after) == after


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            RunResult("ok", 255, err="swapoff: /swap: swapoff failed: Cannot allocate memory\n"),
            "Cannot allocate memory",
        ),
        (RunResult("ok", 4), "swapoff -a: exit code 4"),
        (RunResult("timeout"), "swapoff -a: it did not end (timeout)"),
        (RunResult("absent", err="no swapoff"), "swapoff -a: absent no swapoff"),
    ],
)
def test_swapoff_that_fails_says_why(said: RunResult, reason: str, node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's own words, or its exit code; never that it was ok."""
    monkeypatch.setattr(node, "run", lambda _argv, _timeout: said)
    with pytest.raises(StepError, match=re.escape(reason)):
        kernel.swap_off(node)


def test_sysctl_file_has_a_setting_once() -> None:
    """Other settings and comments in our file stay."""
    content = kernel.sysctl_file(b"", "vm.overcommit_memory", "1")
    content = kernel.sysctl_file(content, "kernel.panic", "10")
    content = kernel.sysctl_file(content, "vm.overcommit_memory", "0")
    assert content.decode().splitlines()[1:] == ["kernel.panic = 10", "vm.overcommit_memory = 0"]


LIMIT = 120  # seconds: for what takes one, on a busy machine
PROGRAM = """
import sys, time, pathlib
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import detach
done = pathlib.Path(sys.argv[1])
def wait():
    while not (done / "go").exists():
        time.sleep(0.02)
def work():
    (done / "begun").touch()
    wait()
    (done / "ended").write_text("yes")
    return {"state": "committed"}
print(detach.run(work, 120))
"""


def _program(folder: Path, program: str = PROGRAM, run: str = "") -> subprocess.Popen[str]:
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder), run],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_detached_work_gives_its_result(tmp_path: Path) -> None:
    """Whoever waits gets it."""
    (tmp_path / "go").touch()
    out, err = _program(tmp_path).communicate(timeout=LIMIT)
    assert out == "{'state': 'committed'}\n", err


def test_detached_work_outlives_a_lost_connection(tmp_path: Path) -> None:
    """The whole session of the asking process is killed, as when ssh drops; the work ends all the same."""
    asking = _program(tmp_path)
    _wait_for(tmp_path / "begun")
    os.killpg(asking.pid, signal.SIGKILL)
    asking.communicate(timeout=LIMIT)
    assert not (tmp_path / "ended").exists()
    (tmp_path / "go").touch()
    _wait_for(tmp_path / "ended")


def test_work_that_goes_on_is_not_waited_for(tmp_path: Path) -> None:
    """Detached work gives its result while another process, which it has started, is still at work."""
    lasting = PROGRAM.replace("    wait()", "    detach.start(lambda: time.sleep(60) or {})")
    began = time.monotonic()
    out, err = _program(tmp_path, lasting).communicate(timeout=LIMIT)
    assert out == "{'state': 'committed'}\n", err
    assert time.monotonic() - began < 50


def test_bug_in_detached_work_is_told(tmp_path: Path) -> None:
    """Its traceback comes back; work that was killed, also while it answered, is told of as well."""
    broken = PROGRAM.replace('(done / "begun").touch()', "raise ZeroDivisionError")
    assert "ZeroDivisionError" in _program(tmp_path, broken).communicate(timeout=LIMIT)[1]
    killed = PROGRAM.replace('(done / "begun").touch()', "import os; os.kill(os.getpid(), 9)")
    assert "KilledError" in _program(tmp_path, killed).communicate(timeout=LIMIT)[1]
    (tmp_path / "go").touch()
    halved = PROGRAM.replace(
        "def work", "import os; detach._write = lambda pipe, data: os.write(pipe, data[:9])\ndef work"
    )
    assert "KilledError" in _program(tmp_path, halved).communicate(timeout=LIMIT)[1]


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + LIMIT
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} does not appear"
        time.sleep(0.02)


JOINING = """
import os, sys, pathlib, json
from unit.node_side.repair import _node
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import service, transaction
import time
node = _node.Node(pathlib.Path(sys.argv[1]))
def wait():
    while not (node.folder / "go").exists():
        time.sleep(0.02)
node.on_mark = lambda point: %s if point == "state applied" else None
plan = _node.plan_of(json.loads((node.folder / "step.json").read_text()), run=sys.argv[2])
print(json.dumps(service.apply(plan, transaction.Limits(), False, node)))
"""


def test_killed_process_is_cleaned_up_after(node: Node) -> None:
    """If only the process that does the repair is killed, whoever waits for it rolls back at once."""
    (node.folder / "step.json").write_text(json.dumps(edit(node, "/config.yaml", b"/wrong", "/good")))
    before = node.tree()
    out, err = _program(node.folder, JOINING % "os.kill(os.getpid(), 9)", "run1").communicate(timeout=LIMIT)
    result = json.loads(out)
    assert (result["state"], result["ok"]) == ("rolled_back", False), err
    assert result["reason"] == (
        "The process that did the repair was killed. Run run1 was interrupted and is rolled back."
    )
    assert node.tree() == before


def test_two_controllers_at_once(node: Node) -> None:
    """With the same run, the second waits for the first's result; with another one, it is refused."""
    (node.folder / "step.json").write_text(json.dumps(edit(node, "/config.yaml", b"/wrong", "/good")))
    first = _program(node.folder, JOINING % "wait()", "run1")
    _wait_for(Path(node.records) / "run1" / "manifest.json")
    second = _program(node.folder, JOINING % "wait()", "run1")
    third_out, third_err = _program(node.folder, JOINING % "wait()", "run2").communicate(timeout=LIMIT)
    (node.folder / "go").touch()
    results = [json.loads(process.communicate(timeout=LIMIT)[0]) for process in (first, second)]
    assert [result["state"] for result in results] == ["committed", "committed"], results
    assert results[1].get("joined") is True
    assert third_out == ""
    assert "Another repair of this node is going on (run run1" in third_err
