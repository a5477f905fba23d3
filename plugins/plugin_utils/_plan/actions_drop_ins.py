# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Actions on drop-ins: those of the kubelet's unit, under /etc alone, and the files of --config-dir."""

from __future__ import annotations

from .._causes.config_file import API_VERSION, KIND
from .._interpret._yaml import load
from .._interpret.field_types import type_errors
from .._interpret.kubelet_fields import KUBELET_CONFIGURATION
from .._model.common import FileFact
from .._model.plan import NEEDS_APPROVAL, Action, Splice, Step
from .._model.service import Directive, EnvironmentFile
from .context import PACKAGED, Context, UnavailableError, edit, unit
from .text_edit import insert_line, line_at, remove_line, replace_line, replace_word

_REQUIRES = ("Requires", "Requisite", "BindsTo")
_ABOUT_UNITS = (*_REQUIRES, "After", "Wants", "PartOf")


def set_aside_drop_in(at: Context) -> Action:
    """Move the drop-in that the finding quotes into the record, and reload. Of one that does more than to require a
    missing unit, only that line goes."""
    if at.finding.id == "service/dependency-failed":
        return _without_requirement(at)
    path = next((e.locator.rpartition(":")[0] or e.locator for e in at.finding.evidence if ".d/" in e.locator), "")
    return _aside(at, path)


def _aside(at: Context, path: str) -> Action:
    fact = _local(at, path)
    steps = (Step("move_aside", {"path": path, "sha256": fact.sha256}), unit("daemon-reload", at.node.kubelet.name))
    return at.action("set-aside-drop-in", NEEDS_APPROVAL, f"move {path} aside and daemon-reload", *steps)


def _local(at: Context, path: str) -> FileFact:
    """A drop-in that somebody made on this node."""
    if not path.startswith("/etc/"):
        raise UnavailableError(f"only a local drop-in under /etc may be changed. {at.finding.remedy.text}")
    return at.file(path)


def _without_requirement(at: Context) -> Action:
    """Take out what requires a unit that does not exist. One that exists and fails, or a mount, is for a person: what
    is on it would be missed."""
    wanting = [each for each in at.node.kubelet.directives if each.key in _REQUIRES and _missing(at, each)]
    paths = {each.place.path for each in wanting}
    lost = {name for each in wanting for name in _missing(at, each)}
    if len(paths) != 1 or any(name.endswith(".mount") for name in lost):
        raise UnavailableError(
            "one local drop-in must require a unit that does not exist, and that is no mount: else repair that unit"
            f" (systemctl status). {at.finding.remedy.text}"
        )
    path = paths.pop()
    own = [each for each in at.node.kubelet.directives if each.place.path == path]
    if all(each.key in _ABOUT_UNITS and set(each.value.split()) <= lost for each in own):
        return _aside(at, path)
    fact = _local(at, path)
    steps = (
        edit(fact, *(_required(fact, each, lost) for each in wanting)),
        unit("daemon-reload", at.node.kubelet.name),
    )
    text = f"{', '.join(str(each.place) for each in wanting)}: require {' '.join(sorted(lost))} no more, daemon-reload"
    return at.action("correct-drop-in", NEEDS_APPROVAL, text, *steps)


def _missing(at: Context, directive: Directive) -> list[str]:
    return [name for name in directive.value.split() if at.node.unit_load_states.get(name) == "not-found"]


def _required(fact: FileFact, directive: Directive, lost: set[str]) -> Splice:
    """The line without the units that are lost; no line where that is all."""
    _whole_line(fact, directive)
    kept = [name for name in directive.value.split() if name not in lost]
    if not kept:
        return remove_line(fact.content or "", directive.place.line)
    return replace_line(fact.content or "", directive.place.line, f"{directive.key}={' '.join(kept)}")


def _whole_line(fact: FileFact, directive: Directive) -> None:
    """UnavailableError where a directive does not stand as such on one line."""
    _start, line = line_at(fact.content or "", directive.place.line)
    if line.strip() != f"{directive.key}={directive.value}":
        raise UnavailableError(f"{directive.place} must hold all of {directive.key}= on one line")


def correct_drop_in(at: Context) -> Action:
    """Clear the packaged ExecStart= before the drop-in sets its own; name the configuration file that exists; make a
    missing environment file optional; start as root."""
    if at.finding.id == "config/kubelet-config-missing":
        return _config_path(at)
    if at.finding.id == "service/environment-file-missing":
        return _optional(at)
    if at.finding.id in ("service/not-root", "service/exec-environment-failed"):
        return _as_root(at)
    starts: list[Directive] = []
    for directive in at.node.kubelet.directives:
        if (directive.section, directive.key) == ("Service", "ExecStart"):
            starts = [*starts, directive] if directive.value else []  # an empty one clears those before it
    if len(starts) != 2 or starts[1].place.line is None or starts[0].place.path == starts[1].place.path:
        raise UnavailableError(
            f"exactly one drop-in must add a second ExecStart= without clearing the first. {at.finding.remedy.text}"
        )
    fact = at.file(starts[-1].place.path)
    splice = insert_line(fact.content or "", starts[-1].place.line, "ExecStart=")
    steps = (edit(fact, splice), unit("daemon-reload", at.node.kubelet.name))
    text = f"add an empty ExecStart= line before {starts[-1].place} and daemon-reload"
    return at.action("correct-drop-in", NEEDS_APPROVAL, text, *steps)


def _config_path(at: Context) -> Action:
    """Replace the value of --config by the usual path, where that file holds a KubeletConfiguration."""
    flag, usual = at.node.command_line.flag("config"), f"{at.node.kubelet_root}/config.yaml"
    if flag is None or flag.value in (None, usual) or not at.node.file(usual).exists:
        raise UnavailableError("another configuration file must exist, or the lost one be restored from the cluster")
    _require_configuration(at, usual)
    fact = at.file(flag.place.path)
    splice = replace_word(fact.content or "", flag.place.line, f"--config={flag.value}", f"--config={usual}")
    reload = (unit("daemon-reload", at.node.kubelet.name),) if flag.origin != "environment-file" else ()
    return at.action("correct-drop-in", NEEDS_APPROVAL, f"{flag.place}: --config={usual}", edit(fact, splice), *reload)


def _require_configuration(at: Context, path: str) -> None:
    tree = load(at.node.file(path).content or "", path).tree
    good = tree is not None and (tree.text("kind"), tree.text("apiVersion")) == (KIND, API_VERSION)
    if tree is None or not good or next(type_errors(tree, KUBELET_CONFIGURATION), None):
        raise UnavailableError(f"{path} must hold a KubeletConfiguration that a kubelet can read")


def _optional(at: Context) -> Action:
    """Let the kubelet start without a file, where its command line has what it needs from elsewhere."""
    lost = [each for each in at.node.environment_files if not each.optional and at.node.file(each.path).absent]
    line, config = at.node.command_line, at.node.config
    if not lost or line.flag("kubeconfig") is None or (config.configured and not config.file.exists):
        raise UnavailableError(
            f"the kubelet must have --kubeconfig and its configuration without that file. {at.finding.remedy.text}"
        )
    steps = [edit(_local(at, each.place.path), _as_optional(at, each)) for each in lost]
    text = ", ".join(f"{each.place}: EnvironmentFile=-{each.path}" for each in lost)
    summary = f"{text}, daemon-reload; what stood in the file (a proxy, say) is not passed on"
    return at.action("correct-drop-in", NEEDS_APPROVAL, summary, *steps, unit("daemon-reload", at.node.kubelet.name))


def _as_optional(at: Context, entry: EnvironmentFile) -> Splice:
    fact = at.node.file(entry.place.path)
    _whole_line(fact, Directive("Service", "EnvironmentFile", entry.path, entry.place))
    return replace_line(fact.content or "", entry.place.line, f"EnvironmentFile=-{entry.path}")


def _as_root(at: Context) -> Action:
    """Take User= and Group= out of local drop-ins: a kubelet is root."""
    found = [
        each
        for each in at.node.kubelet.directives
        if each.section == "Service" and each.key in ("User", "Group") and each.value not in ("", "root", "0")
    ]
    facts = {each.place.path: _local(at, each.place.path) for each in found}
    if not found:
        raise UnavailableError(f"a local drop-in must set User= or Group=. {at.finding.remedy.text}")
    for each in found:
        _whole_line(facts[each.place.path], each)
    steps = [
        edit(fact, *(remove_line(fact.content or "", each.place.line) for each in found if each.place.path == path))
        for path, fact in facts.items()
    ]
    text = f"{', '.join(f'{each.place}: remove {each.key}={each.value}' for each in found)}, daemon-reload"
    return at.action("correct-drop-in", NEEDS_APPROVAL, text, *steps, unit("daemon-reload", at.node.kubelet.name))


def set_aside_config_drop_in(at: Context) -> Action:
    """Move the files of --config-dir that cannot be merged into the record; what they set holds no more."""
    flag = at.node.command_line.flag("config-dir")
    if flag is None or at.node.file(flag.value or "").absent:
        raise UnavailableError(f"which directory is meant must be known. {at.finding.remedy.text}")
    paths = dict.fromkeys(problem.place.path for problem in at.node.config.drop_in_problems)
    facts = [at.node.file(path) for path in paths]
    if not facts or any(fact.type != "file" or not fact.sha256 or fact.path.startswith(PACKAGED) for fact in facts):
        raise UnavailableError(f"the files at fault must be known, and belong to no package. {at.finding.remedy.text}")
    steps = (Step("move_aside", {"path": fact.path, "sha256": fact.sha256}) for fact in facts)
    text = f"move {', '.join(paths)} aside; the settings in it have no effect any more"
    return at.action("set-aside-config-drop-in", NEEDS_APPROVAL, text, *steps)
