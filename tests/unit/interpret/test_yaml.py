# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML is read as the kubelet reads it, values know their lines, and no text stops the diagnosis."""

from __future__ import annotations

import time

import pytest
import yaml

from ansible_collections.nodeclinic.kubelet.plugins.module_utils._redact import redact
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret import _yaml
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret._yaml import load
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import Place

PATH = "/var/lib/kubelet/config.yaml"


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs with the C parser and with PyYAML's own."""
    if request.param == "pure Python":
        monkeypatch.setattr(_yaml, "_Loader", yaml.SafeLoader)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("on", True),
        ("Off", False),
        ("n", False),
        ("true", True),
        ("TRUE", True),
        ("tRue", "tRue"),
        ("~", None),
        ("", None),
        ("110", 110),
        ("-5", -5),
        ("0644", 420),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", 1000),
        ("08", 8.0),
        ("1e2", 100.0),
        (".5", 0.5),
        ("1:30", "1:30"),
        ("2026-11-23", "2026-11-23"),
        ("10.96.0.10", "10.96.0.10"),
        ("500m", "500m"),
        ('"110"', "110"),
        ("'yes'", "yes"),
        ("!!str 5", "5"),
        ('!!int "5"', 5),
    ],
)
def test_scalar_means_what_the_kubelet_takes_it_for(text: str, value: object) -> None:
    """Plain and quoted scalars get go-yaml v2's types, not PyYAML's."""
    document = load(f"value: {text}\n", PATH)
    assert document.problem is None
    assert document.tree is not None
    found = document.tree.plain()["value"]
    assert found == value
    assert type(found) is type(value)


def test_values_know_their_lines() -> None:
    """The place of a value is the line of its key, of a list item its own line."""
    tree = load("a: 1\nb:\n  c:\n    - x\n    - y\n", PATH).tree
    assert tree is not None
    inner = tree.value["b"].value["c"]
    assert inner.place == Place(PATH, 3)
    assert [item.place.line for item in inner.items()] == [4, 5]


def test_repeated_key_is_reported_and_the_last_one_counts() -> None:
    """A key that is set twice keeps its last value, as in the kubelet, and both lines are named."""
    document = load("maxPods: 10\nport: 1\nmaxPods: 20\n", PATH)
    assert document.tree is not None
    assert document.tree.plain() == {"maxPods": 20, "port": 1}
    (duplicate,) = document.duplicates
    assert duplicate.place == Place(PATH, 3)
    assert "line 1" in duplicate.message


def test_aliases_and_merge_keys_are_followed() -> None:
    """Anchors, aliases and merge keys give their values; an own key wins over a merged one."""
    document = load("x: &x {p: 1, q: 2}\nz: {<<: *x, q: 3}\nl: [*x]\n", PATH)
    assert document.tree is not None
    assert document.tree.plain() == {"x": {"p": 1, "q": 2}, "z": {"p": 1, "q": 3}, "l": [{"p": 1, "q": 2}]}


@pytest.mark.parametrize("text", ['{"a": [1, true, null], "b": "x"}', "\ufeffa: [1, true, null]\nb: x\n"])
def test_json_and_a_byte_order_mark_are_read(text: str) -> None:
    """A configuration in JSON, and one that begins with a byte order mark, are read like any other."""
    tree = load(text, PATH).tree
    assert tree is not None
    assert tree.plain() == {"a": [1, True, None], "b": "x"}


def test_only_the_first_document_counts() -> None:
    """What follows `---` is not looked at, as in the kubelet."""
    document = load("a: 1\n---\nb: [\n", PATH)
    assert document.problem is None
    assert document.tree is not None
    assert document.tree.plain() == {"a": 1}


def test_masked_value_with_a_comment_masked_behind_it_is_a_value() -> None:
    """The node masks the whole rest of a line, so that a file with such a line can still be read."""
    text = redact("token: secretvalue  # of the team\nserver: https://a:6443\npassword: two words\n")
    document = load(text, PATH)
    assert document.problem is None
    assert document.tree is not None
    assert document.tree.text("server") == "https://a:6443"


def test_masked_values_are_values() -> None:
    """Asterisks in the place of a secret are text, not the name of an alias."""
    text = 'client-key-data: ********\ntoken: **** # secret\nlist:\n- *****\nq: "***"\nflow: {a: ****, b: ***}\n'
    document = load(text, PATH)
    assert document.problem is None
    assert document.tree is not None
    plain = document.tree.plain()
    assert set(plain["client-key-data"] + plain["token"] + plain["list"][0] + plain["flow"]["b"]) == {"*"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("apiVersion: v1\nauthentication\n  anonymous: x\n", 2),  # colon forgotten
        ("a: 1\nb:\n\tc: 2\n", 3),  # tab
        ("a: 1\nb: [1, 2\nc: 3\n", 2),  # bracket never closed
        ('a: 1\nb: "x\nc: 3\n', 2),  # quote never closed
        ("a: 1\n  b: 2\n", 2),  # indented too far
        ("a: 1\nb: x\x00y\n", 2),
        ("a: 1\nb: x\x1b[31my\n", 2),
        ("a: 1\nb: \udcff\n", 2),  # not UTF-8
        ("a: 1\nb: *missing\n", 2),
        ("a: 1\n? [b]\n: c\n", 2),
    ],
)
def test_error_names_the_line_to_look_at(text: str, line: int) -> None:
    """Text that is no YAML gives a problem with the line of the mistake, and no values."""
    document = load(text, PATH)
    assert document.tree is None
    assert document.problem is not None
    assert document.problem.place == Place(PATH, line)
    assert document.problem.message.isprintable()


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"k{i}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)
STAIRS = "".join(f"k{i}: &a{i} {'[' * 40}{f'*a{i - 1} ' if i else 'x'}{']' * 40}\n" for i in range(300))


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        STAIRS,
        "[" * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "a: &x {b: *x}\n",
        "a: [" + "1," * 50_000,
        "x" * 2**20,
    ],
    ids=["multiplying aliases", "nesting aliases", "flow", "block", "keys", "recursive", "many", "large"],
)
def test_hostile_text_is_bounded(text: str) -> None:
    """A text made to explode gives a problem within a moment: no crash, no traceback, no wait."""
    begin = time.process_time()
    document = load(text, PATH)
    assert document.tree is None
    assert document.problem is not None
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n"])
def test_empty_text_is_no_problem_here(text: str) -> None:
    """Whether a file may be empty is for the reader of that file to say."""
    document = load(text, PATH)
    assert document.problem is None
    assert document.tree is None or document.tree.value is None
