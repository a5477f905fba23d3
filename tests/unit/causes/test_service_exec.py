# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that cannot be executed is told from its file where journald lost the line that says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from unit.causes._make import files, healthy, roots, said, stopped, unit

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact

PROGRAM, WRONG_FORMAT = "/usr/bin/kubelet", "service/binary-wrong-format"
FAILED = {"Result": "exit-code", "ActiveState": "failed", "ExecMainCode": "1"}


@pytest.mark.parametrize(
    ("mode", "status", "found"),
    [("0644", "203", {"service/binary-not-executable"}), ("0755", "203", set()), ("0644", "1", set())],
)
def test_binary_without_execute_permission(mode: str, status: str, found: set[str]) -> None:
    """Mode and exit status together say it; neither alone does."""
    node = unit(stopped(healthy()), ExecMainStatus=status, **FAILED)
    binary = FileFact("/usr/bin/kubelet", type="file", mode=mode, uid=0, gid=0, size=100)
    assert roots(files(node, binary)) & {"service/binary-not-executable"} == found


def _with(mode: str = "0755", machine: str = "x86_64", status: str = "203", **extra: object) -> set[str]:
    """What is said of a node whose kubelet systemd could not start, with this file there and no line about it."""
    node = unit(stopped(healthy()), ExecMainStatus=status, **FAILED)
    node = replace(node, host=replace(node.host, machine=machine))
    return roots(files(node, FileFact(PROGRAM, type="file", mode=mode, uid=0, gid=0, size=300, extra=extra)))


@pytest.mark.parametrize(
    "extra",
    [
        {"elf_machine": None, "head": "<html><head><title>302 Found"},
        {"elf_machine": None, "head": ""},
        {"elf_machine": None, "head": "\x7fELF\x02\x01"},
        {"elf_machine": "aarch64"},
        {"elf_machine": "s390x"},
        {"elf_machine": "8"},
    ],
)
def test_a_file_that_is_no_program_for_this_machine(extra: dict[str, object]) -> None:
    """A download of something else, an empty or cut file, another architecture: told without journald's line."""
    assert WRONG_FORMAT in _with(**extra)


@pytest.mark.parametrize(
    ("machine", "extra"),
    [
        ("x86_64", {"elf_machine": None, "head": "#!/bin/sh\n"}),
        ("x86_64", {"elf_machine": "x86_64"}),
        ("x86_64", {"elf_machine": "i686"}),
        ("aarch64", {"elf_machine": "armv7l"}),
        ("armv6l", {"elf_machine": "armv7l"}),
        ("ppc64le", {"elf_machine": "ppc64"}),
        ("i686", {"elf_machine": "i686"}),
        ("", {"elf_machine": "aarch64"}),
        ("loongarch64", {"elf_machine": "258"}),
        ("x86_64", {}),
    ],
)
def test_a_file_that_this_machine_may_well_execute(machine: str, extra: dict[str, object]) -> None:
    """Scripts, 32-bit programs, machines that we have no name for, and a file that nobody looked into: no doubt."""
    assert WRONG_FORMAT not in _with(machine=machine, **extra)


def test_only_systemd_says_that_a_program_was_not_executed() -> None:
    """Another architecture alone proves nothing: the kernel may have an interpreter for it (binfmt_misc)."""
    assert WRONG_FORMAT not in _with(status="1", elf_machine="aarch64")
    assert _with(mode="0644", elf_machine="aarch64") & {WRONG_FORMAT, "service/binary-not-executable"} == {
        "service/binary-not-executable"
    }


def test_another_line_of_the_same_step_counts_more() -> None:
    """Where systemd says another reason, the format is not it."""
    node = said(unit(stopped(healthy()), ExecMainStatus="203", **FAILED), "exec-denied", source="systemd")
    broken = FileFact(PROGRAM, type="file", mode="0755", uid=0, gid=0, size=9, extra={"elf_machine": None, "head": ""})
    assert WRONG_FORMAT not in roots(files(node, broken))


def test_the_file_behind_a_link_counts() -> None:
    """A link at the path of ExecStart= is followed, as execve does."""
    node = unit(stopped(healthy()), ExecMainStatus="203", **FAILED)
    link = FileFact(PROGRAM, type="link", mode="0777", resolves="/opt/k8s/kubelet")
    behind = FileFact("/opt/k8s/kubelet", type="file", mode="0755", uid=0, size=9, extra={"elf_machine": "s390x"})
    assert WRONG_FORMAT in roots(files(node, link, behind))
    assert "service/binary-not-executable" in roots(files(node, link, replace(behind, mode="0640")))
