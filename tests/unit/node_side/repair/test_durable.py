# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is synced to disk, and in which order: a loss of power may take everything that is not."""

from __future__ import annotations

import json
import os
import sys
import typing as t
import warnings
from pathlib import Path

import pytest
from unit.node_side.repair._node import RUN, Node, apply, whole_plan

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import rollback
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Verify

NAMES = ("os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink")
FACTS = ("os.chmod", "os.chown", "os.setxattr", "os.utime")


class Watch:
    """Notes what a loss of power would take, and what was done too early. By Python's audit hook and fsync."""

    def __init__(self, node: Node) -> None:
        self.faults: list[str] = []
        self.states: list[str] = []
        self._node = node
        self._unsynced: set[str] = set()
        self._busy = False

    def synced(self, descriptor: int) -> None:
        """A file, or the names in a directory, are safe."""
        self._unsynced.discard(_path(descriptor))

    def hook(self, event: str, arguments: tuple[t.Any, ...]) -> None:
        """Python calls it before an event."""
        if self._busy:
            return
        self._busy = True
        try:
            if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
                self._changed(_path(arguments[0]), made=True)
            elif event in FACTS:
                self._changed(_path(arguments[0]), made=False)
            elif event in NAMES:
                self._named(event, [_path(name) for name in arguments[:2] if isinstance(name, (str, os.PathLike))])
        finally:
            self._busy = False

    def _changed(self, path: str, *, made: bool) -> None:
        if self._is_ours(path):
            self._before_a_change(path)
            self._unsynced |= {path, str(Path(path).parent)} if made else {path}

    def _named(self, event: str, paths: list[str]) -> None:
        path = paths[-1] if event in ("os.rename", "os.link", "os.symlink") else paths[0]
        if not self._is_ours(path):
            return
        if event == "os.rename" and paths[0] in self._unsynced:
            self.faults.append(f"{path} is replaced by bytes that are not synced")
        if path.endswith("manifest.json"):
            state = json.loads(Path(paths[0]).read_bytes())["state"] if event == "os.rename" else event
            left = self._unsynced - {str(Path(path).parent)}
            self.faults += [f"{state} is announced before {name} is synced" for name in left]
            self.states.append(state)
        else:
            self._before_a_change(path)
        self._unsynced -= {path, paths[0]}
        self._unsynced.add(str(Path(path).parent))

    def _before_a_change(self, path: str) -> None:
        """The node's own files are changed when it is durable that they may be."""
        recorded = {name for name in self._unsynced if name.startswith(self._node.records)}
        if path.startswith(self._node.root) and (recorded or self.states[-1:] in ([], ["prepared"])):
            self.faults.append(f"{path} is changed in state {self.states[-1:]} before {recorded} is synced")

    def _is_ours(self, path: str) -> bool:
        """True but for the stand-ins of systemd and the kernel, the lock and the count of attempts."""
        stands_in = path.startswith(
            (f"{self._node.root}/proc", f"{self._node.folder}/systemd", f"{self._node.folder}/run")
        )
        return not stands_in and path.startswith(str(self._node.folder)) and "attempts" not in path


def _path(name: t.Any) -> str:
    return os.readlink(f"/proc/self/fd/{name}") if isinstance(name, int) else os.fspath(name)  # noqa: PTH115


def _watched(node: Node, work: t.Callable[[], object]) -> tuple[list[str], list[str]]:
    """States and faults of work in a child, whose Python cannot lose the hook again."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests; the child needs none of them
        child = os.fork()
    if child == 0:
        try:
            watch, sync = Watch(node), os.fsync
            os.fsync = lambda descriptor: (sync(descriptor), watch.synced(t.cast("int", descriptor)))[0]
            sys.addaudithook(watch.hook)
            work()
            os.write(writing, json.dumps([watch.states, watch.faults]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    states, faults = json.loads(answer)
    return states, faults


@pytest.mark.parametrize(
    ("ca", "last"),
    [
        ("/good/ca.crt", ["applied", "restarted", "verified", "committed"]),
        ("/also-wrong", ["applied", "restarted", "rolling_back", "rolled_back"]),
    ],
    ids=["good", "bad"],
)
def test_nothing_is_announced_that_could_be_lost(ca: str, last: list[str], node: Node) -> None:
    """The backups are safe before the first change, the bytes before the name, all changes before the next state."""
    states, faults = _watched(node, lambda: apply(node, whole_plan(node, ca)))
    assert [state for state in states if state != "os.remove"] == ["prepared", "backed_up", *last]
    assert not faults, "\n".join(faults)


def test_forced_rollback_keeps_what_it_replaces_first(node: Node) -> None:
    """The bytes of a person's edit are safe before they are replaced."""
    assert apply(node, whole_plan(node))["state"] == "committed"
    node.write("/kubelet.conf", b"edited by hand\n", 0o600)
    asked = rollback.Request(RUN, force=True)
    states, faults = _watched(node, lambda: rollback.roll_back(node, asked, Verify(1, 10)))
    assert states[-1] == "rolled_back"
    assert not faults, "\n".join(faults)
