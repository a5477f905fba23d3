# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of YAML by span: the wanted value changes and nothing else, or the edit is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.yaml_edit import (
    EditError,
    add_field,
    apply,
    remove_field,
    set_list,
    set_map,
    set_scalar,
)

CONFIG = """# kept by hand
apiVersion: kubelet.config.k8s.io/v1beta1   # group
authentication:
  x509:
    clientCAFile: "/etc/old.crt"  # was moved
clusterDNS:
- 10.96.0.10
token: *****
text: |
  clientCAFile: /in/a/text
last: x"""
CA = ("authentication", "x509", "clientCAFile")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("closed", [True, False])
def test_scalar_is_replaced_where_it_stands(end: str, closed: bool) -> None:
    """Comments, quotes, line ends, masked secrets and a missing last line end stay."""
    text = CONFIG.replace("\n", end) + (end if closed else "")
    assert apply(text, (set_scalar(text, CA, "/etc/new.crt"),)) == text.replace("/etc/old.crt", "/etc/new.crt")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_field_is_added_with_the_line_end_of_the_file(end: str) -> None:
    """At the top level at the end of the file, inside a mapping before its first key."""
    text = CONFIG.replace("\n", end)
    assert apply(text, (add_field(text, ("resolvConf",), "/etc/r"),)) == f"{text}{end}resolvConf: /etc/r{end}"
    inside = apply(text, (add_field(text, ("authentication", "x509", "other"), True),))
    assert inside == text.replace('    clientCAFile: "', f'    other: true{end}    clientCAFile: "')


def test_field_is_removed_with_what_belongs_to_it() -> None:
    """A key goes with its nested lines or list; comments of its neighbours stay."""
    assert apply(CONFIG, (remove_field(CONFIG, ("authentication",)),)) == CONFIG.replace(
        'authentication:\n  x509:\n    clientCAFile: "/etc/old.crt"  # was moved\n', ""
    )
    assert apply(CONFIG, (remove_field(CONFIG, ("clusterDNS",)),)) == CONFIG.replace("clusterDNS:\n- 10.96.0.10\n", "")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: [1, 2] # x\nb: 1\n", "a: [p, q] # x\nb: 1\n"),
        ("a: []\n", "a: [p, q]\n"),
        ("a: [\n  1,\n  2 # ]\n]\nb: 2\n", None),
        ("a: [\n  1,\n  2\n]\nb: 2\n", "a: [p, q]\nb: 2\n"),
        ("a:\n- 1\n- 2\n", "a:\n- p\n- q\n"),
        ("a: {b: 1}\n", None),
    ],
)
def test_list_is_replaced_in_its_style(text: str, after: str | None) -> None:
    """In brackets, empty, over several lines or as a block; a bracket in a comment is doubt."""
    if after is None:
        with pytest.raises(EditError):
            set_list(text, ("a",), ["p", "q"])
    else:
        assert apply(text, (set_list(text, ("a",), ["p", "q"]),)) == after


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: {x: 1, y: 2} # x\nb: 1\n", 'a: {m.a: 1Mi, n.a: "5%"} # x\nb: 1\n'),
        ("a: {}\n", 'a: {m.a: 1Mi, n.a: "5%"}\n'),
        ("a:\n  x: 1\n  y: 2 # c\nb: 2\n", 'a:\n  m.a: 1Mi\n  n.a: "5%" # c\nb: 2\n'),
        ("a:\r\n  x: 1\r\nb: 2\r\n", 'a:\r\n  m.a: 1Mi\r\n  n.a: "5%"\r\nb: 2\r\n'),
        ("a: {x: [1]}\n", None),
        ("a: [x]\n", None),
        ("a: &k {x: 1}\nb: *k\n", None),
    ],
)
def test_mapping_is_replaced_in_its_style(text: str, after: str | None) -> None:
    """In braces or as a block, with the line ends of the file; one that holds more than single values is not."""
    values = {"m.a": "1Mi", "n.a": "5%"}
    if after is None:
        with pytest.raises(EditError):
            set_map(text, ("a",), values)
    else:
        assert apply(text, (set_map(text, ("a",), values),)) == after


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a: 1\na: 2\n", ("a",)),  # the last one wins, the first one stays: which is meant?
        ("base: &x {v: 1}\nother: *x\n", ("base", "v")),  # the other one would change, too
        ("a:\n\t- b\n", ("a",)),
        ("a: [1, 2]\n", ("a",)),
        ("a: {b: 1}\n", ("a",)),
        ("a: 1\n", ("b",)),
        ("", ("a",)),
        ("a: [\n", ("a",)),
        ("- a\n", ("a",)),
    ],
)
def test_edit_in_doubt_is_refused(text: str, path: tuple[str, ...]) -> None:
    """Repeated keys, anchors, tabs, lists, what is not there, and what is no YAML: a sentence, not an edit."""
    with pytest.raises(EditError):
        set_scalar(text, path, "new")


def test_flow_mappings_and_json_are_edited_in_their_own_style() -> None:
    """A value inside braces is replaced there; what was quoted stays quoted, so that JSON stays JSON."""
    text = json.dumps({"kind": "K", "authentication": {"x509": {"clientCAFile": "/old"}}})
    after = apply(text, (set_scalar(text, CA, "/new"),))
    assert json.loads(after)["authentication"]["x509"]["clientCAFile"] == "/new"
    flow = "a: {b: old, c: [1, 2]} # mine\n"
    assert apply(flow, (set_scalar(flow, ("a", "b"), "new"),)) == "a: {b: new, c: [1, 2]} # mine\n"


@pytest.mark.parametrize("value", ["true", "null", "1.5", "a: b", "x #y", "*a", "@b", "", " lead", "ü", "10:30", "off"])
def test_value_is_quoted_where_yaml_would_read_something_else(value: str) -> None:
    """What looks like another type, or like syntax, arrives as the text that it is."""
    after = apply(CONFIG, (set_scalar(CONFIG, ("last",), value),))
    assert yaml.safe_load(after.replace("*****", "hidden"))["last"] == value


KEYS = st.text("abcdefghijKLM", min_size=1, max_size=6)
SCALARS = st.one_of(st.integers(-5, 70000), st.booleans(), st.text("ab/.:-# '\"*&ü{[", max_size=8))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.dictionaries(KEYS, inner, min_size=1, max_size=3), st.lists(inner, max_size=2)),
    max_leaves=8,
)


def _paths(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(tree, dict):
        return [p for key, value in tree.items() for p in _paths(value, (*path, key))]
    if isinstance(tree, list):
        return [p for key, value in enumerate(tree) for p in _paths(value, (*path, key))]
    return [path]


@settings(max_examples=120, deadline=None)
@given(
    tree=st.dictionaries(KEYS, TREES, min_size=1, max_size=4),
    value=st.one_of(st.text("ab/.:-# é", min_size=1, max_size=8), st.booleans(), st.integers(0, 9)),
    flow=st.sampled_from([True, False, None]),
    end=st.sampled_from(["\n", "\r\n"]),
    data=st.data(),
)
def test_accepted_edit_changes_only_the_wanted_value(
    tree: dict[str, Any], value: str | bool | int, flow: bool | None, end: str, data: st.DataObject
) -> None:
    """Whatever the file looks like: all bytes outside the span stay, and only the wanted value is another."""
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True, sort_keys=False).replace("\n", end)
    paths = _paths(tree)
    if not paths:
        return
    path = data.draw(st.sampled_from(paths))
    try:
        splice = set_scalar(text, path, value)
    except EditError:
        return
    after = apply(text, (splice,))
    raw = text.encode()
    assert after.encode().startswith(raw[: splice.start])
    assert after.encode().endswith(raw[splice.end :])
    wanted = yaml.safe_load(text)
    place = wanted
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert yaml.safe_load(after) == wanted
