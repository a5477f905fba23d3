# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What config_info returns: the configuration that the kubelet really uses, each value with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._model.common import FileFact, Problem
from .._model.configuration import Credential, Kubeconfig, KubeletConfiguration
from .._model.service import CommandLine
from .._model.snapshot import Snapshot


def config_facts(node: Snapshot) -> dict[str, Any]:
    """Command line, environment, KubeletConfiguration and kubeconfigs, JSON-ready; None is what is not known."""
    return {
        "command_line": _command_line(node.command_line),
        "command_line_after_reload": _after_reload(node),
        "running_differs": _differences(node.command_line, node.running),
        "environment_files": [
            {
                "path": item.path,
                "optional": item.optional,
                "place": str(item.place),
                "file": _file(node.file(item.path)),
            }
            for item in node.environment_files
        ],
        "kubelet_configuration": _configuration(node.config),
        "kubeconfig": _kubeconfig(node.kubeconfig),
        "bootstrap_kubeconfig": _kubeconfig(node.bootstrap_kubeconfig),
    }


def _command_line(line: CommandLine) -> dict[str, Any]:
    return {
        "binary": line.binary or None,
        "place": str(line.place) if line.place else None,
        "flags": [
            {"name": flag.name, "value": flag.value, "place": str(flag.place), "origin": flag.origin}
            for flag in line.flags
        ],
    }


def _after_reload(node: Snapshot) -> dict[str, Any] | None:
    """The command line on disk where systemd has not read it yet, else None."""
    changed = _settings(node.command_line) != _settings(node.command_line_on_disk)
    return _command_line(node.command_line_on_disk) if changed else None


def _settings(line: CommandLine) -> list[tuple[str, str | None]]:
    return [(flag.name, flag.value) for flag in line.flags]


def _differences(configured: CommandLine, running: CommandLine | None) -> list[dict[str, Any]] | None:
    """Flags whose values differ between the unit and the live process; None without a process to compare with."""
    if running is None:
        return None
    names = dict.fromkeys(flag.name for flag in (*configured.flags, *running.flags))
    return [
        {"name": name, "configured": _value(configured, name), "running": _value(running, name)}
        for name in names
        if _value(configured, name) != _value(running, name)
    ]


def _value(line: CommandLine, name: str) -> str | None:
    """Value of a flag; ``true`` for one without a value, None for one that is not there."""
    flag = line.flag(name)
    return None if flag is None else "true" if flag.value is None else flag.value


def _configuration(config: KubeletConfiguration) -> dict[str, Any]:
    leaves = [field for field in config.fields.values() if not isinstance(field.value, (dict, list)) or not field.value]
    return {
        "path": config.path or None,
        "place": str(config.source) if config.source else None,
        "file": _file(config.file) if config.path else None,
        "drop_ins": [fact.path for fact in config.drop_ins],
        "fields": [{"name": field.path, "value": field.value, "place": str(field.place)} for field in leaves],
        "unknown_fields": [{"name": field.path, "place": str(field.place)} for field in config.unknown],
        "problems": _problems((config.problem, *config.type_errors, *config.duplicates, *config.drop_in_problems)),
    }


def _kubeconfig(config: Kubeconfig) -> dict[str, Any] | None:
    """A kubeconfig through its current-context; None when no flag names one."""
    if not config.configured:
        return None
    return {
        "path": config.path,
        "place": str(config.source) if config.source else None,
        "file": _file(config.file),
        "current_context": config.current_context.value if config.current_context else None,
        "server": config.server.value if config.server else None,
        "server_place": str(config.server.place) if config.server else None,
        "certificate_authority": _credential(config.ca),
        "client_certificate": _credential(config.client_certificate),
        "client_key": _credential(config.client_key),
        "has_token": config.has_token,
        "exec_command": config.exec_command.value if config.exec_command else None,
        "proxy_url": config.proxy_url.value if config.proxy_url else None,
        "insecure_skip_tls_verify": config.insecure,
        "problems": _problems((config.problem,)),
    }


def _credential(credential: Credential) -> dict[str, Any]:
    return {
        "kind": credential.kind,
        "path": credential.path or None,
        "place": str(credential.place) if credential.place else None,
        "resolves": credential.file.resolves if credential.kind == "file" else None,
        "problem": credential.problem.message if credential.problem else None,
    }


def _file(fact: FileFact) -> dict[str, Any]:
    return {"path": fact.path, "type": fact.type, "mode": fact.mode, "resolves": fact.resolves}


def _problems(problems: Iterable[Problem | None]) -> list[str]:
    return [f"{problem.place}: {problem.message}" for problem in problems if problem]
