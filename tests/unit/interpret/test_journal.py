# Copyright (c) 2026, nodeclinic.kubelet contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reduced journal as signatures see it: one form for text and JSON logs, and nothing that harms a terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._interpret.journal import harmless, journal
from ansible_collections.nodeclinic.kubelet.plugins.plugin_utils._model.journal import LogPattern


def pattern_of(sample: str, **fields: Any) -> LogPattern:
    """The one pattern of a journal with this sample."""
    entry = {
        "source": "kubelet",
        "newest": True,
        "priority": 6,
        "count": 3,
        "first_at": "2026-11-23T21:34:40.100000Z",
        "last_at": "2026-11-23T21:34:51.200000Z",
        "sample": sample,
        "seq": 7,
        **fields,
    }
    return journal("kubelet.service", {"patterns": [entry]}).patterns[0]


@pytest.mark.parametrize(
    ("sample", "severity", "origin", "text"),
    [
        (
            'E1123 21:34:51.239118    5010 run.go:72] "command failed" err="open \\"/a b\\": no such file\\n\\tat x"',
            "E",
            "run.go:72",
            '"command failed" err="open "/a b": no such file at x"',
        ),
        (
            '{"ts":1795469691239.1,"caller":"app/run.go:72","msg":"command failed","err":"open \\"/a b\\": no file"}',
            "E",
            "app/run.go:72",
            '"command failed" err="open "/a b": no file"',
        ),
        (
            '{"ts":1795469691239.1,"caller":"server.go:545","msg":"Kubelet version","v":0,"kubeletVersion":"v1.36.2"}',
            "I",
            "server.go:545",
            '"Kubelet version" kubeletVersion="v1.36.2"',
        ),
        (
            'I1123 21:34:51.239118    5010 server.go:991] "Client rotation is on"',
            "I",
            "server.go:991",
            '"Client rotation is on"',
        ),
        (
            "W1123 21:34:51.239118    5010 logging.go:55] [core] grpc: failed",
            "W",
            "logging.go:55",
            "[core] grpc: failed",
        ),
        (
            "kubelet.service: Failed with result 'exit-code'.",
            "",
            "",
            "kubelet.service: Failed with result 'exit-code'.",
        ),
        (
            'time="2026-11-23T21:36:11Z" level=error msg="failed" error="invalid \\"x\\""',
            "",
            "",
            'time="2026-11-23T21:36:11Z" level=error msg="failed" error="invalid "x""',
        ),
        ('{"ts":1,"caller":"run.go:72","msg":"cut of', "", "", '{"ts":1,"caller":"run.go:72","msg":"cut of'),
        ("", "", "", ""),
    ],
)
def test_message_forms(sample: str, severity: str, origin: str, text: str) -> None:
    """klog text and JSON give the same text; other messages stay as they were logged."""
    found = pattern_of(sample)
    assert (found.severity, found.origin, found.text) == (severity, origin, text)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x9b31mred", "red"),
        ("a\r\nb\tc", "a b c"),
        ("bell\x07\x00\x7f", "bell"),
        ("\u202egpj.exe", "gpj.exe"),
        ("lone \ud83d surrogate", "lone \ufffd surrogate"),
        ("\ud83d\ude00", "\U0001f600"),
        ("Größe ✓", "Größe ✓"),
    ],
)
def test_terminals_are_safe(hostile: str, shown: str) -> None:
    """Escape sequences, control characters and bidirectional overrides are removed; other text stays."""
    assert harmless(hostile) == shown
    assert pattern_of(hostile).sample == shown


def test_escaped_control_characters_are_safe_too() -> None:
    """An escape sequence that the log writes escaped does not come alive when quotes are unescaped."""
    found = pattern_of('E1123 21:34:51.239118    5010 run.go:72] "x" err="\\x1b[2Jgone \\u202e"')
    assert found.text == '"x" err="gone "'


def test_starts_and_times() -> None:
    """Starts keep how they ended, times are UTC."""
    found = journal(
        "kubelet.service",
        {
            "truncated": True,
            "oldest_at": "2026-11-23T21:33:49.339275Z",
            "starts": [
                {
                    "invocation": "a",
                    "first_at": "2026-11-23T21:33:49Z",
                    "last_at": "2026-11-23T21:33:50Z",
                    "lines": 12,
                    "exit": {"code": "exited", "status": "1/FAILURE", "at": "2026-11-23T21:33:50Z"},
                },
                {"invocation": "b", "exit": None},
            ],
        },
    )
    assert found.read
    assert found.truncated
    assert found.oldest_at == datetime(2026, 11, 23, 21, 33, 49, 339275, UTC)
    assert [(s.invocation, s.exit_code, s.exit_status, s.lines) for s in found.starts] == [
        ("a", "exited", "1/FAILURE", 12),
        ("b", "", "", 0),
    ]


@pytest.mark.parametrize("missing", [None, [], "text", 3])
def test_unread_journal_is_not_an_empty_one(missing: object) -> None:
    """A journal that nobody read is not read; an empty one is."""
    assert not journal("kubelet.service", missing).read
    assert journal("kubelet.service", {}).read


def test_odd_patterns_do_not_fail() -> None:
    """Values of other types give defaults."""
    found = journal(
        "u", {"patterns": [{"sample": 5, "count": "x", "seq": None, "first_at": 3}, "no pattern"], "starts": 3}
    )
    assert [(p.text, p.count, p.seq) for p in found.patterns] == [("5", 0, 0)]
