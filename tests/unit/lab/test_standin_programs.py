# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-ins for programs that a repair asks: crictl with its runtime, and an ELF file in the place of a script."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.standin import containerd, elf
from lab.standin.images import Images

TESTS = Path(__file__).parents[2]
CODE = f"import sys; sys.path.insert(0, {str(TESTS)!r}); from lab.standin.crictl import main; main()"
ENDPOINT = "--runtime-endpoint=unix:///run/c.sock"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """The root of a host whose runtime has four images: pinned, in use, and two that nothing needs."""
    images = tmp_path / "images"
    for name, said in {
        "5a1f": {"tags": ["registry.k8s.io/pause:3.10.1"], "pinned": True},
        "7b2e": {"tags": ["registry.example/app:2"], "container": True},
        "9c3d": {"tags": ["registry.example/app:1", "registry.example/app:old"]},
        "b4c4": {"tags": ["registry.example/tool:7"]},
    }.items():
        (images / name).mkdir(parents=True)
        (images / name / "image.json").write_text(json.dumps(said))
    runtime = containerd.Runtime("")
    runtime._images = Images(images)
    server = containerd.listen(tmp_path / "run/c.sock", runtime)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tmp_path
    server.shutdown()
    server.server_close()


def crictl(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it as on a host with this root."""
    return subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        env={**os.environ, "NODELAB_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_prune_removes_what_nothing_needs(root: Path) -> None:
    """As crictl documents it: unused images go, with a line for each tag; pinned ones and those in use stay."""
    done = crictl(root, ENDPOINT, "rmi", "--prune")
    deleted = {
        "Deleted: registry.example/app:1",
        "Deleted: registry.example/app:old",
        "Deleted: registry.example/tool:7",
    }
    assert (done.returncode, set(done.stdout.splitlines()), done.stderr) == (0, deleted, "")
    assert sorted(path.name for path in (root / "images").iterdir()) == ["5a1f", "7b2e"]
    again = crictl(root, ENDPOINT, "rmi", "--prune")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_an_image_that_is_not_there(root: Path) -> None:
    """It is said, and the exit status is 1."""
    done = crictl(root, ENDPOINT, "rmi", "ffff")
    assert (done.returncode, "no such image ffff" in done.stderr) == (1, True)


def test_a_runtime_that_does_not_answer(tmp_path: Path) -> None:
    """The exit status is 1, and the error is gRPC's."""
    done = crictl(tmp_path, ENDPOINT, "rmi", "--prune")
    assert (done.returncode, done.stdout) == (1, "")
    assert "code = Unavailable" in done.stderr
    assert "dial unix /run/c.sock: connect: no such file or directory" in done.stderr


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the program is one for x86_64")
def test_the_program_executes_what_it_stands_for(tmp_path: Path) -> None:
    """Arguments and environment reach the script; a script that is gone is an exit status of 126."""
    script, program = tmp_path / "script", tmp_path / "program"
    script.write_text('#!/bin/sh\necho "$2 $#" "$WORD"\n')
    script.chmod(0o755)
    program.write_bytes(elf.program(str(script)))
    program.chmod(0o755)
    done = subprocess.run([str(program), "a", "b c"], env={"WORD": "x"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "b c 2 x\n")
    script.unlink()
    assert subprocess.run([str(program)], check=False).returncode == 126
