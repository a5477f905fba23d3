# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The border to Ansible: its values become plain ones, and a host that fails becomes a reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible._internal._datatag._tags import TrustedAsTemplate
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _boundary
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._boundary import (
    checked_options,
    run_interpreted,
    run_module,
    show,
    to_native_tree,
)


class Runner:
    """Stands for an action plugin whose module gives an answer or raises."""

    def __init__(self, answer: Mapping[str, Any] | Exception, **arguments: str) -> None:
        self.answer = answer
        self.given: Mapping[str, Any] | None = None
        self._task = SimpleNamespace(args=arguments)

    def _execute_module(self, **call: Any) -> Mapping[str, Any]:
        self.given = call.get("module_args")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_tags_are_dropped() -> None:
    """What leaves is of the plain types, so that YAML and records take it."""
    tagged = TrustedAsTemplate().tag("{{ x }}")
    assert tagged.__class__ is not str
    plain = to_native_tree({"a": [tagged]})
    assert plain == {"a": ["{{ x }}"]}
    assert plain["a"][0].__class__ is str


def test_answer_of_a_module_and_what_ansible_wants_of_it() -> None:
    """The interpreter that Ansible found stays with Ansible, so that it is not looked for again."""
    runner = Runner({"evidence": {"a": 1}, "ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3"}})
    outcome = run_module(runner, "m", {"timeout": 5}, {})
    assert outcome.failure == ""
    assert outcome.values["evidence"] == {"a": 1}
    assert outcome.for_ansible == {"ansible_facts": {"discovered_interpreter_python": "/usr/bin/python3"}}
    assert runner.given == {"timeout": 5}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            AnsibleConnectionFailure("ssh: Connection\n timed out"),
            "the node could not be reached: ssh:",
        ),
        (AnsibleError("Missing sudo password"), "nothing could be run on the node: Missing sudo password"),
        ({"unreachable": True, "msg": "gone"}, "the node could not be reached: gone"),
        (
            {"failed": True, "msg": "no interpreter", "module_stderr": "x\n/bin/sh: 1: python: not found\n"},
            "m failed on the node: no interpreter: /bin/sh: 1: python: not found",
        ),
        (
            {"failed": True, "exception": SimpleNamespace(event=SimpleNamespace(msg="broken"))},
            "m failed on the node: broken",
        ),
        ({"failed": True}, "m failed on the node: no reason given"),
    ],
)
def test_host_that_fails_is_an_outcome_with_a_reason(answer: Any, reason: str) -> None:
    """Whatever the way in fails with, it is one line of text and no exception."""
    outcome = run_module(Runner(answer), "m", {}, {})
    assert outcome.failure.startswith(reason)
    assert "\n" not in outcome.failure


def test_options_that_the_module_refuses_fail_the_task() -> None:
    """A mistake of the user is no unknown."""
    with pytest.raises(AnsibleActionFail, match="timeout is 0"):
        run_module(Runner({"failed": True, "options_refused": True, "msg": "timeout is 0"}), "m", {}, {})


def test_info_module_keeps_its_own_failure() -> None:
    """Only an answer with evidence is interpreted."""
    failed = {"failed": True, "msg": "x"}
    assert run_interpreted(Runner(failed), "m", lambda _node: {"facts": 1}, {}) == failed
    evidence = {"format": "node-bundle/1", "node": "n", "captured_at": "2026-11-23T21:34:56Z", "parts": {}}
    answered = Runner({"evidence": evidence, "cost": 1})
    found = run_interpreted(answered, "m", lambda node: {"facts": node.host_name}, {"inventory_hostname": "worker-1"})
    assert found == {"cost": 1, "parts": {}, "facts": "worker-1"}


def test_info_module_understands_the_profile_that_it_was_given() -> None:
    """What was read for a distribution is interpreted as that one's, not as what it looks like."""
    evidence = {"format": "node-bundle/1", "node": "n", "captured_at": "2026-11-23T21:34:56Z", "parts": {}}
    runner = Runner({"evidence": evidence}, profile="rke2")
    found = run_interpreted(runner, "m", lambda node: {"profile": node.profile}, {"inventory_hostname": "worker-1"})
    assert found["profile"] == "rke2"


SPEC = {
    "place": {"type": "path", "required": True},
    "values": {"type": "dict"},
    "rules": {"type": "list", "elements": "dict"},
}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"place": {"a": 1}}, "place must be a string"),
        ({"place": ""}, "place must not be empty"),
        ({"place": "x", "values": ["a"]}, r"values must be a mapping, not \['a'\]"),
        ({"place": "x", "values": "a"}, "values must be a mapping, not 'a'"),
        ({"place": "x", "rules": "a"}, "rules must be a list of mappings, not of 'a'"),
        ({"place": "x", "rules": [{}, "a"]}, "rules must be a list of mappings, not of 'a'"),
    ],
)
def test_options_that_ansible_would_let_pass(given: dict[str, Any], sentence: str) -> None:
    """A dictionary is no path, an empty path is not the current directory, and a list or text is no mapping."""
    task = SimpleNamespace(_task=SimpleNamespace(args=given), validate_argument_spec=lambda **_spec: (None, given))
    with pytest.raises(AnsibleActionFail, match=sentence):
        checked_options(task, SPEC)


def test_mappings_pass_as_such_and_as_json() -> None:
    """Extra variables on the command line are JSON text."""
    given = {"place": "x", "values": '{"a": 1}', "rules": [{"a": 1}]}
    task = SimpleNamespace(_task=SimpleNamespace(args=given), validate_argument_spec=lambda **_spec: (None, given))
    assert checked_options(task, SPEC) == given


@pytest.mark.parametrize(
    ("given", "typed"),
    [
        ({}, "ansible-playbook nodeclinic.kubelet.rollback -l w"),
        ({"args": ["nodeclinic.kubelet.repair"], "inventory": ["/h y.yml"]}, "kubelet.rollback -i '/h y.yml' -l w"),
        ({"args": ["playbooks/repair.yml"], "inventory": ["a,"]}, "ansible-playbook playbooks/rollback.yml -i a, -l w"),
        ({"args": ["mine/site.yml"], "become": True, "become_ask_pass": True}, "kubelet.rollback -b -K -l w"),
        ({"args": ["playbooks/repair.yml"], "remote_user": "ops"}, "playbooks/rollback.yml -u ops -l w"),
        ({"inventory": list(_boundary.constants.DEFAULT_HOST_LIST)}, "kubelet.rollback -l w"),
    ],
)
def test_command_on_the_screen_works_where_the_run_was_started(
    given: dict[str, Any], typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It has the inventory and the login of the run, and the playbook's name as it was called; no other variables."""
    monkeypatch.chdir(Path(__file__).resolve().parents[3])
    monkeypatch.setattr(_boundary.context, "CLIARGS", {**given, "extra_vars": ["ansible_become_password=x"]})
    show(lambda _width, _colour: "ansible-playbook playbooks/rollback.yml -l w")
    shown = capsys.readouterr().out
    assert f"{typed}\n" in shown
    assert "become_password" not in shown
