# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on flags and on the kubelet's configuration file."""

from __future__ import annotations

import json
import re

from .._causes import _runtime
from .._expected.matchers import value_text
from .._model.expected import Origin
from .._model.plan import NEEDS_APPROVAL, SAFE, Action, Splice, Step
from .._model.service import Flag
from .context import Context, UnavailableError, Wanted, edit, unit
from .text_edit import remove_word, replace_line, replace_word
from .yaml_edit import EditError, add_field, remove_field, set_scalar


def remove_flag(at: Context) -> Action:
    """Take the refused flag out of the file that gives it."""
    flag = next((f for f in at.node.command_line.flags if f"--{f.name} in" in at.finding.summary), None)
    if flag is None:
        raise UnavailableError("the line that gives the flag must be known")
    fact = at.file(flag.place.path)
    word = word_of(flag)
    splice = remove_word(fact.content or "", flag.place.line, word)
    return at.action("remove-flag", SAFE, f"{flag.place}: remove {word}", edit(fact, splice), *reload_for(at, flag))


def remove_feature_gate(at: Context) -> Action:
    """Take the gate out of the configuration file, or out of --feature-gates."""
    named = re.findall(r"[A-Za-z][A-Za-z0-9]*", at.finding.summary)
    gate = next((word for word in named if at.node.config.get(f"featureGates.{word}")), "")
    automatic = at.finding.remedy.automatic
    if gate:
        found = at.node.config.fields[f"featureGates.{gate}"]
        fact = at.file(found.place.path)
        gates = at.node.config.value("featureGates", {})
        path = ("featureGates",) if isinstance(gates, dict) and len(gates) == 1 else ("featureGates", gate)
        splice = attempt(lambda: remove_field(fact.content or "", path))
        text = f"{found.place}: remove {'.'.join(path)}"
        return at.action("remove-feature-gate", automatic, text, edit(fact, splice))
    flag = at.node.command_line.flag("feature-gates")
    if flag is None or not flag.value:
        raise UnavailableError("the line that sets the gate must be known")
    kept = [item for item in flag.value.split(",") if item.partition("=")[0] not in named]
    if len(kept) == len(flag.value.split(",")):
        raise UnavailableError("the gate must stand in --feature-gates")
    fact = at.file(flag.place.path)
    content, old, new = fact.content or "", word_of(flag), f"--feature-gates={','.join(kept)}"
    splice = replace_word(content, flag.place.line, old, new) if kept else remove_word(content, flag.place.line, old)
    text = f"{flag.place}: {new if kept else 'remove --feature-gates'}"
    return at.action("remove-feature-gate", automatic, text, edit(fact, splice), *reload_for(at, flag))


def set_client_ca_file(at: Context) -> Action:
    """Name a CA file that exists and is the cluster's."""
    path = ("authentication", "x509", "clientCAFile")
    wanted = at.wanted(f"config.{'.'.join(path)}")
    if wanted is None or not wanted.declared:
        wanted = _cluster_ca(at, wanted)
    elif at.node.file(str(wanted.value)).absent:
        raise UnavailableError(f"{wanted.value} ({wanted.source}) must exist on this node")
    return set_setting(at, "set-client-ca-file", path, "client-ca-file", wanted, SAFE)


def _cluster_ca(at: Context, wanted: Wanted | None) -> Wanted:
    """The CA file that is expected, or the usual one, where it exists and is proven by signature to be the
    kubeconfig's."""
    own = {c.fingerprint_sha256 for c in at.node.kubeconfig.ca.certificates}
    expected = [str(wanted.value)] if wanted and wanted.value else []
    for path in (*expected, "/etc/kubernetes/pki/ca.crt", f"{at.node.kubelet_root}/ca.crt"):
        fact = at.node.file(path)
        held = {c.fingerprint_sha256 for c in at.certificates_of(fact)}
        if held and held <= own:
            others = f"; expected by {wanted.source}" if wanted and wanted.value == path else ""
            return Wanted(path, f"it holds the CA of {at.node.kubeconfig.path}{others}")
    raise UnavailableError(
        "a CA file that holds the CA of the kubeconfig must exist, or be declared in kubelet_expected"
    )


def set_runtime_endpoint(at: Context) -> Action:
    """Name the socket that the runtime of this node serves."""
    runtime = at.node.runtime
    served = next((s for s, name in _runtime.SOCKETS.items() if runtime and runtime.name.startswith(name)), "")
    wanted = at.wanted("config.containerRuntimeEndpoint")
    if (wanted is None or not wanted.declared) and runtime is not None and served:
        wanted = Wanted(f"unix://{served}", f"{runtime.name} serves it")
    if wanted is None or not wanted.value:
        raise UnavailableError("the socket of the active runtime must be known")
    name = "container-runtime-endpoint"
    known = wanted.origin in (Origin.DECLARED, Origin.BUILT_IN)  # built in: the runtime of this node serves it
    automatic = SAFE if known else NEEDS_APPROVAL
    return set_setting(at, "set-runtime-endpoint", ("containerRuntimeEndpoint",), name, wanted, automatic)


def remove_manager_state(at: Context) -> Action:
    """Move the state file of the CPU or memory manager into the record. The node must be drained first."""
    name = "cpu_manager_state" if "cpu" in at.finding.id else "memory_manager_state"
    fact = at.file(f"{at.node.kubelet_root}/{name}")
    step = Step("move_aside", {"path": fact.path, "sha256": fact.sha256})
    pods = "pods with exclusive CPUs or memory lose their pinning: drain the node first"
    return at.action(f"remove-{name.replace('_', '-')}", NEEDS_APPROVAL, f"move {fact.path} aside", step, pods=pods)


def enable_cri_plugin(at: Context) -> Action:
    """Take the CRI plugin out of containerd's disabled_plugins."""
    fact = at.file(_runtime.config_path(at.node))
    content, runtime = fact.content or "", at.node.runtime
    lines = content.split("\n")
    numbers = [n for n, text in enumerate(lines, 1) if re.match(r"\s*disabled_plugins\s*=\s*\[.*\]\s*\Z", text)]
    entries = _runtime.containerd_config(at.node).get("disabled_plugins")
    if len(numbers) != 1 or not isinstance(entries, list) or runtime is None:
        raise UnavailableError("disabled_plugins must stand on one line of containerd's configuration, without comment")
    kept = [str(entry) for entry in entries if "cri" not in str(entry).split(".")]
    new = f"disabled_plugins = [{', '.join(json.dumps(entry) for entry in kept)}]"
    splice = replace_line(content, numbers[0], new)
    text = f"{fact.path}:{numbers[0]}: {new}; restart {runtime.name}"
    return at.action("enable-cri-plugin", NEEDS_APPROVAL, text, edit(fact, splice), unit("restart", runtime.name))


def set_setting(
    at: Context, action: str, path: tuple[str, ...], name: str, wanted: Wanted, classification: str
) -> Action:
    """Set a setting where it is written: its flag, which wins; its field; or, where neither is, in the main file."""
    flag = at.node.command_line.flag(name)
    found = at.node.config.get(".".join(path))
    if (flag.value if flag else found.value if found else None) == wanted.value:
        raise UnavailableError(f"{wanted.value} is set already ({wanted.source})")
    if flag is not None:
        fact = at.file(flag.place.path)
        splice = replace_word(fact.content or "", flag.place.line, word_of(flag), f"--{name}={bare(wanted)}")
        text = f"{flag.place}: --{name}={value_text(wanted.value)} ({wanted.source})"
        return at.action(action, classification, text, edit(fact, splice), *reload_for(at, flag))
    fact = at.file(found.place.path if found else at.node.config.path)
    change = set_scalar if found else add_field
    splice = attempt(lambda: change(fact.content or "", path, wanted.value))
    text = f"{found.place if found else fact.path}: {path[-1]}: {value_text(wanted.value)} ({wanted.source})"
    return at.action(action, classification, text, edit(fact, splice))


def word_of(flag: Flag) -> str:
    """A flag as it is written when nothing in it is quoted."""
    return f"--{flag.name}" if flag.value is None else f"--{flag.name}={flag.value}"


def bare(wanted: Wanted) -> str:
    """A value as it stands on a command line, without quotes."""
    text = str(wanted.value).lower() if isinstance(wanted.value, bool) else str(wanted.value)
    if not re.fullmatch(r"[A-Za-z0-9/_.:@,+=-]+", text):
        raise UnavailableError(f"{text!r} ({wanted.source}) would need quotes on a command line")
    return text


def reload_for(at: Context, flag: Flag) -> tuple[Step, ...]:
    """daemon-reload, where the flag stands in a unit file; environment files are read at each start."""
    return () if flag.origin == "environment-file" else (unit("daemon-reload", at.node.kubelet.name),)


def attempt(change: object) -> Splice:
    """The splice of an edit; what cannot be edited safely is not offered."""
    try:
        splice = change() if callable(change) else None
    except EditError as error:
        raise UnavailableError(str(error)) from error
    if not isinstance(splice, Splice):
        raise UnavailableError("the position of the value must be certain")
    return splice
