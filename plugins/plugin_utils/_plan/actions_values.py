# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that the kubelet refuses: fields and flags, given what a trusted source says of just these.

Sources are what is expected of the node, then the ConfigMap kubelet-config as a whole: what it does not have, nodes of
this cluster need not have. The class is that of expected values: safe where the user declared it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from .._expected.baseline import keys
from .._expected.between import between_nodes, by_size
from .._expected.defaults import FLAGS, effective
from .._expected.matchers import same, value_text
from .._expected.observe import scalar
from .._expected.published import CONFIGURED_BY_KUBEADM, KUBELET_CONFIG, SET_ON_NODE
from .._interpret._yaml import load
from .._interpret.field_types import misfit, type_of
from .._interpret.kubelet_fields import MapOf
from .._model.plan import NEEDS_APPROVAL, SAFE, Action
from .actions_config import attempt, set_setting
from .changes import DRAIN, change_flag, steps_of, write_field
from .context import Context, UnavailableError, Wanted, edit
from .yaml_edit import add_field, set_scalar

_FAIL_CGROUP_V1 = "failCgroupV1"
_FIELD_OF = {flag: f"config.{path}" for path, flag in FLAGS.items()}
_EVIDENT = {"bool": re.compile(r"true|false"), **dict.fromkeys(("int32", "int64", "uint32"), re.compile(r"0|[1-9]\d*"))}
# The runtime decides the first; the others follow from the size of the machine, and pods suffer where they are missing.
_OF_NODE = ("cgroupDriver", "kubeReserved", "systemReserved")
_MASK = "***"
_MOST = 20  # settings: with more of them wrong, the whole file is in question
_DRAINED = "pods keep what the old value gave them: drain the node first"
_FITTED = "pods for which there is no room by the new value are refused or evicted when the kubelet starts"
_STOP_GAP = "a stop-gap: kubelets will lose cgroup v1; boot the host with cgroup v2"


def set_config_field(at: Context) -> Action:
    """Set or remove the field that the kubelet refuses; kind and apiVersion, resolvConf and failCgroupV1 by proof."""
    if at.finding.id == "config/wrong-kind":
        return _kind(at)
    if at.finding.id == "config/resolvconf-missing":
        return _resolv_conf(at)
    if at.finding.id == "system/cgroup-v1-refused":
        return _accept_cgroup_v1(at)
    return set_values(at)


def set_values(at: Context) -> Action:
    """Give each setting that is at fault its right value, or take it away; all of them or none."""
    if not 0 < len(at.finding.at_fault) <= _MOST:
        raise UnavailableError(f"which setting is at fault cannot be told for certain. {at.finding.remedy.text}")
    answers = dict(filter(None, (_answer(at, path) for path in at.finding.at_fault)))
    changes = [
        (change_flag if path.startswith("flags.") else write_field)(at, path, wanted)
        for path, wanted in answers.items()
    ]
    if not changes:
        named = ", ".join(at.finding.at_fault)
        raise UnavailableError(f"{named}: the sources expect what is refused here. {at.finding.remedy.text}")
    drained = any(_camel(path.partition(".")[2]) in DRAIN for path in answers)
    fitted = any(by_size(path) for path in answers)
    known = all(wanted.declared or isinstance(wanted, _Evident) for wanted in answers.values())
    text = ", ".join(change.text for change in changes)
    automatic = SAFE if known and not drained else NEEDS_APPROVAL
    action = at.action(at.finding.remedy.repair or "", automatic, text, *steps_of(at, changes))
    pods = _DRAINED if drained else _FITTED if fitted else action.pods
    return replace(action, pods=pods)


def _camel(name: str) -> str:
    """The name of a flag as fields are written: cpuManagerPolicy."""
    return re.sub(r"-([a-z])", lambda found: found[1].upper(), name)


def remove_unknown_field(at: Context) -> Action:
    """Take away fields that this kubelet says it does not know. They have no effect, so nothing is restarted."""
    if not at.finding.at_fault:
        raise UnavailableError(f"the kubelet's own log must name the field. {at.finding.remedy.text}")
    gone = Wanted(None, "this kubelet does not know it")
    changes = [write_field(at, path, gone) for path in at.finding.at_fault]
    return at.action(
        "remove-unknown-field",
        NEEDS_APPROVAL,
        ", ".join(change.text for change in changes),
        *steps_of(at, changes),
        pods="none: the kubelet is not restarted",
        way_back="the file of the record is put back",
        restart=False,
    )


@dataclass(frozen=True)
class _Evident(Wanted):
    """A value that needs no source: the same as it stands there, in the type that the field takes."""


def _answer(at: Context, path: str) -> tuple[str, Wanted] | None:
    """The path that has to change and what belongs there; None where it is right already."""
    field = _field_of(path)
    wanted = at.wanted(path) or (at.wanted(field) if field else None)
    if wanted is not None and not wanted.declared and same(wanted.value, effective(field, None)) and _lacks(at, field):
        wanted = None  # the default is expected because nobody sets the field: here it need not be set either
    answer = (path, wanted) if wanted else _evident(at, path) or _of_whole(at, path)
    if answer is None:
        raise UnavailableError(
            f"the right value of {path} must be known: declared as kubelet_expected.{path}, published in"
            f" kube-system/{KUBELET_CONFIG}, or shared by most peers. {at.finding.remedy.text}"
        )
    return None if _right(at, *answer) else answer


def _field_of(path: str) -> str:
    """The field of KubeletConfiguration that a flag sets, or the field itself; empty where none is known."""
    return path if path.startswith("config.") else _FIELD_OF.get(path.removeprefix("flags."), "")


def _here(at: Context, path: str) -> Any:
    """What stands there."""
    if path.startswith("config."):
        return at.node.config.value(path.removeprefix("config."))
    flag = at.node.command_line.flag(path.removeprefix("flags."))
    return flag.value if flag else None


def _right(at: Context, path: str, wanted: Wanted) -> bool:
    """True where nothing has to change. UnavailableError for a value that the field cannot take."""
    kind, here = type_of(keys(_field_of(path))[1:]) if _field_of(path) else None, _here(at, path)
    value = wanted.value
    if path.startswith("flags.") and isinstance(value, str) and kind != "string":
        value = scalar(value)
    problem = misfit(value, kind) if kind and value is not None else ""
    if problem:
        raise UnavailableError(f"{path}: {value_text(wanted.value)} ({wanted.source}) is not {problem}")
    fits = not kind or here is None or not misfit(here, kind)
    return fits and (same(wanted.value, here) or (here is None and same(wanted.value, effective(path, None))))


def _evident(at: Context, path: str) -> tuple[str, Wanted] | None:
    """A number, true or false in quotes, where the field takes just that."""
    kind, here = type_of(keys(path)[1:]) if path.startswith("config.") else None, _here(at, path)
    if not isinstance(kind, str) or not isinstance(here, str) or kind not in _EVIDENT:
        return None
    if not _EVIDENT[kind].fullmatch(here):
        return None
    return path, _Evident(here == "true" if kind == "bool" else int(here), "the same without quotes")


def _of_whole(at: Context, path: str) -> tuple[str, Wanted] | None:
    """What kubelet-config as a whole says of a setting for which it names no single value: that it has none, or another
    map. A map is taken as a whole: one threshold fewer would do harm without a word."""
    field = _field_of(path)
    if not _of_cluster(at, field):
        return None
    names = keys(field)[1:]
    if isinstance(type_of(names[:-1]), MapOf) and names[0] != "featureGates":  # each gate is for itself
        names = names[:-1]
    source, name = _published(at, names), ".".join(names)
    if source is None:
        return _removal(at, path, name)
    of_map = isinstance(source, dict) and path.startswith("config.")
    return (f"config.{name}", Wanted(source, KUBELET_CONFIG)) if of_map else None


def _removal(at: Context, path: str, name: str) -> tuple[str, Wanted]:
    """Take a field, or the flag that sets it, away; what holds then is said."""
    found, default = at.node.config.get(name), effective(f"config.{name}", None)
    of_flag = path.startswith("flags.")
    if found is not None and (of_flag or found.place.path != at.node.config.path):
        then = f"; {found.place if of_flag else at.node.config.path} holds then"
    else:
        then = "" if default is None else f"; the default holds then: {value_text(default)}"
    return path if of_flag else f"config.{name}", Wanted(None, f"{KUBELET_CONFIG} has no {name}{then}")


def _lacks(at: Context, field: str) -> bool:
    """True where kubelet-config was read as a whole and does not set the field."""
    return _of_cluster(at, field) and _published(at, keys(field)[1:]) is None


def _published(at: Context, names: tuple[str, ...]) -> Any:
    source: Any = _whole(at)
    for name in names:
        source = source.get(name) if isinstance(source, dict) else None
    return source


def _of_cluster(at: Context, field: str) -> bool:
    """True for a field that a node has no reason to set for itself, where kubelet-config is known as a whole."""
    own = field.removeprefix("config.").partition(".")[0] in (*SET_ON_NODE, *_OF_NODE)
    return bool(field) and not own and between_nodes(field) and bool(_whole(at))


def _whole(at: Context) -> dict[str, Any]:
    """kubelet-config of a node that has its file from there; empty where it is not known as a whole."""
    tree = load(at.kubelet_config, KUBELET_CONFIG).tree if at.kubelet_config else None
    own = at.node.config.path == f"{at.node.kubelet_root}/config.yaml" and at.node.profile in CONFIGURED_BY_KUBEADM
    if tree is None or tree.text("kind") != "KubeletConfiguration" or _MASK in at.kubelet_config or not own:
        return {}
    return dict(tree.plain())


def _kind(at: Context) -> Action:
    """Correct kind and apiVersion."""
    fact, steps = at.file(at.node.config.path), []
    for name, value in (("kind", "KubeletConfiguration"), ("apiVersion", "kubelet.config.k8s.io/v1beta1")):
        found = at.node.config.get(name)
        if found is None:
            steps.append(attempt(lambda n=name, v=value: add_field(fact.content or "", (n,), v)))
        elif found.value != value and (name == "kind" or not str(found.value).startswith("kubelet.config.k8s.io/")):
            steps.append(attempt(lambda n=name, v=value: set_scalar(fact.content or "", (n,), v)))
    return at.action("set-config-field", SAFE, f"{fact.path}: set kind and apiVersion", edit(fact, *steps))


def _resolv_conf(at: Context) -> Action:
    """The file that is expected, else the usual one where it exists."""
    wanted = at.wanted("config.resolvConf")
    if (wanted is None or not wanted.value) and at.node.file("/etc/resolv.conf").exists:
        wanted = Wanted("/etc/resolv.conf", "it exists on this node")
    if wanted is None:
        raise UnavailableError(f"the right file must be declared in kubelet_expected. {at.finding.remedy.text}")
    if at.node.file(str(wanted.value)).absent:
        raise UnavailableError(f"{wanted.value} ({wanted.source}) must exist on this node. {at.finding.remedy.text}")
    automatic = SAFE if wanted.declared else NEEDS_APPROVAL
    return set_setting(at, "set-config-field", ("resolvConf",), "resolv-conf", wanted, automatic)


def _accept_cgroup_v1(at: Context) -> Action:
    """Let this kubelet run on cgroup v1 once more; the user may have declared that it must not."""
    declared = at.wanted(f"config.{_FAIL_CGROUP_V1}")
    if declared is not None and declared.declared and declared.value is not False:
        raise UnavailableError(f"{declared.source} wants cgroup v2. {at.finding.remedy.text}")
    wanted = Wanted(False, _STOP_GAP)
    return set_setting(at, "set-config-field", (_FAIL_CGROUP_V1,), "fail-cgroupv1", wanted, NEEDS_APPROVAL)
