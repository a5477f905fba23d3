# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on the machine: the kubelet's program, and kernel settings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from corpus._load import load_snapshot
from unit.causes._make import files, said, stopped, unit
from unit.plan._plans import plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

CNI, BRIDGE = "/etc/cni/net.d/10-bridge.conflist", '{"name": "pods", "plugins": [{"type": "bridge"}]}'
PROGRAM = FileFact(
    "/usr/bin/kubelet", type="file", mode="0644", uid=0, gid=0, size=100, extra={"elf_machine": "x86_64"}
)


def unstarted(program: FileFact) -> Snapshot:
    """A node whose kubelet systemd could not execute, with this file in its place."""
    failed = {"Result": "exit-code", "ActiveState": "failed", "ExecMainCode": "1", "ExecMainStatus": "203"}
    node = unit(stopped(load_snapshot("healthy")), **failed)
    return files(replace(node, host=replace(node.host, machine="x86_64")), program)


def test_execute_permission_is_given_back() -> None:
    """Mode 0755, owner and content as they are, when it is approved, and the kubelet is started."""
    planned = plan_of(unstarted(PROGRAM))
    action = planned.actions[0]
    assert (action.id, action.classification, action.restart) == ("make-kubelet-executable", "needs-approval", True)
    assert [(step.kind, dict(step.values)) for step in action.steps] == [
        ("attributes", {"path": "/usr/bin/kubelet", "mode": "0755", "uid": "0", "gid": "0"})
    ]
    assert plan_of(unstarted(PROGRAM), allow=("safe",)).actions == ()


@pytest.mark.parametrize(
    "change",
    [
        {"extra": {"elf_machine": "aarch64"}},
        {"extra": {"elf_machine": None, "head": "#!/bin/sh"}},
        {"extra": {"elf_machine": None, "head": "<html>"}},
        {"extra": None},
        {"uid": 1000},
    ],
)
def test_a_file_with_another_fault_is_left(change: dict[str, object]) -> None:
    """What is no program for this machine, may be anything, or is somebody else's is not made executable."""
    planned = plan_of(unstarted(replace(PROGRAM, **change)))  # type: ignore[arg-type]
    assert planned.actions == ()
    assert "ELF program for this machine" in planned.not_offered[0].reason


def test_a_program_that_may_be_executed_is_left() -> None:
    """Where another thing keeps systemd from it, the mode is not touched."""
    node = unstarted(replace(PROGRAM, mode="0755"))
    assert all(action.id != "make-kubelet-executable" for action in plan_of(node).actions)


def with_settings(**settings: str) -> Snapshot:
    """The healthy node with other kernel settings."""
    node = load_snapshot("healthy")
    return replace(node, host=replace(node.host, sysctl={**node.host.sysctl, **settings}))


def test_forwarding_is_switched_on() -> None:
    """The setting that the finding quotes, when it is approved, without a restart."""
    node = with_settings(**{"net.ipv4.ip_forward": "0"})
    action = plan_of(node).actions[0]
    assert (action.id, action.classification, action.restart) == ("enable-forwarding", "needs-approval", False)
    assert [dict(step.values) for step in action.steps] == [{"name": "net.ipv4.ip_forward", "value": "1"}]
    assert "several networks" in action.pods
    assert plan_of(node, allow=("safe",)).actions == ()


@pytest.mark.parametrize(
    ("settings", "modules", "actions"),
    [
        ({"net.bridge.bridge-nf-call-iptables": "0"}, {"br_netfilter": True}, ["enable-forwarding"]),
        ({}, {"br_netfilter": False}, []),
    ],
)
def test_a_bridge_of_pods(settings: dict[str, str], modules: dict[str, bool], actions: list[str]) -> None:
    """The setting of a module that is loaded is set; a module is for a person to load."""
    node = with_settings(**settings)
    kept = {name: value for name, value in node.host.sysctl.items() if settings or "bridge" not in name}
    node = replace(node, host=replace(node.host, sysctl=kept, raw={**node.host.raw, "modules": modules}))
    node = files(node, FileFact(CNI, "file", content=BRIDGE, size=len(BRIDGE), sha256="0" * 64))
    planned = plan_of(node, risks=True)
    assert [action.id for action in planned.actions] == actions
    assert [dict(step.values) for action in planned.actions for step in action.steps] == [
        {"name": name, "value": "1"} for name in settings
    ]
    assert actions or "modprobe" in planned.not_offered[0].reason


@pytest.mark.parametrize(
    ("instances", "watches", "raised"),
    [
        ("128", "65536", {"fs.inotify.max_user_instances": "8192", "fs.inotify.max_user_watches": "524288"}),
        ("128", "1048576", {"fs.inotify.max_user_instances": "8192"}),
        ("8192", "524288", {}),
        ("", "", {}),
    ],
)
def test_limits_of_inotify_are_only_raised(instances: str, watches: str, raised: dict[str, str]) -> None:
    """A limit that is higher than ours stays, one that is not known is not touched."""
    node = with_settings(**{"fs.inotify.max_user_instances": instances, "fs.inotify.max_user_watches": watches})
    planned = plan_of(said(node, "inotify-exhausted"), allow=("safe",))
    assert {step.values["name"]: step.values["value"] for action in planned.actions for step in action.steps} == raised
    assert raised or "what uses so much" in planned.not_offered[0].reason
