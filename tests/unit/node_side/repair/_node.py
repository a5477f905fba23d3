# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node made of a directory: real files, and a systemd, a kernel and a clock whose state survives a killed process."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import typing as t
from pathlib import Path

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._process import RunResult
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import plan as plans
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import transaction
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.system import System

KUBELET, RUNTIME = "kubelet.service", "containerd.service"
RUN = "20261124T070000Z-ab12cd"
SECRET = "c2VjcmV0LXByaXZhdGUta2V5LW1hdGVyaWFs"
CONFIG = b"# kept\r\nclientCAFile: /wrong\nport: 10250   \n\n# \xff not UTF-8\n"
KUBECONFIG = f"users:\n- user:\n    token: {SECRET}\n    server: https://old\n".encode()


class Node(System):
    """systemd starts a kubelet that runs if its configuration holds the word `good`, and crashes otherwise."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}/var/records", f"{folder}/run/repair.lock", f"{folder}/node")
        self.folder = folder
        self.marks: list[str] = []
        self.waiting: list[t.Callable[[], dict[str, t.Any]]] = []
        self.asked: list[str] = []
        self.flap_after: float | None = None
        self.on_mark: t.Callable[[str], None] = lambda _point: None
        self.healthz = "ok"
        self._clock = 1000.0
        self._started_at = 0.0

    # What the tests look at

    def path(self, name: str) -> str:
        """A path on the node."""
        return f"{self.root}{name}"

    def write(self, name: str, data: bytes, mode: int = 0o644) -> None:
        """Puts a file on the node."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        target.chmod(mode)

    def read(self, name: str) -> bytes:
        """The bytes of a file."""
        return Path(self.path(name)).read_bytes()

    def tree(self) -> dict[str, tuple[object, ...]]:
        """Every path of the node with type, mode, owner and content."""
        found: dict[str, tuple[object, ...]] = {}
        for path in sorted(Path(self.root).rglob("*")):
            facts = path.lstat()
            content: object = None
            if path.is_symlink():
                content = os.fspath(path.readlink())
            elif path.is_file():
                content = path.read_bytes()
            found[str(path.relative_to(self.root))] = (facts.st_mode, facts.st_uid, facts.st_gid, content)
        return found

    def service(self, unit: str) -> dict[str, str]:
        """What can be compared of a unit: enabled, masked, running."""
        properties = self._load()[unit]
        return {key: properties[key] for key in ("UnitFileState", "ActiveState")}

    def set_service(self, unit: str, **properties: str) -> None:
        """Changes properties of a unit."""
        services = self._load()
        services[unit].update(properties)
        self._save(services)

    # What a repair sees

    def now(self) -> str:
        """A fixed time."""
        return "2026-11-24T07:00:00Z"

    def monotonic(self) -> float:
        """A clock that only sleeping moves."""
        return self._clock

    def sleep(self, seconds: float) -> None:
        """Moves the clock; a flapping kubelet dies when its time has come."""
        self._clock += seconds
        if self.flap_after is not None and self._clock - self._started_at >= self.flap_after:
            self._start(KUBELET, counted=True)

    def get(self, host: str, port: int, path: str, timeout: float) -> tuple[int, str]:
        """healthz of the kubelet."""
        del host, port, path, timeout
        if self.healthz == "refused":
            raise ConnectionRefusedError(111, "Connection refused")
        return 200, self.healthz

    def later(self, work: t.Callable[[], dict[str, t.Any]]) -> None:
        """Remembers the work."""
        self.waiting.append(work)

    def mark(self, point: str) -> None:
        """Remembers the point, and does there what the test wants done."""
        self.marks.append(point)
        self.on_mark(point)

    def run(self, argv: t.Sequence[str], timeout: float) -> RunResult:
        """systemctl, swapoff and swapon."""
        assert timeout <= 600
        words = [word for word in argv[1:] if not word.startswith("--")]
        if argv[0] == "systemctl":
            return self._systemctl(words, argv)
        swaps = Path(self.path("/proc/swaps"))
        header, *lines = swaps.read_text().splitlines()
        if argv[0] == "swapon":
            lines.append(f"{words[0]} partition 1 0 -2")
        elif argv[0] == "swapoff":
            lines = []
        swaps.write_text("\n".join([header, *lines]) + "\n")
        return RunResult("ok", 0)

    def _systemctl(self, words: list[str], argv: t.Sequence[str]) -> RunResult:
        verb, unit = words[0], words[-1]
        services = self._load()
        if verb == "show":
            return RunResult("ok", 0, "".join(f"{key}={value}\n" for key, value in services[unit].items()))
        self.asked.append(" ".join(word for word in argv[2:] if word != "--"))
        if verb in ("start", "restart"):
            if services[unit]["LoadState"] == "masked":
                return RunResult("ok", 1, err=f"Failed to start {unit}: Unit {unit} is masked.")
            self._start(unit)
            return RunResult("ok", 0)
        changes = {
            "stop": {"ActiveState": "inactive", "SubState": "dead", "MainPID": "0"},
            "enable": {"UnitFileState": "enabled"},
            "disable": {"UnitFileState": "disabled"},
            "mask": {"UnitFileState": "masked", "LoadState": "masked"},
            "unmask": {"UnitFileState": "disabled", "LoadState": "loaded"},
            "reset-failed": {"ActiveState": "inactive", "SubState": "dead"},
        }
        if verb != "daemon-reload":
            services[unit].update(changes[verb])
            self._save(services)
        return RunResult("ok", 0)

    def _start(self, unit: str, counted: bool = False) -> None:
        services = self._load()
        service = services[unit]
        number = int(service["Counter"]) + 1
        works = unit != KUBELET or (b"good" in self.read("/config.yaml") and not counted)
        service.update(
            Counter=str(number),
            InvocationID=f"invocation-{number}",
            MainPID=str(1000 + number) if works else "0",
            ActiveState="active" if works else "activating",
            SubState="running" if works else "auto-restart",
            NRestarts=str(int(service["NRestarts"]) + 1) if counted else "0",
        )
        self._started_at = self._clock
        self._save(services)

    def _load(self) -> dict[str, dict[str, str]]:
        loaded: dict[str, dict[str, str]] = json.loads((self.folder / "systemd.json").read_text())
        return loaded

    def _save(self, services: t.Mapping[str, t.Mapping[str, str]]) -> None:
        temp = self.folder / "systemd.tmp"
        temp.write_text(json.dumps(services))
        temp.replace(self.folder / "systemd.json")


def broken_node(folder: Path) -> Node:
    """A node whose kubelet crashes on its configuration, with something to do for every kind of step."""
    folder.mkdir(parents=True, exist_ok=True)
    service = {
        "LoadState": "loaded",
        "UnitFileState": "enabled",
        "ActiveState": "activating",
        "SubState": "auto-restart",
        "MainPID": "0",
        "NRestarts": "7",
        "InvocationID": "invocation-0",
        "Result": "exit-code",
        "NeedDaemonReload": "no",
        "Counter": "0",
    }
    masked = {"LoadState": "masked", "UnitFileState": "masked", "ActiveState": "inactive", "SubState": "dead"}
    (folder / "systemd.json").write_text(json.dumps({KUBELET: service, RUNTIME: {**service, **masked}}))
    node = Node(folder)
    node.write("/config.yaml", CONFIG, 0o640)
    node.write("/kubelet.conf", KUBECONFIG, 0o600)
    node.write("/systemd/20-bad.conf", b"[Service]\nExecStart=/bad\n")
    Path(node.path("/current.pem")).symlink_to("kubelet-client-old.pem")
    node.write("/pki/client.pem", f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n".encode(), 0o600)
    node.write("/flags.env", b"KUBELET_KUBEADM_ARGS=\n", 0o666)
    node.write("/etc/fstab", b"UUID=1 / ext4 defaults 0 1\n/dev/sda2\tnone swap sw 0 0\n")
    node.write("/proc/swaps", b"Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n")
    node.write("/proc/sys/net/ipv4/ip_forward", b"0\n")
    Path(node.path("/etc/sysctl.d")).mkdir()
    return node


def edit(node: Node, name: str, old: bytes, new: str) -> dict[str, t.Any]:
    """Step that replaces the first occurrence of some bytes."""
    data = node.read(name)
    start = data.index(old)
    splice = {"start": start, "end": start + len(old), "text": new}
    return {
        "kind": "edit",
        "path": node.path(name),
        "sha256": hashlib.sha256(data).hexdigest(),
        "edits": [splice],
    }


def plan_of(*steps: dict[str, t.Any], run: str = RUN, restart: bool = True, **verify: object) -> plans.Plan:
    """A plan of one action."""
    action = {"id": "fix-it", "finding": "config/broken", "class": "safe", "summary": "fix it", "steps": list(steps)}
    return plans.parse(
        {
            "format": "node-repair/1",
            "run": run,
            "unit": KUBELET,
            "restart": restart,
            "verify": {"stable_seconds": 20, "timeout": 60, "healthz": "http://127.0.0.1:10248/healthz", **verify},
            "actions": [action],
        }
    )


def whole_plan(node: Node, ca: str = "/good/ca.crt", run: str = RUN) -> plans.Plan:
    """A plan with every kind of step; with a `ca` that is not good, the kubelet does not come up."""
    drop_in = hashlib.sha256(node.read("/systemd/20-bad.conf")).hexdigest()
    dated, pair = (
        node.path("/pki/client-2026.pem"),
        {"sha256": hashlib.sha256(node.read("/pki/client.pem")).hexdigest()},
    )
    return plan_of(
        edit(node, "/config.yaml", b"/wrong", ca),
        edit(node, "/kubelet.conf", b"https://old", "https://new:6443"),
        {"kind": "directory", "path": node.path("/manifests"), "mode": "0755"},
        {"kind": "create", "path": node.path("/manifests/ca.crt"), "content": "certificate\n", "mode": "0644"},
        {"kind": "link", "path": node.path("/current.pem"), "target": "kubelet-client-new.pem"},
        {"kind": "copy", "path": dated, "source": node.path("/pki/client.pem"), **pair},
        {"kind": "replace_by_link", "path": node.path("/pki/client.pem"), "target": "client-2026.pem", **pair},
        {"kind": "move_aside", "path": node.path("/systemd/20-bad.conf"), "sha256": drop_in},
        {"kind": "attributes", "path": node.path("/flags.env"), "mode": "0600", "uid": str(os.getuid()), "gid": "0"},
        {"kind": "sysctl", "name": "net.ipv4.ip_forward", "value": "1"},
        {"kind": "swapoff"},
        {"kind": "unit", "verb": "unmask", "unit": RUNTIME},
        {"kind": "unit", "verb": "daemon-reload", "unit": KUBELET},
        {"kind": "unit", "verb": "enable", "unit": RUNTIME},
        {"kind": "unit", "verb": "start", "unit": RUNTIME},
        run=run,
    )


def apply(node: Node, plan: plans.Plan, attempts: int = 3) -> dict[str, t.Any]:
    """The result of a transaction."""
    return transaction.apply(node, plan, transaction.Limits(attempts))


def leftovers(node: Node) -> list[str]:
    """Temporary files that should not be there."""
    return [str(path) for path in node.folder.rglob(".nodeclinic-*")]


def open_backups(node: Node) -> list[str]:
    """Files and directories of the records that others than root can read."""
    records = Path(node.records)
    return [str(path) for path in [records, *records.rglob("*")] if stat.S_IMODE(path.lstat().st_mode) & 0o077]
