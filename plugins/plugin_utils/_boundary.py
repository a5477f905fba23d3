# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where Ansible ends and plain Python begins: values, modules run on nodes, and the screen."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ansible import constants, context
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure, AnsibleError
from ansible.utils.color import ANSIBLE_COLOR
from ansible.utils.display import Display

from ._expected.declared import ExpectedError
from ._files import os_error
from ._interpret.snapshot import snapshot
from ._model.evidence import EvidenceError
from ._model.snapshot import Snapshot
from ._plan.policy import PolicyError
from ._report.text import closing_line, render, sentences
from ._signatures._extra import SignatureError

PLAIN_WIDTH = 100
REASON_LIMIT = 500

# Task workers have no terminal of their own; action plugins (and so this file) are imported before they are forked.
_ON_TERMINAL = sys.stdout.isatty()
# What Ansible itself wants to see of a module's result (the interpreter that it found, warnings of the module).
_PLAYBOOK = re.compile(r"ansible-playbook playbooks/([a-z]+\.yml)")
_ANSIBLES_OWN = ("ansible_facts", "warnings", "deprecations")


def to_native_tree(value: Any) -> Any:
    """A copy made of plain dict, list, str, int, float, bool and None.

    Task arguments, variables and module results are subclasses that carry tags (trust, origin) or template lazily;
    they are not ``str`` to YAML and must not be kept by records. What JSON cannot hold becomes its text.
    """
    return json.loads(json.dumps(value, default=str))


class TaskArguments(Protocol):
    """The part of Ansible's ActionBase that knows the task's arguments."""

    _task: Any

    def validate_argument_spec(self, argument_spec: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]: ...


def checked_options(task: TaskArguments, spec: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The task's arguments as plain values, checked and completed by ``spec``.

    Fails the task with one sentence where they do not fit. Stricter than Ansible, which takes the text of a dictionary
    for a string, and an empty path for the current directory.
    """
    given = to_native_tree(task._task.args)
    for name, rule in spec.items():
        if rule.get("type") in ("str", "path") and isinstance(given.get(name), (dict, list)):
            raise AnsibleActionFail(f"{name} must be a string, not {given[name]!r}")
        if rule.get("type") == "path" and given.get(name) == "" and (rule.get("required") or "default" in rule):
            raise AnsibleActionFail(f"{name} must not be empty")
        if rule.get("type") == "dict" and not _mapping(given.get(name, {})):
            raise AnsibleActionFail(f"{name} must be a mapping, not {given[name]!r}")
        items = given.get(name) if rule.get("elements") == "dict" else None
        for item in items if isinstance(items, list) else [items or {}]:
            if not _mapping(item):
                raise AnsibleActionFail(f"{name} must be a list of mappings, not of {item!r}")
    _result, options = task.validate_argument_spec(argument_spec=spec)
    plain: dict[str, Any] = to_native_tree(options)
    return plain


def _mapping(value: Any) -> bool:
    """True for a mapping, for what Ansible makes one of (JSON), and for nothing."""
    return value is None or isinstance(value, dict) or (isinstance(value, str) and value.lstrip()[:1] in ("{", ""))


class ModuleRunner(Protocol):
    """The part of Ansible's ActionBase that runs modules."""

    _task: Any

    def _execute_module(
        self, module_name: str, module_args: Mapping[str, Any] | None = None, task_vars: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Outcome:
    """What a module returned (plain values), and in one sentence why it could not run or failed."""

    values: Mapping[str, Any] = field(default_factory=dict)
    failure: str = ""
    for_ansible: Mapping[str, Any] = field(default_factory=dict)


def run_module(
    runner: ModuleRunner, name: str, arguments: Mapping[str, Any], task_vars: Mapping[str, Any], where: str = "the node"
) -> Outcome:
    """Run a module once on the task's host. A host that cannot be asked is an outcome, not an exception.

    Options that the module refuses fail the task.
    """
    try:
        # The action plugins subclass ActionBase, whose interface for this carries an underscore.
        result = runner._execute_module(module_name=name, module_args=arguments, task_vars=task_vars)
    except AnsibleConnectionFailure as error:
        return Outcome(failure=f"{where} could not be reached: {_sentence(error)}")
    except AnsibleError as error:  # refused become password, no place for temporary files, ...
        return Outcome(failure=f"nothing could be run on {where}: {_sentence(error)}")
    for_ansible = {key: result[key] for key in _ANSIBLES_OWN if key in result}
    values = to_native_tree(result)
    if values.get("unreachable"):
        return Outcome(failure=f"{where} could not be reached: {_reason(result)}", for_ansible=for_ansible)
    if values.get("options_refused"):
        raise AnsibleActionFail(_reason(result))
    if values.get("failed"):
        return Outcome(values, f"{name} failed on {where}: {_reason(result)}", for_ansible)
    return Outcome(values=values, for_ansible=for_ansible)


def run_interpreted(
    runner: ModuleRunner,
    name: str,
    facts: Callable[[Snapshot], Mapping[str, Any]],
    task_vars: Mapping[str, Any],
) -> dict[str, Any]:
    """The result of an info module with its ``evidence`` replaced by ``facts`` of it; its failures stay its own."""
    answer = dict(runner._execute_module(module_name=name, task_vars=task_vars))
    if answer.get("failed") or "evidence" not in answer:
        return answer
    evidence = to_native_tree(answer.pop("evidence"))
    with clear_failures():
        # The module has checked the option; what it read for a given distribution is understood as that one's.
        profile = to_native_tree(runner._task.args.get("profile"))
        seen = snapshot(evidence, host_name=str(task_vars["inventory_hostname"]), profile=profile)
        return {**answer, "parts": evidence.get("parts", {}), **facts(seen)}


def _sentence(message: object) -> str:
    return " ".join(str(message or "no reason given").split())


def _reason(result: Mapping[str, Any]) -> str:
    """Why a module failed: its message, what it raised, and the last words of an interpreter that could not run it."""
    raised = getattr(result.get("exception"), "event", None)
    last_words = [line for line in str(result.get("module_stderr") or "").splitlines() if line.strip()][-1:]
    texts = (result.get("msg"), None if result.get("msg") else getattr(raised, "msg", None), *last_words)
    return _sentence(": ".join(str(text) for text in texts if text)[:REASON_LIMIT])


@contextmanager
def clear_failures() -> Iterator[None]:
    """Errors that a user can cause (files, evidence, signatures, expected values, policy) fail the task with one
    sentence."""
    try:
        yield
    except OSError as error:
        raise AnsibleActionFail(os_error(error)) from None
    except (EvidenceError, SignatureError, ExpectedError, PolicyError) as error:
        raise AnsibleActionFail(str(error)) from None


def registered_results(task_vars: Mapping[str, Any], variable: str) -> tuple[list[dict[str, Any]], list[str]]:
    """What `diagnose` registered (``diagnosis`` and ``comparison``) and the result files, of all hosts of the play that
    have been diagnosed so far."""
    done = _registered(task_vars, variable, "diagnosis")
    kept = [{"diagnosis": entry["diagnosis"], "comparison": entry.get("comparison")} for entry in done]
    return to_native_tree(kept), [str(entry["result_file"]) for entry in done]


def undiagnosed(task_vars: Mapping[str, Any], variable: str) -> dict[str, str]:
    """Hosts of the play on which the task that registers `diagnose` failed, and why."""
    hostvars = task_vars["hostvars"]
    found = {host: hostvars.raw_get(host).get(variable) for host in task_vars["ansible_play_hosts_all"]}
    return {str(host): _reason(entry) for host, entry in found.items() if entry and "diagnosis" not in entry}


def registered(task_vars: Mapping[str, Any], variable: str, key: str) -> list[dict[str, Any]]:
    """What a task registered on all hosts of the play, plain; only results that have ``key``."""
    found: list[dict[str, Any]] = to_native_tree(_registered(task_vars, variable, key))
    return found


def _registered(task_vars: Mapping[str, Any], variable: str, key: str) -> list[Mapping[str, Any]]:
    hostvars = task_vars["hostvars"]
    # The hosts' variables are read raw: evidence is never looked at as a template.
    found = [hostvars.raw_get(host).get(variable) or {} for host in task_vars["ansible_play_hosts_all"]]
    return [entry for entry in found if key in entry]


def show_results(
    results: Sequence[Mapping[str, Any]],
    files: Sequence[str],
    overview: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Print results on the controller's screen, and without colours into Ansible's log file where there is one.

    ``overview`` is what nodes of the run have in common, in the form of a result; it comes first and is not counted.
    ``notes`` are sentences about the run; they come last.
    """
    parts = [[overview], results] if overview else [results]

    def page(width: int, colour: bool) -> str:
        blocks = [render(part, width=width, colour=colour) for part in parts]
        return "\n\n".join([*blocks, *sentences(notes, width), closing_line(results, files)])

    show(page)


def show(page: Callable[[int, bool], str]) -> None:
    """Print text on the controller's screen, and without colours into Ansible's log file where there is one.

    ``page`` makes it for a width in columns, with or without SGR escapes.
    """
    display = Display()
    width = display.columns if _ON_TERMINAL else PLAIN_WIDTH
    display.display(f"\n{_as_typed(page(width, bool(ANSIBLE_COLOR)))}\n", screen_only=True)
    display.display(f"\n{_as_typed(page(width, False))}\n", log_only=True)


def _as_typed(text: str) -> str:
    """The commands in a text as they work where this run was started: by its inventory and login, and by the name that
    the collection's playbooks have there."""
    given = context.CLIARGS
    ran, login = Path(str((*given.get("args", ()), "")[0])), []
    if list(given.get("inventory") or ()) != list(constants.DEFAULT_HOST_LIST):
        login += [word for source in given.get("inventory") or () for word in ("-i", _near(source))]
    if given.get("remote_user") and given["remote_user"] != constants.DEFAULT_REMOTE_USER:
        login += ["-u", given["remote_user"]]
    login += [flag for flag, asked in (("-b", "become"), ("-K", "become_ask_pass")) if given.get(asked)]

    def command(found: re.Match[str]) -> str:
        beside = ran.with_name(found[1]) if ran.parent.name == "playbooks" else Path(found[1])
        name = str(beside) if beside.is_file() else f"nodeclinic.kubelet.{beside.stem}"
        return shlex.join(["ansible-playbook", name, *login])

    return _PLAYBOOK.sub(command, text)


def _near(path: str) -> str:
    """A path from where the run was started, where it lies below."""
    near = os.path.relpath(path) if path.startswith("/") else path
    return path if near.startswith("..") else near
