# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node is expected to have because a reference node has it, and where the references come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from corpus._load import load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils import _baseline_files, _references
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.compare import compare
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.declared import ExpectedError
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.observe import observe
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._expected.reference import expectations
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import _yaml
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.expected import Observed, Seen

HEALTHY = observe(load_snapshot("healthy"))
OTHER = observe(load_snapshot("healthy-cert-expires-5d"))
NAMED = ["node:worker-1"]


def changed(**values: Any) -> Observed:
    """The healthy node with other values at some paths (two underscores stand for a dot; None removes)."""
    paths = {path.replace("__", "."): value for path, value in values.items()}
    kept = {path: seen for path, seen in HEALTHY.values.items() if path not in paths}
    return replace(HEALTHY, values={**kept, **{p: Seen(v, "x") for p, v in paths.items() if v is not None}})


def differing(node: Observed, reference: Observed = HEALTHY) -> list[str]:
    """Paths at which a node differs from a reference."""
    return [found.path for found in compare(node, expectations(reference, "worker-1", node))]


def test_two_good_nodes_do_not_differ() -> None:
    """Names, addresses, serial numbers and times of two nodes are their own."""
    assert HEALTHY.names.node != OTHER.names.node
    assert differing(OTHER) == []
    assert differing(HEALTHY, OTHER) == []


@pytest.mark.parametrize(
    "values",
    [
        {"config__clusterDNS": ["10.96.0.99"]},
        {"flags__container-runtime-endpoint": "unix:///run/other.sock"},
        {"flags__max-pods": "50"},
        {"flags__container-runtime-endpoint": None},
        {"config__maxPods": 50},
        {"config__featureGates__Some": True},
        {"files__/etc/kubernetes/kubelet__conf__mode": "0644"},
        {"swap__active": True},
        {"versions__kubelet": "1.35.1"},
        {"certificates__client__common_name": "system:node:another"},
    ],
)
def test_one_difference_is_the_one(values: dict[str, Any]) -> None:
    """A value that the reference has otherwise, does not have, or has alone is named, and who expects what."""
    node = changed(**values)
    (found,) = compare(node, expectations(HEALTHY, "worker-1", node))
    assert found.path == next(iter(values)).replace("__", ".")
    assert found.expected.source.text == "reference node worker-1"


@pytest.mark.parametrize(
    "values",
    [
        {"flags__node-ip": "10.0.0.9"},
        {"flags__hostname-override": "another"},
        {"config__maxPods": 110},
        {"config__syncFrequency": None},
        {"certificates__client__remaining_days": 3},
    ],
)
def test_what_belongs_to_a_node_is_not_compared(values: dict[str, Any]) -> None:
    """Own names and addresses, what is left of a certificate, and defaults that one of them spells out."""
    assert differing(changed(**values)) == []


def test_what_could_not_be_read_on_the_reference_is_not_expected_to_be_absent() -> None:
    """A reference without readable configuration expects nothing of it."""
    values = {path: seen for path, seen in HEALTHY.values.items() if not path.startswith("config.")}
    reference = replace(HEALTHY, values=values, unread=("config",))
    assert differing(changed(config__maxPods=50), reference) == []


def options(*entries: str, **references: Any) -> dict[str, Any]:
    """Options of a task, with the registered results of reading the nodes in a loop."""
    results = [{"ansible_loop_var": "it", "it": name.replace("_", "-"), **said} for name, said in references.items()]
    return {"expected_from": list(entries), "references": {"results": results}}


@pytest.mark.parametrize("entry", ["worker-1", "node:", "file: ", "host:worker-1", "/etc/baseline.yml"])
def test_entry_that_is_neither_is_refused(entry: str) -> None:
    """The message says what an entry may be."""
    with pytest.raises(ExpectedError, match="must hold node:NAME or file:PATH, not"):
        _references.check(options(entry))


def test_entries_in_order_and_once() -> None:
    """An empty entry, which an empty variable makes, is none."""
    given = options("", "file: b.yml", "node:worker-1", "file: b.yml")
    _references.check(given)
    assert _references.entries(given) == [("file", "b.yml"), ("node", "worker-1")]


def test_reference_that_was_read_is_used() -> None:
    """What the loop registered is what the node is compared with."""
    given = options(*NAMED, worker_1={"name": "worker-1", "observed": HEALTHY.to_dict(), "unreadable": ""})
    node = changed(config__clusterDNS=["10.96.0.99"])
    wanted = _references.of_node(given, "worker-1", node)
    assert [found.path for found in compare(node, wanted)] == ["config.clusterDNS"]
    assert _references.unread(given, "worker-2") == []


def test_reference_that_is_broken_is_called_so() -> None:
    """Who sees what a broken node has should know that it is broken."""
    said = {"name": "worker-1", "observed": HEALTHY.to_dict(), "diagnosis": {"verdict": "down"}}
    wanted = _references.of_node(options(*NAMED, worker_1=said), "worker-1", HEALTHY)
    assert {found.source.text for found in wanted} == {"reference node worker-1 (which is down)"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (options(*NAMED, worker_1={"observed": {}, "unreadable": "the node could not be reached: refused"}), "refused"),
        (options(*NAMED, worker_1={"failed": True, "msg": "timeout is 0"}), "timeout is 0"),
        (options(*NAMED), "no host of that name"),
        ({"expected_from": NAMED, "references": {"skipped": True, "results": []}}, "no host of that name"),
        ({"expected_from": NAMED, "references": None}, "no host of that name"),
    ],
)
def test_reference_that_was_not_read_is_said_and_expects_nothing(given: dict[str, Any], words: str) -> None:
    """Unreachable, failed, or not in the inventory: an unknown of the result, and nothing to differ from."""
    assert _references.of_node(given, "worker-1", HEALTHY) == ()
    (unknown,) = _references.unread(given, "worker-2")
    assert (unknown["part"], unknown["status"]) == ("expected:node:worker-1", "error")
    assert words in unknown["reason"]
    assert _references.unread(given, "worker-1") == []


def test_baseline_is_found_beside_the_inventory_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path starts at the inventory's directory, else where Ansible was started."""
    beside, here = tmp_path / "inventory", tmp_path / "here"
    for place, days in ((beside, "1"), (here, "2")):
        place.mkdir()
        (place / "b.yml").write_text(f"kubelet_expected: {{config: {{maxPods: {days}}}}}")
    monkeypatch.chdir(here)
    (wanted,) = _baseline_files.expectations("b.yml", str(beside))
    assert (wanted.path, wanted.matcher.value, wanted.source.text) == ("config.maxPods", 1, "b.yml")
    (beside / "b.yml").unlink()
    (wanted,) = _baseline_files.expectations("b.yml", str(beside))
    assert wanted.matcher.value == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot read"),
        (b"\xff", "is not UTF-8 text"),
        (b"kubelet_expected: [", "b.yml:2: did not find"),
        (b"kubelet_expected: {}\nkubelet_expected: {}\n", "is set again here"),
        (b"config: {}", "must hold a mapping under kubelet_expected"),
        (b"- x", "must hold a mapping under kubelet_expected"),
        (b"", "must hold a mapping under kubelet_expected"),
        (b"kubelet_expected: {config: {maxPodz: 1}}", "b.yml: kubelet_expected.config.maxPodz"),
    ],
)
def test_baseline_that_cannot_be_used_is_one_sentence(tmp_path: Path, content: bytes | None, words: str) -> None:
    """The file, the line or the key at fault, and what is wrong with it."""
    if content is not None:
        (tmp_path / "b.yml").write_bytes(content)
    with pytest.raises(ExpectedError) as refused:
        _baseline_files.expectations("b.yml", str(tmp_path))
    assert words in str(refused.value)
    assert "b.yml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_yaml_that_we_write_is_the_yaml_that_we_read() -> None:
    """Texts that YAML would take for numbers, booleans, dates or comments come back as they were."""
    data = {
        "mode": "0600", "no": "y", "on": "0o17", "date": "2026-01-01", "time": "1:30", "empty": "", "null": "~",
        "#": "# x", "text": "a\n  b\n", "end": "a\nb", "lead": " a\nb\n", "trail": "a  \nb", "escape": "\x1b[31m",
        "tab": "a\tb", "wide": "x" * 300, "list": ["a", "{node}", "{{ x }}"], "yes": True, "one": 1, "none": [],
    }  # fmt: skip
    text = _yaml.dump_data(data)
    tree = _yaml.load(text, "x").tree
    assert tree is not None
    assert tree.plain() == _yaml.load_data(text) == data
    assert "\x1b" not in text
