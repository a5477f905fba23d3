# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs over workers that are alike: the healthy bundle of tests/corpus under names and addresses of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from corpus._load import load_evidence

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._comparison import (
    OPTIONS,
    asked_of,
    compare_node,
    with_peers,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._files import write_result
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._judgement import judged
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._peers import Compared

Evidence = dict[str, Any]
Edit = Callable[[Evidence], object]


def worker(number: int, bundle: str = "healthy") -> Evidence:
    """Evidence of worker-<number>, to be changed at will."""
    text = json.dumps(load_evidence(bundle))
    text = text.replace("worker-7", f"worker-{number}").replace("10.240.0.17", f"10.240.0.{10 + number}")
    evidence: Evidence = json.loads(text)
    return evidence


def rewrite(path: str, old: str, new: str) -> Edit:
    """Another text in a file of the node."""

    def edit(evidence: Evidence) -> None:
        fact = evidence["files"][path]
        assert old in fact["content"]
        fact["content"] = fact["content"].replace(old, new)

    return edit


def registered(evidence: Evidence, results: Path, **options: Any) -> tuple[dict[str, Any], Path]:
    """What `diagnose` registers of a node, and the file to which it writes the result."""
    defaults = {name: rule.get("default") for name, rule in OPTIONS.items()}
    given = {**defaults, "results_dir": str(results), "cluster": None, **options}
    node = judged(evidence, host_name=str(evidence["node"]))
    compared = compare_node(node, asked_of(node, given, options.get("variables") or {}))
    file = write_result(results, compared.result)
    entry = {"diagnosis": compared.result, "comparison": compared.registered()}
    return json.loads(json.dumps(entry)), file


def run(
    results: Path, evidence: list[Evidence], *, peers: str = "auto", max_age: int = 30, **options: Any
) -> tuple[dict[str, Mapping[str, Any]], Compared]:
    """Results by host, as they are on disk after `report`, and what it has to say."""
    pairs = [registered(each, results, **options) for each in evidence]
    entries, files = [entry for entry, _file in pairs], [file for _entry, file in pairs]
    done = with_peers(entries, files, {"peers": peers, "peers_max_age": max_age})
    written = {file.stem: json.loads(file.read_text()) for file in files}
    assert [*written.values()] == json.loads(json.dumps(done.results))
    return written, done
