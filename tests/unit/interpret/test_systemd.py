# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unit is what systemd says of it, plus the lines of its files where they really stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from corpus._load import NAMES, load_snapshot

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.files import files
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.systemd import unit
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.unit_files import directives
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.words import split_words
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.service import Unit

AT = datetime(2026, 11, 23, 21, 37, 39, tzinfo=UTC)
NAME = "kubelet.service"
FRAGMENT = "/usr/lib/systemd/system/kubelet.service"


def given(show: dict[str, Any] | None = None, cat: str = "", on_disk: dict[str, Any] | None = None) -> Unit:
    """Unit from ``systemctl show``, ``systemctl cat`` and files (path to text, or a whole entry)."""
    facts = files(
        {
            path: {"type": "file", "content": value} if isinstance(value, str) else value
            for path, value in (on_disk or {}).items()
        }
    )
    return unit(NAME, {"show": show or {}, "cat": cat, "enabled": "enabled", "active": "active"}, AT, facts, 7000.0)


@pytest.mark.parametrize("case", NAMES)
def test_directives_stand_where_they_say(case: str) -> None:
    """In every bundle of the corpus the named line of the named file holds the directive."""
    node = load_snapshot(case)
    for directive in node.kubelet.directives:
        content = node.file(directive.place.path).content
        assert content is not None
        assert directive.place.line is not None
        line = content.split("\n")[directive.place.line - 1]
        assert line == f"{directive.key}={directive.value}"


def test_corpus_unit_has_its_times_and_drop_ins() -> None:
    """The healthy worker's unit runs since its start, and its files are read in systemd's order."""
    kubelet = load_snapshot("healthy").kubelet
    assert kubelet.main_start_at == datetime(2026, 11, 23, 21, 36, 13, tzinfo=UTC)
    assert kubelet.main_exit_at is None
    assert kubelet.running
    assert [d.value for d in kubelet.directives if d.key == "ExecStart"][:2] == ["/usr/bin/kubelet", ""]


@pytest.mark.parametrize("case", ["dropin-requires-missing-unit", "memory-limit-tight"])
def test_drop_in_of_the_administrator_comes_last(case: str) -> None:
    """Drop-ins are ordered by file name, whatever directory they are in."""
    paths = [d.place.path for d in load_snapshot(case).kubelet.directives]
    assert paths[-1].startswith("/etc/systemd/system/kubelet.service.d/")
    assert paths[0] == FRAGMENT


def test_masked_unit_has_no_directives() -> None:
    """A masked unit starts nothing, whatever its hidden files say."""
    kubelet = load_snapshot("kubelet-masked").kubelet
    assert kubelet.load_state == "masked"
    assert kubelet.directives == ()


def test_repeated_properties_are_kept() -> None:
    """A property that systemctl prints several times keeps all its values, one a line."""
    assert given({"ExecStart": ["{ a }", "{ b }"]}).get("ExecStart") == "{ a }\n{ b }"


@pytest.mark.parametrize("text", ["", "n/a", "0", "Mon 2026-13-45 99:99:99 UTC", "soon"])
def test_no_time(text: str) -> None:
    """An empty, missing or broken time is none."""
    assert given({"ActiveEnterTimestamp": text}).active_enter_at is None


@pytest.mark.parametrize(
    "text",
    [
        "Mon 2026-11-23 21:36:13 UTC",
        "2026-11-23 21:36:13 UTC",
        "Mon 2026-11-23 22:36:13 +01",
        "Tue 2026-11-24 03:06:13 +0530",
        "Mon 2026-11-23 16:36:13 -0500",
        "@1795469773",
        "Mon 2026-11-23 21:36:13.000000 UTC",
    ],
)
def test_time_in_any_zone(text: str) -> None:
    """A time with UTC, an offset, or as seconds since the epoch is read exactly."""
    assert given({"ActiveEnterTimestamp": text}).active_enter_at == datetime(2026, 11, 23, 21, 36, 13, tzinfo=UTC)


def test_time_in_a_named_zone_comes_from_the_monotonic_clock() -> None:
    """CET, IST and the like name no offset to rely on: the age since boot is used, and without an uptime none."""
    show = {"ActiveEnterTimestamp": "Mon 2026-11-23 22:36:13 CET", "ActiveEnterTimestampMonotonic": "6940000000"}
    assert given(show).active_enter_at == AT - timedelta(seconds=60)
    assert unit(NAME, {"show": show}, AT).active_enter_at is None


def test_comments_sections_and_useless_lines() -> None:
    """Comments and empty lines are skipped; lines that systemd ignores are problems with their lines."""
    text = "# note\n; note\nEarly=1\n\n[Service]\nRestart = always \nnonsense\n=value\n[Install]\nWantedBy=x\n"
    found, problems = directives([("/u", text)])
    assert [(d.section, d.key, d.value, d.place.line) for d in found] == [
        ("Service", "Restart", "always", 6),
        ("Install", "WantedBy", "x", 10),
    ]
    assert [problem.place.line for problem in problems] == [3, 7, 8]


def test_continued_lines() -> None:
    """A backslash joins lines with a blank, over comments; an even number of them, or an empty line, does not."""
    text = "[Service]\nExecStart=/k \\\n# note\n  --a \\\n --b\nX=1\\\\\nY=2 \\\n\nZ=3\nW=4 \\"
    found, _problems = directives([("/u", text)])
    assert [(d.key, d.value.split(), d.place.line) for d in found] == [
        ("ExecStart", ["/k", "--a", "--b"], 2),
        ("X", ["1\\\\"], 6),
        ("Y", ["2"], 7),
        ("Z", ["3"], 9),
        ("W", ["4"], 10),
    ]


def test_comment_that_looks_like_a_header_is_a_comment() -> None:
    """A comment with a path inside of a file does not begin another file."""
    cat = f"# {FRAGMENT}\n[Service]\n\n# /usr/local/bin/start-kubelet\nRestart=always\n# /etc/x.conf\nType=notify\n"
    found = given({"FragmentPath": FRAGMENT}, cat).directives
    assert [(d.key, d.place.path, d.place.line) for d in found] == [("Restart", FRAGMENT, 4), ("Type", FRAGMENT, 6)]


DROP_IN = "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"
OVERRIDE = "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf"
LATER = "/run/systemd/system/kubelet.service.d/20-later.conf"


def test_files_stand_in_for_systemctl_cat() -> None:
    """Without a word from systemd the files on disk give the directives: /etc hides /usr/lib, names give the order."""
    on_disk = {
        LATER: "[Service]\nA=3\n",
        DROP_IN: "[Service]\nA=hidden\n",
        FRAGMENT: "[Service]\nA=1\n",
        OVERRIDE: "[Service]\nA=2\n",
        "/etc/systemd/system/kubelet.service.d/30-off.conf": {"type": "absent"},
        "/etc/systemd/system/kubelet.service.d/notes.txt": "[Service]\nA=4\n",
    }
    found = given(on_disk=on_disk).directives
    assert [(d.value, d.place.path) for d in found] == [("1", FRAGMENT), ("2", OVERRIDE), ("3", LATER)]


def test_drop_in_that_systemd_has_not_read_yet_is_on_disk() -> None:
    """What was written after the last daemon-reload completes what systemctl cat prints, and may hide parts of it."""
    cat = f"# {FRAGMENT}\n[Service]\nA=1\n\n# {DROP_IN}\n[Service]\nA=old\n"
    show = {"FragmentPath": FRAGMENT, "DropInPaths": DROP_IN}
    found = given(show, cat, {OVERRIDE: "[Service]\nA=new\n", LATER: "[Service]\nA=3\n"}).directives
    assert [d.value for d in found] == ["1", "new", "3"]


def test_unit_file_behind_a_link() -> None:
    """A linked unit file is read where it really is."""
    target = "/opt/kubelet/kubelet.service"
    on_disk = {
        "/etc/systemd/system/kubelet.service": {"type": "link", "target": target, "resolves": target},
        target: "[Service]\nA=1\n",
    }
    (found,) = given(on_disk=on_disk).directives
    assert found.place.path == target


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("a  b\tc", ["a", "b", "c"]),
        ('"A=x y" \'B=z "q"\'', ["A=x y", 'B=z "q"']),
        ('--a="x y"z', ["--a=x yz"]),
        (r"a\tb \x41 \u00e9 \101 \s", ["a\tb", "A", "é", "A", " "]),
        (r"\"q\"", ['"q"']),
        ('""', [""]),
        ('"open end', ["open end"]),
        ("trailing\\", ["trailing"]),
        ("", []),
    ],
)
def test_words_of_a_value(value: str, words: list[str]) -> None:
    """Values are split as systemd does: both kinds of quotes, C escapes."""
    assert [word.text for word in split_words(value)] == words
