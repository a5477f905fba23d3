# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Local drop-ins that name what does not exist, or add a second ExecStart=; and the files of --config-dir."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest
from corpus._load import load_evidence
from unit.plan._plans import files_after, plan_of

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

LOCAL = "/etc/systemd/system/kubelet.service.d/20-arguments.conf"
SECOND = "ExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --max-pods=200\n"


def put(evidence: dict[str, Any], path: str, text: str) -> None:
    """Give the evidence a file."""
    data = text.encode()
    evidence["files"][path] = {
        "type": "file",
        "mode": "0644",
        "uid": 0,
        "gid": 0,
        "mtime": "2026-11-23T21:00:00Z",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "content": text,
    }


def add_local(evidence: dict[str, Any], text: str) -> None:
    """Give the kubelet's unit a local drop-in."""
    unit = evidence["units"]["kubelet.service"]
    unit["cat"] += f"\n# {LOCAL}\n{text}"
    unit["show"]["DropInPaths"] += f" {LOCAL}"
    put(evidence, LOCAL, text)


def node_with(*lines: str) -> Snapshot:
    """A node whose packaged drop-in is right, with a local drop-in of these lines."""
    evidence = copy.deepcopy(load_evidence("dropin-no-execstart-reset-started"))
    unit = evidence["units"]["kubelet.service"]
    packaged = unit["cat"].rpartition("ExecStart=")
    unit["cat"] = f"{packaged[0]}ExecStart=\nExecStart={packaged[2]}"
    add_local(evidence, f"# local\n[Service]\n{''.join(lines)}")
    return snapshot(evidence, host_name="worker-2")


def down_with(text: str, case: str = "healthy", **show: str) -> dict[str, Any]:
    """Evidence of a recorded node whose kubelet is down, with this local drop-in."""
    evidence = copy.deepcopy(load_evidence(case))
    add_local(evidence, text)
    down = {"ActiveState": "failed", "SubState": "failed", "MainPID": "0", **show}
    evidence["units"]["kubelet.service"]["show"] |= down
    del evidence["units"]["kubelet.service"]["show"]["ExecStart"]  # the command line is that of the files
    return evidence


def read(evidence: dict[str, Any]) -> Snapshot:
    """The node of this evidence."""
    return snapshot(evidence, host_name="worker-2")


def test_packaged_command_is_cleared_before_the_local_one() -> None:
    """The drop-in gets an empty ExecStart= before its own; everything else in it stays."""
    node = node_with(SECOND)
    planned = plan_of(node)
    assert [action.id for action in planned.actions] == ["correct-drop-in"]
    assert files_after(node, planned)[LOCAL] == f"# local\n[Service]\nExecStart=\n{SECOND}"


def test_three_commands_are_for_a_person() -> None:
    """Which of several commands is meant cannot be known."""
    planned = plan_of(node_with(SECOND, SECOND.replace("200", "300")))
    assert planned.actions == ()
    assert "exactly one drop-in" in planned.not_offered[0].reason


CONFIG = "/var/lib/kubelet/config.yaml"
WRONG = '[Service]\n# moved\nEnvironment="KUBELET_CONFIG_ARGS=--config=/etc/kubernetes/kubelet-config.yaml"\n'


def wrong_path() -> dict[str, Any]:
    """A local drop-in names a configuration file that does not exist."""
    evidence = down_with(WRONG, ActiveState="activating", SubState="auto-restart", NRestarts="5", ExecMainStatus="1")
    evidence["files"]["/etc/kubernetes/kubelet-config.yaml"] = {"type": "absent"}
    return evidence


def test_local_path_of_the_configuration_is_corrected() -> None:
    """To the file that kubeadm writes, which is there and right; on approval."""
    node = read(wrong_path())
    assert plan_of(node, allow=("safe",)).actions == ()
    planned = plan_of(node)
    (action,) = planned.actions
    assert (action.id, action.finding) == ("correct-drop-in", "config/kubelet-config-missing")
    assert files_after(node, planned) == {LOCAL: WRONG.replace("/etc/kubernetes/kubelet-config.yaml", CONFIG)}
    assert [step.kind for step in action.steps] == ["edit", "unit"]


@pytest.mark.parametrize("content", ["kind: ClusterConfiguration\n", "a: [", "maxPods: many\n"])
def test_path_of_a_configuration_that_is_not_right_is_not_taken(content: str) -> None:
    """The kubelet would not start with it either."""
    evidence = wrong_path()
    head = "" if "kind" in content else "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
    put(evidence, CONFIG, head + content)
    planned = plan_of(read(evidence))
    assert planned.actions == ()
    assert "must hold a KubeletConfiguration" in planned.not_offered[0].reason


def test_waiting_fault_of_a_running_kubelet_is_repaired_where_risks_are_asked_for() -> None:
    """The second ExecStart= lets nobody start the kubelet again; unasked, what runs is left alone."""
    evidence = copy.deepcopy(load_evidence("dropin-no-execstart-reset"))
    unit = evidence["units"]["kubelet.service"]
    packaged = unit["cat"].rpartition("ExecStart=")
    unit["cat"] = f"{packaged[0]}ExecStart=\nExecStart={packaged[2]}"
    add_local(evidence, f"[Service]\n{SECOND}")
    unit["show"]["NeedDaemonReload"] = (
        "yes"  # what systemd refuses does not count as read, and a reload changes nothing
    )
    node = read(evidence)
    assert plan_of(node).actions == ()
    assert plan_of(node, risks=True, allow=("safe",)).actions == ()
    (action,) = plan_of(node, risks=True).actions
    assert (action.id, action.finding, action.classification) == (
        "correct-drop-in",
        "service/bad-setting",
        "needs-approval",
    )


def test_corrected_drop_in_waits_for_a_daemon_reload() -> None:
    """systemd knows the refused one still; on disk there is one command."""
    evidence = copy.deepcopy(load_evidence("dropin-no-execstart-reset"))
    unit = evidence["units"]["kubelet.service"]
    packaged = unit["cat"].rpartition("ExecStart=")
    unit["cat"] = f"{packaged[0]}ExecStart=\nExecStart={packaged[2]}"
    unit["show"]["NeedDaemonReload"] = "yes"
    assert "daemon-reload" in {action.id for action in plan_of(read(evidence), risks=True).actions}


def requiring(text: str, *missing: str) -> Snapshot:
    """A stopped kubelet that requires units which do not exist."""
    evidence = down_with(text, ActiveState="inactive", SubState="dead")
    evidence["units"] |= {name: {"show": {"LoadState": "not-found", "ActiveState": "inactive"}} for name in missing}
    return read(evidence)


def test_drop_in_that_only_requires_a_missing_unit_is_set_aside() -> None:
    """Nothing else is in it."""
    node = requiring("[Unit]\nRequires=docker.service\nAfter=docker.service\n", "docker.service")
    actions = {action.finding: action for action in plan_of(node).actions}
    action = actions["service/dependency-failed"]
    assert (action.id, action.classification) == ("set-aside-drop-in", "needs-approval")
    assert [step.kind for step in action.steps] == ["move_aside", "unit"]


def test_other_settings_of_a_drop_in_stay() -> None:
    """Only the missing unit goes from the line that requires it; a line of nothing else goes as a whole."""
    text = "[Unit]\nBindsTo=docker.service\nRequires=docker.service containerd.service\n[Service]\nNice=5\n"
    node = requiring(text, "docker.service")
    planned = plan_of(node)
    assert "correct-drop-in" in {action.id for action in planned.actions}
    assert files_after(node, planned) == {LOCAL: "[Unit]\nRequires=containerd.service\n[Service]\nNice=5\n"}


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("[Unit]\nRequires=var-lib-images.mount\n", "var-lib-images.mount"),
        ("[Unit]\nRequires=docker.service \\\n  containerd.service\n[Service]\nNice=5\n", "docker.service"),
    ],
)
def test_mount_and_line_in_pieces_are_for_a_person(text: str, missing: str) -> None:
    """What is on a file system would be missed; and a line that is not whole is not edited."""
    planned = plan_of(requiring(text, missing))
    assert not [action for action in planned.actions if action.finding == "service/dependency-failed"]
    assert [item.reason for item in planned.not_offered if item.finding == "service/dependency-failed"]


PROXY = "[Service]\nEnvironmentFile=/etc/kubernetes/proxy.env\nNice=5\n"


def without_file(text: str = PROXY) -> dict[str, Any]:
    """A local drop-in names an environment file that does not exist."""
    evidence = down_with(text, Result="resources")
    evidence["files"]["/etc/kubernetes/proxy.env"] = {"type": "absent"}
    return evidence


def test_missing_environment_file_becomes_optional() -> None:
    """The command line is whole without it; that a proxy may be lost is said."""
    node = read(without_file())
    planned = plan_of(node)
    (action,) = planned.actions
    assert (action.id, action.classification) == ("correct-drop-in", "needs-approval")
    assert files_after(node, planned) == {LOCAL: PROXY.replace("=/etc", "=-/etc")}
    assert "is not passed on" in action.summary


def test_environment_file_that_gives_the_command_line_is_needed() -> None:
    """Without --kubeconfig the kubelet would run and talk to nobody."""
    evidence = without_file(f"{PROXY}ExecStart=\nExecStart=/usr/bin/kubelet $ALL_OF_IT\n")
    planned = plan_of(read(evidence))
    assert planned.actions == ()
    assert "must have --kubeconfig" in planned.not_offered[0].reason
    assert "Restore the file" in planned.not_offered[0].reason


def test_step_before_the_start_is_never_taken_away() -> None:
    """A check has its reason; the plan names the command and its line."""
    text = "[Service]\nExecStartPre=-/bin/true\nExecStartPre=+/usr/local/bin/check --all\n"
    evidence = down_with(text, ActiveState="activating", SubState="auto-restart", Result="exit-code")
    line = "kubelet.service: Control process exited, code=exited, status=1/FAILURE"
    at = {"first_at": evidence["captured_at"], "last_at": evidence["captured_at"]}
    pattern = {"source": "systemd", "newest": True, "priority": 5, "count": 3, "sample": line, "seq": 10**6, **at}
    evidence["journal"]["kubelet.service"]["patterns"].append(pattern)
    planned = plan_of(read(evidence))
    assert planned.actions == ()
    said = {item.finding: item for item in planned.not_offered}["service/exec-start-pre-failed"]
    assert said.classification == "never"
    assert f"`/usr/local/bin/check --all` ({LOCAL}:3)" in said.reason


def test_user_of_the_kubelet_goes() -> None:
    """A kubelet is root; what else is in the drop-in stays."""
    text = "[Service]\nUser=kubelet\nNice=5\nGroup=kubelet\n"
    evidence = down_with(text, ActiveState="activating", SubState="auto-restart", ExecMainStatus="217", NRestarts="4")
    lines = (
        "kubelet.service: Failed to determine user credentials: No such process",
        "kubelet.service: Main process exited, code=exited, status=217/USER",
    )
    for number, line in enumerate(lines):
        at = {"first_at": evidence["captured_at"], "last_at": evidence["captured_at"], "seq": 10**6 + number}
        pattern = {"source": "systemd", "newest": True, "priority": 5, "count": 3, "sample": line, **at}
        evidence["journal"]["kubelet.service"]["patterns"].append(pattern)
    node = read(evidence)
    planned = plan_of(node)
    assert files_after(node, planned) == {LOCAL: "[Service]\nNice=5\n"}
    assert [action.classification for action in planned.actions] == ["needs-approval"]


DIRECTORY = "/etc/kubernetes/kubelet.conf.d"


def merging(*broken: str) -> dict[str, Any]:
    """A kubelet with --config-dir and files in it that cannot be merged."""
    text = f"[Service]\nEnvironment=KUBELET_EXTRA_ARGS=--config-dir={DIRECTORY}\n"
    evidence = down_with(text, ActiveState="activating", SubState="auto-restart", NRestarts="5", ExecMainStatus="1")
    evidence["files"]["/etc/default/kubelet"] = {"type": "absent"}
    evidence["files"][DIRECTORY] = {"type": "directory", "entries": list(broken)}
    for name in broken:
        put(evidence, f"{DIRECTORY}/{name}", "maxPods 50: [\n")
    return evidence


def test_configuration_drop_ins_that_cannot_be_merged_are_set_aside() -> None:
    """All that are broken; what is whole stays."""
    evidence = merging("50-a.conf", "60-b.conf")
    put(evidence, f"{DIRECTORY}/70-c.conf", "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n")
    (action,) = plan_of(read(evidence)).actions
    assert (action.id, action.classification) == ("set-aside-config-drop-in", "needs-approval")
    assert [step.values["path"] for step in action.steps] == [f"{DIRECTORY}/50-a.conf", f"{DIRECTORY}/60-b.conf"]


def test_missing_directory_of_drop_ins_is_for_a_person() -> None:
    """It may be the wrong one, or not mounted."""
    evidence = merging()
    evidence["files"][DIRECTORY] = {"type": "absent"}
    planned = plan_of(read(evidence))
    assert planned.actions == ()
    assert "which directory is meant" in planned.not_offered[0].reason
