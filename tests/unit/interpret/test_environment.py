# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment files are read as systemd reads them, and variables know where they are set."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from corpus._load import load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.environment import (
    environment,
    environment_files,
    loaded_environment,
)
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.environment_file import assignments
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.files import files
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.systemd import unit
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.common import FileFact, Place
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import Unit

ENV = "/etc/default/kubelet"
FRAGMENT = "/usr/lib/systemd/system/kubelet.service"


def node(service: str, show: dict[str, str] | None = None, **env: str) -> tuple[Unit, dict[str, FileFact]]:
    """A unit whose file has these [Service] lines, and the files /env/<name> with their texts."""
    texts = {FRAGMENT: f"[Service]\n{service}\n", **{f"/env/{name}": text for name, text in env.items()}}
    facts = files({path: {"type": "file", "content": text} for path, text in texts.items()})
    properties = {"FragmentPath": FRAGMENT, **(show or {})}
    return unit("kubelet.service", {"show": properties}, datetime(2026, 11, 23, tzinfo=UTC), facts), facts


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("A=b\n", {"A": "b"}),
        ("A=b", {"A": "b"}),
        ("  A = b c  \n", {"A": "b c"}),
        ('A="b c"\nB=\'d "e"\'\n', {"A": "b c", "B": 'd "e"'}),
        ("A=\n", {"A": ""}),
        ("# A=1\n; A=2\n\nB=3\n", {"B": "3"}),
        ("A=30   # not a comment\n", {"A": "30   # not a comment"}),
        ('A="q" # not a comment\n', {"A": "q# not a comment"}),
        ('A="a"b\nB=a"b"c\n', {"A": "ab", "B": 'a"b"c'}),
        ("A=$HOME/x\n", {"A": "$HOME/x"}),
        ("A=one \\\n  two\nB=1\n", {"A": "one   two", "B": "1"}),
        ('A="one\ntwo"\nB=1\n', {"A": "one\ntwo", "B": "1"}),
        ('A="a\\"b\\$c\\n"\n', {"A": 'a"b$c\\n'}),
        ("A='a\\'\n", {"A": "a\\"}),
        ("A=a\\ \\b\\\\\n", {"A": "a b\\"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ('A="never closed\nB=1\n', {"A": "never closed\nB=1\n"}),
        ("A=ends\\", {"A": "ends"}),
    ],
)
def test_environment_file_syntax(text: str, variables: dict[str, str]) -> None:
    """Quotes, escapes, continuations and comments mean what systemd.exec(5) says, not what a shell makes of them."""
    found, ignored = assignments(text, ENV)
    assert {name: value for name, (value, _place) in found.items()} == variables
    assert ignored == ()


@pytest.mark.parametrize("line", ["export A=1", "nonsense", "1A=2", "A-B=1", "=1"])
def test_ignored_lines_are_named(line: str) -> None:
    """Lines that systemd passes over without a word are known by their place."""
    found, ignored = assignments(f"B=1\n{line}\nC=3\n", ENV)
    assert {name: place.line for name, (_value, place) in found.items()} == {"B": 1, "C": 3}
    assert ignored == (Place(ENV, 2),)


def test_lines_are_counted_over_values_of_several_lines() -> None:
    """A value over several lines stands at its first, and does not disturb the count."""
    found, _ignored = assignments('A="1\n2"\nB=1 \\\n2\nC=x\n', ENV)
    assert {name: place.line for name, (_value, place) in found.items()} == {"A": 1, "B": 3, "C": 5}


def test_corpus_environment() -> None:
    """The healthy worker's variables come from its drop-in and its two environment files."""
    snapshot = load_snapshot("healthy")
    drop_in = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"
    assert {name: str(place) for name, (_value, place) in snapshot.environment.items()} == {
        "KUBELET_KUBECONFIG_ARGS": f"{drop_in}:3",
        "KUBELET_CONFIG_ARGS": f"{drop_in}:4",
        "KUBELET_KUBEADM_ARGS": "/var/lib/kubelet/kubeadm-flags.env:1",
        "KUBELET_EXTRA_ARGS": "/etc/default/kubelet:1",
    }
    assert [(file.path, file.optional, file.place.line) for file in snapshot.environment_files] == [
        ("/var/lib/kubelet/kubeadm-flags.env", True, 6),
        ("/etc/default/kubelet", True, 9),
    ]


def test_files_win_over_lines_and_later_files_over_earlier() -> None:
    """Of several settings of a variable the one that systemd uses is left, with its place."""
    kubelet, facts = node(
        "Environment=A=line B=line\nEnvironmentFile=/env/one\nEnvironmentFile=-/env/two\nEnvironmentFile=-/env/none",
        one="A=one\nC=one\n",
        two="A=two\n",
    )
    named = environment_files(kubelet, facts)
    assert [(file.path, file.optional) for file in named] == [
        ("/env/one", False),
        ("/env/two", True),
        ("/env/none", True),
    ]
    assert environment(kubelet, named) == {
        "A": ("two", Place("/env/two", 1)),
        "B": ("line", Place(FRAGMENT, 2)),
        "C": ("one", Place("/env/one", 2)),
    }


def test_empty_assignment_clears() -> None:
    """``Environment=`` and ``EnvironmentFile=`` without a value drop what came before."""
    kubelet, facts = node(
        "Environment=A=1\nEnvironment=\nEnvironment=B=2\nEnvironmentFile=/env/one\nEnvironmentFile=", one="C=1\n"
    )
    named = environment_files(kubelet, facts)
    assert named == ()
    assert set(environment(kubelet, named)) == {"B"}


def test_continued_environment_line_keeps_its_lines() -> None:
    """Each variable of an Environment= line that is written over several lines has its own."""
    kubelet, _facts = node('Environment=A=1 \\\n  "B=2 3" \\\n  C=%%d')
    assert environment(kubelet, ()) == {
        "A": ("1", Place(FRAGMENT, 2)),
        "B": ("2 3", Place(FRAGMENT, 3)),
        "C": ("%d", Place(FRAGMENT, 4)),
    }


def test_pattern_names_every_matching_file() -> None:
    """A pattern in EnvironmentFile= stands for the files that match it, in order."""
    kubelet, facts = node("EnvironmentFile=-/env/*.env", **{"b.env": "A=b\n", "a.env": "A=a\n", "c.txt": "A=c\n"})
    assert [file.path for file in environment_files(kubelet, facts)] == ["/env/a.env", "/env/b.env"]


def test_what_systemd_has_in_memory() -> None:
    """After an edit without daemon-reload the old value is used; the line that no longer holds it is not quoted."""
    kubelet, facts = node(
        "Environment=A=new\nEnvironment=B=same",
        {"Environment": '"A=old value" B=same', "EnvironmentFiles": "/env/one (ignore_errors=no)"},
        one="C=file\n",
    )
    assert loaded_environment(kubelet, facts) == {
        "A": ("old value", Place(FRAGMENT)),
        "B": ("same", Place(FRAGMENT, 3)),
        "C": ("file", Place("/env/one", 1)),
    }
