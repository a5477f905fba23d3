# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans are refused as a whole when any part of them is not understood; edits touch their spans only."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import plan as plans
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair import splice
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.errors import RefusedError
from ansible_collections.nodeclinic.kubelet.plugins.module_utils._repair.plan import Splice

SHA = "a" * 64
EDIT = {"kind": "edit", "path": "/a", "sha256": SHA, "edits": [{"start": 0, "end": 1, "text": "x"}]}


def _plan(step: dict[str, t.Any] | None = None, **changes: object) -> dict[str, t.Any]:
    actions = [{"id": "one", "finding": "config/broken", "steps": [step or EDIT]}]
    return {
        "format": "node-repair/1",
        "run": "run-1",
        "unit": "kubelet",
        "restart": True,
        "actions": actions,
        **changes,
    }


def test_plan_is_read() -> None:
    """What a plan says arrives, with defaults for what it leaves open."""
    plan = plans.parse(_plan())
    assert (plan.run, plan.unit, plan.restart, plan.findings) == ("run-1", "kubelet.service", True, ("config/broken",))
    assert plan.verify == plans.Verify(20, 90, "")
    assert plan.steps[0].edits == (Splice(0, 1, "x"),)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "no plan in the format node-repair/1"),
        (_plan(format="node-repair/2"), "no plan in the format node-repair/1"),
        (_plan(actions={}), "no list of actions"),
        (_plan(run="../../etc"), "run is '../../etc'"),
        (_plan(run=".."), "run is '..'"),
        (_plan(unit="--force"), "unit is '--force'"),
        (_plan({"kind": "shell", "command": "id"}), "of kind 'shell', which this version does not know"),
        (_plan({**EDIT, "path": "etc/passwd"}), "path of the edit step"),
        (_plan({**EDIT, "path": "/etc/../root"}), "path of the edit step"),
        (_plan({**EDIT, "path": "/etc/"}), "path of the edit step"),
        (_plan({**EDIT, "sha256": "abc"}), "sha256 of the edit step"),
        (_plan({**EDIT, "edits": []}), "edits must be a list"),
        (_plan({**EDIT, "edits": [{"start": 5, "end": 4, "text": ""}]}), "0 <= start <= end"),
        (_plan({**EDIT, "edits": [{"start": True, "end": 4, "text": ""}]}), "0 <= start <= end"),
        (_plan({"kind": "create", "path": "/a", "mode": "0644"}), "needs content"),
        (_plan({"kind": "create", "path": "/a", "mode": "rw", "content": ""}), "mode of the create step"),
        (_plan({"kind": "unit", "verb": "stop", "unit": "sshd"}), "verb of the unit step"),
        (_plan({"kind": "sysctl", "name": "../x", "value": "1"}), "name of the sysctl step"),
        (_plan({"kind": "sysctl", "name": "vm.x", "value": "1\n2"}), "value of the sysctl step"),
        (_plan(verify={"healthz": "file:///etc/shadow"}), "is no URL such as"),
        (_plan(verify={"healthz": "http://127.0.0.1:99999/healthz"}), "is no URL such as"),
        (_plan(verify={"stable_seconds": "20"}), "must be a number of seconds"),
        (_plan(verify={"stable_seconds": 10_000}), "from 0 to 600"),
    ],
)
def test_plan_is_refused(data: object, words: str) -> None:
    """The message names the part that cannot be used."""
    with pytest.raises(RefusedError) as caught:
        plans.parse(data)
    assert words in str(caught.value)


def test_splice_touches_only_its_spans() -> None:
    """Line ends, odd bytes and everything else stay; spans may come in any order; the same span twice is one."""
    data = b"a: 1\r\nb: 2\n# \xff\xfe\nc: 3"
    edits = (Splice(9, 10, "two"), Splice(3, 4, ""), Splice(0, 0, "# new\n"), Splice(9, 10, "two"))
    assert splice.splice(data, edits, "/x") == b"# new\na: \r\nb: two\n# \xff\xfe\nc: 3"


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ((Splice(0, 3, "x"), Splice(2, 4, "y")), "two edits overlap at byte 2"),
        ((Splice(0, 5, "x"),), "ends at byte 5, but the file has 4"),
    ],
)
def test_splice_refuses(edits: tuple[Splice, ...], words: str) -> None:
    """Spans that overlap or are not in the file are refused."""
    with pytest.raises(RefusedError, match=words):
        splice.splice(b"abcd", edits, "/x")


def test_difference_has_no_secret() -> None:
    """A diff shows what changed, but no secret, old or new."""
    shown = splice.difference("/x", b"server: a\ntoken: 0123456789abcdef\n", b"server: b\ntoken: fedcba9876543210\n")
    assert "server: a" in shown["before"]
    assert "server: b" in shown["after"]
    assert "0123456789abcdef" not in str(shown)
    assert "fedcba9876543210" not in str(shown)
