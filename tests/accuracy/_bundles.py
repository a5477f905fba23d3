# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles as texts, and the small edits that mutations are made of. Every function returns a new bundle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from corpus._load import bundle_files

Bundle = Mapping[str, str]  # path within the bundle -> text
Entry = dict[str, Any]  # one line of `journalctl -o json`
SHOW = "systemd/{}.show"
CONFIG, KUBECONFIG = "/var/lib/kubelet/config.yaml", "/etc/kubernetes/kubelet.conf"


def load(case: str) -> Bundle:
    """A recorded bundle without what only people know of it."""
    files = {path: _text(content) for path, content in bundle_files(case).items()}
    return {path: text for path, text in files.items() if path != "expected.yml"}


def _text(content: str | bytes) -> str:
    return content if isinstance(content, str) else content.decode("utf-8", "surrogateescape")


def edit(bundle: Bundle, path: str, change: Callable[[str], str]) -> Bundle:
    """The bundle with one text changed; as it was when the text is not there."""
    return {**bundle, path: change(bundle[path])} if path in bundle else bundle


def edit_json(bundle: Bundle, path: str, change: Callable[[Any], Any]) -> Bundle:
    """The bundle with one JSON file changed."""
    return edit(bundle, path, lambda text: json.dumps(change(json.loads(text))))


def replace(bundle: Bundle, words: Mapping[str, str], *, names: bool = True) -> Bundle:
    """The bundle with words replaced in every text (also within JSON) and in the names of its files."""

    def changed(text: str) -> str:
        for old, new in words.items():
            text = text.replace(old, new)
        return text

    return {changed(path) if names else path: changed(text) for path, text in bundle.items()}


def without(bundle: Bundle, *prefixes: str) -> Bundle:
    """The bundle without the files whose path begins so."""
    return {path: text for path, text in bundle.items() if not path.startswith(prefixes)}


def kubelet_unit(bundle: Bundle) -> str:
    """Name of the kubelet's unit."""
    return str(json.loads(bundle["bundle.json"])["kubelet_unit"])


def journal_path(bundle: Bundle) -> str:
    """Path of the kubelet's journal within the bundle."""
    return f"journal/{kubelet_unit(bundle)}.jsonl"


def journal(bundle: Bundle) -> list[Entry]:
    """Entries of the kubelet's journal, oldest first."""
    return [json.loads(line) for line in bundle.get(journal_path(bundle), "").split("\n") if line]


def with_journal(bundle: Bundle, entries: list[Entry]) -> Bundle:
    """The bundle with another journal of the kubelet."""
    return {**bundle, journal_path(bundle): "".join(f"{json.dumps(entry)}\n" for entry in entries)}


def each_message(bundle: Bundle, change: Callable[[str], str]) -> Bundle:
    """The bundle with every message of the kubelet's journal changed."""
    return with_journal(bundle, [{**e, "MESSAGE": change(message(e))} for e in journal(bundle)])


def message(entry: Entry) -> str:
    """Text of an entry's message."""
    value = entry.get("MESSAGE")
    return bytes(value).decode("utf-8", "replace") if isinstance(value, list) else value or ""


def properties(bundle: Bundle, unit: str) -> dict[str, str]:
    """Properties of ``systemctl show``."""
    lines = (line.partition("=") for line in bundle.get(SHOW.format(unit), "").split("\n"))
    return {key: value for key, equals, value in lines if equals}


def with_properties(bundle: Bundle, unit: str, **changes: str) -> Bundle:
    """The bundle with other properties of a unit."""

    def change(text: str) -> str:
        kept = [line for line in text.split("\n") if line.partition("=")[0] not in changes]
        return "\n".join([*(f"{key}={value}" for key, value in changes.items()), *kept])

    return edit(bundle, SHOW.format(unit), change)


def put(bundle: Bundle, path: str, content: str | None) -> Bundle:
    """The bundle with another content of a file of the node (None: it is absent), written when it was before."""
    kept = {name: text for name, text in bundle.items() if name != f"files{path}"}

    def facts(listed: dict[str, Any]) -> dict[str, Any]:
        if content is None:
            return {**listed, path: {"type": "absent"}}
        old = listed.get(path, {"type": "file", "mode": "0644", "uid": 0, "gid": 0, "mtime": "2026-11-23T20:29:27Z"})
        return {**listed, path: {**old, "size": len(content), "sha256": "0" * 64}}

    changed = edit_json(kept, "files.json", facts)
    return changed if content is None else {**changed, f"files{path}": content}
