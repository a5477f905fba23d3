# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker of a layout as the collectors meet it: files below a directory, canned programs, answers to probes."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from unit.node_side.conftest import Node
from unit.profiles._certificates import NODE, pems
from unit.profiles._layout import KUBECONFIG, PAIR, Layout
from unit.profiles._outside import cluster, probe

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._collect import node as collector
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._engine.diagnose import diagnose
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.snapshot import snapshot
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.snapshot import Snapshot

KEY = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIAAA\n-----END EC PRIVATE KEY-----\n"
INVOCATION = "1f" * 16
DATED = "2026-06-12-08-00-00"
MACHINE = {
    "/sys/fs/cgroup/cgroup.controllers": "cpuset cpu io memory hugetlb pids\n",
    **{f"/sys/module/{name}/initstate": "live\n" for name in ("br_netfilter", "overlay", "nf_conntrack")},
}
PID, CHILD = 4750, 4751
STARTED = (  # what a kubelet of 1.36 says on its way up
    ("I", "server.go:545", '"Kubelet version" kubeletVersion="v1.36.2"'),
    ("I", "server.go:193", '"Starting to listen" address="0.0.0.0" port=10250'),
    ("I", "kubelet_node_status.go:78", f'"Attempting to register node" node="{NODE}"'),
    ("I", "kubelet_node_status.go:81", f'"Successfully registered node" node="{NODE}"'),
    ("I", "apiserver.go:51", '"Watching apiserver"'),
)


@dataclass
class World:
    """A healthy worker, of which a fault changes some fields before it is read.

    ``show`` and ``runtime_show`` are properties of the units beside the usual ones; ``lines`` what the kubelet logs
    (seconds ago, severity, place, text), ``others`` what the program around it or systemd logs (seconds ago,
    identifier, text), ``tails`` what its log files end with. ``answers`` are results of probes: server, tls, code, ...
    """

    layout: Layout
    root: Path
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    age: timedelta = timedelta(hours=1)
    client_ends: timedelta = timedelta(days=200)
    show: dict[str, str] = field(default_factory=dict)
    runtime_show: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[float, str, str, str]] = field(default_factory=list)
    others: list[tuple[float, str, str]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    tails: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    ready: str = "True"

    def __post_init__(self) -> None:
        begun = self.age.total_seconds()
        self.lines += [(begun - number, *line) for number, line in enumerate(STARTED)]
        self.others.append((begun + 1, "systemd", f"Started {self.layout.unit} - the node."))
        if self.layout.announced:
            self.others.append((begun, self.layout.identifier, self.logrus("info", self.announcement, begun)))

    def logrus(self, level: str, text: str, ago: float) -> str:
        """A line of the program around the kubelet."""
        quoted = text.replace('"', '\\"')
        return f'time="{(self.now - timedelta(seconds=ago)):%Y-%m-%dT%H:%M:%SZ}" level={level} msg="{quoted}"'

    @property
    def announcement(self) -> str:
        """What K3s and RKE2 log when they start the kubelet."""
        return f"Running kubelet {' '.join(self.fill(word) for word in self.layout.arguments)}"

    @property
    def rancher(self) -> bool:
        """Whether client and serving certificates have authorities of their own."""
        return self.layout.announced

    def crash_loop(self, *last: tuple[str, str, str], said: str = "") -> None:
        """The kubelet's unit ends again and again; ``last`` are its last lines, ``said`` the outer program's."""
        self.lines = [(3.0 - number / 10, *line) for number, line in enumerate(last)]
        unit = self.layout.unit
        self.others = [
            (4.0, "systemd", f"Started {unit} - the node."),
            *([(3.5, self.layout.identifier, self.logrus("info", self.announcement, 3.5))] * self.layout.announced),
            *(((2.5, self.layout.identifier, self.logrus("fatal", said, 2.5)),) if said else ()),
            (2.0, "systemd", f"{unit}: Main process exited, code=exited, status=1/FAILURE"),
            (2.0, "systemd", f"{unit}: Failed with result 'exit-code'."),
        ]
        ended = {"ActiveState": "activating", "SubState": "auto-restart", "Result": "exit-code", "MainPID": "0"}
        self.show.update(
            ended, NRestarts="7", ExecMainStatus="1", ExecMainCode="1", ExecMainStartTimestamp=self.stamp(4)
        )
        self.show.update(ExecMainExitTimestamp=self.stamp(2), StateChangeTimestamp=self.stamp(2))
        self.age, self.ready, self.answers["healthz"] = timedelta(seconds=4), "Unknown", "refused"

    def stamp(self, ago: float) -> str:
        """A time as systemctl writes it."""
        return f"{self.now - timedelta(seconds=ago):%a %Y-%m-%d %H:%M:%S UTC}"

    # What is on the node

    def fill(self, text: str) -> str:
        """A text of the layout with its placeholders filled."""
        lay, names = self.layout, self.certificates()
        names |= {"node": NODE, "server": lay.server, "socket": lay.socket, "ca_setting": lay.ca_setting}
        names |= {"user": lay.user, "client_path": lay.client, "key_path": lay.client_key}
        names |= {"client_ca_path": lay.client_ca}
        if "@argument" in text:
            names |= {"argument_lines": "".join(f"{a}\n" for a in lay.arguments)}
            names |= {"argument_words": " ".join(lay.arguments)}
        for _round in range(3):
            for name, value in names.items():
                text = text.replace(f"@{name}@", value)
        return text

    def certificates(self) -> dict[str, str]:
        """PEM and base64 texts by the names of their placeholders."""
        made = pems(self.now, self.client_ends, self.rancher, self.layout.server)
        made["key"] = KEY
        return {**made, **{f"{name}64": base64.b64encode(pem.encode()).decode() for name, pem in made.items()}}

    def files(self) -> dict[str, str]:
        """Path -> content of everything on the node, but what is missing; a path that ends in / is a directory."""
        lay = self.layout
        found = {
            "/etc/resolv.conf": "nameserver 10.0.0.2\n",
            "/etc/hosts": "127.0.0.1 localhost\n",
            f"/etc/systemd/system/{lay.unit}": lay.unit_text,
            lay.kubeconfig: KUBECONFIG,
            lay.config: lay.config_text,
            lay.client_ca: "@client_ca@",
            lay.serving: "@serving@",
            **({lay.client: "@client@@key@" if lay.client == lay.client_key else "@client@"} if lay.client else {}),
            **({lay.client_key: "@key@"} if lay.client_key and lay.client_key != lay.client else {}),
            lay.program: "#!/bin/sh\n",
            **lay.drop_ins,
            **lay.files,
        }
        filled = {self.fill(path): self.fill(text) for path, text in found.items() if path}
        return {path: text for path, text in filled.items() if path not in self.missing}

    def node(self) -> Node:
        """The fake node with its files and programs."""
        made = Node(self.root, {})
        for path, text in self.files().items():
            if path == PAIR:
                made.write(PAIR.replace("current", DATED), text, 0o600)
                made.link(PAIR, PAIR.replace("current", DATED))
            elif path.endswith("/"):
                (self.root / path.lstrip("/")).mkdir(parents=True, exist_ok=True)
            else:
                made.write(path, text, 0o755 if path == self.layout.program else 0o600)
        for path, text in self._proc().items():
            made.write(path, text)
        self._age_files()
        made.programs.update(self._programs())
        return made

    def _age_files(self) -> None:
        """Files are as old as the installation, but what K3s and RKE2 write at each start of theirs."""
        for path in self.root.rglob("*"):
            written = self.now - timedelta(days=90)
            if self.rancher and "/agent/" in str(path):
                written = self.now - self.age
            os.utime(path, (written.timestamp(), written.timestamp()), follow_symlinks=False)

    def _proc(self) -> dict[str, str]:
        lay = self.layout
        arguments = [lay.program, *(self.fill(word) for word in lay.arguments)]
        found = {
            "/proc/sys/kernel/hostname": f"{NODE}\n",
            **MACHINE,
            "/proc/uptime": f"{self.age.total_seconds() + 600} 1\n",
        }
        if self.show.get("MainPID") != "0":
            found[f"/proc/{PID}/cmdline"] = "\0".join(lay.process or arguments) + "\0"
        if lay.child:
            binary = "/var/lib/rancher/rke2/data/v1.36.2-rke2r1/bin/kubelet"
            found[f"/proc/{PID}/task/{PID}/children"] = f"4749 {CHILD} "
            found["/proc/4749/cmdline"] = "containerd\0"
            found[f"/proc/{CHILD}/cmdline"] = "\0".join([binary, *arguments[1:]]) + "\0"
        return found

    def _programs(self) -> dict[str, Any]:
        lay = self.layout
        shows = {lay.unit: self._kubelet_show()}
        if lay.runtime:
            shows[lay.runtime] = self._runtime_show()
        text = "".join(f"# {path}\n{content}\n" for path, content in self.files().items() if "/systemd/system/" in path)
        return {
            "systemctl show --no-pager": lambda argv: RunResult(
                "ok", 0, "\n".join(shows.get(unit, _not_found(unit)) for unit in argv[4:])
            ),
            "systemctl show --property=Version": "Version=255.4\nSystemState=running\n",
            f"systemctl cat --no-pager -- {lay.unit}": text,
            "systemctl cat": "",
            f"journalctl --unit={lay.unit}": self._journal(),
            "journalctl --unit=": "",
            f"journalctl _SYSTEMD_INVOCATION_ID={INVOCATION}": self.announcement if lay.announced else "",
            **{f"tail -n 300 -- {path}": text for path, text in self.tails.items()},
            "tail -n 1000": "".join(f"{line}\n" for _ago, line in self._klog()) if lay.log else "",
            "tail -n": "",
            f"{lay.program} --version": "Kubernetes v1.36.2\n"
            if not lay.embedded
            else f"{lay.profile} version v1.36.2+{lay.profile} (0123abcd)\n",
            "/usr/bin/containerd --version": "containerd 2.1.9\n",
            "/usr/bin/crio --version": "crio version 1.36.0\n",
        }

    def _kubelet_show(self) -> str:
        lay = self.layout
        command = lay.unit_text.partition("ExecStart=")[2].partition("\n")[0]
        drop_in = next(iter(lay.drop_ins.values()), "")
        command = drop_in.rpartition("ExecStart=")[2].strip() or command
        started = self.stamp(self.age.total_seconds())
        properties = {
            "Id": lay.unit,
            "LoadState": "loaded",
            "ActiveState": "active",
            "SubState": "running",
            "UnitFileState": "enabled",
            "Result": "success",
            "MainPID": str(PID),
            "NRestarts": "0",
            "Restart": "always",
            "NeedDaemonReload": "no",
            "InvocationID": INVOCATION,
            "FragmentPath": f"/etc/systemd/system/{lay.unit}",
            "DropInPaths": " ".join(lay.drop_ins),
            "ExecMainStartTimestamp": started,
            "ActiveEnterTimestamp": started,
            "StateChangeTimestamp": started,
            "ExecStart": f"{{ path={lay.program} ; argv[]={command} ; ignore_errors=no ; start_time=[n/a] }}",
        }
        environment = [f"EnvironmentFiles={path} (ignore_errors=yes)" for path in lay.environment_files]
        return _shown({**properties, **self.show}, environment)

    def _runtime_show(self) -> str:
        lay = self.layout
        word = "crio" if "crio" in lay.runtime else "containerd"
        running = {"LoadState": "loaded", "ActiveState": "active", "SubState": "running", "UnitFileState": "enabled"}
        start = f"{{ path=/usr/bin/{word} ; argv[]=/usr/bin/{word} ; ignore_errors=no ; start_time=[n/a] }}"
        properties = {"Id": lay.runtime, **running, "MainPID": "800", "Result": "success", "ExecStart": start}
        return _shown({**properties, **self.runtime_show})

    def _klog(self) -> list[tuple[float, str]]:
        found = []
        for ago, severity, origin, text in sorted(self.lines, reverse=True):
            # klog writes local time.
            moment = (self.now - timedelta(seconds=ago)).astimezone()
            found.append((ago, f"{severity}{moment:%m%d %H:%M:%S.%f}    {CHILD} {origin}] {text}"))
        return found

    def _journal(self) -> str:
        """Lines of `journalctl -o json`, newest first."""
        lay = self.layout
        own = [] if lay.log else [(ago, lay.identifier, text) for ago, text in self._klog()]
        return "\n".join(self._record(*line) for line in sorted([*own, *self.others]))

    def _record(self, ago: float, identifier: str, text: str) -> str:
        at = int((self.now - timedelta(seconds=ago)).timestamp() * 1_000_000)
        record = {"__REALTIME_TIMESTAMP": str(at), "MESSAGE": text, "PRIORITY": "6", "SYSLOG_IDENTIFIER": identifier}
        if identifier == "systemd":
            return json.dumps({**record, "_PID": "1", "UNIT": self.layout.unit, "INVOCATION_ID": INVOCATION})
        return json.dumps({**record, "_PID": str(PID), "_SYSTEMD_INVOCATION_ID": INVOCATION})

    # What is made of it

    def evidence(self, set_probe: Callable[[Any], None], **options: Any) -> dict[str, Any]:
        """What the collectors read, with the control plane's view."""
        set_probe(partial(probe, self))
        read = collector.collect(self.node().host(), collector.Options(**options))
        read["parts"]["cluster"] = {"status": "ok", "reason": ""}
        return {**json.loads(json.dumps(read)), "cluster": cluster(self)}

    def snapshot(self, set_probe: Callable[[Any], None], **options: Any) -> Snapshot:
        """The node as causes see it."""
        return snapshot(self.evidence(set_probe, **options), host_name=NODE, profile=options.get("profile"))

    def judged(self, set_probe: Callable[[Any], None]) -> dict[str, Any]:
        """The diagnosis."""
        return diagnose(self.snapshot(set_probe)).to_dict()


def _shown(properties: dict[str, str], more: list[str] | None = None) -> str:
    return "".join(f"{line}\n" for line in [*(f"{key}={value}" for key, value in properties.items()), *(more or [])])


def _not_found(unit: str) -> str:
    return _shown({"Id": unit, "LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead"})
