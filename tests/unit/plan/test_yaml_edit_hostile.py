# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Edits of YAML as nobody should write it: anchors, tags, tabs, several documents, odd line ends, block scalars."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret._yaml import Tree, load
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._plan.yaml_edit import (
    EditError,
    Path,
    add_field,
    apply,
    remove_field,
    set_list,
    set_map,
    set_scalar,
)

SCALARS = (
    *(
        "x",
        '"x"',
        "'it''s'",
        "1",
        "true",
        "",
        "~",
        "*m",
        "&q 1",
        "!!str 5",
        "{{ x }}",
        '"{{ x }}"',
        "****",
        "**  * ***",
    ),
    *(
        "[1, 2]",
        "[1, 2 ]",
        "{b: 1}",
        "{}",
        "[]",
        "{b: 1, ? c : 2}",
        '"\\u00fc"',
        "ü",
        "|\n    t\n",
        ">-\n    t\n    u\n",
    ),
    *('"a\n  b"', "\u2028x", "\tx", "x\t", "'a # b'", ".nan", "1e3", "- 1", "x: y", "a#b", "x" * 300),
)
ENDS = ("\n", "\r\n", "\n\n", "\r", "\n   \n", "  # why\n", "\n# why\n", "\n---\n", "\n...\n")
KEYS = ("a", "b", "kind", '"a"', "? a\n", "<<", "&m a")


@st.composite
def mappings(draw: st.DrawFn, indent: int = 0) -> str:
    """The text of a mapping; much of it is no YAML."""
    text, lead = "", " " * indent
    for key in draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3)):
        kind = draw(st.sampled_from(["scalar", "scalar", "mapping", "list"] if indent < 6 else ["scalar"]))
        text += f"{lead}{key}:"
        if kind == "scalar":
            text += (
                draw(st.sampled_from([" ", "  ", "\t"])) + draw(st.sampled_from(SCALARS)) + draw(st.sampled_from(ENDS))
            )
        elif kind == "mapping":
            text += draw(st.sampled_from(ENDS)) + draw(mappings(indent + draw(st.sampled_from([1, 2, 4]))))
        else:
            dash = " " * (indent + draw(st.sampled_from([0, 2]))) + "- "
            text += draw(st.sampled_from(ENDS))
            for item in draw(st.lists(st.sampled_from(SCALARS), min_size=1, max_size=3)):
                text += dash + item + draw(st.sampled_from(ENDS))
    return text


@st.composite
def files(draw: st.DrawFn) -> str:
    """The text of a file."""
    text = draw(st.sampled_from(["", "\ufeff", "---\n", "%YAML 1.1\n---\n", "# why\n", "- "])) + draw(mappings())
    return text.rstrip("\r\n ") if draw(st.booleans()) else text


def paths(tree: Tree, above: Path = ()) -> Iterator[Path]:
    """Paths of all values of a tree."""
    yield above
    inside = tree.value
    pairs = inside.items() if isinstance(inside, dict) else enumerate(inside) if isinstance(inside, list) else ()
    for step, below in pairs:
        yield from paths(below, (*above, step))


def changed(plain: Any, path: Path, value: Any) -> Any:
    """Plain data in which one value is another, or is gone (None)."""
    whole = copy.deepcopy(plain)
    place = whole
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return whole


def typed(plain: Any) -> str:
    """Plain data in which 1 is not true."""
    return json.dumps(plain, sort_keys=True)


def is_json(text: str) -> bool:
    """True for what a strict parser of JSON reads."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


NEW = st.sampled_from(["/new", "x y", "1", "a: b", "{{ y }}", "", "***", "a\nb", "\u2028", "it's", "ü", True, 7])


@settings(max_examples=250, deadline=None)
@given(text=files(), value=NEW, data=st.data())
def test_whatever_the_file_looks_like_one_value_changes_or_none(
    text: str, value: str | bool, data: st.DataObject
) -> None:
    """An edit that is not refused gives just the wanted value, of the same type, and loses no comment beside it."""
    tree = load(text, "").tree
    path = data.draw(st.sampled_from([("b",), *(path for path in (paths(tree) if tree else ()) if path)]))
    below = (*path, "new")
    for edit, place, wanted in (
        (lambda: set_scalar(text, path, value), path, value),
        (lambda: set_list(text, path, ["p", 1]), path, ["p", 1]),
        (lambda: set_map(text, path, {"p": "q r"}), path, {"p": "q r"}),
        (lambda: add_field(text, below, value), below, value),
        (lambda: add_field(text, ("new",), value), ("new",), value),
        (lambda: remove_field(text, path), path, None),
    ):
        try:
            splice = edit()
        except EditError:
            continue
        after, raw = apply(text, (splice,)), text.encode()
        assert tree is not None
        assert after.encode() == raw[: splice.start] + splice.text.encode() + raw[splice.end :]
        found = load(after, "").tree
        assert found is not None
        assert not is_json(text) or is_json(after)
        assert typed(found.plain()) == typed(changed(tree.plain(), place, wanted))
        if wanted is not None:
            assert after.count("# why") == text.count("# why")


@pytest.mark.parametrize("text", ["a:\n- x  # first\n- y\n", "a:\n- x\n# first\n- y\n", "a: [x, # first\n  y]\n"])
def test_list_with_a_comment_inside_is_left_to_a_person(text: str) -> None:
    """The comment would be lost with the items; one behind the last item stays."""
    with pytest.raises(EditError, match="comment"):
        set_list(text, ("a",), ["z"])
    beside = "a:\n- 'x # y'\n- y  # last\n"
    assert apply(beside, (set_list(beside, ("a",), ["z"]),)) == "a:\n- z  # last\n"


def test_map_with_a_comment_inside_is_left_to_a_person() -> None:
    """As of a list; a map of merge keys alone has nothing that could be replaced."""
    with pytest.raises(EditError, match="comment"):
        set_map("a:\n  x: 1  # first\n  y: 2\n", ("a",), {"x": "2"})
    with pytest.raises(EditError):
        set_map("a:\n  <<:\nb: 1\n", ("a",), {"x": "2"})


@pytest.mark.parametrize("text", ['{\n  "a": 1,\n  "b": 2\n}\n', '{"a": {"x": 1}, "b": 2}'])
def test_json_stays_json(text: str) -> None:
    """The kubelet takes a file that begins with a brace for JSON; YAML would let a comma too many pass."""
    with pytest.raises(EditError):
        remove_field(text, ("b",))
    with pytest.raises(EditError):
        set_scalar(text, ("b",), "plain")
    assert json.loads(apply(text, (set_scalar(text, ("b",), 3),)))["b"] == 3
