# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that refuses any one of the things that a repair does to it, once or from then on."""

from __future__ import annotations

import errno
import json
import os
import sys
import typing as t
import warnings
from pathlib import Path

import pytest
from unit.node_side.repair._node import Node, apply, broken_node, leftovers, open_backups, whole_plan

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import record as rec
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError

CHANGES = {
    *("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.setxattr"),
    *("os.symlink", "os.truncate", "os.utime"),
}
STEP = 1 if os.environ.get("EVERY_POINT") else 9


class Disk:
    """Counts what is done to the node's disk, by Python's audit hook and fsync; refuses from a number on."""

    def __init__(self, refuse_at: int, code: int, lasting: bool) -> None:
        self.count = 0
        self._refuse_at, self._code, self._lasting = refuse_at, code, lasting

    def used(self) -> None:
        """One more use."""
        self.count += 1
        if self.count == self._refuse_at or (self._lasting and self.count > self._refuse_at):
            raise OSError(self._code, os.strerror(self._code))

    def hook(self, event: str, arguments: tuple[t.Any, ...]) -> None:
        """Python calls it before an event; the stand-in of systemd has a disk of its own."""
        if event == "open":
            writes = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if not writes or "systemd.tmp" in str(arguments[0]) or str(arguments[0]).startswith("/dev/null"):
                return
        elif event not in CHANGES or "systemd.json" in str(arguments[1:2]):
            return
        self.used()


def _repair(node: Node, ca: str, disk: Disk) -> dict[str, t.Any]:
    """The result of a repair in a child, whose Python cannot lose the hook again; `uses` is what it did to the disk."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of other tests; the child needs none of them
        child = os.fork()
    if child == 0:
        try:
            sync = os.fsync
            os.fsync = lambda descriptor: (disk.used(), sync(descriptor))[1]  # type: ignore[assignment]
            sys.addaudithook(disk.hook)
            try:
                result = apply(node, whole_plan(node, ca))
            except RefusedError as exc:  # of the lock
                result = {"state": "refused", "reason": str(exc)}
            except BaseException as exc:  # noqa: BLE001 - whatever it is, the parent must hear of it
                result = {"state": f"raised {exc!r}"}
            os.write(writing, json.dumps({**result, "uses": disk.count, "diff": []}).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answer = stream.read()
    os.waitpid(child, 0)
    return t.cast("dict[str, t.Any]", json.loads(answer))


@pytest.mark.parametrize("ca", ["/good/ca.crt", "/also-wrong"], ids=["good", "bad"])
@pytest.mark.parametrize(
    ("code", "lasting"),
    [(errno.ENOSPC, True), (errno.EIO, False)],
    ids=["full", "one-error"],
)
def test_disk_that_refuses(code: int, lasting: bool, ca: str, tmp_path: Path) -> None:
    """Whatever it refuses, each path is whole, the result is a state with a reason, and the next run ends well."""
    expected = broken_node(tmp_path / "expected")
    before = expected.tree()
    apply(expected, whole_plan(expected))
    after = expected.tree()
    unlimited = broken_node(tmp_path / "unlimited")
    uses = int(_repair(unlimited, ca, Disk(0, 0, lasting=False))["uses"])
    assert uses > 100
    for point in range(1, uses + 1, STEP):
        node = broken_node(tmp_path / f"node{point}")
        plan = whole_plan(node, run="next")
        result = _repair(node, ca, Disk(point, code, lasting))
        said = f"{point} of {uses}: {result['state']} {result.get('reason')}"
        assert result["state"] in ("committed", "refused", "rolled_back", "failed"), said
        assert result["state"] == "committed" or "/" in result["reason"] or "kubelet" in result["reason"], said
        assert "Internal error" not in result.get("reason", ""), said
        _assert_whole(node, before, after, ca, said)
        last = apply(node, plan)
        assert last["state"] == "committed", (said, last)
        assert (node.tree(), leftovers(node), open_backups(node)) == (after, [], []), said
        assert all(record.state in rec.FINAL for record in rec.Records(node).all())


def _assert_whole(
    node: Node, before: dict[str, tuple[object, ...]], after: dict[str, tuple[object, ...]], ca: str, said: str
) -> None:
    for path, found in node.tree().items():
        if ".nodeclinic-" not in path and not (path == "config.yaml" and ca.encode() in t.cast("bytes", found[3])):
            assert found in (before.get(path), after.get(path)), (said, path)
