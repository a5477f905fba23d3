# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the lab finds out about the machine it runs on."""

from __future__ import annotations

import pytest
from lab.cgroup import needs_private_namespace
from lab.machine import find_mirror
from lab.network import choose_subnet
from lab.shell import LabError

HYBRID = """\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
"""
UNIFIED = "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"


@pytest.mark.parametrize(
    ("mountinfo", "needed"),
    [
        (HYBRID, True),
        (UNIFIED, False),
        (HYBRID + UNIFIED, False),
        (UNIFIED + "50 29 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n", True),
        ("", True),
    ],
    ids=["hybrid", "plain v2", "v2 mounted over hybrid", "tmpfs mounted over v2", "nothing mounted"],
)
def test_private_namespace_is_needed_unless_cgroup2_is_on_top(mountinfo: str, needed: bool) -> None:
    """Only the topmost mount at /sys/fs/cgroup counts."""
    assert needs_private_namespace(mountinfo) is needed


@pytest.mark.parametrize(
    ("source", "mirror"),
    [
        ("deb http://deb.debian.org/debian bookworm main\n", "http://deb.debian.org/debian"),
        ("deb [arch=amd64] https://mirror.example/a/debian/ trixie main\n", "https://mirror.example/a/debian"),
        ("Types: deb\nURIs: http://deb.debian.org/debian\nSuites: trixie\n", "http://deb.debian.org/debian"),
        ("# deb http://old.example/debian bookworm main\n", None),
        ("deb https://packages.cloud.google.com/apt cloud-sdk-bookworm main\n", None),
        ("URIs: http://deb.debian.org/debian-security\n", None),
        ("deb mirror+file:/etc/apt/mirrors/debian.list trixie main\n", None),
    ],
)
def test_mirror_is_the_one_that_apt_uses(source: str, mirror: str | None) -> None:
    """A main Debian archive is taken; security archives, other vendors and comments are not."""
    assert find_mirror([source]) == mirror


def test_first_mirror_of_several_files_wins() -> None:
    """Files without a Debian mirror are passed over."""
    assert find_mirror(["", "deb https://x.example/apt y main", "deb http://a.example/debian z main"]) == (
        "http://a.example/debian"
    )


def test_subnet_avoids_routes_of_the_machine() -> None:
    """A route into a candidate, wide or narrow, takes it; a default route takes nothing."""
    assert choose_subnet(["default", "192.0.2.0/24"]) == "10.240.0.0/24"
    assert choose_subnet(["10.240.0.0/24", "10.240.1.7"]) == "10.240.2.0/24"


def test_no_free_subnet_is_said_in_one_sentence() -> None:
    """A machine that routes all of 10.0.0.0/8 cannot have the lab's network."""
    with pytest.raises(LabError, match=r"no free network in 10\.240\.0\.0/16"):
        choose_subnet(["10.0.0.0/8"])
