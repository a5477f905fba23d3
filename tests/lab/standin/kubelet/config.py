# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""KubeletConfiguration: the file, its drop-ins and the flags over it, with the kubelet's own strictness."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from . import go_yaml
from .errors import CommandFailed, Panic
from .fields import KNOWN_GATES, LOCKED_GATES, STRUCTS, TYPES
from .logs import Log, go_quote

API = "kubelet.config.k8s.io/v1beta1"
DEFAULTS = {
    "port": 10250, "healthzPort": 10248, "healthzBindAddress": "127.0.0.1", "failSwapOn": True, "failCgroupV1": True,
    "maxPods": 110, "cpuManagerPolicy": "none", "memoryManagerPolicy": "None", "staticPodPath": "",
    "rotateCertificates": False, "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
    "registerNode": True, "imageGCHighThresholdPercent": 85, "imageGCLowThresholdPercent": 80,
    "containerLogMaxFiles": 5,
}  # fmt: skip
JSON_TYPES = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}


# what is said of a document that is no mapping at all
NO_KIND = (
    "couldn't get version/kind; json parse error: json: cannot unmarshal {kind} into Go value of type struct "
    '{{ APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }}'
)


class DecodeError(ValueError):
    """A document cannot be decoded; the text is the decoder's."""


def lookup(config: dict[str, Any], path: str) -> Any:
    """The value at a dotted path, else the default of that field, else None. Zero values count as unset."""
    value: Any = config
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value if value not in (None, "", "0s") else DEFAULTS.get(path)


def set_value(config: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for key in parents:
        config = config.setdefault(key, {})
    config[last] = value


def load_file(shown: str, real: Path, log: Log) -> dict[str, Any]:
    """Read --config. Raises CommandFailed, or Panic for a feature gate that does not exist."""
    prefix = (
        f"failed to load kubelet config file, path: {shown}, error: failed to load Kubelet config file {shown}, error "
    )
    try:
        text = real.read_text(errors="backslashreplace")
    except OSError as error:
        problem = (error.strerror or "").lower()
        raise CommandFailed(
            f"{prefix}failed to read kubelet config file {go_quote(shown)}, error: open {shown}: {problem}"
        ) from error
    if not text:
        raise CommandFailed(f"{prefix}kubelet config file {go_quote(shown)} was empty")
    try:
        return decode(text, log)
    except ValueError as error:
        raise CommandFailed(f"{prefix}failed to decode: {error}") from error


def decode(text: str, log: Log) -> dict[str, Any]:
    """Decode one document. Raises DecodeError with the decoder's text, Panic for unknown feature gates."""
    config = go_yaml.load(text)
    if not isinstance(config, dict):
        raise DecodeError(NO_KIND.format(kind=JSON_TYPES.get(type(config), "null")))
    if not config.get("kind"):
        raise DecodeError(f"Object 'Kind' is missing in '{text}'")
    if not config.get("apiVersion"):
        raise DecodeError(f"Object 'apiVersion' is missing in '{text}'")
    if config["kind"] != "KubeletConfiguration" or config["apiVersion"] != API:
        raise DecodeError(
            f'no kind "{config["kind"]}" is registered for version "{config["apiVersion"]}" '
            'in scheme "pkg/runtime/scheme.go:111"'
        )
    unknown = _walk(config, "")
    if unknown:
        log.info(
            "codec.go:102", "Using lenient decoding as strict decoding failed",
            err="strict decoding error: " + ", ".join(unknown),
        )  # fmt: skip
    _check_file_gates(config.get("featureGates") or {})
    return config


def _walk(node: dict[str, Any], prefix: str) -> list[str]:
    """Unknown fields below `prefix`, in order. Raises DecodeError for a value of the wrong type."""
    unknown = []
    for key, value in node.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if path not in TYPES:
            unknown.append(f'unknown field "{path}"')
            continue
        _check_type(path, value)
        if isinstance(value, dict) and path in STRUCTS:
            unknown += _walk(value, path)
    return unknown


def _check_type(path: str, value: Any) -> None:
    wanted = TYPES[path]
    given = JSON_TYPES.get(type(value), "null")
    fits = {
        "string": given == "string", "bool": given == "bool", "int32": given == "number",
        "[]string": given == "array", "duration": given == "string", "": True,
    }[wanted]  # fmt: skip
    if fits or value is None:
        return
    if wanted == "duration":
        raise DecodeError(f"json: cannot unmarshal {given} into Go value of type string")
    parent = path.rpartition(".")[0]
    struct = STRUCTS.get(parent, "KubeletConfiguration")
    shown = f"number {value}" if given == "number" and isinstance(value, float) else given
    raise DecodeError(f"json: cannot unmarshal {shown} into Go struct field {struct}.{path} of type {wanted}")


def _check_file_gates(gates: dict[str, Any]) -> None:
    problem = gate_problem(gates)
    if problem:
        raise Panic(
            "failed to merge global and in-flight KubeletConfiguration while setting defaults, error: " + problem
        )


def gate_problem(gates: dict[str, Any]) -> str | None:
    """What is wrong with a set of feature gates."""
    for name, value in gates.items():
        if name not in KNOWN_GATES:
            return f"unrecognized feature gate: {name}"
        if name in LOCKED_GATES and value is not True:
            return f"cannot set feature gate {name} to false, feature is locked to true"
    return None


def merge_directory(config: dict[str, Any], shown: str, real: Path, log: Log) -> None:
    """Merge the *.conf files of --config-dir over the configuration, in lexical order, as JSON merge patches."""
    prefix = f"failed to merge kubelet configs: failed to walk through kubelet dropin directory {go_quote(shown)}: "
    if not real.is_dir():
        raise CommandFailed(f"{prefix}lstat {shown}: no such file or directory")
    for path in sorted(real.rglob("*.conf")):
        where = f"{shown}/{path.relative_to(real)}"
        try:
            patch = decode(path.read_text(errors="backslashreplace"), log)
        except ValueError as error:
            raise CommandFailed(
                f"{prefix}failed to load kubelet dropin file, path: {where}, error: failed to decode: {error}"
            ) from error
        _merge(config, patch)


def _merge(target: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        elif value is None:
            target.pop(key, None)
        else:
            target[key] = json.loads(json.dumps(value))


def problems(config: dict[str, Any], cgroup_v1: bool) -> list[str]:
    """What validation says, one text per problem, in the kubelet's order."""
    found = []
    if cgroup_v1 and lookup(config, "failCgroupV1"):
        found.append(
            "kubelet is configured to not run on a host using cgroup v1. cgroup v1 support is unsupported "
            "and will be removed in a future release"
        )
    files = lookup(config, "containerLogMaxFiles")
    if files <= 1:
        found.append("invalid configuration: containerLogMaxFiles must be greater than 1")
    for field, flag in (("healthzPort", "--healthz-port"), ("port", "--port")):
        port = lookup(config, field)
        if not 0 <= port <= 65535:
            found.append(f"invalid configuration: {field} ({flag}) {port} must be between 0 and 65535, inclusive")
    low, high = lookup(config, "imageGCLowThresholdPercent"), lookup(config, "imageGCHighThresholdPercent")
    if low >= high:
        found.append(
            f"invalid configuration: imageGCLowThresholdPercent (--image-gc-low-threshold) {low} must be less than "
            f"imageGCHighThresholdPercent (--image-gc-high-threshold) {high}"
        )
    pods = lookup(config, "maxPods")
    if pods < 0:
        found.append(f"invalid configuration: maxPods (--max-pods) {pods} must not be a negative number")
    return found
