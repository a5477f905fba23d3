# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel settings, against the kernel itself: limits of a user namespace, which are gone with it.

fs.inotify.* belongs to the first user namespace and so to the whole machine; no test may touch it.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import ctypes, errno
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import kernel
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import StepError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

libc, system, name = ctypes.CDLL(None, use_errno=True), System(), "user.max_inotify_instances"
new = lambda: libc.inotify_init1(0) >= 0 or errno.errorcode[ctypes.get_errno()]
kernel.set_sysctl(system, name, "1")
print(kernel.sysctl(system, name), new(), new())
kernel.set_sysctl(system, name, "8")
print(kernel.sysctl(system, name), new())
try:
    kernel.set_sysctl(system, name, "many")
except StepError as error:
    print(error)
"""
UNSHARE = ["unshare", "--user", "--map-root-user"]


def _may_unshare() -> bool:
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _may_unshare(), reason="user namespaces are not allowed here")
def test_a_limit_of_inotify_is_raised() -> None:
    """With the limit reached the kernel refuses an instance, as it does to a kubelet; once it is raised it does not."""
    done = subprocess.run(
        [*UNSHARE, sys.executable, "-c", CODE],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "1 True EMFILE",
        "8 True",
        "sysctl user.max_inotify_instances=many: Invalid argument",
    ]
