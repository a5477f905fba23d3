# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on flags and on the kubelet's configuration file."""

from __future__ import annotations

from .._causes import _runtime
from .._model.plan import NEEDS_APPROVAL, SAFE, Action, Splice, Step
from .._model.service import Flag
from .actions_service import replace_word
from .context import Context, UnavailableError, Wanted, edit, unit
from .yaml_edit import EditError, add_field, remove_field, set_scalar


def remove_flag(at: Context) -> Action:
    """Take the refused flag out of the file that gives it."""
    flag = next((f for f in at.node.command_line.flags if f"--{f.name} in" in at.finding.summary), None)
    if flag is None:
        raise UnavailableError("the line that gives the flag must be known")
    fact = at.file(flag.place.path)
    word = f"--{flag.name}" if flag.value is None else f"--{flag.name}={flag.value}"
    content = fact.content or ""
    lines = content.splitlines()
    line = lines[(flag.place.line or 1) - 1] if (flag.place.line or 1) <= len(lines) else ""
    lead = " " if f" {word}" in line else ""
    splice = replace_word(content, flag.place.line, lead + word, "")
    return at.action("remove-flag", SAFE, f"{flag.place}: remove {word}", edit(fact, splice), *_reload(at, flag))


def remove_feature_gate(at: Context) -> Action:
    """Take the gate out of the configuration file, or out of --feature-gates."""
    named = at.finding.summary.replace("=", " ").split()
    gate = next((word for word in named if at.node.config.get(f"featureGates.{word}")), "")
    automatic = at.finding.remedy.automatic
    if gate:
        found = at.node.config.fields[f"featureGates.{gate}"]
        fact = at.file(found.place.path)
        gates = at.node.config.value("featureGates", {})
        path = ("featureGates",) if isinstance(gates, dict) and len(gates) == 1 else ("featureGates", gate)
        splice = _try(lambda: remove_field(fact.content or "", path))
        text = f"{found.place}: remove {'.'.join(path)}"
        return at.action("remove-feature-gate", automatic, text, edit(fact, splice))
    flag = at.node.command_line.flag("feature-gates")
    if flag is None or not flag.value:
        raise UnavailableError("the line that sets the gate must be known")
    kept = [item for item in flag.value.split(",") if item.partition("=")[0] not in named]
    if len(kept) == len(flag.value.split(",")):
        raise UnavailableError("the gate must stand in --feature-gates")
    fact = at.file(flag.place.path)
    new = f"--feature-gates={','.join(kept)}" if kept else ""
    splice = replace_word(fact.content or "", flag.place.line, f"--feature-gates={flag.value}", new)
    text = f"{flag.place}: {new or 'remove --feature-gates'}"
    return at.action("remove-feature-gate", automatic, text, edit(fact, splice), *_reload(at, flag))


def set_client_ca_file(at: Context) -> Action:
    """Name a CA file that exists and is the cluster's."""
    wanted = at.declared_value("config", "authentication", "x509", "clientCAFile") or _cluster_ca(at)
    return _set_field(at, "set-client-ca-file", ("authentication", "x509", "clientCAFile"), wanted, SAFE)


def _cluster_ca(at: Context) -> Wanted:
    """The usual CA file, where it exists and is proven by signature to be the kubeconfig's."""
    own = {c.fingerprint_sha256 for c in at.node.kubeconfig.ca.certificates}
    for path in ("/etc/kubernetes/pki/ca.crt", f"{at.node.kubelet_root}/ca.crt"):
        fact = at.node.file(path)
        held = {c.fingerprint_sha256 for c in at.certificates_of(fact)}
        if held and held <= own:
            return Wanted(path, f"it holds the CA of {at.node.kubeconfig.path}")
    raise UnavailableError(
        "a CA file that holds the CA of the kubeconfig must exist, or be declared in kubelet_expected"
    )


def set_config_field(at: Context) -> Action:
    """Correct kind or apiVersion, or resolvConf; other fields only where kubelet_expected declares them."""
    if at.finding.id == "config/wrong-kind":
        fact, steps = at.file(at.node.config.path), []
        for name, value in (("kind", "KubeletConfiguration"), ("apiVersion", "kubelet.config.k8s.io/v1beta1")):
            found = at.node.config.get(name)
            if found is None:
                steps.append(_try(lambda n=name, v=value: add_field(fact.content or "", (n,), v)))
            elif found.value != value and (name == "kind" or not str(found.value).startswith("kubelet.config.k8s.io/")):
                steps.append(_try(lambda n=name, v=value: set_scalar(fact.content or "", (n,), v)))
        return at.action("set-config-field", SAFE, f"{fact.path}: set kind and apiVersion", edit(fact, *steps))
    wanted = at.declared_value("config", "resolvConf")
    if wanted is None and at.node.file("/etc/resolv.conf").exists:
        wanted = Wanted("/etc/resolv.conf", "it exists on this node")
    if at.finding.id != "config/resolvconf-missing" or wanted is None:
        raise UnavailableError("the right value must be declared in kubelet_expected")
    return _set_field(at, "set-config-field", ("resolvConf",), wanted, NEEDS_APPROVAL)


def set_runtime_endpoint(at: Context) -> Action:
    """Name the socket that the runtime of this node serves."""
    point, runtime = _runtime.endpoint(at.node), at.node.runtime
    served = next((s for s, name in _runtime.SOCKETS.items() if runtime and runtime.name.startswith(name)), "")
    wanted = at.declared_value("config", "containerRuntimeEndpoint")
    value = wanted.value if wanted else f"unix://{served}"
    if not served and wanted is None:
        raise UnavailableError("the socket of the active runtime must be known")
    flag = at.node.command_line.flag("container-runtime-endpoint")
    source = wanted.source if wanted else f"{runtime.name if runtime else 'the runtime'} serves it"
    if flag is None:
        return _set_field(at, "set-runtime-endpoint", ("containerRuntimeEndpoint",), Wanted(value, source), SAFE)
    fact = at.file(flag.place.path)
    name = "--container-runtime-endpoint"
    splice = replace_word(fact.content or "", flag.place.line, f"{name}={point.url}", f"{name}={value}")
    text = f"{flag.place}: {name}={value} ({source})"
    return at.action("set-runtime-endpoint", SAFE, text, edit(fact, splice), *_reload(at, flag))


def remove_manager_state(at: Context) -> Action:
    """Move the state file of the CPU or memory manager into the record. The node must be drained first."""
    name = "cpu_manager_state" if "cpu" in at.finding.id else "memory_manager_state"
    fact = at.file(f"{at.node.kubelet_root}/{name}")
    step = Step("move_aside", {"path": fact.path, "sha256": fact.sha256})
    pods = "pods with exclusive CPUs or memory lose their pinning: drain the node first"
    return at.action(f"remove-{name.replace('_', '-')}", NEEDS_APPROVAL, f"move {fact.path} aside", step, pods=pods)


def enable_cri_plugin(at: Context) -> Action:
    """Take the CRI plugin out of containerd's disabled_plugins."""
    fact = at.file(_runtime.CONTAINERD_CONFIG)
    content, runtime = fact.content or "", at.node.runtime
    line = next(
        (n for n, text in enumerate(content.splitlines(), 1) if text.lstrip().startswith("disabled_plugins")), None
    )
    entries = _runtime.containerd_config(at.node).get("disabled_plugins")
    if line is None or not isinstance(entries, list) or "]" not in content.splitlines()[line - 1] or runtime is None:
        raise UnavailableError("disabled_plugins must stand on one line of containerd's configuration")
    kept = [entry for entry in entries if "cri" not in str(entry).split(".")]
    lines = content.splitlines(keepends=True)
    start = len("".join(lines[: line - 1]).encode())
    old = lines[line - 1].rstrip("\r\n")
    new = f"disabled_plugins = [{', '.join(repr(str(entry)) for entry in kept)}]"
    steps = (edit(fact, Splice(start, start + len(old.encode()), new)), unit("restart", runtime.name))
    return at.action("enable-cri-plugin", NEEDS_APPROVAL, f"{fact.path}:{line}: {new}; restart {runtime.name}", *steps)


def _set_field(at: Context, action: str, path: tuple[str, ...], wanted: Wanted, classification: str) -> Action:
    """Set a field of the configuration where it is written, or add it to the main file."""
    found = at.node.config.get(".".join(path))
    fact = at.file(found.place.path if found else at.node.config.path)
    change = set_scalar if found else add_field
    splice = _try(lambda: change(fact.content or "", path, wanted.value))
    text = f"{found.place if found else fact.path}: {path[-1]}: {wanted.value} ({wanted.source})"
    return at.action(action, classification, text, edit(fact, splice))


def _reload(at: Context, flag: Flag) -> tuple[Step, ...]:
    """daemon-reload, where the flag stands in a unit file; environment files are read at each start."""
    return () if flag.origin == "environment-file" else (unit("daemon-reload", at.node.kubelet.name),)


def _try(change: object) -> Splice:
    """The splice of an edit; what cannot be edited safely is not offered."""
    try:
        splice = change() if callable(change) else None
    except EditError as error:
        raise UnavailableError(str(error)) from error
    if not isinstance(splice, Splice):
        raise UnavailableError("the position of the value must be certain")
    return splice
