# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real file system that never answers: a FUSE mount whose server is silent."""

from __future__ import annotations

import json
import os
import sys
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host

PROGRAM = """
import ctypes, json, os, sys, time
folder = sys.argv[1]
fuse = os.open("/dev/fuse", os.O_RDWR)
options = f"fd={fuse},rootmode=40000,user_id=0,group_id=0".encode()
if ctypes.CDLL(None).mount(b"silent", folder.encode(), b"fuse", 0, options) != 0:
    sys.exit(77)
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import Host
host, started = Host(), time.monotonic()
found = [host.stat(folder + "/a").status, host.read(folder + "/b/c", 10).status, host.listdir(folder).status,
         host.statvfs(folder), host.exists(folder + "/d"), host.stat("/").status]
print(json.dumps({"found": found, "seconds": time.monotonic() - started}))
"""


def test_silent_file_system_costs_its_limit_once(tmp_path: Path) -> None:
    """Every access is given up, together within one limit, and the process itself can end."""
    if os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("needs root and /dev/fuse")
    paths = os.pathsep.join(path for path in sys.path if path)
    argv = ["unshare", "--mount", "env", f"PYTHONPATH={paths}", sys.executable, "-c", PROGRAM, str(tmp_path)]
    result = Host().run(argv, timeout=120)
    if result.exit_code != 0:
        pytest.skip(f"this host does not let us mount: {result.err[-200:]}")
    answer: dict[str, t.Any] = json.loads(result.out)
    assert answer["found"] == ["timeout", "timeout", "timeout", None, None, "ok"]
    assert answer["seconds"] < 4
