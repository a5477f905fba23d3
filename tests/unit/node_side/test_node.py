# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a node: complete, bounded, free of secrets, and each part stands for itself."""

from __future__ import annotations

import base64
import json
import os
import re
import time
import typing as t

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils import _journal, _schema
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import host as host_part
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import node as collector
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import probes
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._host import ReadResult
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult

from .conftest import journal_line

if t.TYPE_CHECKING:
    from .conftest import Node

SECRET = "Zk3vQ9xT7pL2mN8w"
KEY = (
    f"-----BEGIN EC PRIVATE KEY-----\n{base64.b64encode(SECRET.encode() * 3).decode()}\n-----END EC PRIVATE KEY-----\n"
)


def _collect(node: Node, **options: t.Any) -> dict[str, t.Any]:
    return collector.collect(node.host(), collector.Options(**options))


def test_further_files_are_looked_at_but_not_read(node: Node) -> None:
    """Of files that a user says something about, kind, owner and mode are told, and never the content or its hash."""
    node.write("/etc/shadow", f"root:{SECRET}\n", 0o640)
    files = _collect(node, files=("/etc/shadow", "/nowhere"))["files"]
    assert (files["/etc/shadow"]["type"], files["/etc/shadow"]["mode"]) == ("file", "0640")
    assert files["/nowhere"] == {"type": "absent"}
    assert not {"content", "sha256"} & set(files["/etc/shadow"])


def test_evidence_has_every_part(node: Node) -> None:
    """One reading gives the whole evidence, in the shape that bundles have."""
    evidence = _collect(node)
    assert (evidence["format"], evidence["node"]) == ("node-bundle/1", "worker-1")
    assert (evidence["kubelet_unit"], evidence["runtime_unit"]) == ("kubelet.service", "containerd.service")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", evidence["captured_at"])
    assert {part: state["status"] for part, state in evidence["parts"].items()} == dict.fromkeys(
        _schema.NODE_PARTS, "ok"
    )
    kubelet = evidence["units"]["kubelet.service"]
    assert (kubelet["enabled"], kubelet["active"]) == ("enabled", "active")
    assert kubelet["show"]["EnvironmentFiles"].count("\n") == 1
    assert evidence["journal"]["kubelet.service"]["patterns"][0]["priority"] == 3
    assert evidence["files"]["/etc/kubernetes/pki/WRONG-CA-FILE.crt"] == {"type": "absent"}
    assert evidence["host"]["kubelet"] == {
        "version": "Kubernetes v1.36.2",
        "pid": 4750,
        "cmdline": ["/usr/bin/kubelet", "--kubeconfig=/etc/kubernetes/kubelet.conf"],
        "started_at": "2026-11-23T21:36:13Z",
    }
    assert evidence["host"]["systemd"] == "systemd 257 (257.13-1)"
    assert [probe["probe"] for probe in evidence["probes"]] == ["unix"]
    assert json.dumps(evidence)


def test_cost_is_bounded(node: Node) -> None:
    """A diagnosis starts at most 25 programs and returns at most 256 KiB, however much the node has to say."""
    for number in range(200):
        node.write(f"/etc/kubernetes/manifests/{number}.yaml", "é" * 30_000)
        node.write(f"/etc/systemd/system/kubelet.service.d/{number}.conf", "[Service]\n" + "# x\n" * 10_000)
    noise = '"' * 1900
    lines = [journal_line(f"E1123 21:36:13.519604 1 a.go:{n}] {noise}", 10**15 + n) for n in range(3000)]
    node.programs["journalctl --unit"] = "\n".join(lines)
    del node.programs["journalctl --unit=kubelet.service"], node.programs["journalctl --unit=containerd.service"]
    host = node.host(seconds=600.0)  # size is what is held here, also where the machine is busy
    evidence = collector.collect(host, collector.Options())
    assert host.processes <= _schema.MAX_PROCESSES
    assert len(json.dumps(evidence)) <= _schema.MAX_EVIDENCE_BYTES
    assert evidence["parts"]["journal:kubelet.service"]["status"] == "truncated"
    assert any(name.startswith("files:") for name in evidence["parts"])
    assert evidence["files"]["/var/lib/kubelet/config.yaml"]["content"]


def test_no_secret_leaves_the_node(node: Node) -> None:
    """A key, a token and a password planted in files, command line, unit, journal and program output stay there."""
    embedded = base64.b64encode(KEY.encode()).decode()
    node.write(
        "/etc/kubernetes/kubelet.conf", f"users:\n- user:\n    token: {SECRET}\n    client-key-data: {embedded}\n"
    )
    node.write("/etc/default/kubelet", f"DB_PASSWORD={SECRET}\nKUBELET_EXTRA_ARGS=--token={SECRET}\n")
    node.write("/var/lib/kubelet/pki/kubelet.key", KEY)
    node.write(
        "/proc/4750/cmdline", f"/usr/bin/kubelet\0--token\0{SECRET}\0--bootstrap-token=abcdef.0123456789abcdef\0"
    )
    node.write("/etc/kubernetes/manifests/x.yaml", f"env:\n- name: A\n  value: {SECRET}\n")
    node.programs["systemctl cat"] = f"# /etc/x.conf\n[Service]\nEnvironment=API_TOKEN={SECRET}\n"
    show = node.programs["systemctl show --no-pager"]

    def with_secret(argv: t.Sequence[str]) -> RunResult:
        assert callable(show)
        return RunResult("ok", 0, show(argv).out.replace("Restart=always", f"Environment=API_TOKEN={SECRET}"))

    node.programs["systemctl show --no-pager"] = with_secret
    shown = [f"using token={SECRET}", f"Authorization: Bearer {SECRET}", *KEY.split("\n"), "abcdef.0123456789abcdef"]
    lines = [journal_line(message, 10**15 + number) for number, message in enumerate(shown)]
    node.programs["journalctl --unit=kubelet.service"] = "\n".join(reversed(lines))
    node.programs["/usr/bin/kubelet --version"] = f"Kubernetes v1 password={SECRET}\n"
    text = json.dumps(_collect(node, raw_journal=True))
    for secret in (SECRET, "0123456789abcdef", embedded[60:90], KEY.split("\n")[1][:30]):
        assert secret not in text
    assert "/etc/kubernetes/kubelet.conf" in text


def test_raw_journal_reduces_to_the_same(node: Node) -> None:
    """What a capture writes gives, read again, exactly the journal that the live evidence has."""
    lines = [journal_line([99, 233, n], 10**15 + n) for n in range(5)] + [
        journal_line("token=abcdef123456 é", 10**15 + 9)
    ]
    node.programs["journalctl --unit=kubelet.service"] = "\n".join(reversed(lines))
    evidence = _collect(node, raw_journal=True)
    raw = evidence["raw_journal"]["kubelet.service"]
    assert _journal.reduce_lines(raw.split("\n")) == evidence["journal"]["kubelet.service"]
    assert "raw_journal" not in _collect(node)


def test_of_the_kernel_only_faults_are_told(node: Node) -> None:
    """A firewall's log stays on the node; what tells of a failing machine is read, by its own name."""
    messages = ["IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2", "I/O error, dev sda, sector 8 op 0x0:(READ)", "[UFW BLOCK] x"]
    lines = [journal_line(text, 10**15 + n, SYSLOG_IDENTIFIER="kernel") for n, text in enumerate(messages)]
    node.programs["journalctl --dmesg"] = "\n".join(reversed(lines))
    evidence = _collect(node, raw_journal=True)
    assert [pattern["sample"] for pattern in evidence["journal"]["kernel"]["patterns"]] == [messages[1]]
    assert "SRC=" not in evidence["raw_journal"]["kernel"]
    assert "journal:kernel" not in evidence["parts"]


def test_a_machine_without_messages_of_the_kernel_is_whole(node: Node) -> None:
    """In a container the kernel says nothing: that is no gap of the diagnosis."""
    node.programs["journalctl --dmesg"] = RunResult("error", 1, "", "No journal files were found.")
    evidence = _collect(node)
    assert "kernel" not in evidence["journal"]
    assert "journal:kernel" not in evidence["parts"]


def test_subset_does_only_what_it_says(node: Node) -> None:
    """Parts that were not asked for are not collected, and say so."""
    host = node.host()
    evidence = collector.collect(host, collector.Options(parts=frozenset({"journal"})))
    assert {part: state["status"] for part, state in evidence["parts"].items()} == {
        "units": "not_collected",
        "journal": "ok",
        "files": "not_collected",
        "host": "not_collected",
        "probes": "not_collected",
    }
    assert not {"units", "files", "host", "probes"} & set(evidence)
    assert {argv[0] for argv in host.started} == {"systemctl", "journalctl"}


def test_broken_collector_costs_only_its_part(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in one collector is an error of its part, with its reason; the others are all there."""

    def broken(*dummy: object) -> t.NoReturn:
        raise RuntimeError("a bug")

    monkeypatch.setattr(host_part, "collect", broken)
    monkeypatch.setattr(probes, "collect", broken)
    evidence = _collect(node)
    assert evidence["parts"]["host"]["status"] == evidence["parts"]["probes"]["status"] == "error"
    assert "RuntimeError: a bug" in evidence["parts"]["host"]["reason"]
    assert evidence["parts"]["files"]["status"] == "ok"
    assert evidence["files"]


def test_hanging_collector_costs_only_its_time(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not end in time is left out with status timeout."""
    monkeypatch.setattr(host_part, "collect", lambda *dummy: time.sleep(60))
    started = time.monotonic()
    evidence = collector.collect(node.host(seconds=3.0), collector.Options())
    assert time.monotonic() - started < 30
    assert evidence["parts"]["host"]["status"] == "timeout"
    assert evidence["files"]


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (RunResult("absent"), "absent"),
        (RunResult("timeout", seconds=5.0), "timeout"),
        (RunResult("ok", 1, "", "Failed to connect to bus: Permission denied"), "denied"),
        (RunResult("ok", 1, "", "System has not been booted with systemd as init system"), "error"),
    ],
)
def test_host_without_an_answering_systemd(node: Node, result: RunResult, status: str) -> None:
    """Units that could not be asked are unknown, never absent; everything else is still read."""
    node.programs["systemctl show --no-pager"] = result
    evidence = _collect(node)
    assert evidence["parts"]["units"]["status"] == status
    assert evidence["parts"]["units"]["reason"]
    assert evidence["units"] == {}
    assert evidence["files"]["/var/lib/kubelet/config.yaml"]["type"] == "file"


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (RunResult("absent"), "absent"),
        (RunResult("timeout"), "timeout"),
        (RunResult("ok", 1, "", "No journal files were opened due to insufficient permissions."), "denied"),
        (
            RunResult("ok", 0, "", "Hint: You are currently not seeing messages from other users and the system."),
            "denied",
        ),
        (RunResult("ok", 0, "", "No journal files were found."), "absent"),
        (RunResult("ok", 0, "-- No entries --\n"), "ok"),
    ],
)
def test_journal_that_cannot_be_read(node: Node, result: RunResult, status: str) -> None:
    """A journal that may not be read is not a quiet one."""
    node.programs["journalctl --unit=kubelet.service"] = result
    evidence = _collect(node)
    assert evidence["parts"]["journal"]["status"] == status
    assert ("kubelet.service" in evidence["journal"]) == (status == "ok")


def test_silently_closed_journal_is_denied(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with a journal of their own gets an empty answer and no word about the system's journal."""
    node.write("/var/log/journal/0123/system.journal", "LPKSHHRH")
    node.programs["journalctl --unit=kubelet.service"] = "-- No entries --\n"
    assert _collect(node)["parts"]["journal"]["status"] == "ok"
    host = node.host()
    read = host.read
    monkeypatch.setattr(
        host, "read", lambda path, *more: ReadResult("denied") if "system.journal" in path else read(path, *more)
    )
    assert collector.collect(host, collector.Options())["parts"]["journal"]["status"] == "denied"


def test_units_of_other_distributions_are_found(node: Node) -> None:
    """K3s brings kubelet and runtime in one unit; a kubelet.service that is absent is not preferred."""
    properties = {"k3s-agent.service": "Id=k3s-agent.service\nLoadState=loaded\nActiveState=active\nMainPID=0\n"}
    node.programs["systemctl show --no-pager"] = lambda argv: RunResult(
        "ok",
        0,
        "\n".join(properties.get(unit, f"Id={unit}\nLoadState=not-found\nActiveState=inactive\n") for unit in argv[4:]),
    )
    evidence = _collect(node)
    assert (evidence["kubelet_unit"], evidence["runtime_unit"]) == ("k3s-agent.service", None)


def test_absent_unit_is_still_shown(node: Node) -> None:
    """That systemd knows no kubelet.service is evidence."""
    node.programs["systemctl show --no-pager"] = lambda argv: RunResult(
        "ok", 0, "\n".join(f"Id={unit}\nLoadState=not-found\nActiveState=inactive\n" for unit in argv[4:])
    )
    evidence = _collect(node)
    assert evidence["units"]["kubelet.service"]["enabled"] == "not-found"
    assert evidence["runtime_unit"] is None


@pytest.mark.parametrize(
    ("flags", "unit"),
    [
        ("unix:///run/containerd/containerd.sock", "containerd.service"),
        ("unix:///var/run/crio/crio.sock", "crio.service"),
        ("", "crio.service"),
    ],
)
def test_runtime_is_the_one_that_the_kubelet_uses(node: Node, flags: str, unit: str) -> None:
    """With two runtimes the endpoint decides; without one, the preferred that runs."""
    node.programs["systemctl show --no-pager"] = lambda argv: RunResult(
        "ok", 0, "\n".join(f"Id={unit}\nLoadState=loaded\nActiveState=active\nMainPID=0\n" for unit in argv[4:])
    )
    node.write("/var/lib/kubelet/kubeadm-flags.env", f"ARGS=--container-runtime-endpoint={flags}\n")
    assert _collect(node, unit="kubelet.service", parts=frozenset({"units"}))["runtime_unit"] == unit


@pytest.mark.parametrize("path", ["/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet.conf", "/proc/4750/cmdline"])
@pytest.mark.parametrize("kind", ["fifo", "directory", "loop", "empty", "bytes", "huge line", "fragment"])
def test_no_file_can_break_the_reading(node: Node, path: str, kind: str) -> None:
    """Whatever stands in the place of a file, every part is read and the result is UTF-8."""
    target = node.root / path.lstrip("/")
    whole = target.read_bytes()
    target.unlink()
    if kind == "fifo":
        os.mkfifo(target)
    elif kind == "directory":
        target.mkdir()
    elif kind == "loop":
        target.symlink_to(target.name)
    else:
        content = {"empty": b"", "bytes": bytes(range(256)) * 20, "huge line": b"server: " + b"a" * 500_000}
        target.write_bytes(content.get(kind, whole[: len(whole) // 2] + b"\xff\xfe: [{\n"))
    evidence = _collect(node)
    assert {evidence["parts"][part]["status"] for part in _schema.NODE_PARTS} == {"ok"}
    assert json.dumps(evidence, ensure_ascii=False).encode("utf-8")


def test_units_that_the_kubelet_requires(node: Node) -> None:
    """Whether a required service exists is read; slices and targets are not asked for."""
    shows = node.programs["systemctl show --no-pager"]
    assert callable(shows)

    def requiring(argv: list[str]) -> RunResult:
        answer = shows(argv)
        needs = "Id=kubelet.service\nRequires=docker.service system.slice sysinit.target"
        return RunResult("ok", 0, answer.out.replace("Id=kubelet.service", needs))

    node.programs["systemctl show --no-pager"] = requiring
    node.programs["systemctl show --no-pager --property=Id"] = lambda argv: RunResult(
        "ok", 0, "\n".join(f"Id={unit}\nLoadState=not-found\nActiveState=inactive\n" for unit in argv[5:])
    )
    units = _collect(node)["units"]
    assert set(units) == {"kubelet.service", "containerd.service", "docker.service"}
    assert units["docker.service"]["show"]["LoadState"] == "not-found"
