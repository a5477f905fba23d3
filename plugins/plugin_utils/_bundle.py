# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles: evidence of one node as a directory of files (format node-bundle/1). Pure: texts in, texts out.

bundle.json            format, node, captured_at, kubelet_unit, runtime_unit, parts (state of each part)
systemd/<unit>.show    systemctl show, systemd/<unit>.cat systemctl cat, systemd/state.json enabled and active
journal/<unit>.jsonl   journalctl -o json, one object a line
files.json             facts by path; files/<absolute path> the contents of those that were read
host.json probes.json cluster.json
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from ..module_utils import _journal, _schema
from ._interpret import _values
from ._model.evidence import EvidenceError

MANIFEST = "bundle.json"
RAW_JOURNAL = "raw_journal"
_HEAD = ("format", "node", "captured_at", "kubelet_unit", "runtime_unit")
_NAME_LIMIT = 255
_PLAIN_PARTS = (_schema.HOST, _schema.PROBES, _schema.CLUSTER)


def read(files: Mapping[str, str | bytes]) -> dict[str, Any]:
    """Evidence of a bundle. ``files`` maps paths relative to the bundle's directory to their contents.

    EvidenceError with one sentence when this is no bundle; any other missing or broken file only gives its part the
    state absent or error. Keys and files that the format does not know are ignored (``expected.yml``).
    """
    manifest = _manifest(files)
    evidence: dict[str, Any] = {key: manifest.get(key) for key in _HEAD}
    states: dict[str, Any] = {}
    contents = {
        _schema.UNITS: _units(files, states),
        _schema.JOURNAL: _journals(files, manifest),
        _schema.FILES: _files(files, states),
        **{part: _json(files, f"{part}.json", part, states) for part in _PLAIN_PARTS},
    }
    for part, content in contents.items():
        if content is not None:
            evidence[part] = content
            states.setdefault(part, {"status": _schema.OK, "reason": ""})
        else:
            states.setdefault(part, {"status": _schema.NOT_COLLECTED, "reason": "not part of this bundle"})
    evidence["parts"] = _merged(states, manifest.get("parts"))
    return evidence


def write(evidence: Mapping[str, Any]) -> dict[str, str]:
    """The files of a bundle, by relative path, for text in UTF-8. The opposite of :func:`read`.

    The journal is written from the evidence's ``raw_journal`` (unit to ``journalctl -o json`` text), which only
    node_info with raw_journal gives. No path leads out of the bundle's directory, whatever the node said.
    """
    written = {MANIFEST: _dump({key: evidence.get(key) for key in (*_HEAD, "parts") if key in evidence})}
    for part in _PLAIN_PARTS:
        if evidence.get(part) is not None:
            written[f"{part}.json"] = _dump(evidence[part])
    _write_units(evidence, written)
    for unit, lines in _values.mapping(evidence.get(RAW_JOURNAL)).items():
        written[f"journal/{_file_name(unit)}.jsonl"] = _values.text(lines)
    _write_files(evidence, written)
    return written


def _manifest(files: Mapping[str, str | bytes]) -> Mapping[str, Any]:
    if MANIFEST not in files:
        raise EvidenceError("There is no bundle.json here, so this is not a bundle.")
    try:
        manifest = json.loads(_text(files[MANIFEST]))
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"bundle.json is not JSON ({error}).") from error
    if not isinstance(manifest, dict):
        raise EvidenceError("bundle.json holds no JSON object.")
    if manifest.get("format") != _schema.BUNDLE_FORMAT:
        given = manifest.get("format")
        raise EvidenceError(f"bundle.json has format {given!r}; this version reads {_schema.BUNDLE_FORMAT!r}.")
    if _values.moment(manifest.get("captured_at")) is None:
        given = manifest.get("captured_at")
        raise EvidenceError(f"bundle.json has captured_at {given!r}, not a time with zone like 2026-11-23T21:34:56Z.")
    return manifest


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode("utf-8", "replace")


def _json(files: Mapping[str, str | bytes], name: str, part: str, states: dict[str, Any]) -> Any:
    """Content of a JSON file; None when it is missing, or broken (then the part's state says so)."""
    if name not in files:
        return None
    try:
        return json.loads(_text(files[name]))
    except (ValueError, RecursionError) as error:
        states[part] = {"status": _schema.ERROR, "reason": f"{name} is not JSON ({error})"}
        return None


def _merged(states: dict[str, Any], declared: object) -> dict[str, Any]:
    """States as the node declared them; what became of a file of the bundle since then counts more."""
    merged = {**states, **_values.mapping(declared)}
    merged.update({part: state for part, state in states.items() if state["status"] == _schema.ERROR})
    return merged


def _members(files: Mapping[str, str | bytes], folder: str, suffix: str) -> dict[str, str]:
    """Texts of folder/NAME.suffix by NAME."""
    return {
        path[len(folder) + 1 : -len(suffix)]: _text(content)
        for path, content in files.items()
        if path.startswith(f"{folder}/") and path.endswith(suffix) and "/" not in path[len(folder) + 1 :]
    }


def _units(files: Mapping[str, str | bytes], states: dict[str, Any]) -> dict[str, Any] | None:
    shows, cats = _members(files, "systemd", ".show"), _members(files, "systemd", ".cat")
    state = _values.mapping(_json(files, "systemd/state.json", _schema.UNITS, states))
    names = sorted({*shows, *cats, *state})
    if not names:
        return None
    return {
        name: {
            "show": _properties(shows.get(name, "")),
            "cat": cats.get(name, ""),
            "enabled": _values.text(_values.mapping(state.get(name)).get("enabled")),
            "active": _values.text(_values.mapping(state.get(name)).get("active")),
        }
        for name in names
    }


def _properties(show: str) -> dict[str, str]:
    """Properties of ``systemctl show``. One that stands there several times (ExecStart) holds one value per line."""
    properties: dict[str, str] = {}
    for line in show.split("\n"):
        key, equals, value = line.partition("=")
        if equals:
            properties[key] = f"{properties[key]}\n{value}" if key in properties else value
    return properties


def _journals(files: Mapping[str, str | bytes], manifest: Mapping[str, Any]) -> dict[str, Any] | None:
    states = _values.mapping(manifest.get("parts"))

    def cut(unit: str) -> bool:
        """True when the node left older lines out."""
        named = (_values.mapping(states.get(name)) for name in (_schema.JOURNAL, f"{_schema.JOURNAL}:{unit}"))
        return any(state.get("status") == _schema.TRUNCATED for state in named)

    texts = _members(files, "journal", ".jsonl")
    return {unit: _journal.reduce_lines(text.split("\n"), cut(unit)) for unit, text in texts.items()} or None


def _files(files: Mapping[str, str | bytes], states: dict[str, Any]) -> dict[str, Any] | None:
    listed = _json(files, "files.json", _schema.FILES, states)
    facts = {path: dict(fact) for path, fact in _values.mapping(listed).items() if isinstance(fact, Mapping)}
    for name, content in files.items():
        if name.startswith("files/"):
            facts.setdefault(name[len("files") :], {"type": "file"})["content"] = _text(content)
    if facts and listed is None:
        reason = "files.json is missing: only the contents of some files are known"
        states.setdefault(_schema.FILES, {"status": _schema.ABSENT, "reason": reason})
    return facts if facts or listed is not None else None


def _dump(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _file_name(unit: object) -> str:
    """A unit's name as a file name. Names come from the node: nothing in them may lead elsewhere."""
    name = str(unit)
    if not name or "/" in name or "\0" in name or name.startswith(".") or len(name.encode()) > _NAME_LIMIT - 6:
        raise EvidenceError(f"The evidence has a unit named {name[:80]!r}, which is no name of a systemd unit.")
    return name


def _write_units(evidence: Mapping[str, Any], written: dict[str, str]) -> None:
    units = _values.mapping(evidence.get(_schema.UNITS))
    if not units:
        return
    for name, unit in units.items():
        lines = [
            f"{key}={value}"
            for key, values in _values.mapping(_values.mapping(unit).get("show")).items()
            for value in _values.text(values).split("\n")
        ]
        written[f"systemd/{_file_name(name)}.show"] = "".join(f"{line}\n" for line in lines)
        written[f"systemd/{name}.cat"] = _values.text(_values.mapping(unit).get("cat"))
    state = {name: {key: _values.mapping(u).get(key, "") for key in ("enabled", "active")} for name, u in units.items()}
    written["systemd/state.json"] = _dump(state)


def _write_files(evidence: Mapping[str, Any], written: dict[str, str]) -> None:
    """Facts into files.json, contents under files/; a content whose path is no plain absolute path stays in its
    fact, so that nothing is written outside of the bundle."""
    facts = evidence.get(_schema.FILES)
    if not isinstance(facts, Mapping):
        return
    listed: dict[str, Any] = {}
    for path, fact in facts.items():
        listed[path] = dict(_values.mapping(fact))
        content = listed[path].get("content")
        if isinstance(content, str) and _plain(path, facts):
            written[f"files{path}"] = listed[path].pop("content")
    written["files.json"] = _dump(listed)


def _plain(path: str, facts: Mapping[str, Any]) -> bool:
    """True for a normalised absolute path that is a file name on any system and not the directory of another one."""
    if not path.startswith("/") or path.startswith("//") or posixpath.normpath(path) != path or path == "/":
        return False
    if "\0" in path or any(len(name.encode()) > _NAME_LIMIT for name in path.split("/")):
        return False
    return not any(other.startswith(f"{path}/") and _has_content(facts[other]) for other in facts)


def _has_content(fact: object) -> bool:
    return isinstance(_values.mapping(fact).get("content"), str)
